"""Pickup: how long after the call that inserts it a job's handler begins, with an idle worker.

One job at a time; the worker is given a moment to fall idle again before the next one.
"""

import asyncio
from time import perf_counter
from typing import Final

from bench import tasks
from bench.bench import Bench
from bench.instance import TASKS, TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from holdfast.engine.drafts import JobDraft

SAMPLES: Final = 500
WARM_UP: Final = 50


async def measure(store: str, bench: Bench) -> None:
    samples = bench.scale.of(SAMPLES, 50)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return middle_and_tail(await pickup(url, samples, meter))

    await bench.repeat(store, f"pickup, idle worker, {samples:,} jobs", {"p50": "ms", "p99": "ms"}, once)


async def pickup(url: str, samples: int, meter: Meter, redis: str | None = None) -> list[float]:
    """Milliseconds from just before the insert to the handler's first line."""
    begun: asyncio.Queue[float] = asyncio.Queue()
    tasks.listeners[:] = [lambda _job, at: begun.put_nowait(at)]
    async with engine_on(url, tasks=TASKS, redis=redis) as engine:
        await engine.start()

        async def one() -> float:
            called = perf_counter()
            await engine.jobs.insert(TENANT, [JobDraft("task:stamp", payload={})], correlation_id="bench")
            wait = (await begun.get() - called) * 1000
            await asyncio.sleep(0.005)
            return wait

        for _ in range(WARM_UP):
            await one()
        with meter.timing():
            waits = [await one() for _ in range(samples)]
    return waits
