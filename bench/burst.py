"""A burst: 100,000 jobs come at once to workers that idle. Is every one of them busy until the last job is done?

Four worker processes beside one process that inserts, on PostgreSQL, with Redis and without. Each worker tells what it
has finished and what it holds; between two of its words it held what it said last. It was busy in each quarter of a
second in which it finished or held anything: jobs that do nothing leave slots empty between two claims.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from time import perf_counter
from typing import Final

from bench.backlog import Backlog
from bench.bench import Bench
from bench.broker import broker
from bench.instance import engine_on, settings_for
from bench.noise import Meter
from bench.workers import Report, go, gone, ready, until

JOBS: Final = 100_000
WORKERS: Final = 4
_SLICE: Final = 0.25


async def measure(store: str, bench: Bench) -> None:
    if store == "sqlite":
        return
    jobs = bench.scale.of(JOBS)

    async def directly(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return await _burst(url, None, jobs, meter)

    async def offered(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _), broker() as redis:
            return await _burst(url, redis, jobs, meter)

    units = {"rate": "jobs/s", "least busy": "of the time", "least filled": "of the slots", "fewest": "of a fair share"}
    what = f"burst of {jobs:,} on {WORKERS} workers"
    await bench.repeat(store, what, units, directly)
    await bench.repeat(store, f"{what}, Redis", units, offered)


async def _burst(url: str, redis: str | None, jobs: int, meter: Meter) -> dict[str, float]:
    backlog = Backlog(url, redis=redis)
    async with engine_on(url, role="all", redis=redis):
        pass  # migrated by now
    async with engine_on(url, role="server", redis=redis) as engine:
        await engine.start()
        workers = await asyncio.gather(*(ready(url, redis) for _ in range(WORKERS)))
        try:
            go(workers)
            began = perf_counter()
            with meter.timing():
                finishing = asyncio.create_task(until(workers, jobs))
                await backlog.insert(engine, jobs)
                reports = await finishing
        finally:
            await gone(workers)
        await backlog.check(engine, jobs)
    ended = max(told[-1].at for told in reports if told)
    return {"rate": jobs / (ended - began)} | shares(reports, settings_for(url).worker_concurrency, began, ended)


def shares(reports: Sequence[Sequence[Report]], slots: int, began: float, ended: float) -> dict[str, float]:
    """Of the worker that did worst: the share of the time in which it was busy, of its slots that were filled, and how
    much it finished of what would be its fair share."""
    spans = [_spans(told, began, ended) for told in reports]
    span = ended - began
    finished = [told[-1].finished if told else 0 for told in reports]
    return {
        "least busy": min(_busy(told, began, ended) for told in reports),
        "least filled": min(sum(length * held for length, held in each) for each in spans) / span / slots,
        "fewest": min(finished) * len(finished) / sum(finished),
    }


def _spans(told: Sequence[Report], began: float, ended: float) -> list[tuple[float, int]]:
    """How long a worker held how many jobs."""
    ats = [began, *(report.at for report in told), ended]
    held = [0, *(report.held for report in told)]
    return [(max(after - before, 0.0), count) for (before, after), count in zip(pairwise(ats), held, strict=True)]


def _busy(told: Sequence[Report], began: float, ended: float) -> float:
    """The share of slices in which a worker finished or held something."""
    slices = max(round((ended - began) / _SLICE), 1)
    active: set[int] = set()
    for before, after in pairwise([Report(began, 0), *told, Report(ended, told[-1].finished if told else 0)]):
        first, last = (min(int((report.at - began) / _SLICE), slices - 1) for report in (before, after))
        if before.held:
            active.update(range(first, last + 1))
        if after.finished > before.finished:
            active.add(last)
    return len(active) / slices
