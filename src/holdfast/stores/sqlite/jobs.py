"""Jobs on SQLite, without the workers that hold them: each method is one work for the writer or one read."""

from collections.abc import Collection, Sequence

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord
from holdfast.ports import Accepted, ClaimRequest, Finished, NewJobs
from holdfast.stores.apart import settle_found
from holdfast.stores.settling import LiveJob
from holdfast.stores.sqlite import finish as finishing
from holdfast.stores.sqlite import job_reads as reads
from holdfast.stores.sqlite.claim import claim
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.insert import insert_jobs
from holdfast.stores.sqlite.session import Session


class Jobs(Session):
    async def insert_jobs(self, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
        return await self._write(lambda db: insert_jobs(db, batch, now))

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        return await self._write(lambda db: claim(db, request, now))

    async def finish(self, worker_id: str, batch: Sequence[Transition], now: Instant) -> Finished:
        return await self._write(lambda db: finishing.finish(db, self._rules, worker_id, batch, now))

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        async def find(count: int) -> list[LiveJob]:
            return await self._read(lambda db: finishing.overdue(db, now, count))

        async def end(jobs: Sequence[LiveJob]) -> Finished:
            return await self._write(lambda db: finishing.fail_overdue(db, self._rules, jobs, now))

        return await settle_found(find, end, lambda job: job.run_id or job.id, limit)

    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        await self._write(lambda db: finishing.cancel_job(db, self._rules, tenant, job_id, now))
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, now))

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        await self._write(lambda db: finishing.retry_job(db, tenant, job_id, now))
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, now))

    async def get_job(self, tenant: str, job_id: str) -> JobRecord:
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, host_now()))

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        return await self._read(lambda db: reads.list_jobs(db, tenant, wanted, now, cursor, limit))

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        return await self._read(lambda db: reads.next_due(db, queues))

    async def list_queues(self, now: Instant) -> list[QueueRecord]:
        return await self._read(lambda db: reads.list_queues(db, now))
