"""Steps: the wall time of a run of sequential no-op steps, from the call that starts it to its end."""

from time import perf_counter

from bench.instance import TENANT, engine_on
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON
from holdfast.model.run import RunState

STEPS = 40
RUNS = 20


def chain(length: int) -> JSON:
    """A workflow of ``length`` no-op nodes in a row."""
    return {
        "holdfast": 1,
        "name": "chain",
        "nodes": [{"id": f"step_{i}", "type": "noop", "params": {"step": i}} for i in range(length)],
        "edges": [{"from": f"step_{i}", "to": f"step_{i + 1}"} for i in range(length - 1)],
    }


async def steps(url: str, length: int = STEPS, runs: int = RUNS) -> list[float]:
    """Milliseconds of each run, one run at a time."""
    took = []
    async with engine_on(url) as engine:
        await engine.workflows.create(TENANT, chain(length))
        await engine.start()
        for _ in range(runs + 3):
            began = perf_counter()
            accepted = await engine.runs.start(TENANT, "chain", {}, correlation_id="bench")
            run = await engine.runs.wait(TENANT, accepted.id, MINUTE)
            took.append((perf_counter() - began) * 1000)
            if run.state is not RunState.SUCCEEDED:
                raise RuntimeError(f"a run ended {run.state}")
    return took[3:]
