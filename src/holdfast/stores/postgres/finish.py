"""Applying transitions under their leases.

Modes. *Plain*: every transition ends a lone job; one statement fences and writes the whole batch. *Full*: something
goes on, or belongs to a run; a transaction locks runs, then live rows, and ``settlement`` does the rest.

A transition whose lease no longer holds changes nothing and is answered as late, unless its record shows that an
earlier call, whose answer was lost, applied it.
"""

from collections.abc import Sequence

from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, Transition
from holdfast.ports import Finished
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.settlement import END_COLUMNS, Settlement, end_row
from holdfast.stores.postgres.sql import finish as sql
from holdfast.stores.settling import holds


class Finish(Part):
    async def finish(self, worker_id: str, batch: Sequence[Transition], now: Instant) -> Finished:
        if not batch:
            return Finished(frozenset(), frozenset())
        if all(move.run_id is None and move.to in ENDED for move in batch):
            finished = await self._end_plain(worker_id, batch)
        else:
            finished = await self.settle(worker_id, batch, now)
        return await self._recognised(worker_id, batch, finished) if finished.late else finished

    async def settle(self, worker_id: str | None, batch: Sequence[Transition], now: Instant) -> Finished:
        """The full mode; ``worker_id`` None for a rescue, which owns no job."""

        async def work(connection: Connection) -> Finished:
            settlement = Settlement(connection, self._rules, now)
            await settlement.lock_runs(move.run_id for move in batch if move.run_id is not None)
            jobs = await settlement.lock_jobs(move.job_id for move in batch)
            late: set[str] = set()
            for move in batch:
                job = jobs.get(move.job_id)
                if job is not None and holds(job, move, worker_id):
                    settlement.move(job, move)
                else:
                    late.add(move.job_id)
            done = await settlement.write()
            return Finished(frozenset(late), done.queues, done.stopped)

        return await self._db.transact(work)

    async def _end_plain(self, worker_id: str, batch: Sequence[Transition]) -> Finished:
        rows = [end_row(move, "RUNNING") for move in sorted(batch, key=_by_job)]
        gone = await self._db.fetch(sql.END_JOBS, worker_id, *columns(rows, END_COLUMNS))
        ended = {row["job_id"] for row in gone}
        return Finished(frozenset(move.job_id for move in batch if move.job_id not in ended), frozenset())

    async def _recognised(self, worker_id: str, batch: Sequence[Transition], finished: Finished) -> Finished:
        late = [(move.job_id, move.lease, move.to.value) for move in batch if move.job_id in finished.late]
        rows = await self._db.fetch(sql.APPLIED_BEFORE, *columns(late, 3), worker_id)
        return Finished(finished.late - {row["job_id"] for row in rows}, finished.queues, finished.stopped)


def _by_job(move: Transition) -> str:
    return move.job_id
