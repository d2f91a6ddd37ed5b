"""Steps: the wall time of a run of sequential no-op steps, from the call that starts it to its end."""

from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON
from holdfast.model.run import RunState

STEPS: Final = 40
RUNS: Final = 20
_WARM_UP: Final = 3


async def measure(store: str, bench: Bench) -> None:
    runs = bench.scale.of(RUNS, 3)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return middle_and_tail(await steps(url, runs, meter))

    await bench.repeat(store, f"run of {STEPS} sequential steps, {runs} runs", {"p50": "ms", "p99": "ms"}, once)


def chain(length: int) -> JSON:
    """A workflow of ``length`` no-op nodes in a row."""
    return {
        "holdfast": 1,
        "name": "chain",
        "nodes": [{"id": f"step_{i}", "type": "noop", "params": {"step": i}} for i in range(length)],
        "edges": [{"from": f"step_{i}", "to": f"step_{i + 1}"} for i in range(length - 1)],
    }


async def steps(url: str, runs: int, meter: Meter) -> list[float]:
    """Milliseconds of each run, one run at a time."""
    async with engine_on(url) as engine:
        await engine.workflows.create(TENANT, chain(STEPS))
        await engine.start()
        for _ in range(_WARM_UP):
            await _run(engine)
        with meter.timing():
            return [await _run(engine) for _ in range(runs)]


async def _run(engine: Engine) -> float:
    began = perf_counter()
    accepted = await engine.runs.start(TENANT, "chain", {}, correlation_id="bench")
    run = await engine.runs.wait(TENANT, accepted.id, MINUTE)
    took = (perf_counter() - began) * 1000
    if run.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"a run ended {run.state}")
    return took
