"""What a transition writes: from a job's live row and the decided move to the rows that follow. Pure.

The adapter locks the live rows, drops the moves whose lease no longer holds, and lets this module tell the rest:

* ``amended``: a move that would keep a job going ends it instead when somebody asked to cancel it, or when its run is
  failing (retries are dropped then).
* ``parked_row``: the live row of a job that goes on (retry, snooze, release, rescue, suspension).
* ``ended_row``: what the fat row keeps of a job that ended; its live row goes away.
* ``change_row``: the event of the move, which is also its transition record.
* ``resumed`` and ``timed_out``: the moves that end a parked job, decided by the store itself.

An attempt that doesn't burn is refunded when the job goes on, so that ``attempt - base_attempt`` is the used budget;
the lease never goes back. A job that ends keeps the number of its last attempt, also one that was parked meanwhile.

A job of a paused run that is neither running nor parked lies ``HELD`` in ``live``: for settlements and readers it is
PENDING or SCHEDULED, as its time says.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, JobState, Transition, check_move, rank
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.model.run import NodeSettled, NodeState
from holdfast.stores.codec import encode, encode_error, encode_or_null
from holdfast.stores.history import EventRow, change_data

# The columns of ``live`` that a settlement needs, in the order of LiveJob's fields.
LIVE_COLUMNS: Final = (
    "job_id, tenant_id, queue, kind, state, due_at, priority, attempt, base_attempt, lost, lease, worker_id,"
    " started_at, cancel_requested, unique_key, run_id, node_id, concurrency_key, gated, metered"
)

# (job_id, state, due_at, rank, attempt, lost)
ParkedRow = tuple[str, str, Instant, int, int, int]
# (id, state, result, error, attempt, base_attempt, lease, started_at, finished_at, worker_id)
EndedRow = tuple[str, str, str | None, str | None, int, int, int, Instant | None, Instant, str | None]

# An event with a subject: (tenant_id, type, at, run_id, node_id, job_id, data, subject)
SubjectRow = tuple[str, str, Instant, str | None, str | None, str | None, str, str | None]

# The live state of a paused run's jobs that could be claimed otherwise.
HELD: Final = "HELD"

TIMEOUT_PORT: Final = "timeout"

UNHAPPY: Final = frozenset({JobState.FAILED, JobState.DEAD, JobState.CANCELLED})


class LiveJob(NamedTuple):
    """A locked row of ``live``; built by position from ``LIVE_COLUMNS``."""

    id: str
    tenant: str
    queue: str
    kind: str
    state: str
    due_at: Instant
    priority: int
    attempt: int
    base_attempt: int
    lost: int
    lease: int
    worker: str | None
    started_at: Instant | None
    cancel_requested: bool
    unique_key: str | None
    run_id: str | None
    node_id: str | None
    concurrency_key: str | None
    gated: bool
    metered: bool

    @property
    def last_attempt(self) -> int:
        """The number of its last attempt: parking gave that one back."""
        return self.attempt + 1 if self.state == JobState.WAITING else self.attempt

    def state_at(self, now: Instant) -> JobState:
        """Its state, with that of a held job as its time says."""
        return state_at(self.state, self.due_at, now)


def state_at(state: str, due_at: Instant, now: Instant) -> JobState:
    """The job state that a live row's ``state`` stands for."""
    if state != HELD:
        return JobState(state)
    return JobState.SCHEDULED if due_at > now else JobState.PENDING


def holds(live: LiveJob | None, move: Transition, worker_id: str | None) -> bool:
    """Whether the move's lease still holds; ``worker_id`` None for a rescue, which isn't the owner's."""
    return (
        live is not None
        and live.lease == move.lease
        and live.state == JobState.RUNNING
        and (worker_id is None or live.worker == worker_id)
    )


def stop(live: LiveJob, reason: Reason, at: Instant) -> Transition:
    """The move that ends a live job CANCELLED, running or not."""
    check_move(live.state_at(at), JobState.CANCELLED)
    error = ErrorInfo("cancelled", _WHY_STOPPED[reason])
    return Transition(live.id, live.lease, JobState.CANCELLED, at, reason, burns=False, error=error, run_id=live.run_id)


