"""Figures of what this process does: counted in memory, added to the store's a few times a minute.

``Statistics`` is told of attempts as an ``Observer`` (through ``Observers``) and of what commits did by ``Wakeups``; it
keeps a row of figures for each tenant, queue and minute (``model.statistics``). ``StatisticsWriter`` adds them to the
store's every ten seconds, all in one transaction, and once more at its end; while nothing happens it writes nothing.
They are figures, not records: a process that is killed loses its last ten seconds, an answer that is lost may add a
batch twice, and a store that is away for long is given what fits into memory. Not counted are ends that nobody
is told of: of jobs that are rescued as a process starts, of those that a heartbeat gives back and whose run has failed
meanwhile, and on SQLite of runs that give their place to a newer one.

``DepthSampler`` keeps once a minute how much lies in each queue; under a lead one process does it for all.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Final

import structlog

from holdfast.engine.loop import Loop
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MINUTE, SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob, JobState, Transition
from holdfast.model.retry import Reason
from holdfast.model.statistics import FIRST_RAN, FIRST_WAIT, NOTHING, PLACE, Count, FigureRow, bucket_of
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.statistics")
_EVERY: Final[Micros] = 10 * SECOND
_LAST_WORDS: Final[Micros] = SECOND
# Rows in memory: a thousand tenants for twenty minutes. What comes above that isn't counted.
_MOST: Final = 20_000
_STARTED: Final = PLACE["started"]
_SUCCEEDED: Final = PLACE["succeeded"]
_SUCCESS: Final = JobState.SUCCEEDED
_ENDS: Final = {
    JobState.FAILED: PLACE["failed"],
    JobState.DEAD: PLACE["dead"],
    JobState.CANCELLED: PLACE["cancelled"],
}
_RETRIED: Final = PLACE["retried"]

_Key = tuple[str, Instant, str]


class Statistics:
    """What was counted and not written yet. Fed for every job, so it does little: neighbours share their row."""

    def __init__(self, clock: Clock, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._rows: dict[_Key, list[int]] = {}
        self._beyond = 0

    def claimed(self, jobs: Collection[ClaimedJob], now: Instant) -> None:
        """A wait is that for the first start: later ones waited for a backoff, too."""
        tenant, queue, row = "", "", None
        for job in jobs:
            if row is None or job.queue != queue or job.tenant != tenant:
                tenant, queue = job.tenant, job.queue
                row = self._row(tenant, now, queue)
            row[_STARTED] += 1
            if job.lease == 1:
                row[FIRST_WAIT + bucket_of(now - max(job.created_at, job.due_at))] += 1

    def ended(self, attempts: Collection[tuple[ClaimedJob, Transition]]) -> None:
        """What was put off, parked or given back hasn't ended; neither does its time count."""
        now, tenant, queue, row = self._clock.now(), "", "", None
        for job, move in attempts:
            place = _SUCCEEDED if move.to is _SUCCESS else _place_of(move)
            if place is None:
                continue
            if row is None or job.queue != queue or job.tenant != tenant:
                tenant, queue = job.tenant, job.queue
                row = self._row(tenant, now, queue)
            row[place] += 1
            row[FIRST_RAN + bucket_of(move.at - job.started_at)] += 1

    def counted(self, counts: Collection[Count]) -> None:
        now = self._clock.now()
        for tenant, queue, what in counts:
            self._row(tenant, now, queue)[PLACE[what]] += 1

    def take(self) -> list[FigureRow]:
        """Everything that was counted since the last call."""
        rows, self._rows = self._rows, {}
        if self._beyond:
            _log.warning("figures lost: too many waited for the store", counts=self._beyond)
            self._beyond = 0
        return [FigureRow(tenant, at, queue, numbers) for (tenant, at, queue), numbers in rows.items()]

    def put_back(self, rows: Iterable[FigureRow]) -> None:
        """What was taken and couldn't be written."""
        for tenant, at, queue, numbers in rows:
            row = self._row(tenant, at, queue)
            row[:] = [one + other for one, other in zip(row, numbers, strict=True)]

    def _row(self, tenant: str, at: Instant, queue: str) -> list[int]:
        key = (tenant, at - at % MINUTE, queue)
        row = self._rows.get(key)
        if row is None:
            row = list(NOTHING)
            if len(self._rows) < self._most:
                self._rows[key] = row
            else:
                self._beyond += 1
        return row


def _place_of(move: Transition) -> int | None:
    """Where an attempt that didn't succeed is counted, if it ended."""
    return _RETRIED if move.reason is Reason.RETRY else _ENDS.get(move.to)


class StatisticsWriter(Loop):
    """Adds what this process counted to the store's figures."""

    name = "statistics"

    def __init__(
        self, statistics: Statistics, store: Store, clock: Clock, entropy: Entropy, every: Micros = _EVERY
    ) -> None:
        super().__init__(clock, entropy, every)
        self._statistics = statistics
        self._store = store
        self._writing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(_LAST_WORDS / SECOND):
                    await self._write()
                    await self._write()  # the first may only have waited for one that was under way

    async def run_once(self) -> bool:
        await self._write()
        return False

    async def _write(self) -> None:
        """A write that has begun ends, whoever stops waiting for it: to begin it again would count twice."""
        if self._writing is None:
            rows = self._statistics.take()
            if not rows:
                return
            self._writing = asyncio.create_task(self._add(rows), name=self.name)
        await asyncio.shield(self._writing)

    async def _add(self, rows: list[FigureRow]) -> None:
        try:
            await self._store.add_figures(rows)
        except Unavailable:
            self._statistics.put_back(rows)
            raise
        finally:
            self._writing = None


class DepthSampler(Loop):
    """Keeps once a minute how much lies in each queue."""

    name = "depth-sampler"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        super().__init__(clock, entropy, MINUTE)
        self._store = store

    async def run_once(self) -> bool:
        await self._store.sample_depths(self._clock.now())
        return False

    async def _pause(self) -> None:
        """To the next minute's begin, or soon after it: each minute has its sample, whoever leads."""
        left = MINUTE - self._clock.now() % MINUTE
        await self._clock.sleep(left + int(SECOND * self._entropy.random()))
