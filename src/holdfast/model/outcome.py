"""What a handler's attempt came to: a value, never an exception that travels.

The executor turns whatever a handler does (return, raise, time out, be cancelled) into exactly one of these.
"""

from dataclasses import dataclass, field

from holdfast.model.instant import Instant, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.spawn import Spawn
from holdfast.model.wait import Wait


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error as it is kept and shown: never a secret, never a payload. ``details`` is small.

    ``traceback`` (trimmed: places and source lines, no values) is kept with the attempt that raised it, nowhere else.
    """

    type: str
    message: str
    details: dict[str, JSON] = field(default_factory=dict)
    traceback: str | None = None

    def as_json(self) -> dict[str, JSON]:
        return {"type": self.type, "message": self.message, **self.details}

    def as_record(self) -> dict[str, JSON]:
        """As the attempt's record keeps it: with the traceback."""
        return self.as_json() if self.traceback is None else {**self.as_json(), "traceback": self.traceback}


@dataclass(frozen=True, slots=True)
class Emit:
    """An event that a handler makes known: appended in the transaction of its success, so exactly once."""

    type: str
    data: JSONObject
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The attempt did its work; ``port`` is the output port that a node takes."""

    result: JSON = None
    port: str = "out"
    emits: tuple[Emit, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed; ``final`` errors are never retried. ``retry_after`` asks for at least that wait."""

    error: ErrorInfo
    final: bool = False
    retry_after: Micros | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Not yet: run again at ``until``. Uses nothing of the budget and holds no worker meanwhile."""

    until: Instant


@dataclass(frozen=True, slots=True)
class Suspended:
    """Parked until a signal, an event or its children resume it. Uses nothing of the budget and holds no worker.

    ``until`` is when it ends by its timeout (None: never). Only a run's node may say what it waits for.
    """

    until: Instant | None = None
    wait: Wait | None = None
    spawn: Spawn | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """Given back unfinished (shutdown, a claim that could not be started). Uses nothing of the budget."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The handler stopped because its job was cancelled, or it ended its job so by itself: then ``error`` says why."""

    error: ErrorInfo | None = None


Outcome = Succeeded | Failed | Snoozed | Suspended | Released | Cancelled
