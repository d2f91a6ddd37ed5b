"""Events: appended facts, in commit order, and the history that a job's own events make.

A job's transitions are its events: written once, shown as both. ``attempts_of`` folds them into attempts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject

# What the types of the engine's own events begin with; nobody else may tell such.
RESERVED_TYPES: Final = ("job.", "node.", "workflow.", "worker.", "queue.", "trigger.")
# The engine's own.
ENGINE_TYPES: Final = (
    *("job.scheduled", "job.started", "job.waiting", "job.retrying", "job.succeeded", "job.failed", "job.dead"),
    *("job.cancelled", "node.started", "node.waiting", "node.completed", "node.failed", "node.skipped"),
    *("workflow.started", "workflow.paused", "workflow.resumed", "workflow.compensating", "workflow.finished"),
    "trigger.rejected",
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to append in its change's own transaction. ``attributes``: what a sender says of it beside ``data``."""

    tenant: str
    type: str
    at: Instant
    data: JSONObject
    run_id: str | None = None
    node_id: str | None = None
    job_id: str | None = None
    subject: str | None = None
    attributes: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A fact as read; ``cursor`` orders it among all others and resumes a reader."""

    cursor: str
    tenant: str
    type: str
    at: Instant
    data: JSONObject
    run_id: str | None
    node_id: str | None
    job_id: str | None
    subject: str | None = None
    attributes: JSONObject | None = None


# Where a cursor stands in the log; two of one store compare as they lie there.
Place = tuple[int, int, int]
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
_WHOLE_ROW: Final = 1 << 62


def place(cursor: str) -> Place:
    """The place of a cursor that a store gave; of any other text some place, and the store refuses it.

    A cursor is whole numbers with a mark between each two: the row's one or two, then, behind a point, how many of the
    row's events it passes; without a point it passes the row.
    """
    row, _, read = cursor.partition(".")
    numbers = [int(number) for number in _NUMBER.findall(row)]
    first, second = (0, *numbers)[-2:] if numbers else (0, 0)
    return first, second, int(read) if _NUMBER.fullmatch(read) else _WHOLE_ROW


@dataclass(frozen=True, slots=True)
class JobChange:
    """A transition of a job as recorded. ``before`` is None for the insert."""

    before: str | None
    after: str
    at: Instant
    reason: str
    lease: int
    attempt: int
    worker: str | None
    error: JSON
    due_at: Instant | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution: from its claim to whatever ended it; ``outcome`` is None while it runs."""

    number: int
    lease: int
    worker: str | None
    started_at: Instant
    finished_at: Instant | None
    outcome: str | None
    error_type: str | None
    error_message: str | None
    retry_at: Instant | None
    traceback: str | None = None


def attempts_of(changes: Iterable[JobChange]) -> list[Attempt]:
    """The attempts that a job's transitions, oldest first, tell of."""
    attempts: list[Attempt] = []
    started: JobChange | None = None
    for change in changes:
        if started is not None and change.before == "RUNNING":
            attempts.append(_ended(started, change))
            started = None
        if change.after == "RUNNING":
            started = change
    if started is not None:
        attempts.append(Attempt(started.attempt, started.lease, started.worker, started.at, *([None] * 5)))
    return attempts


def _ended(started: JobChange, end: JobChange) -> Attempt:
    error = end.error if isinstance(end.error, dict) else {}
    kind, message, traceback = error.get("type"), error.get("message"), error.get("traceback")
    return Attempt(
        number=started.attempt,
        lease=started.lease,
        worker=started.worker,
        started_at=started.at,
        finished_at=end.at,
        outcome=outcome_of(end),
        error_type=kind if isinstance(kind, str) else None,
        error_message=message if isinstance(message, str) else None,
        retry_at=end.due_at if end.after == "SCHEDULED" else None,
        traceback=traceback if isinstance(traceback, str) else None,
    )


def outcome_of(end: JobChange) -> str:
    """How an attempt ended: succeeded, failed, lost, snoozed, suspended, released or cancelled."""
    match end.reason:
        case "retry" | "final_error" | "retries_exhausted" | "deadline":
            return "failed"
        case "needs_attention":
            return "lost"
        case "run_cancelled" | "run_failed":
            return "cancelled"
        case reason:
            return reason
