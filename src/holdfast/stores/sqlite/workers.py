"""Worker processes on SQLite: they introduce themselves, renew their lease, leave, or are rescued from when they die.

Renewing a lease and declaring a death are transactions of their own: what becomes of the jobs can't undo them. A job is
then moved under the lease that it was found with, so one that changed in between stays as it is.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition, rescue, settle
from holdfast.model.outcome import Released
from holdfast.model.records import WorkerRecord
from holdfast.ports import Finished, NewWorker, Pulse, Rescued
from holdfast.stores.apart import settle_apart, settle_found
from holdfast.stores.codec import encode
from holdfast.stores.rows import claimed_job
from holdfast.stores.sqlite import job_reads as reads
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.finish import finish
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import workers as sql


class Workers(Session):
    async def register_worker(self, worker: NewWorker, now: Instant, lease: Micros) -> None:
        row = (
            worker.id,
            worker.name,
            worker.host,
            worker.pid,
            worker.boot,
            encode(worker.queues),
            encode(worker.tags),
            worker.concurrency,
            now,
            now,
            now + lease,
        )
        await self._write(lambda db: db.execute(sql.REGISTER, row))

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        def work(db: sqlite3.Connection) -> tuple[Pulse, list[ClaimedJob]]:
            if db.execute(sql.RENEW, (now, now + lease, worker_id)).rowcount == 0:
                return Pulse(alive=False), []
            return _reconciled(db, worker_id, held, orphaned_before)

        pulse, orphans = await self._write(work)
        return replace(pulse, given_back=await self._give_back(orphans, now)) if orphans else pulse

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        def work(db: sqlite3.Connection) -> list[ClaimedJob]:
            db.execute(sql.RETIRE, (now, worker_id))
            return _claimed(db, (row["job_id"] for row in db.execute(sql.HELD, (worker_id,)).fetchall()))

        await self._give_back(await self._write(work), now)

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        async def find(count: int) -> list[Transition]:
            return await self._read(lambda db: _abandoned(db, now, hung_grace, count))

        async def move(moves: Sequence[Transition]) -> Finished:
            return await self._move(moves, now)

        workers = await self._write(lambda db: _bury(db, now, gone))
        done = await settle_found(find, move, _unit, limit)
        return Rescued(workers, done.ended, done.queues, done.stopped, done.counts)

    async def list_workers(self, now: Instant) -> list[WorkerRecord]:
        return await self._read(lambda db: reads.list_workers(db, now))

    async def _give_back(self, jobs: Iterable[ClaimedJob], now: Instant) -> int:
        """Releases jobs that the worker doesn't hold; how many."""

        async def move(moves: Sequence[Transition]) -> Finished:
            return await self._move(moves, now)

        done, _ = await settle_apart([settle(job, Released(), now, 0.0) for job in jobs], move, _unit)
        return done.ended

    async def _move(self, moves: Sequence[Transition], now: Instant) -> Finished:
        """Applies moves that aren't the owner's; ``ended`` counts those whose lease still held."""
        done = await self._write(lambda db: finish(db, self._rules, None, moves, now))
        return replace(done, ended=len(moves) - len(done.late))


def _unit(move: Transition) -> str:
    return move.run_id or move.job_id


def _reconciled(
    db: sqlite3.Connection, worker_id: str, held: Mapping[str, int], orphaned_before: Instant
) -> tuple[Pulse, list[ClaimedJob]]:
    """What the worker is told, and the jobs that it doesn't hold under their present lease."""
    rows = db.execute(sql.HELD, (worker_id,)).fetchall()
    owned = {row["job_id"]: row["lease"] for row in rows}
    cancelled = {row["job_id"] for row in rows if row["cancel_requested"]}
    orphans = [row for row in rows if held.get(row["job_id"]) != row["lease"] and row["started_at"] < orphaned_before]
    pulse = Pulse(
        alive=True,
        lost=tuple((job, number) for job, number in held.items() if owned.get(job) != number),
        cancelled=tuple(job for job, number in held.items() if job in cancelled and owned[job] == number),
    )
    return pulse, _claimed(db, (row["job_id"] for row in orphans))


def _bury(db: sqlite3.Connection, now: Instant, gone: Collection[str]) -> int:
    """Declares workers dead; how many were alive."""
    workers = db.execute(sql.BURY_EXPIRED, (now,)).rowcount
    return workers + db.execute(sql.BURY, (id_list(gone),)).rowcount if gone else workers


def _abandoned(db: sqlite3.Connection, now: Instant, hung_grace: Micros, limit: int) -> list[Transition]:
    rows = db.execute(sql.ABANDONED, (hung_grace, now, limit)).fetchall()
    return [rescue(job, now) for job in _claimed(db, (row["job_id"] for row in rows))]


def _claimed(db: sqlite3.Connection, job_ids: Iterable[str]) -> list[ClaimedJob]:
    return [claimed_job(row) for row in db.execute(sql.CLAIMED, (id_list(job_ids),))]
