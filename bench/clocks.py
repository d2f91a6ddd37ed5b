"""Clocks: how long after a full minute the last of 10,000 cron triggers that are due then has fired.

One server process, no worker. A trigger has fired when its run has committed; the time counts until all clocks have
moved on, which is after that. Once the triggers belong to workflows of their own, once a hundred to each workflow.
"""

import asyncio
from typing import Final

from bench.bench import Bench
from bench.instance import TENANT, engine_on, settings_for
from bench.noise import Meter
from holdfast.compose import open_store
from holdfast.engine.engine import Engine
from holdfast.model.instant import MILLISECOND, MINUTE, SECOND, Instant, Micros
from holdfast.model.json import JSON, JSONObject

CLOCKS: Final = 10_000
TOGETHER: Final = 100
_CALLERS: Final = 16
_LOOK_AGAIN: Final[Micros] = 10 * MILLISECOND
# Before the minute, so that nothing of it goes by unnoticed.
_EARLY: Final[Micros] = SECOND


async def measure(store: str, bench: Bench) -> None:
    for each in (TOGETHER, 1):
        await _measure(store, bench, bench.scale.of(CLOCKS, TOGETHER), each)


async def _measure(store: str, bench: Bench, count: int, each: int) -> None:
    with bench.stores.fresh(store) as (url, _):
        await _migrate(url)
        async with engine_on(url, "server") as engine:
            await _save(engine, count // each, each)
            await engine.start()
            await _planned(engine)

            fired = _Fired(engine)

            async def once(meter: Meter) -> dict[str, float]:
                return {"last": await _next_minute(engine, fired, count, meter)}

            title = f"{count:,} cron triggers due at once, {each} to a workflow"
            await bench.repeat(store, title, {"last": "s"}, once)


async def _migrate(url: str) -> None:
    store = await open_store(settings_for(url))
    await store.migrate()
    await store.close()


async def _save(engine: Engine, workflows: int, each: int) -> None:
    numbers = iter(range(workflows))

    async def caller() -> None:
        for number in numbers:
            await engine.workflows.create(TENANT, _flow(number, each))

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))


def _flow(number: int, each: int) -> JSONObject:
    triggers: JSON = [{"id": f"clock-{clock}", "type": "cron", "cron": "* * * * *"} for clock in range(each)]
    return {
        "holdfast": 1,
        "name": f"flow-{number}",
        "triggers": triggers,
        "nodes": [{"id": "first", "type": "noop"}, {"id": "second", "type": "noop"}],
        "edges": [{"from": "first", "to": "second"}],
    }


async def _planned(engine: Engine) -> Instant:
    """The next time, once all clocks wait for it."""
    while True:
        due = await engine.store.next_clock()
        now = engine.clock.now()
        if due is not None and due > now:
            return due
        await engine.clock.sleep(_LOOK_AGAIN)


async def _next_minute(engine: Engine, fired: "_Fired", count: int, meter: Meter) -> float:
    """Seconds from the minute to the last start."""
    minute = await _planned(engine)
    await engine.clock.sleep(max(minute - _EARLY - engine.clock.now(), 0))
    fired.count = 0
    while engine.clock.now() < minute:
        await engine.clock.sleep(_LOOK_AGAIN)
    with meter.timing():
        following = await _planned(engine)
        took = engine.clock.now() - minute
    if following != minute + MINUTE or fired.count != count:
        raise RuntimeError(f"{fired.count:,} of {count:,} clocks fired")
    return took / SECOND


class _Fired:
    """Counts where the metrics are fed."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        self._accepted = engine.metrics.accepted  # type: ignore[attr-defined]
        engine.metrics.accepted = self._accept  # type: ignore[attr-defined]

    def _accept(self, what: str, verdict: str) -> None:
        self._accepted(what, verdict)
        self.count += (what, verdict) == ("clock", "started")
