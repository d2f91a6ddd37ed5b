"""Looks around a job, to say why it is where it is (``why``).

Counting what waits costs more the more waits, and a caller may ask about a job again and again: what stands around
jobs is looked at anew only every two seconds, by one caller for all.
"""

import asyncio
from typing import Final

from holdfast.engine.why import Surroundings, why
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
        self._queues: dict[str, QueueRecord] = {}
        self._workers: list[WorkerRecord] = []

    async def why(self, job: JobRecord) -> str:
        """The sentences for a job that was read with its changes."""
        now = self._clock.now()
        if job.state is not JobState.PENDING or job.blocked:
            return why(job, now)
        async with self._looking:
            if self._looked_at is None or not 0 <= now - self._looked_at < _FRESH:
                await self._look(now)
        around = Surroundings(self._queues.get(job.queue), self._workers, await self._tenant(job, now), self._kinds)
        return why(job, now, around)

    async def _look(self, now: Instant) -> None:
        self._queues = {queue.name: queue for queue in await self._store.list_queues(now)}
        self._workers = await self._store.list_workers(now)
        self._looked_at = now

    async def _tenant(self, job: JobRecord, now: Instant) -> TenantRecord | None:
        try:
            return await self._store.get_tenant(job.tenant, now)
        except NotFound:
            return None
