"""Time and randomness of a simulated process, behind the engine's ports."""

import asyncio
from random import Random
from typing import Final

from holdfast.model.ids import uuid7
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from tests.simulation.loop import SimulatedLoop

START: Final[Instant] = 1_800_000_000 * SECOND


class SimulatedClock:
    """The loop's time and how far this process's clock is off."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self.off: Micros = 0

    def now(self) -> Instant:
        return START + round(self._loop.time() * SECOND) + self.off

    async def sleep(self, micros: Micros) -> None:
        await asyncio.sleep(micros / SECOND)


class SeededEntropy:
    """Random numbers and ordered ids, the same for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._last = 0

    def random(self) -> float:
        return self._random.random()

    def new_key(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def new_id(self, now: Instant) -> str:
        """Greater than every earlier one, also when the clock went back."""
        drawn = (now // MILLISECOND) << 74 | self._random.getrandbits(73)
        self._last = max(self._last + 1, drawn)
        return uuid7((self._last >> 74) * MILLISECOND, self._last & ((1 << 74) - 1))
