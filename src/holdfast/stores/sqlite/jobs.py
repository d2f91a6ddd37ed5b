"""Jobs on SQLite: inserted, claimed, finished and read. Each method is one work for the writer or one read."""

import sqlite3
from collections.abc import Collection, Sequence

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.records import JobFilter, JobRecord, Page
from holdfast.ports import Accepted, ClaimRequest, Dedupe, Finished, Handover, NewJobs, Taker
from holdfast.stores.sqlite import finish as finishing
from holdfast.stores.sqlite import job_reads as reads
from holdfast.stores.sqlite.claim import claim
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.dedupe import seen
from holdfast.stores.sqlite.insert import insert_jobs
from holdfast.stores.sqlite.session import Session


class Jobs(Session):
    async def insert_jobs(
        self, batch: Sequence[NewJobs], now: Instant, taker: Taker | None = None
    ) -> list[list[Accepted]]:
        return await self._write(lambda db: insert_jobs(db, batch, now, taker))

    async def answered_before(self, guards: Sequence[Dedupe], now: Instant) -> list[tuple[Accepted, ...] | None]:
        def work(db: sqlite3.Connection) -> list[tuple[Accepted, ...] | None]:
            found = (seen(db, guard, (), now) for guard in guards)
            return [None if answers is None else tuple(answers) for answers in found]

        return await self._read(work)

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        return await self._write(lambda db: claim(db, request, now))

    async def finish(
        self, worker_id: str, batch: Sequence[Transition], now: Instant, handover: Handover | None = None
    ) -> Finished:
        return await self._write(lambda db: finishing.finish(db, self._rules, worker_id, batch, now, handover))

    async def get_job(self, tenant: str, job_id: str) -> JobRecord:
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, host_now()))

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        return await self._read(lambda db: reads.list_jobs(db, tenant, wanted, now, cursor, limit))

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        return await self._read(lambda db: reads.next_due(db, queues, now))
