"""Validation: how long the whole check of a definition with 1,000 nodes takes. No store is needed."""

from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.instance import engine_on
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from holdfast.engine.engine import Engine
from holdfast.model.json import JSON

NODES: Final = 1_000
_TIMES: Final = 20


async def measure(store: str, bench: Bench) -> None:
    if store != "sqlite":
        return  # no store takes part in it

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            async with engine_on(url) as engine:
                with meter.timing():
                    return middle_and_tail([validate(engine) for _ in range(_TIMES)])

    await bench.repeat("none", f"validation of {NODES:,} nodes", {"p50": "ms", "p99": "ms"}, once)


def validate(engine: Engine) -> float:
    began = perf_counter()
    engine.workflows.validate(document())
    return (perf_counter() - began) * 1000


def document() -> JSON:
    """Each node reads the one before it; every tenth is a condition that reads the run's input."""
    nodes: list[JSON] = []
    edges: list[JSON] = []
    for i in range(NODES):
        if i % 10 == 9:
            nodes.append({"id": f"n{i}", "type": "if", "params": {"condition": f"input.count > {i}"}})
        else:
            reads = f"{{{{ nodes.n{i - 1}.output.value }}}}" if i else "{{ input.count }}"
            nodes.append({"id": f"n{i}", "type": "noop", "params": {"value": reads, "text": f"step {i} of {NODES}"}})
        if i:
            edges.append({"from": f"n{i - 1}" + (".true" if i % 10 == 0 else ""), "to": f"n{i}"})
    schema: JSON = {"type": "object", "properties": {"count": {"type": "integer"}}}
    return {"holdfast": 1, "name": "long", "input": schema, "nodes": nodes, "edges": edges}
