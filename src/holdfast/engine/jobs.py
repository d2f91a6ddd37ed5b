"""Jobs as callers see them: insert, cancel, retry.

An insert that returns has committed. Bad drafts are refused as a whole, with every problem at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.engine.batcher import Batcher
from holdfast.engine.wakeups import CANCEL, EVENTS, Wakeups, queue_topic
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import DAY, LATEST, Instant, Micros, format_duration
from holdfast.model.job import DEFAULT_QUEUE, DEFAULT_TIMEOUT, PRIORITY_RANGE, NewJob
from holdfast.model.json import JSON, Path, pointer, problems_of
from holdfast.model.records import JobRecord
from holdfast.model.retry import LONE_JOB_POLICY, RetryPolicy
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewJobs, Observer, Store

# The longest length of time that a text can give.
LONGEST: Final[Micros] = 3_650 * DAY


@dataclass(frozen=True, slots=True)
class JobDraft:
    """What a caller asks for. ``run_at`` and ``delay`` exclude each other; neither means now."""

    kind: str
    payload: JSON = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    run_at: Instant | None = None
    delay: Micros | None = None
    retry: RetryPolicy | None = None
    timeout: Micros | None = None
    deadline_at: Instant | None = None
    unique_key: str | None = None
    unique_window: Micros | None = None
    correlation_id: str | None = None


class Jobs:
    """The entrance for lone jobs and what can be done to one."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, observer: Observer) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._inserts: Batcher[NewJobs, list[Accepted]] = Batcher("insert", self._commit, clock, entropy, observer)

    async def insert(
        self, tenant: str, drafts: Sequence[JobDraft], *, correlation_id: str, dedupe: Dedupe | None = None
    ) -> list[Accepted]:
        """Inserts all drafts or none; answers one ``Accepted`` each, in order. Raises ``Invalid``."""
        now = self._clock.now()
        problems = [p for i, draft in enumerate(drafts) for p in _problems(draft, i, len(drafts), now)]
        if problems:
            raise Invalid(problems, "The job is not valid")
        jobs = tuple(self._new_job(tenant, draft, correlation_id, now) for draft in drafts)
        accepted = await self._inserts.submit(NewJobs(jobs, dedupe))
        self._wakeups.notify({queue_topic(job.queue) for job in jobs} | {EVENTS})
        for answer in accepted:
            self._observer.accepted("job", "duplicate" if answer.duplicate else "inserted")
        return accepted

    async def cancel(self, tenant: str, job_id: str) -> JobRecord:
        """Raises ``NotFound``, or ``Conflict`` when the job has ended."""
        record = await self._store.cancel_job(tenant, job_id, self._clock.now())
        self._wakeups.notify({CANCEL, EVENTS, queue_topic(record.queue)})
        return record

    async def retry(self, tenant: str, job_id: str) -> JobRecord:
        """Raises ``NotFound`` or ``Conflict``."""
        record = await self._store.retry_job(tenant, job_id, self._clock.now())
        self._wakeups.notify({EVENTS, queue_topic(record.queue)})
        return record

    async def _commit(self, batch: Sequence[NewJobs]) -> list[list[Accepted]]:
        return await self._store.insert_jobs(batch, self._clock.now())

    def _new_job(self, tenant: str, draft: JobDraft, correlation_id: str, now: Instant) -> NewJob:
        due = draft.run_at if draft.run_at is not None else now + (draft.delay or 0)
        return NewJob(
            id=self._entropy.new_id(now),
            tenant=tenant,
            kind=draft.kind,
            created_at=now,
            due_at=max(due, now),
            correlation_id=draft.correlation_id or correlation_id,
            payload=draft.payload,
            queue=draft.queue,
            priority=draft.priority,
            retry=draft.retry or LONE_JOB_POLICY,
            timeout=draft.timeout or DEFAULT_TIMEOUT,
            deadline_at=draft.deadline_at,
            unique_key=draft.unique_key,
            unique_until=None if draft.unique_window is None else now + draft.unique_window,
        )


def _problems(draft: JobDraft, index: int, count: int, now: Instant) -> list[Problem]:
    prefix = f"jobs[{index}]." if count > 1 else ""
    found: list[Problem] = []

    def refuse(field: str, message: str) -> None:
        found.append(Problem(prefix + field, message))

    for field, text in (("kind", draft.kind), ("queue", draft.queue)):
        if not text:
            refuse(field, "must not be empty")
    if draft.run_at is not None and draft.run_at > LATEST:
        refuse("run_at", "must not lie past the year 9999")
    if draft.run_at is not None and draft.delay is not None:
        refuse("delay", "give either run_at or delay, not both")
    if draft.delay is not None and not 0 <= draft.delay <= LATEST - now:
        refuse("delay", "must not be negative, nor reach past the year 9999")
    if not PRIORITY_RANGE[0] <= draft.priority <= PRIORITY_RANGE[1]:
        refuse("priority", f"must lie between {PRIORITY_RANGE[0]} and {PRIORITY_RANGE[1]}")
    if draft.timeout is not None and not 0 < draft.timeout <= LONGEST:
        refuse("timeout", f"must be longer than nothing and at most {format_duration(LONGEST)}")
    if draft.deadline_at is not None and draft.deadline_at <= now:
        refuse("deadline_at", "has already passed")
    if draft.unique_window is not None and draft.unique_key is None:
        refuse("unique_window", "needs a unique_key")
    if draft.unique_window is not None and not 0 < draft.unique_window <= LONGEST:
        refuse("unique_window", f"must be longer than nothing and at most {format_duration(LONGEST)}")
    for path, message in _unfit(draft):
        refuse(pointer(path), message)
    return found


def _unfit(draft: JobDraft) -> list[tuple[Path, str]]:
    """What of a draft no store could keep."""
    given: dict[str, JSON] = {
        "kind": draft.kind,
        "queue": draft.queue,
        "unique_key": draft.unique_key,
        "correlation_id": draft.correlation_id,
        "payload": draft.payload,
    }
    return problems_of(given)
