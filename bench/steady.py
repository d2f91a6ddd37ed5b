"""Steady: ten minutes of inserts and work side by side at 60 % of the drain rate, told minute by minute.

What would show here and nowhere else: tables that bloat, plans that flip when statistics change, checkpoints that stall
commits, a backlog that creeps. The inserter is in the worker's process, as in ``holdfast up``, and adds a small batch
every few milliseconds. Its figures' repetitions are the minutes.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg

from bench.backlog import BATCH, JOBS, NOOP, Backlog
from bench.bench import Bench, Figure
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import percentile
from bench.progress import Progress
from holdfast.engine.engine import Engine
from holdfast.model.instant import MILLISECOND

_TICK: Final = 0.02
_MINUTE: Final = 60.0
_SETTLE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the load: jobs finished a second, waits from insert to claim, commits of results, and the store.

    ``backlog``: inserted and not finished at its end. ``dead``: dead row versions, PostgreSQL only.
    """

    rate: float
    wait_p50: float
    wait_p99: float
    commit_p99: float
    backlog: int
    size: float
    dead: int


async def measure(store: str, bench: Bench) -> None:
    jobs = bench.scale.of(JOBS)

    async def drained(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await Backlog(url).drain(jobs, meter)}

    rate = (await bench.repeat(store, f"drain of {jobs:,} before the load", {"rate": "jobs/s"}, drained))["rate"]
    with bench.stores.fresh(store) as (url, folder):
        meter = Meter()
        with meter.timing():
            minutes = await _load(url, folder, rate * bench.scale.load, bench.scale.minutes)
    _tell(bench, store, minutes, meter)


async def _load(url: str, folder: Path, rate: float, minutes: float) -> list[Minute]:
    async with engine_on(url) as engine:
        progress = Progress(engine)
        await engine.start()
        inserter = Inserter(engine, rate)
        inserting = asyncio.create_task(inserter.run())
        try:
            await asyncio.sleep(_SETTLE)
            return [
                await _minute(url, folder, progress, inserter, min(minutes - i, 1.0) * _MINUTE)
                for i in range(int(-(-minutes // 1)))
            ]
        finally:
            inserting.cancel()
            await asyncio.gather(inserting, return_exceptions=True)


class Inserter:
    """Adds no-op jobs at a steady rate; when it falls behind it catches up in larger batches."""

    def __init__(self, engine: Engine, rate: float) -> None:
        self.inserted = 0
        self._engine = engine
        self._rate = rate

    async def run(self) -> None:
        began = perf_counter()
        while True:
            owed = int((perf_counter() - began) * self._rate) - self.inserted
            if owed > 0:
                size = min(owed, BATCH)
                await self._engine.jobs.insert(TENANT, [NOOP] * size, correlation_id="bench")
                self.inserted += size
            if owed < BATCH:
                await asyncio.sleep(_TICK)


async def _minute(url: str, folder: Path, progress: Progress, inserter: Inserter, seconds: float) -> Minute:
    progress.waits, progress.commits = [], []
    before, began = progress.finished, perf_counter()
    await asyncio.sleep(seconds)
    rate = (progress.finished - before) / (perf_counter() - began)
    waits, commits = [list(map(float, kept)) or [0.0] for kept in (progress.waits, progress.commits)]
    size, dead = await _store(url, folder)
    return Minute(
        rate,
        percentile(waits, 50) / MILLISECOND,
        percentile(waits, 99) / MILLISECOND,
        percentile(commits, 99) / MILLISECOND,
        inserter.inserted - progress.finished,
        size / (1 << 20),
        dead,
    )


async def _store(url: str, folder: Path) -> tuple[int, int]:
    """Bytes on disk and dead row versions. A SQLite file is only looked at from outside, as it is in use."""
    if url.startswith("sqlite"):
        return _bytes_of(folder), 0
    connection = await asyncpg.connect(url)
    try:
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        dead = await connection.fetchval("SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables")
        return int(size), int(dead)
    finally:
        await connection.close()


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("holdfast.db*"))


def _tell(bench: Bench, store: str, minutes: list[Minute], meter: Meter) -> None:
    noise, what = meter.noise(), f"steady load, {bench.scale.minutes:g} min"
    columns = {
        "rate": ("jobs/s", [minute.rate for minute in minutes]),
        "wait p50": ("ms", [minute.wait_p50 for minute in minutes]),
        "wait p99": ("ms", [minute.wait_p99 for minute in minutes]),
        "commit p99": ("ms", [minute.commit_p99 for minute in minutes]),
        "backlog": ("jobs", [float(minute.backlog) for minute in minutes]),
        "size": ("MiB", [minute.size for minute in minutes]),
        "dead rows": ("rows", [float(minute.dead) for minute in minutes]),
    }
    for name, (unit, values) in columns.items():
        bench.tell(Figure(bench.measurement, store, what, name, unit, tuple(values), 0, not noise.quiet, (noise,)))
    first, last = minutes[0], minutes[-1]
    bench.derive(store, "last minute against the first", "rate", last.rate / first.rate)
    bench.derive(store, "last minute against the first", "wait p99", last.wait_p99 / max(first.wait_p99, 0.001))
    grown = (last.size - first.size) * (1 << 20) / max(sum(minute.rate for minute in minutes[1:]) * _MINUTE, 1)
    if len(minutes) > 1:
        bench.derive(store, "growth of the store for each job kept", "bytes", grown, "B")
