"""``task``: runs one of your own Python functions. The kind of its jobs is ``task:<name>``.

In a workflow the parameters are ``{name, args}``, of which the handler gets ``args``; a lone job's payload is the
arguments. An async function runs in the event loop, a plain one in a thread, one with ``process=True`` in a child
process. An error that the function raises is a failure of that class's name; wrong arguments and a result that can't be
JSON are final.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from holdfast.failures import failure_of, message_of
from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Cancelled, ErrorInfo, Outcome, Snoozed, Succeeded
from holdfast.nodes.node import failed, object_schema, wrong_params
from holdfast.nodes.processes import Processes
from holdfast.nodes.threads import Threads
from holdfast.ports import NodeContext, SecretRefused
from holdfast.tasks import (
    Cancel,
    Context,
    FinalError,
    RetryLater,
    Snooze,
    Stopped,
    SyncContext,
    Task,
    running_context,
)
from holdfast.tasks.annotations import is_async
from holdfast.tasks.results import ResultError, as_json
from holdfast.tasks.signature import Signature, WrongArguments
from holdfast.tasks.steps import Steps

MAX_MESSAGE: Final = 2_000

SPEC: Final = NodeSpec(
    type="task",
    title="Python task",
    description="Runs one of your own Python functions.",
    icon="square-function",
    category="Code",
    params=object_schema(
        {
            "name": {
                "type": "string",
                "title": "Name",
                "description": "The task's name, as a worker knows it.",
                "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$",
                "examples": ["billing.recalculate"],
            },
            "args": {
                "type": "object",
                "title": "Arguments",
                "description": "Keyword arguments of the function.",
                "default": {},
                "examples": [{"customer": "{{ input.customer }}"}],
            },
        },
        ("name",),
    ),
    example={"name": "billing.recalculate", "args": {"customer": "c-1", "month": "2026-01"}},
)


class TaskNode:
    """One task as a node kind. Its schema is open: the function's signature says which arguments it takes."""

    def __init__(self, task: Task, threads: Threads | None = None, processes: Processes | None = None) -> None:
        """Raises ``tasks.signature.Unusable`` for a function that no payload could be given to."""
        self._task = task
        self._function = task.function
        self._async = is_async(task.function)
        self._signature = Signature(task.function)
        self._threads = threads or Threads()
        self._processes = (processes or Processes()) if task.process else None
        self.spec = NodeSpec(
            type=task.kind,
            title=task.name,
            description=task.description,
            icon=SPEC.icon,
            category=SPEC.category,
            params={"type": "object"},
            inline=task.inline,
        )

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        if self._processes is not None:
            return await self._processes.run(self._task, context, params)
        began = asyncio.get_running_loop().time()
        try:
            arguments = self._signature.arguments(params)
        except WrongArguments as error:
            return wrong_params(f"{self._task.name}: {error}"[:MAX_MESSAGE])
        try:
            return self._ended(await self._call(context, arguments))
        except Snooze as snooze:
            ran = round((asyncio.get_running_loop().time() - began) * SECOND)
            return Snoozed(context.now + ran + snooze.delay)
        except SystemExit as error:  # a task that calls sys.exit fails; it doesn't end the worker
            return failure_of(_exit_error(error))
        except Exception as error:
            return _outcome_of(error)

    def _ended(self, result: Any) -> Outcome:
        """What a returned result means."""
        return Succeeded(as_json(result))

    async def _call(self, context: NodeContext, arguments: dict[str, Any]) -> Any:
        token = running_context.set(context)
        try:
            if not self._async:
                return await self._call_plain(context, arguments)
            if self._signature.context is not None:
                arguments[self._signature.context] = Context(context, Steps(context.lifeline))
            return await self._function(**arguments)
        finally:
            running_context.reset(token)

    async def _call_plain(self, context: NodeContext, arguments: dict[str, Any]) -> Any:
        stop = threading.Event()
        if self._signature.context is not None:
            arguments[self._signature.context] = SyncContext(context, Steps(context.lifeline), stop)
        result, error = await self._threads.run(lambda: _answer(self._function, arguments), stop, context.job_id)
        if isinstance(error, Stopped):  # it learned that the attempt is over before the attempt itself did
            raise asyncio.CancelledError
        if error is not None:
            raise error
        return await result if inspect.isawaitable(result) else result


def _answer(function: Callable[..., Any], arguments: dict[str, Any]) -> tuple[Any, BaseException | None]:
    """The error comes as a value: a future can't carry ``StopIteration``, and nothing may end the thread."""
    try:
        return function(**arguments), None
    except (Stopped, SystemExit) as error:
        return None, error
    except StopIteration:
        return None, RuntimeError("the task raised StopIteration")
    except Exception as error:
        return None, error
    except BaseException as error:
        return None, RuntimeError(f"the task raised {type(error).__name__}")


def _exit_error(error: SystemExit) -> RuntimeError:
    return RuntimeError(f"the task called sys.exit({error.code!r})").with_traceback(error.__traceback__)


def _outcome_of(error: Exception) -> Outcome:
    match error:
        case Cancel():
            why = message_of(error) if error.args else "there is nothing to do any more"
            return Cancelled(ErrorInfo(Cancel.__name__, why))
        case ResultError():
            return failed("result", str(error)[:MAX_MESSAGE], final=True)
        case SecretRefused():
            return failed("secret", str(error)[:MAX_MESSAGE], final=True)
        case RetryLater():
            return replace(failure_of(error), retry_after=error.delay)
        case _:
            return failure_of(error, final=isinstance(error, FinalError))
