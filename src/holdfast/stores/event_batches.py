"""Events of many lone jobs in one row: what a bulk insert, a claim or a batch of successes tells.

A row of its own for each job's insert, start and success would cost more than the work itself, so these three, when the
job belongs to no run, are kept as one row per tenant and transaction: no ``job_id``, and ``data`` is
``{"jobs": [entry, …]}`` (``{"worker", "jobs"}`` for a start or a success). An entry is a list; the first three are
always ``job id, kind, queue``:

* ``job.scheduled``: …, state, at, due_at (null unless SCHEDULED)
* ``job.started``: …, lease, attempt, at
* ``job.succeeded``: …, lease, attempt, at

Readers see one event per entry. Its cursor is the row's with ``.n`` after it, n counting from 1; a reader that resumes
behind ``row.n`` gets the entries after the n-th. The same three are told again by the job itself (``job_history``).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from holdfast.model.instant import Instant, format_instant
from holdfast.model.job import EVENT_OF, JobState, NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.retry import Reason
from holdfast.stores.codec import encode
from holdfast.stores.history import EventRow

SCHEDULED: Final = "job.scheduled"
STARTED: Final = "job.started"
SUCCEEDED: Final = "job.succeeded"
_BATCHED: Final = frozenset((SCHEDULED, STARTED, SUCCEEDED))

Entry = Sequence[Any]


class Told(NamedTuple):
    """One event out of a batch."""

    job_id: str
    at: Instant
    data: JSONObject


def scheduled_rows(jobs: Iterable[NewJob]) -> list[EventRow]:
    """The rows that tell of inserted lone jobs, one per tenant."""
    entries: dict[str, list[Entry]] = {}
    for job in jobs:
        later = job.due_at > job.created_at
        state, due_at = ("SCHEDULED", job.due_at) if later else ("PENDING", None)
        entries.setdefault(job.tenant, []).append((job.id, job.kind, job.queue, state, job.created_at, due_at))
    return [
        (tenant, SCHEDULED, some[0][4], None, None, None, encode({"jobs": some})) for tenant, some in entries.items()
    ]


def batch_row(tenant: str, event_type: str, at: Instant, worker: str, entries: Sequence[Entry]) -> EventRow:
    """The row that tells of one tenant's started or succeeded lone jobs."""
    return (tenant, event_type, at, None, None, None, encode({"worker": worker, "jobs": entries}))


def batch_rows(
    event_type: str, at: Instant, worker: str, tenants: Sequence[str], entries: Iterable[Entry]
) -> list[EventRow]:
    """A ``batch_row`` for each tenant; the entries in order, each with its tenant."""
    of: dict[str, list[Entry]] = {}
    if len(set(tenants)) == 1:
        of[tenants[0]] = list(entries)
    else:
        for tenant, entry in zip(tenants, entries, strict=True):
            of.setdefault(tenant, []).append(entry)
    return [batch_row(tenant, event_type, at, worker, some) for tenant, some in of.items()]


def is_batch(event_type: str, data: JSONObject, job_id: str | None) -> bool:
    """What somebody posts may speak of jobs too, but has none of these types."""
    return event_type in _BATCHED and job_id is None and "jobs" in data


def expanded(event_type: str, data: JSONObject) -> list[Told]:
    """The events in a batch row, in order."""
    entries = data["jobs"]
    assert isinstance(entries, list)
    if event_type == SCHEDULED:
        return [_scheduled(entry) for entry in entries]
    worker = data.get("worker")
    tell = started if event_type == STARTED else succeeded
    return [_moved(entry, tell, worker) for entry in entries]


def _moved(entry: Any, tell: Callable[[str, str, int, int, JSON], JSONObject], worker: JSON) -> Told:
    job_id, kind, queue, lease, attempt, at = entry
    return Told(job_id, at, tell(kind, queue, lease, attempt, worker))


def _scheduled(entry: Any) -> Told:
    job_id, kind, queue, state, at, due_at = entry
    return Told(job_id, at, inserted(kind, queue, state, due_at))


def inserted(kind: str, queue: str, state: str, due_at: Instant | None) -> JSONObject:
    """``data`` of a job's first event."""
    data = _change(kind, queue, None, state, Reason.INSERTED, 0, 0, None)
    if due_at is not None:
        data["retry_at"] = format_instant(due_at)
    return data


def started(kind: str, queue: str, lease: int, attempt: int, worker: JSON) -> JSONObject:
    """``data`` of ``job.started``."""
    return _change(kind, queue, JobState.PENDING, JobState.RUNNING, Reason.CLAIMED, lease, attempt, worker)


def succeeded(kind: str, queue: str, lease: int, attempt: int, worker: JSON) -> JSONObject:
    """``data`` of ``job.succeeded``."""
    return _change(kind, queue, JobState.RUNNING, JobState.SUCCEEDED, Reason.SUCCEEDED, lease, attempt, worker)


def _change(
    kind: str, queue: str, before: JobState | None, after: str, reason: Reason, lease: int, attempt: int, worker: JSON
) -> JSONObject:
    data: JSONObject = {
        "kind": kind,
        "queue": queue,
        "from": None if before is None else before.value,
        "to": str(after),
        "reason": reason.value,
        "lease": lease,
        "attempt": attempt,
    }
    if worker is not None:
        data["worker"] = worker
    return data


assert EVENT_OF[JobState.RUNNING] == STARTED
assert EVENT_OF[JobState.SUCCEEDED] == SUCCEEDED
