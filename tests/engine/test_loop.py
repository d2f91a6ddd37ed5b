"""Long-lived parts: they go on whatever fails, at once while there is more to do, and never in step."""

import asyncio
import random
from collections.abc import Callable

import pytest

from holdfast.engine.loop import Loop, jittered
from holdfast.model.errors import Unavailable
from holdfast.model.instant import DAY, MILLISECOND, SECOND, Instant, Micros
from holdfast.system import SystemEntropy


class Naps:
    """A clock that notes how long was slept."""

    def __init__(self) -> None:
        self.slept: list[Micros] = []

    def now(self) -> Instant:
        return 0

    async def sleep(self, micros: Micros) -> None:
        self.slept.append(micros)
        await asyncio.sleep(0)


class Part(Loop):
    """Does one planned thing after the other, then stops its loop."""

    name = "part"

    def __init__(self, naps: Naps, *steps: Callable[[], bool]) -> None:
        super().__init__(naps, SystemEntropy(), 10 * SECOND)
        self._steps = list(steps)

    async def run_once(self) -> bool:
        if not self._steps:
            raise asyncio.CancelledError
        return self._steps.pop(0)()


def away() -> bool:
    raise Unavailable("the store is away")


def broken() -> bool:
    raise ValueError("a defect")


async def naps_of(*steps: Callable[[], bool]) -> list[Micros]:
    naps = Naps()
    with pytest.raises(asyncio.CancelledError):
        await Part(naps, *steps).run()
    return naps.slept


async def test_it_pauses_when_there_is_nothing_to_do() -> None:
    slept = await naps_of(lambda: False, lambda: False)
    assert len(slept) == 2
    assert all(8 * SECOND <= nap <= 12 * SECOND for nap in slept)


async def test_it_goes_on_at_once_while_there_is_more() -> None:
    assert len(await naps_of(lambda: True, lambda: True, lambda: False)) == 1


async def test_it_survives_an_outage_and_a_defect() -> None:
    assert len(await naps_of(away, broken, lambda: False)) == 3


def test_jitter_stays_within_a_fifth_and_above_nothing() -> None:
    chance = random.Random(3)
    pauses = {jittered(DAY, chance.random()) for _ in range(1_000)}
    assert len(pauses) == 1_000
    assert all(DAY * 4 // 5 <= pause <= DAY * 6 // 5 for pause in pauses)
    assert jittered(0, 0.5) == MILLISECOND
