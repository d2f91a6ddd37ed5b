"""Runs: how many short runs, and how many items of one map, a second one process gets through.

Work is counted where the metrics are fed, as for jobs: a run of five steps has ended when its fifth step has.
"""

import asyncio
import os
from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.documents import chain, mapped
from bench.instance import TENANT, engine_on
from bench.memory import memory
from bench.noise import Meter
from bench.progress import Progress
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON
from holdfast.model.run import RunState

RUNS: Final = 500
STEPS: Final = 5
ITEMS: Final = 10_000
WINDOW: Final = 500
_WARM_UP: Final = 20


async def measure(store: str, bench: Bench) -> None:
    count = bench.scale.of(RUNS, 50)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await short_runs(url, count, meter)}

    await bench.repeat(store, f"{count} runs of {STEPS} steps", {"rate": "runs/s"}, once)


async def measure_map(store: str, bench: Bench) -> None:
    count = bench.scale.of(ITEMS, 500)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return await items(url, count, meter)

    await bench.repeat(store, f"a map over {count:,} items", {"rate": "items/s", "grown by": "MiB"}, once)


async def short_runs(url: str, count: int, meter: Meter) -> float:
    """Runs a second, all started at once."""
    async with engine_on(url) as engine:
        await engine.workflows.create(TENANT, chain(STEPS))
        await engine.start()
        progress = Progress(engine)
        await start(engine, STEPS, _WARM_UP)
        await progress.reach(_WARM_UP * STEPS)
        began = perf_counter()
        with meter.timing():
            starting = asyncio.create_task(start(engine, STEPS, count))
            _, ended = await progress.reach((_WARM_UP + count) * STEPS)
            await starting
        runs = await engine.store.list_runs(TENANT, None, RunState.SUCCEEDED, engine.clock.now(), None, 500)
        if len(runs.items) < min(count, 500):
            raise RuntimeError("not every run succeeded")
        return count / (ended - began)


async def items(url: str, count: int, meter: Meter) -> dict[str, float]:
    """Items a second of one map, and how much more memory the process held at its end."""
    async with engine_on(url) as engine:
        await engine.workflows.create(TENANT, mapped(WINDOW))
        await engine.start()
        await _map(engine, WINDOW)
        before, began = memory(os.getpid(), "VmRSS"), perf_counter()
        with meter.timing():
            await _map(engine, count)
        took = perf_counter() - began
        return {"rate": count / took, "grown by": memory(os.getpid(), "VmRSS") - before}


async def _map(engine: Engine, count: int) -> None:
    given: JSON = {"items": list(range(count))}
    accepted = await engine.runs.start(TENANT, "mapped", given, correlation_id="bench")
    run = await engine.runs.wait(TENANT, accepted.id, 5 * MINUTE)
    if run.state is not RunState.SUCCEEDED or run.output != count:
        raise RuntimeError(f"the map ended {run.state} with {run.output} results")


async def start(engine: Engine, steps: int, count: int) -> None:
    """Starts so many runs of the chain of that length at once."""
    name = f"chain-{steps}"
    await asyncio.gather(*(engine.runs.start(TENANT, name, {}, correlation_id="bench") for _ in range(count)))
