"""The drain and the pickup where ready work is offered over Redis, on PostgreSQL.

One process is engine, relay and worker, as ``holdfast up`` is; for the pickup between two, one process inserts and
another one works, and the relay is whichever leads. On SQLite nothing is offered, so there is nothing to measure.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final

from bench.backlog import JOBS, Backlog
from bench.bench import Bench
from bench.broker import broker
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from bench.pickup import SAMPLES, WARM_UP, pickup
from holdfast.engine.drafts import JobDraft
from tests.support.waiting import eventually

_PATIENCE: Final = 30.0
_REST: Final = 0.005


async def measure_drain(store: str, bench: Bench) -> None:
    if store == "sqlite":
        return
    jobs = bench.scale.of(JOBS)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _), broker() as redis:
            return {"rate": await Backlog(url, redis=redis).drain(jobs, meter)}

    await bench.repeat(store, f"drain of {jobs:,} no-op jobs over Redis", {"rate": "jobs/s"}, once)


async def measure_pickup(store: str, bench: Bench) -> None:
    if store == "sqlite":
        return
    samples = bench.scale.of(SAMPLES, 50)

    async def one(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _), broker() as redis:
            return middle_and_tail(await pickup(url, samples, meter, redis))

    async def two(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _), broker() as redis:
            return middle_and_tail(await _between_two(url, redis, samples, meter))

    async def two_directly(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return middle_and_tail(await _between_two(url, None, samples, meter))

    units = {"p50": "ms", "p99": "ms"}
    await bench.repeat(store, f"pickup over Redis, {samples:,} jobs", units, one)
    await bench.repeat(store, f"pickup over Redis, two processes, {samples:,} jobs", units, two)
    await bench.repeat(store, f"pickup without, two processes, {samples:,} jobs", units, two_directly)


async def _between_two(url: str, redis: str | None, samples: int, meter: Meter) -> list[float]:
    """Milliseconds from just before the insert in this process to the handler's first line in another one."""
    async with engine_on(url, redis=redis, role="all") as prepared:
        await prepared.store.clock()  # migrated by now
    async with engine_on(url, redis=redis, role="server") as engine, _stamps(url, redis) as stamps:
        await engine.start()
        await eventually(lambda: not engine.degraded(), _PATIENCE)

        async def one() -> float:
            called = perf_counter()
            await engine.jobs.insert(TENANT, [JobDraft("task:stamp", payload={})], correlation_id="bench")
            wait = (float(await stamps.readline()) - called) * 1000
            await asyncio.sleep(_REST)
            return wait

        for _ in range(WARM_UP):
            await one()
        with meter.timing():
            return [await one() for _ in range(samples)]


@asynccontextmanager
async def _stamps(url: str, redis: str | None) -> AsyncIterator[asyncio.StreamReader]:
    """A worker process's words: when each handler began, by the machine's monotonic clock."""
    addresses = [url] if redis is None else [url, redis]
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.stamper", *addresses, stdin=PIPE, stdout=PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        if (await worker.stdout.readline()).strip() != b"ready":
            raise RuntimeError("the worker process ended before it was ready")
        yield worker.stdout
    finally:
        worker.stdin.close()
        await worker.wait()
