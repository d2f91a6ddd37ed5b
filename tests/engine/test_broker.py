"""A broker that goes: each process lets its parts go on after a while of its own."""

import asyncio
from types import SimpleNamespace
from typing import cast

from holdfast.engine.broker import SPREAD, Broker
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.instant import Instant, Micros
from holdfast.observe.metrics import Metrics
from holdfast.ports import Entropy, Streams
from tests.support.waiting import eventually


class Sleeps:
    """A clock whose sleepers wait for the test."""

    def __init__(self) -> None:
        self.slept: list[Micros] = []
        self.go = asyncio.Event()

    def now(self) -> Instant:
        return 0

    async def sleep(self, micros: Micros) -> None:
        self.slept.append(micros)
        self.go.clear()
        await self.go.wait()


async def nothing() -> None: ...


async def test_processes_do_not_all_claim_at_once_when_the_broker_goes() -> None:
    streams = SimpleNamespace(healthy=False, taken_over=0, open=nothing, close=nothing)
    wakeups, clock = Wakeups(), Sleeps()
    entropy = cast(Entropy, SimpleNamespace(random=lambda: 0.5))
    broker = Broker(cast(Streams, streams), None, wakeups, clock, entropy, Metrics())
    with wakeups.subscribe(EVENTS) as news:
        await broker.open()
        await eventually(lambda: clock.slept)
        assert clock.slept == [SPREAD // 2]
        assert not news.raised
        clock.go.set()
        await eventually(lambda: len(clock.slept) == 2)
        assert news.raised
        await broker.close()
