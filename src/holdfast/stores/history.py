"""A job's events are its transition records: how they are written, and how they read back as ``JobChange``.

``data`` of a job event: ``{"kind", "queue", "from", "to", "reason", "lease", "attempt", "worker"?, "error"?,
"retry_at"?, "started_at"?}``. ``from`` is null for the insert; ``retry_at`` (RFC 3339) is when a SCHEDULED job becomes
due; ``started_at`` is when the attempt began that this move ended, stored in microseconds and told in RFC 3339. An
``EventRow`` is the row that both stores append, without the cursor columns that each fills in its own way. Which events
have no row of their own is told in ``event_batches`` and ``job_history``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.model.event import JobChange, NewEvent
from holdfast.model.instant import Instant, format_instant, parse_instant
from holdfast.model.job import EVENT_OF, JobState, NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.model.run import RunFact, RunView
from holdfast.stores.codec import encode
from holdfast.stores.event_data import encode_data

# (tenant_id, type, at, run_id, node_id, job_id, data): the order of the columns in ``events``.
EventRow = tuple[str, str, Instant, str | None, str | None, str | None, str]

JOB_EVENTS = frozenset(EVENT_OF.values()) | {"job.retrying"}


def event_row(event: NewEvent) -> EventRow:
    data = encode_data(event.data, event.attributes)
    return (event.tenant, event.type, event.at, event.run_id, event.node_id, event.job_id, data)


def inserted_row(job: NewJob) -> EventRow:
    """``job.scheduled`` of a new job."""
    data: dict[str, JSON] = {
        "kind": job.kind,
        "queue": job.queue,
        "from": None,
        "to": job.state.value,
        "reason": Reason.INSERTED.value,
        "lease": 0,
        "attempt": 0,
    }
    if job.state is JobState.SCHEDULED:
        data["retry_at"] = format_instant(job.due_at)
    return (job.tenant, EVENT_OF[job.state], job.created_at, job.run_id, job.node_id, job.id, encode(data))


def fact_row(view: RunView, fact: RunFact, job_id: str | None, now: Instant) -> EventRow:
    """An event of a run; ``job_id`` is the job of the node that it speaks of."""
    return (view.tenant, fact.type, now, view.id, fact.node_id, job_id, encode(fact.data))


def change_data(
    kind: str,
    queue: str,
    before: str,
    after: str,
    reason: str,
    lease: int,
    attempt: int,
    worker: str | None,
    error: ErrorInfo | None = None,
    due_at: Instant | None = None,
    started_at: Instant | None = None,
) -> str:
    """The text of ``data`` for a move after the insert."""
    data: dict[str, JSON] = {
        "kind": kind,
        "queue": queue,
        "from": before,
        "to": after,
        "reason": reason,
        "lease": lease,
        "attempt": attempt,
    }
    if worker is not None:
        data["worker"] = worker
    if error is not None:
        data["error"] = error.as_record()
    if started_at is not None:
        data["started_at"] = started_at
    if due_at is not None:
        data["retry_at"] = format_instant(due_at)
    return encode(data)


def told_data(event_type: str, data: JSONObject) -> JSONObject:
    """``data`` of a stored event as its readers see it."""
    began = data.get("started_at")
    if isinstance(began, int) and event_type in JOB_EVENTS:
        return {**data, "started_at": format_instant(began)}
    return data


def changes_of(events: Sequence[tuple[Instant, Mapping[str, JSON]]]) -> tuple[JobChange, ...]:
    """The transitions that a job's events (time and data, oldest first) tell of, each from where the last one led.

    A claim writes that it took a PENDING job: one that was SCHEDULED and came due is not written down in between.
    """
    changes: list[JobChange] = []
    for at, data in events:
        change = _change(at, data)
        changes.append(replace(change, before=changes[-1].after) if changes else change)
    return tuple(changes)


def _change(at: Instant, data: Mapping[str, JSON]) -> JobChange:
    before, worker, retry_at = data.get("from"), data.get("worker"), data.get("retry_at")
    return JobChange(
        before=before if isinstance(before, str) else None,
        after=str(data["to"]),
        at=at,
        reason=str(data["reason"]),
        lease=_number(data["lease"]),
        attempt=_number(data["attempt"]),
        worker=worker if isinstance(worker, str) else None,
        error=data.get("error"),
        due_at=parse_instant(retry_at) if isinstance(retry_at, str) else None,
    )


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else 0
