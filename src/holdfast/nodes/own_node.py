"""A node kind of somebody's own, made of a marked function or class (``tasks.node_kinds``).

It runs as a task does: an async function in the worker's event loop, a plain one in a thread, with the same context and
the same exceptions. Its params are the arguments; what it returns is the output, unless that is an outcome already. A
port that it doesn't have is a final error of type ``result``.
"""

import inspect
from typing import Any

from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Cancelled, Failed, Outcome, Snoozed, Succeeded, Suspended
from holdfast.nodes.node import failed
from holdfast.nodes.task import TaskNode
from holdfast.nodes.threads import Threads
from holdfast.tasks import Task
from holdfast.tasks.node_kinds import NodeKind


class OwnNode(TaskNode):
    """One marked kind. A class has been made once, for all attempts of this process."""

    def __init__(self, kind: NodeKind, threads: Threads | None = None) -> None:
        """Raises ``tasks.signature.Unusable``, or what making the class's object raises."""
        super().__init__(Task(kind.type, kind.function()), threads)
        self.spec = NodeSpec(
            type=kind.type,
            title=kind.title,
            description=kind.description,
            icon=kind.icon,
            category=kind.category,
            params=self._signature.schema(),
            ports=kind.ports,
            retry=kind.retry,
            timeout=kind.timeout,
            example=kind.example,
        )

    async def close(self) -> None:
        """Closes the class's object, if it has an async ``close``."""
        close = getattr(getattr(self._function, "__self__", None), "close", None)
        if inspect.iscoroutinefunction(close):
            await close()

    def _ended(self, result: Any) -> Outcome:
        match result:
            case Succeeded(port=port):
                ended: Outcome = result
            case Failed() | Snoozed() | Suspended() | Cancelled():
                return result
            case _:
                ended, port = super()._ended(result), "out"
        if port in self.spec.ports:
            return ended
        known = ", ".join(self.spec.ports)
        return failed("result", f"{self.spec.type} took the port {port}; it has {known}", final=True)
