"""Mixed work that keeps an instance busy while a scenario harms it, and what must have become of it.

Jobs are inserted by a background task in small requests, each repeated until it is answered. Most succeed at once, some
only after failures, some have no attempt left when they fail and some are refused for good.
"""

import asyncio
import random
from collections.abc import Mapping

from holdfast.model.records import JobRecord
from tests.chaos.caller import Caller

SOON = {"strategy": "fixed", "base_delay": "50ms", "jitter": "full"}


class Load:
    """``begin`` more of it at any time; ``settled`` waits until all of it has ended."""

    def __init__(self, caller: Caller, chance: random.Random) -> None:
        self._caller = caller
        self._chance = chance
        self._ends: dict[str, str] = {}
        self._inserting: list[asyncio.Task[None]] = []

    async def begin(self, jobs: int) -> None:
        """Goes on inserting in the background; answers as soon as the first of them are accepted."""
        first = asyncio.Event()
        self._inserting.append(asyncio.create_task(self._insert(jobs, first)))
        await first.wait()

    async def insert_plain(self, jobs: int) -> list[str]:
        """Inserts jobs that succeed at once; their ids."""
        ids = await self._caller.insert("record", jobs, payload={})
        self._ends |= dict.fromkeys(ids, "SUCCEEDED")
        return ids

    async def _insert(self, jobs: int, first: asyncio.Event) -> None:
        left = jobs
        try:
            while left:
                count = min(left, self._chance.randint(1, 8))
                left -= count
                await self._insert_some(count)
                first.set()
        finally:
            first.set()

    async def _insert_some(self, count: int) -> None:
        pause = self._chance.uniform(0, 0.2)
        match self._chance.randrange(8):
            case 0:
                ids = await self._caller.insert("flaky", count, payload={"failures": 2, "pause": pause}, retry=SOON)
                end = "SUCCEEDED"
            case 1:
                policy = {**SOON, "max_attempts": 2}
                ids = await self._caller.insert("flaky", count, payload={"failures": 9}, retry=policy)
                end = "DEAD"
            case 2:
                ids = await self._caller.insert("record", count, payload={"unknown": 1})
                end = "FAILED"
            case 3:
                ids = await self._caller.insert("record", count, payload={"pause": pause}, delay="300ms")
                end = "SUCCEEDED"
            case _:
                ids = await self._caller.insert("record", count, payload={"pause": pause})
                end = "SUCCEEDED"
        self._ends |= dict.fromkeys(ids, end)

    async def settled(self, timeout: float = 60) -> None:
        """Waits until everything is inserted and has ended."""
        async with asyncio.timeout(timeout):
            await asyncio.gather(*self._inserting)
        await self._caller.all_ended(timeout)

    def check(self, judged: Mapping[str, JobRecord]) -> None:
        """Every job came to the end that its kind of work leads to, however often its workers died."""
        wrong = {key: judged[key].state for key, end in self._ends.items() if judged[key].state != end}
        assert wrong == {}
        assert set(self._ends) == self._caller.accepted
