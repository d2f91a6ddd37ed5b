"""Applying transitions under their leases.

Modes. *Plain*: successes of lone jobs that hold no key and make nothing known; one statement fences and writes all of a
batch. *Agreed*: the success of one step of a run in which nothing else goes on; it is decided on what was read without
a lock, and one statement writes it if that still holds. *Full*: what the others left, and everything else; a
transaction locks runs, then live rows, and ``settlement`` does the rest. A batch may need more than one of them; each
transition is applied by one.

A transition whose lease no longer holds changes nothing and is answered as late, unless its record shows that an
earlier call, whose answer was lost, applied it.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from holdfast.model.instant import Instant
from holdfast.model.job import JobState, Transition
from holdfast.ports import Finished, Handover, Taker
from holdfast.stores.apart import NOTHING, together
from holdfast.stores.codec import encode_or_null
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.postgres.sql import finish as sql
from holdfast.stores.settling import holds


class Finish(Part):
    async def finish(
        self, worker_id: str, batch: Sequence[Transition], now: Instant, handover: Handover | None = None
    ) -> Finished:
        if not batch:
            return Finished(frozenset(), frozenset())
        plain = [m for m in batch if m.to is JobState.SUCCEEDED and m.run_id is None and not m.emits]
        finished, ended = await self._succeed(worker_id, plain) if plain else (NOTHING, frozenset())
        if len(ended) < len(batch):
            rest = [move for move in batch if move.job_id not in ended]
            finished = together(finished, await self.settle(worker_id, rest, now, handover))
        return await self._recognised(worker_id, batch, finished) if finished.late else finished

    async def settle(
        self, worker_id: str | None, batch: Sequence[Transition], now: Instant, handover: Handover | None = None
    ) -> Finished:
        """The full mode; ``worker_id`` None for a rescue, which owns no job."""
        taker = None if worker_id is None or handover is None else Taker(worker_id, handover)

        if worker_id is not None and len(batch) == 1 and _may_agree(batch[0]):
            agreed = await self._agree(worker_id, batch[0], now, taker)
            if agreed is not None:
                return agreed

        async def work(connection: Connection) -> Finished:
            settlement = Settlement(connection, self._rules, now, taker)
            if len(batch) == 1 and batch[0].run_id is not None:
                jobs = await settlement.lock_step(batch[0].run_id, batch[0].job_id)
            else:
                await settlement.lock_runs(move.run_id for move in batch if move.run_id is not None)
                jobs = await settlement.lock_jobs(move.job_id for move in batch)
            late: set[str] = set()
            for move in batch:
                job = jobs.get(move.job_id)
                if job is not None and holds(job, move, worker_id):
                    settlement.move(job, move, reported=worker_id is not None)
                else:
                    late.add(move.job_id)
            return replace(await settlement.write(), late=frozenset(late))

        return await self._db.transact(work)

    async def _agree(self, worker_id: str, move: Transition, now: Instant, taker: Taker | None) -> Finished | None:
        """The agreed mode; None when it is the full mode's to do."""

        async def work(connection: Connection) -> Finished | None:
            settlement = Settlement(connection, self._rules, now, taker)
            job = await settlement.read_step(move.run_id or "", move.job_id)
            if job is None or not holds(job, move, worker_id):
                return None
            settlement.move(job, move, reported=True)
            return await settlement.write_agreed(worker_id)

        return await self._db.apart(work)

    async def _succeed(self, worker_id: str, batch: Sequence[Transition]) -> tuple[Finished, frozenset[str]]:
        """The plain mode; answers also which jobs it ended."""
        ordered = sorted(batch, key=_by_job)
        ids = [move.job_id for move in ordered]
        rows = await self._db.fetch(
            sql.SUCCEED_PLAIN,
            worker_id,
            ids,
            [move.lease for move in ordered],
            [encode_or_null(move.result) for move in ordered],
            [move.at for move in ordered],
        )
        ended, queues = rows[0]
        return Finished(frozenset(), frozenset(queues)), frozenset(ids if ended is None else ended)

    async def _recognised(self, worker_id: str, batch: Sequence[Transition], finished: Finished) -> Finished:
        late = [(move.job_id, move.lease, move.to.value) for move in batch if move.job_id in finished.late]
        rows = await self._db.fetch(sql.APPLIED_BEFORE, *columns(late, 3), worker_id)
        return replace(finished, late=finished.late - {row["job_id"] for row in rows})


def _may_agree(move: Transition) -> bool:
    return move.to is JobState.SUCCEEDED and move.run_id is not None


_by_job = attrgetter("job_id")
