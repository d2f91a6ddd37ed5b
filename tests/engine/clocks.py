"""Clocks for the parts of the engine that need no machine's time."""

import asyncio

from holdfast.model.instant import SECOND, Instant, Micros


class MovedClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time: Instant = 1_800_000_000 * SECOND

    def now(self) -> Instant:
        return self.time

    async def sleep(self, micros: Micros) -> None:
        self.time += micros
        await asyncio.sleep(0)
