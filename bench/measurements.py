"""Every measurement by its name, in the order in which all of them run: quick ones first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bench import drain, insert, pickup, steps, webhooks
from bench.bench import Bench

Measurement = Callable[[str, Bench], Awaitable[None]]

MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "drain": drain.measure,
    "insert": insert.measure,
    "pickup": pickup.measure,
    "steps": steps.measure,
    "webhooks": webhooks.measure,
}
