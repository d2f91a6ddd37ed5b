"""Insert: durable inserts a second, in bulk from one caller, and single jobs from concurrent callers.

Through ``Jobs.insert``, the entrance that HTTP and Python share. No worker runs. Each call returns after its commit;
concurrent callers share commits.
"""

import asyncio
from time import perf_counter
from typing import Final

from bench.backlog import BATCH, NOOP
from bench.bench import Bench
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from holdfast.engine.engine import Engine

BULK: Final = 100_000
SINGLES: Final = 20_000
CALLERS: Final = 64
BULK_CALLERS: Final = 4
_WARM_UP: Final = 2


async def measure(store: str, bench: Bench) -> None:
    bulk, singles = bench.scale.of(BULK, 2 * BATCH), bench.scale.of(SINGLES)

    async def in_bulk(meter: Meter, callers: int = 1) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            async with engine_on(url) as engine:
                return {"rate": await _bulk(engine, bulk // BATCH // callers, callers, meter)}

    async def in_bulk_together(meter: Meter) -> dict[str, float]:
        return await in_bulk(meter, BULK_CALLERS)

    async def one_by_one(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            async with engine_on(url) as engine:
                return {"rate": await _singles(engine, singles // CALLERS, meter)}

    await bench.repeat(store, f"inserts, batches of {BATCH:,} from one caller", {"rate": "jobs/s"}, in_bulk)
    title = f"inserts, batches of {BATCH:,} from {BULK_CALLERS} callers"
    await bench.repeat(store, title, {"rate": "jobs/s"}, in_bulk_together)
    await bench.repeat(store, f"single inserts, {CALLERS} callers at once", {"rate": "jobs/s"}, one_by_one)


async def _bulk(engine: Engine, batches: int, callers: int, meter: Meter) -> float:
    drafts = [NOOP] * BATCH

    async def caller(count: int) -> None:
        for _ in range(count):
            await engine.jobs.insert(TENANT, drafts, correlation_id="bench")

    await asyncio.gather(*(caller(_WARM_UP) for _ in range(callers)))
    with meter.timing():
        began = perf_counter()
        await asyncio.gather(*(caller(batches) for _ in range(callers)))
        took = perf_counter() - began
    return batches * callers * BATCH / took


async def _singles(engine: Engine, each: int, meter: Meter) -> float:
    async def caller(count: int) -> None:
        for _ in range(count):
            await engine.jobs.insert(TENANT, [NOOP], correlation_id="bench")

    await asyncio.gather(*(caller(_WARM_UP) for _ in range(CALLERS)))
    with meter.timing():
        began = perf_counter()
        await asyncio.gather(*(caller(each) for _ in range(CALLERS)))
        took = perf_counter() - began
    return each * CALLERS / took