_WHY_STOPPED: Final = {
    Reason.CANCELLED: "the job was cancelled",
    Reason.RUN_CANCELLED: "the run was cancelled",
    Reason.RUN_FAILED: "another node of the run failed",
}


def amended(live: LiveJob, move: Transition, run_failing: bool) -> Transition:
    """The move as it is applied: one that would go on ends a job that was cancelled or whose run is failing."""
    if move.to in ENDED:
        return move
    if live.cancel_requested:
        return stop(live, Reason.CANCELLED, move.at)
    return stop(live, Reason.RUN_FAILED, move.at) if run_failing else move


def resumed(
    live: LiveJob, at: Instant, *, port: str = "out", output: JSON = None, error: ErrorInfo | None = None
) -> Transition:
    """The move that ends a parked job by what it waited for: a signal, an event, its children. ``error``: it fails."""
    to = JobState.SUCCEEDED if error is None else JobState.FAILED
    check_move(JobState(live.state), to)
    return Transition(
        live.id, live.lease, to, at, Reason.RESUMED, result=output, error=error, port=port, run_id=live.run_id
    )


def timed_out(live: LiveJob, at: Instant, *, handled: bool) -> Transition:
    """The move of a parked job whose time has come; ``handled``: its node has an edge from the port ``timeout``."""
    to = JobState.SUCCEEDED if handled else JobState.FAILED
    check_move(JobState(live.state), to)
    error = None if handled else ErrorInfo("timeout", "what it waited for did not come in time")
    return Transition(live.id, live.lease, to, at, Reason.TIMED_OUT, error=error, port=TIMEOUT_PORT, run_id=live.run_id)


def parked_row(live: LiveJob, move: Transition, held: bool = False) -> ParkedRow:
    """``held``: the job's run is paused, so that nobody may claim it."""
    state = HELD if held and move.to is not JobState.WAITING else move.to.value
    due_at = live.due_at if move.due_at is None else move.due_at
    attempt = live.attempt if move.burns else live.attempt - 1
    lost = live.lost + 1 if move.reason is Reason.LOST else live.lost
    return (live.id, state, due_at, rank(due_at, live.priority), attempt, lost)


def ended_row(live: LiveJob, move: Transition) -> EndedRow:
    return (
        live.id,
        move.to.value,
        encode_or_null(move.result),
        encode_error(move.error),
        live.last_attempt,
        live.base_attempt,
        live.lease,
        live.started_at,
        move.at,
        live.worker,
    )


def change_row(live: LiveJob, move: Transition) -> EventRow:
    data = change_data(
        live.kind,
        live.queue,
        live.state_at(move.at).value,
        move.to.value,
        move.reason.value,
        live.lease,
        live.last_attempt,
        live.worker,
        move.error,
        move.due_at if move.to is JobState.SCHEDULED else None,
        live.started_at if live.state == JobState.RUNNING else None,
    )
    return (live.tenant, move.event, move.at, live.run_id, live.node_id, live.id, data)


def waiting_row(live: LiveJob, move: Transition) -> EventRow | None:
    """``node.waiting`` of a node that says what it waits for."""
    parked = move.parked
    what = None if parked is None else parked.wait or parked.spawn
    if what is None:
        return None
    return (live.tenant, "node.waiting", move.at, live.run_id, live.node_id, live.id, encode({"kind": what.kind}))


def emitted_rows(live: LiveJob, move: Transition) -> Iterator[SubjectRow]:
    """The events that a success makes known. They are their readers', not the job's history."""
    for emit in move.emits:
        yield (live.tenant, emit.type, move.at, live.run_id, live.node_id, None, encode(emit.data), emit.subject)


def settled(node_id: str, move: Transition) -> NodeSettled:
    """The end of a run's job as ``advance`` is told of it."""
    return NodeSettled(node_id, NodeState(move.to.value), move.port, move.result, move.error)
