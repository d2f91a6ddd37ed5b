"""Every measurement by its name, in the order in which all of them run: quick ones first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bench import (
    blocked,
    burst,
    clocks,
    console,
    costs,
    drain,
    fairness,
    idle,
    insert,
    kept,
    matching,
    memory,
    offered,
    pickup,
    runs,
    sse,
    steady,
    steps,
    validation,
    waiting,
    webhooks,
    workers,
)
from bench.bench import Bench

Measurement = Callable[[str, Bench], Awaitable[None]]

MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "drain": drain.measure,
    "insert": insert.measure,
    "pickup": pickup.measure,
    "redis-drain": offered.measure_drain,
    "redis-pickup": offered.measure_pickup,
    "steps": steps.measure,
    "fan": steps.measure_fan,
    "runs": runs.measure,
    "map": runs.measure_map,
    "validation": validation.measure,
    "webhooks": webhooks.measure,
    "sse": sse.measure,
    "console": console.measure,
    "clocks": clocks.measure,
    "matching": matching.measure,
    "costs": costs.measure,
    "workers": workers.measure,
    "burst": burst.measure,
    "memory": memory.measure,
    "idle": idle.measure,
    "fairness": fairness.measure,
    "blocked": blocked.measure,
    "waiting": waiting.measure,
    "kept": kept.measure,
    "steady": steady.measure,
}
