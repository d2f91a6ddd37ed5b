"""Jobs: their eight states, the legal moves between them, and the named constructors that make each move.

``Transition`` is the only way in which a job changes. It names the lease that it was decided under; a store applies it
only when that lease still holds, together with its event, in one transaction. Each constructor carries the reason, so
"why did this job end" is always on record. An illegal move can't be built: ``_move`` checks the table.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from holdfast.model.instant import HOUR, LATEST, Instant, Micros
from holdfast.model.json import JSON
from holdfast.model.limits import Rate
from holdfast.model.outcome import (
    Cancelled,
    Emit,
    ErrorInfo,
    Failed,
    Outcome,
    Released,
    Snoozed,
    Succeeded,
    Suspended,
)
from holdfast.model.retry import LONE_JOB_POLICY, LOST_CAP, GiveUp, Reason, Retry, RetryPolicy

DEFAULT_QUEUE: Final = "default"
# In place of a queue's name: every queue there is, also one that is made later.
ALL_QUEUES: Final = "*"
DEFAULT_TIMEOUT: Final[Micros] = HOUR
PRIORITY_RANGE: Final = (-100, 100)
# One point of priority is worth a minute of waiting: the static key by which ready work is ordered.
_PRIORITY_WEIGHT: Final[Micros] = 60_000_000


class JobState(StrEnum):
    PENDING = "PENDING"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"


S = JobState
ENDED: Final = frozenset({S.SUCCEEDED, S.FAILED, S.DEAD, S.CANCELLED})
LIVE: Final = frozenset(JobState) - ENDED

LEGAL: Final[Mapping[JobState, frozenset[JobState]]] = {
    S.PENDING: frozenset({S.RUNNING, S.SCHEDULED, S.CANCELLED, S.DEAD}),
    S.SCHEDULED: frozenset({S.RUNNING, S.SCHEDULED, S.CANCELLED, S.DEAD}),
    S.RUNNING: frozenset({S.PENDING, S.SCHEDULED, S.WAITING, S.SUCCEEDED, S.FAILED, S.DEAD, S.CANCELLED}),
    S.WAITING: frozenset({S.PENDING, S.SUCCEEDED, S.FAILED, S.DEAD, S.CANCELLED}),
    S.SUCCEEDED: frozenset(),
    S.FAILED: frozenset({S.PENDING, S.CANCELLED}),
    S.DEAD: frozenset({S.PENDING, S.CANCELLED}),
    S.CANCELLED: frozenset({S.PENDING}),
}

EVENT_OF: Final[Mapping[JobState, str]] = {
    S.PENDING: "job.scheduled",
    S.SCHEDULED: "job.scheduled",
    S.RUNNING: "job.started",
    S.WAITING: "job.waiting",
    S.SUCCEEDED: "job.succeeded",
    S.FAILED: "job.failed",
    S.DEAD: "job.dead",
    S.CANCELLED: "job.cancelled",
}


def rank(due_at: Instant, priority: int) -> int:
    """The static order of ready work: less is sooner. A minute of waiting outweighs one point of priority."""
    return due_at - priority * _PRIORITY_WEIGHT


class NewJob(NamedTuple):
    """A job to insert. ``due_at > created_at`` makes it SCHEDULED, otherwise it is PENDING.

    ``unique_states``: in which of its states (besides the time until ``unique_until``) a job keeps its ``unique_key``
    from another. ``debounce``: an insert that meets an unclaimed holder of the key moves it to so long from now and
    gives it this payload. ``concurrency_limit`` (None: no limit) and ``rate`` are those of the key; the newest insert's
    count. ``tag``: only workers that carry it may claim the job. ``paused``: nobody may until its run is resumed.
    """

    id: str
    tenant: str
    kind: str
    created_at: Instant
    due_at: Instant
    correlation_id: str
    payload: JSON = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    retry: RetryPolicy = LONE_JOB_POLICY
    timeout: Micros = DEFAULT_TIMEOUT
    deadline_at: Instant | None = None
    unique_key: str | None = None
    unique_until: Instant | None = None
    unique_states: frozenset[JobState] = LIVE
    debounce: Micros | None = None
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    rate: Rate | None = None
    tag: str | None = None
    run_id: str | None = None
    node_id: str | None = None
    paused: bool = False

    @property
    def state(self) -> JobState:
        return S.SCHEDULED if self.due_at > self.created_at else S.PENDING


class ClaimedJob(NamedTuple):
    """A job under this worker's lease. ``attempt`` counts executions; ``used`` those of the current budget.

    ``due_at``: when it was to begin as it was inserted.
    """

    id: str
    tenant: str
    kind: str
    queue: str
    payload: JSON
    attempt: int
    used: int
    lost: int
    lease: int
    started_at: Instant
    created_at: Instant
    retry: RetryPolicy
    timeout: Micros
    deadline_at: Instant | None
    correlation_id: str
    run_id: str | None = None
    node_id: str | None = None
    version_id: str | None = None
    due_at: Instant = 0


class Transition(NamedTuple):
    """A decided move of a RUNNING job, valid only under ``lease``.

    ``burns`` tells whether the attempt counts against the budget; ``port`` is what a succeeded node takes; ``emits``
    are events that its success makes known; ``parked`` says what a suspended job waits for.
    """

    job_id: str
    lease: int
    to: JobState
    at: Instant
    reason: Reason
    burns: bool = True
    due_at: Instant | None = None
    result: JSON = None
    error: ErrorInfo | None = None
    port: str = "out"
    run_id: str | None = None
    emits: tuple[Emit, ...] = ()
    parked: Suspended | None = None

    @property
    def event(self) -> str:
        return "job.retrying" if self.reason is Reason.RETRY else EVENT_OF[self.to]


def check_move(before: JobState, after: JobState) -> None:
    """Raises ``ValueError`` when the table doesn't allow the move."""
    if after not in LEGAL[before]:
        raise ValueError(f"a job can't go from {before} to {after}")


