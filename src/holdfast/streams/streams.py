"""Offers over Redis Streams: the ``Streams`` port.

What is in the broker can be made anew from the store: after a loss workers tell of their seats with their next read,
which makes streams and groups again, and relays offer again. Modes and health are the link's.
"""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ALL_QUEUES
from holdfast.ports.streams import Delivered, Offer, Seat
from holdfast.streams.link import Link
from holdfast.streams.reader import INTERRUPT, Reader
from holdfast.streams.scripts import LEAD, LEAVE, LET_GO, OFFER, SEATS
from holdfast.streams.seating import Profiles, milliseconds, pairs

if TYPE_CHECKING:
    from holdfast.streams.wire import Wire

# One script keeps all others waiting: more offers than these go in several.
BATCH: Final = 1_000


class RedisStreams:
    """Relays offer, workers read and settle; see ``holdfast.ports.streams.Streams``."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._profiles = Profiles()
        self._readers: dict[str, Reader] = {}
        self._taken_over = 0
        self._bell: Wire | None = None
        self._bell_turn = asyncio.Lock()

    @property
    def healthy(self) -> bool:
        return self._link.healthy

    @property
    def trouble(self) -> str | None:
        """Why the broker isn't used now, as a sentence without credentials."""
        return self._link.trouble

    @property
    def taken_over(self) -> int:
        """How many offers this process took over from workers that didn't settle them."""
        return self._taken_over + sum(reader.taken_over for reader in self._readers.values())

    def evicts(self) -> str | None:
        """A sentence when the broker may throw keys away to make room."""
        return self._link.evicts()

    async def open(self) -> None:
        await self._link.open()

    async def close(self) -> None:
        readers, self._readers = list(self._readers.values()), {}
        for reader in readers:
            await reader.close()
        if self._bell is not None:
            await self._link.drop(self._bell)
        await self._link.close()

    # -- the relay's side ------------------------------------------------------------------------------------------

    async def lead(self, holder: str, hold: Micros) -> bool:
        return bool(await self._link.run(LEAD, holder, max(1, hold // MILLISECOND)))

    async def let_go(self, holder: str) -> None:
        await self._link.run(LET_GO, holder)

    async def seats(self, now: Instant) -> list[Seat]:
        told = pairs(await self._link.run(SEATS, milliseconds(now)))
        if unknown := self._profiles.unknown(told):
            texts = await self._link.call("HMGET", f"{self._link.prefix}profiles", *unknown)
            for digest, text in zip(unknown, texts, strict=True):
                if text is not None:
                    self._profiles.learn(digest, text)
        return self._profiles.seats(told)

    async def offer(
        self, offers: Sequence[Offer], windows: Mapping[str, int], order: Sequence[str], now: Instant, ttl: Micros
    ) -> int:
        named = json.dumps(list(order), ensure_ascii=False)
        made = 0
        for first in range(0, len(offers), BATCH):
            words = _offered(offers[first : first + BATCH], windows)
            made += await self._link.run(OFFER, milliseconds(now), milliseconds(now + ttl), named, *words)
        return made

    async def rung(self, patience: Micros) -> bool:
        bell, seconds = f"{self._link.prefix}bell", max(patience / SECOND, 0.001)
        async with self._bell_turn:
            self._bell = await self._link.kept(self._bell)
            return await self._link.asked(self._bell, "BLPOP", bell, f"{seconds:.3f}", patience=seconds) is not None

    # -- the workers' side -----------------------------------------------------------------------------------------

    async def read(self, seat: Seat, now: Instant, patience: Micros) -> list[Delivered]:
        return await self._reader(seat.worker_id).read(seat, now, patience)

    async def settle(self, seat: Seat, delivered: Collection[Delivered], now: Instant) -> None:
        reader = self._readers.get(seat.worker_id)
        if reader is None:  # one that has left, or never read, says it without being known for longer
            reader = Reader(self._link, self._profiles)
        await reader.settle(seat, delivered, now)

    async def interrupt(self, worker_id: str) -> None:
        reader = self._readers.get(worker_id)
        if reader is not None and reader.reading:
            reader.interrupt()
            await self._link.call("XADD", f"{self._link.prefix}desk:{worker_id}", "NOMKSTREAM", "*", "o", INTERRUPT)

    async def leave(self, worker_id: str) -> None:
        reader = self._readers.pop(worker_id, None)
        if reader is not None:
            self._taken_over += reader.taken_over
            await reader.close()
        await self._link.run(LEAVE, worker_id)

    def _reader(self, worker_id: str) -> Reader:
        reader = self._readers.get(worker_id)
        if reader is None:
            reader = self._readers[worker_id] = Reader(self._link, self._profiles)
        return reader


def _offered(offers: Sequence[Offer], windows: Mapping[str, int]) -> list[str | int]:
    """Words of ``offer.lua``: for each queue its name, its window, how many, then jobs and tenants."""
    other = windows.get(ALL_QUEUES, 0)
    queues: dict[str, list[str]] = {}
    for queue, tenant, job_id in offers:
        words = queues.get(queue)
        if words is None:
            words = queues[queue] = []
        words += (job_id, tenant)
    grouped: list[str | int] = []
    for queue, words in queues.items():
        grouped += [queue, windows.get(queue, other), len(words) // 2, *words]
    return grouped
