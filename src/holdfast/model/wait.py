"""What a parked node waits for from outside, and what a signal makes of it. Pure values.

A wait ends once: by a signal under its name, by an event that fits, or by its timeout. A signal that comes before its
wait is kept with the run and ends the wait the moment it begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject

WaitKind = Literal["callback", "approval", "event"]


@dataclass(frozen=True, slots=True)
class Wait:
    """``name`` is what a signal must name: the node's id, or the name that a ``wait.event`` was given.

    An event fits when its type matches ``event_type`` (``*`` stands for any rest, as in ``order.*``) and ``condition``
    (an expression over ``event`` and the node's own scope, None: always) is true; ``since`` is how far back it may lie.
    ``approvers``: who may decide (empty: whoever may operate the run).
    """

    kind: WaitKind
    name: str
    event_type: str | None = None
    condition: str | None = None
    since: Instant | None = None
    approvers: tuple[str, ...] = ()
    details: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """What ends a wait: the port that its node takes and the node's output. ``by`` is who sent it, for the record.

    With ``job_id`` it is for that parked job alone (an event that fits is found by every process that looks): it does
    nothing once that wait is over, and is kept, once, only while the run is paused.

    ``takers`` are the nodes that may still take it, as far as the sender knows the graph: it is kept only while more of
    them have yet to end than signals of its name are kept already. Empty: nobody looked.
    """

    name: str
    port: str = "out"
    output: JSON = None
    by: str | None = None
    job_id: str | None = None
    takers: tuple[str, ...] = ()

    def check_wanted(self, ended: Iterable[str], kept: int) -> None:
        """Raises ``Conflict`` when no node is left for it: each has ended, or a signal that is kept is for it."""
        if self.takers and len(set(self.takers).difference(ended)) <= kept:
            given = "has a signal already" if kept else "has ended"
            raise Conflict(f"this signal comes too late: {', '.join(self.takers)} {given}")


def fits(pattern: str, event_type: str) -> bool:
    """Whether an event's type matches: equal, or equal up to a last ``*``."""
    return event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern
