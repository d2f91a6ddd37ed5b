"""Guesses are held back: after a few failures nothing is tried for a while, twice as long after each further one.

What is counted: failures for an address from one place (5 are free), and for an address from anywhere (25 are free, so
that strangers elsewhere don't easily hold back its owner). Nothing waits longer than 15 minutes, and after 15 minutes
without a failure all is forgotten. While a try is held back it counts for nothing, however right it is.

Tries for one address pass one by one in a process, so that many at once are no way around the count.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Final
from weakref import WeakValueDictionary

from holdfast.model.errors import HoldfastError
from holdfast.model.instant import MINUTE, SECOND, Micros
from holdfast.ports import Clock, Store

FREE_FROM_ONE_PLACE: Final = 5
FREE_FROM_ANYWHERE: Final = 25
FORGET_AFTER: Final[Micros] = 15 * MINUTE
PAUSE: Final[Micros] = 2 * SECOND


class HeldBack(HoldfastError):
    """Too many tries failed; ``wait`` until the next one."""

    def __init__(self, wait: Micros) -> None:
        super().__init__("too many tries failed; wait a little")
        self.wait = wait


class Throttled:
    """One try, about to be made. Says at its end whether it failed."""

    def __init__(self, throttling: "Throttling", place: str, anywhere: str) -> None:
        self._throttling = throttling
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
        waits = [throttle.until - now for throttle in found if throttle.until is not None and throttle.until > now]
        if waits:
            raise HeldBack(max(waits))


class Throttling:
    """The entrance: ``async with throttling.trying("sign-in", email, address) as a_try``."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def trying(self, what: str, whom: str, place: str) -> AsyncIterator[Throttled]:
        """Raises ``HeldBack``."""
        anywhere = _key(what, whom)
        turn = self._turns.setdefault(anywhere, asyncio.Lock())
        async with turn:
            a_try = Throttled(self, _key(what, whom, place), anywhere)
            await a_try.check()
            yield a_try


def _key(*parts: str) -> str:
    """Hashed: what people type where an address belongs may be anything."""
    return f"{parts[0]}:{sha256(chr(0).join(parts).encode()).hexdigest()}"
