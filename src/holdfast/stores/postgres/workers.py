"""Worker processes: they introduce themselves, renew their lease, leave, or are declared dead and rescued from.

A job is orphaned when its row is RUNNING under a worker that isn't alive, whenever and by whomever that was declared:
a claim that commits just after its worker's death is found by the next rescue. A lease renewed and a death declared
hold whatever becomes of the jobs; one that can't be moved is left out and hinders no other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import Transition, rescue, settle
from holdfast.model.outcome import Released
from holdfast.model.records import WorkerRecord
from holdfast.ports import Finished, NewWorker, Pulse, Rescued
from holdfast.stores.apart import settle_apart, settle_found
from holdfast.stores.codec import encode
from holdfast.stores.postgres.connection import PROMPT, Row
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
            encode(list(worker.tags)),
            worker.concurrency,
            now,
            now + lease,
            patience=PROMPT,
        )

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        answered = await self._db.fetch(sql.RENEW, worker_id, now, now + lease, patience=PROMPT)
        if not answered:
            return Pulse(alive=False)
        rows = [row for row in answered if row["id"] is not None]
        # One that the worker holds under an older lease was claimed again and its answer lost: it isn't held.
        orphans = [row for row in rows if held.get(row["id"]) != row["lease"] and row["started_at"] < orphaned_before]
        owned = {row["id"]: row["lease"] for row in rows}
        cancelled = {row["id"] for row in rows if row["cancel_requested"]}
        return Pulse(
            alive=True,
            lost=tuple((job, number) for job, number in held.items() if owned.get(job) != number),
            cancelled=tuple(job for job, number in held.items() if job in cancelled and owned[job] == number),
            given_back=await self._give_back(orphans, now),
        )

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        await self._db.fetch(sql.RETIRE, worker_id, now)
        await self._give_back(await self._db.fetch(sql.OWNED, worker_id), now)

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        async def find(count: int) -> list[Transition]:
            return [rescue(claimed_job(row), now) for row in await self._db.fetch(sql.ORPHANS, now, hung_grace, count)]

        async def move(moves: Sequence[Transition]) -> Finished:
            return await self._move(moves, now)

        dead = await self._db.fetch(sql.DECLARE_DEAD, now, list(gone))
        done = await settle_found(find, move, _unit, limit)
        return Rescued(len(dead), done.ended, done.queues, done.stopped, done.counts)

    async def list_workers(self, now: Instant) -> list[WorkerRecord]:
        return [worker_record(row, now) for row in await self._db.fetch(sql.LIST_WORKERS, now)]

    async def _give_back(self, rows: Sequence[Row], now: Instant) -> int:
        """Releases jobs that the worker doesn't hold; how many. One that changed meanwhile stays as it is."""

        async def move(moves: Sequence[Transition]) -> Finished:
            return await self._move(moves, now)

        done, _ = await settle_apart([settle(claimed_job(row), Released(), now, 0.0) for row in rows], move, _unit)
        return done.ended

    async def _move(self, moves: Sequence[Transition], now: Instant) -> Finished:
        """Applies moves that aren't the owner's; ``ended`` counts those whose lease still held."""
        done = await self.settle(None, moves, now)
        return replace(done, ended=len(moves) - len(done.late))


def _unit(move: Transition) -> str:
    return move.run_id or move.job_id
