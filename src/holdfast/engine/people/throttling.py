"""Guesses are held back: after a few failures nothing is tried for a while, twice as long after each further one.

What is counted: failures for an address from one place (5 are free), and for an address from anywhere (25 are free, so
that strangers elsewhere don't easily hold back its owner). Nothing waits longer than 15 minutes, and after 15 minutes
without a failure all is forgotten. While a try is held back it counts for nothing, however right it is. One place is
all addresses that whoever is there can take. Where the person is signed in, failures elsewhere hold nothing back:
strangers who go on failing keep nobody out for ever.

Tries for one address pass one by one in a process, so that many at once are no way around the count.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Final
from weakref import WeakValueDictionary

from holdfast.model.errors import HoldfastError
from holdfast.model.household import household
from holdfast.model.instant import MINUTE, SECOND, Micros
from holdfast.ports import Clock, Store

FREE_FROM_ONE_PLACE: Final = 5
FREE_FROM_ANYWHERE: Final = 25
FORGET_AFTER: Final[Micros] = 15 * MINUTE
PAUSE: Final[Micros] = 2 * SECOND


AtHome = Callable[[], Awaitable[bool]]


async def _nowhere() -> bool:
    return False


class HeldBack(HoldfastError):
    """Too many tries failed; ``wait`` until the next one."""

    def __init__(self, wait: Micros) -> None:
        seconds = max(-(-wait // SECOND), 1)
        super().__init__(f"too many tries failed; try again in {seconds} second{'' if seconds == 1 else 's'}")
        self.wait = wait


class Throttled:
    """One try, about to be made. Says at its end whether it failed."""

    def __init__(self, throttling: "Throttling", place: str, anywhere: str, at_home: AtHome) -> None:
        self._throttling = throttling
        self._at_home = at_home
        self._place = place
        self._anywhere = anywhere

    async def failed(self) -> None:
        store, now = self._throttling.store, self._throttling.clock.now()
        await store.note_failure(self._place, now, FORGET_AFTER, FREE_FROM_ONE_PLACE, PAUSE)
        await store.note_failure(self._anywhere, now, FORGET_AFTER, FREE_FROM_ANYWHERE, PAUSE)

    async def succeeded(self) -> None:
        await self._throttling.store.forgive(self._place)
        await self._throttling.store.forgive(self._anywhere)

    async def check(self) -> None:
        """Raises ``HeldBack``."""
        now = self._throttling.clock.now()
        found = await self._throttling.store.throttled([self._place, self._anywhere], now)
        waits = {one.key: one.until - now for one in found if one.until is not None and one.until > now}
        if waits and (self._place in waits or not await self._at_home()):
            raise HeldBack(max(waits.values()))


class Throttling:
    """The entrance: ``async with throttling.trying("sign-in", email, address) as a_try``."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def trying(self, what: str, whom: str, place: str, at_home: AtHome = _nowhere) -> AsyncIterator[Throttled]:
        """``at_home`` tells whether the person is signed in at that place. Raises ``HeldBack``."""
        anywhere = _key(what, whom)
        turn = self._turns.setdefault(anywhere, asyncio.Lock())
        async with turn:
            a_try = Throttled(self, _key(what, whom, household(place)), anywhere, at_home)
            await a_try.check()
            yield a_try


def _key(*parts: str) -> str:
    """Hashed: what people type where an address belongs may be anything."""
    return f"{parts[0]}:{sha256(chr(0).join(parts).encode()).hexdigest()}"
