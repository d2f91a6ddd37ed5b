"""Jobs as callers see them: insert, cancel, retry.

An insert that returns has committed. Bad drafts are refused as a whole, with every problem at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from holdfast.engine.batcher import Batcher
from holdfast.engine.drafts import JobDraft, new_job, problems_with
from holdfast.engine.offers import Takers
from holdfast.engine.secret_texts import problems_in
from holdfast.engine.wakeups import CANCEL, ENDS, EVENTS, INBOX, RUNS, Wakeups, queue_topic
from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import Path
from holdfast.model.records import JobRecord
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewJobs, Observer, Store


class Jobs:
    """The entrance for lone jobs and what can be done to one."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
        takers: Takers | None = None,
        secret_places: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        """``secret_places``: where the payloads of lone jobs may name secrets, by kind; others' texts stay texts."""
        self._secret_places = secret_places or {}
        self._takers = takers or Takers()
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._inserts: Batcher[NewJobs, list[Accepted]] = Batcher(
            "insert", self._commit, clock, entropy, observer, weigh=lambda item: len(item.jobs), abreast=2
        )

    async def insert(
        self, tenant: str, drafts: Sequence[JobDraft], *, correlation_id: str, dedupe: Dedupe | None = None
    ) -> list[Accepted]:
        """Inserts all drafts or none; answers one ``Accepted`` each, in order. Raises ``Invalid``."""
        now = self._clock.now()
        if problems := [*problems_with(drafts, now), *self._wrong_secrets(drafts)]:
            raise Invalid(problems, "The job is not valid")
        jobs = tuple(new_job(self._entropy.new_id(now), tenant, draft, correlation_id, now) for draft in drafts)
        return await self.commit(NewJobs(jobs, dedupe))

    async def commit(self, new: NewJobs) -> list[Accepted]:
        """Inserts jobs that were made of drafts without problems, with all that is to be written beside them."""
        accepted = await self._inserts.submit(new)
        left = (job for job, answer in zip(new.jobs, accepted, strict=True) if answer.handed is None)
        self._wakeups.notify({queue_topic(job.queue) for job in left} | {EVENTS})
        for answer in accepted:
            verdict = "refused" if answer.refused else "duplicate" if answer.duplicate else "inserted"
            self._observer.accepted("job", verdict)
        return accepted

    async def cancel(self, tenant: str, job_id: str) -> JobRecord:
        """Raises ``NotFound``, or ``Conflict`` when the job has ended."""
        now = self._clock.now()
        # Cancelled as one of many, since that tells of the queues where its end let other work through.
        done = await self._store.cancel_jobs(tenant, [job_id], now)
        if done.ids:
            record = await self._store.get_job(tenant, job_id)
        else:
            record = await self._store.cancel_job(tenant, job_id, now)  # raises what stands in the way
        # A run's job may end its run by it, which may be a child or hold a place.
        moved = set() if record.run_id is None else {INBOX, RUNS, ENDS}
        self._wakeups.count(done.counts)
        self._wakeups.notify({CANCEL, EVENTS} | moved | {queue_topic(queue) for queue in done.queues | {record.queue}})
        return record

    async def retry(self, tenant: str, job_id: str) -> JobRecord:
        """Raises ``NotFound`` or ``Conflict``."""
        record = await self._store.retry_job(tenant, job_id, self._clock.now())
        self._wakeups.notify({EVENTS, queue_topic(record.queue)})
        return record

    def _wrong_secrets(self, drafts: Sequence[JobDraft]) -> Iterator[Problem]:
        for index, draft in enumerate(drafts):
            places = self._secret_places.get(draft.kind)
            if places is not None:
                prefix = f"jobs[{index}]." if len(drafts) > 1 else ""
                for problem in problems_in(draft.payload, places):
                    yield Problem(prefix + problem.path, problem.message)

    async def _commit(self, batch: Sequence[NewJobs]) -> list[list[Accepted]]:
        now = self._clock.now()
        return await self._takers.insert(
            sum(len(item.jobs) for item in batch),
            now,
            lambda taker: self._store.insert_jobs(batch, now, taker),
            chain.from_iterable,
        )
