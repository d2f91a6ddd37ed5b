"""The ``JobStore`` part of the port on SQLite: each method is one work for the writer or one read."""

from collections.abc import Collection, Mapping, Sequence

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord, WorkerRecord
from holdfast.ports import Accepted, ClaimRequest, Finished, NewJobs, NewWorker, Pulse, Rescued
from holdfast.stores.codec import encode
from holdfast.stores.sqlite import finish as finishing
from holdfast.stores.sqlite import job_reads as reads
from holdfast.stores.sqlite.claim import claim
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.insert import insert_jobs
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import workers as workers_sql


class Jobs(Session):
    async def insert_jobs(self, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
        return await self._write(lambda db: insert_jobs(db, batch, now))

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        return await self._write(lambda db: claim(db, request, now))

    async def finish(self, worker_id: str, batch: Sequence[Transition], now: Instant) -> Finished:
        return await self._write(lambda db: finishing.finish(db, self._rules, worker_id, batch, now))

    async def register_worker(self, worker: NewWorker, now: Instant, lease: Micros) -> None:
        row = (
            worker.id,
            worker.name,
            worker.host,
            worker.pid,
            worker.boot,
            encode(worker.queues),
            worker.concurrency,
            now,
            now,
            now + lease,
        )
        await self._write(lambda db: db.execute(workers_sql.REGISTER, row))

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        return await self._write(
            lambda db: finishing.heartbeat(db, self._rules, worker_id, held, now, lease, orphaned_before)
        )

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        await self._write(lambda db: finishing.retire_worker(db, self._rules, worker_id, now))

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        return await self._write(lambda db: finishing.rescue_jobs(db, self._rules, now, hung_grace, gone, limit))

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        return await self._write(lambda db: finishing.fail_overdue(db, self._rules, now, limit))

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

    async def list_workers(self, now: Instant) -> list[WorkerRecord]:
        return await self._read(lambda db: reads.list_workers(db, now))
