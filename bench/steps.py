"""Steps: the wall time of one run, from the call that starts it to its end: 40 sequential steps; 100 beside each other.

One run at a time, so that nothing but the engine's own latency is in the way.
"""

from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.documents import chain, fan
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSONObject
from holdfast.model.run import RunState

STEPS: Final = 40
WAYS: Final = 100
RUNS: Final = 20
_WARM_UP: Final = 3


async def measure(store: str, bench: Bench) -> None:
    await _measure(store, bench, f"run of {STEPS} sequential steps", chain(STEPS))


async def measure_fan(store: str, bench: Bench) -> None:
    await _measure(store, bench, f"run of {WAYS} steps beside each other with a join", fan(WAYS))


async def _measure(store: str, bench: Bench, what: str, document: JSONObject) -> None:
    runs = bench.scale.of(RUNS, 3)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return middle_and_tail(await times(url, document, runs, meter))

    await bench.repeat(store, f"{what}, {runs} runs", {"p50": "ms", "p99": "ms"}, once)


async def times(url: str, document: JSONObject, runs: int, meter: Meter) -> list[float]:
    """Milliseconds of each run."""
    async with engine_on(url) as engine:
        await engine.workflows.create(TENANT, document)
        await engine.start()
        for _ in range(_WARM_UP):
            await _run(engine, str(document["name"]))
        with meter.timing():
            return [await _run(engine, str(document["name"])) for _ in range(runs)]


async def _run(engine: Engine, name: str) -> float:
    began = perf_counter()
    accepted = await engine.runs.start(TENANT, name, {}, correlation_id="bench")
    run = await engine.runs.wait(TENANT, accepted.id, MINUTE)
    took = (perf_counter() - began) * 1000
    if run.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"a run ended {run.state}")
    return took
