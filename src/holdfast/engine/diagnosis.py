"""Looks around a job, to say why it is where it is (``why``).

Counting what waits costs more the more waits, and a caller may ask about a job again and again: what stands around
jobs is looked at anew only every two seconds, by one caller for all (and for each tenant that asks, what is its own:
nobody is told another tenant's numbers).
"""

import asyncio
from typing import Final

from holdfast.engine.why import Surroundings, why, with_names
from holdfast.model.errors import NotFound
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.records import JobRecord, QueueRecord, TenantRecord, WorkerRecord
from holdfast.ports import Clock, Store

_FRESH: Final[Micros] = 2 * SECOND


class Diagnosis:
    """One per process. ``kinds`` are those that every worker knows."""

    def __init__(self, store: Store, clock: Clock, kinds: frozenset[str]) -> None:
        self._store = store
        self._clock = clock
        self._kinds = kinds
        self._looking = asyncio.Lock()
        self._looked_at: Instant | None = None
        self._met_at: Instant | None = None
        self._queues: dict[str, QueueRecord] = {}
        self._own: dict[str, dict[str, QueueRecord]] = {}
        self._workers: list[WorkerRecord] = []

    async def why(self, job: JobRecord, *, named: bool = False) -> str:
        """The sentences for a job that was read with its changes; ``named``: the asker may know workers by name."""
        now = self._clock.now()
        if named:
            job = with_names(job, {worker.id: worker.name for worker in await self._known(job, now)})
        if job.state is not JobState.PENDING or job.blocked:
            return why(job, now)
        async with self._looking:
            if self._looked_at is None or not 0 <= now - self._looked_at < _FRESH:
                await self._look(now)
            if job.tenant not in self._own:
                self._own[job.tenant] = _by_name(await self._store.list_queues(now, job.tenant))
        queue, own = self._queues.get(job.queue), self._own[job.tenant].get(job.queue)
        around = Surroundings(queue, self._workers, await self._tenant(job, now), self._kinds, own)
        return why(job, now, around)

    async def _look(self, now: Instant) -> None:
        self._queues = _by_name(await self._store.list_queues(now))
        self._own = {}
        self._workers, self._met_at = await self._store.list_workers(now), now
        self._looked_at = now

    async def _known(self, job: JobRecord, now: Instant) -> list[WorkerRecord]:
        """Those that the sentences may speak of."""
        if job.worker is None and all(change.worker is None for change in job.changes):
            return []
        async with self._looking:
            if self._met_at is None or not 0 <= now - self._met_at < _FRESH:
                self._workers, self._met_at = await self._store.list_workers(now), now
            return self._workers

    async def _tenant(self, job: JobRecord, now: Instant) -> TenantRecord | None:
        try:
            return await self._store.get_tenant(job.tenant, now)
        except NotFound:
            return None


def _by_name(queues: list[QueueRecord]) -> dict[str, QueueRecord]:
    return {queue.name: queue for queue in queues}