def settle(job: ClaimedJob, outcome: Outcome, now: Instant, random: float) -> Transition:
    """The move that follows an attempt's outcome. Pure: the same arguments give the same decision."""
    match outcome:
        case Succeeded(result, port, emits):
            return _move(job, S.SUCCEEDED, now, Reason.SUCCEEDED, result=result, port=port)._replace(emits=emits)
        case Failed():
            return _failed(job, outcome, now, random)
        case Snoozed(until):
            return _move(job, S.SCHEDULED, now, Reason.SNOOZED, burns=False, due_at=until)
        case Suspended(until):
            due_at = LATEST if until is None else until
            return _move(job, S.WAITING, now, Reason.SUSPENDED, burns=False, due_at=due_at)._replace(parked=outcome)
        case Released():
            return _move(job, S.PENDING, now, Reason.RELEASED, burns=False, due_at=now)
        case Cancelled(error):
            return _move(job, S.CANCELLED, now, Reason.CANCELLED, error=error)


def rescue(job: ClaimedJob, now: Instant) -> Transition:
    """The move of a job whose worker died or whose attempt hung past its time: recorded as lost."""
    error = ErrorInfo("lost", "the worker stopped answering while it ran this attempt")
    if job.retry.on_lost == "stop":
        return _move(job, S.DEAD, now, Reason.NEEDS_ATTENTION, burns=False, error=error)
    if job.lost + 1 > LOST_CAP:
        return _move(job, S.DEAD, now, Reason.LOST, burns=False, error=error)
    if job.deadline_at is not None and now >= job.deadline_at:
        return _move(job, S.DEAD, now, Reason.DEADLINE, burns=False, error=error)
    return _move(job, S.PENDING, now, Reason.LOST, burns=False, due_at=now, error=error)


def _failed(job: ClaimedJob, failure: Failed, now: Instant, random: float) -> Transition:
    decision = job.retry.decide(
        used=job.used,
        now=now,
        random=random,
        final=failure.final or failure.error.type in job.retry.final_errors,
        retry_after=failure.retry_after,
        deadline=job.deadline_at,
    )
    match decision:
        case Retry(at):
            return _move(job, S.SCHEDULED, now, Reason.RETRY, due_at=at, error=failure.error)
        case GiveUp(reason):
            end = S.FAILED if reason is Reason.FINAL_ERROR else S.DEAD
            return _move(job, end, now, reason, error=failure.error)


def _move(
    job: ClaimedJob,
    to: JobState,
    at: Instant,
    reason: Reason,
    *,
    burns: bool = True,
    due_at: Instant | None = None,
    result: JSON = None,
    error: ErrorInfo | None = None,
    port: str = "out",
) -> Transition:
    check_move(S.RUNNING, to)
    return Transition(job.id, job.lease, to, at, reason, burns, due_at, result, error, port, job.run_id)
