"""Worker processes: they introduce themselves, renew their lease, leave, or are declared dead and rescued from.

A job is orphaned when its row is RUNNING under a worker that isn't alive, whenever and by whomever that was declared:
a claim that commits just after its worker's death is found by the next rescue.
"""

from collections.abc import Collection, Mapping, Sequence

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, rescue, settle
from holdfast.model.outcome import Released
from holdfast.model.records import WorkerRecord
from holdfast.ports import NewWorker, Pulse, Rescued
from holdfast.stores.codec import encode
from holdfast.stores.postgres.connection import Row
from holdfast.stores.postgres.finish import Finish
from holdfast.stores.postgres.sql import workers as sql
from holdfast.stores.rows import claimed_job, worker_record


class Workers(Finish):
    async def register_worker(self, worker: NewWorker, now: Instant, lease: Micros) -> None:
        await self._db.fetch(
            sql.REGISTER,
            worker.id,
            worker.name,
            worker.host,
            worker.pid,
            worker.boot,
            encode(list(worker.queues)),
            worker.concurrency,
            now,
            now + lease,
        )

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        if not await self._db.fetch(sql.RENEW, worker_id, now, now + lease):
            return Pulse(alive=False)
        rows = await self._db.fetch(sql.OWNED, worker_id)
        orphans = [row for row in rows if row["id"] not in held and row["started_at"] < orphaned_before]
        await self._give_back(orphans, now)
        owned = {row["id"]: row["lease"] for row in rows}
        return Pulse(
            alive=True,
            lost=tuple((job, number) for job, number in held.items() if owned.get(job) != number),
            cancelled=tuple(row["id"] for row in rows if row["cancel_requested"] and row["id"] in held),
            given_back=len(orphans),
        )

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        await self._db.fetch(sql.RETIRE, worker_id, now)
        await self._give_back(await self._db.fetch(sql.OWNED, worker_id), now)

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        dead = await self._db.fetch(sql.DECLARE_DEAD, now, list(gone))
        jobs: list[ClaimedJob] = [claimed_job(row) for row in await self._db.fetch(sql.ORPHANS, now, hung_grace, limit)]
        if not jobs:
            return Rescued(len(dead), 0, frozenset())
        done = await self.settle(None, [rescue(job, now) for job in jobs], now)
        return Rescued(len(dead), len(jobs) - len(done.late), done.queues, done.stopped)

    async def list_workers(self, now: Instant) -> list[WorkerRecord]:
        return [worker_record(row, now) for row in await self._db.fetch(sql.LIST_WORKERS, now)]

    async def _give_back(self, rows: Sequence[Row], now: Instant) -> None:
        """Releases jobs that the worker doesn't hold; one that changed meanwhile is late and stays as it is."""
        if rows:
            await self.settle(None, [settle(claimed_job(row), Released(), now, 0.0) for row in rows], now)
