"""One worker's reading of offers.

A read first takes what is there (``take.lua``), then waits in the consumer group of every queue that it serves, and on
its desk: a stream of its own, where a note says that there is a new queue, or that the read is to return. A note that
comes before the wait has begun is there when it begins, so none is missed.

The broker hands an entry to a consumer for good. When a call is broken off, by a cancellation or a lost connection,
its answer may have held entries: the next read asks for everything that this consumer holds and leaves out what it
handed out itself. A worker that never reads again loses its entries to others, who take over what idles for
``TAKEOVER``. What a read got beyond the free slots, or expired, is settled by it as if it had been refused.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ALL_QUEUES
from holdfast.ports.streams import Delivered, Offer, Seat
from holdfast.streams.layout import GROUP
from holdfast.streams.link import Link
from holdfast.streams.refusal import Refused
from holdfast.streams.scripts import SETTLE, TAKE
from holdfast.streams.seating import Profile, Profiles, told

if TYPE_CHECKING:
    from holdfast.streams.wire import Wire

# Seconds that a read offer may stay unsettled: then others may have it, long before it expires.
TAKEOVER: Final = 3.0
SWEEP: Final = 1.0  # seconds between looks for such
FORGOTTEN: Final = 60.0  # seconds that a handed out offer is known for; every caller settles long before
INTERRUPT: Final = "interrupt"

Entry = tuple[str, int, Offer]  # place in the stream, expiry in milliseconds, offer


class Reader:
    """Reads for one worker, one read at a time."""

    def __init__(self, link: Link, profiles: Profiles) -> None:
        self._link = link
        self._profiles = profiles
        self._turn = asyncio.Lock()
        self._wire: Wire | None = None
        self._handed: dict[tuple[str, str], float] = {}
        self._unsure = True  # a consumer of this name may have read before
        self._interrupted = False
        self._swept = 0.0
        self._waits_on: list[str] = []
        self.waiting = False
        self.taken_over = 0

    @property
    def reading(self) -> bool:
        return self._turn.locked()

    def interrupt(self) -> None:
        """The read under way is to return. What waits in the broker is told by a note on the desk."""
        self._interrupted = self.reading

    async def read(self, seat: Seat, now: Instant, patience: Micros) -> list[Delivered]:
        async with self._turn:
            self._interrupted = False
            loop = asyncio.get_running_loop()
            began = loop.time()
            until = began + patience / SECOND
            while True:
                entries = await self._take(seat, now + _micros(loop.time() - began))
                left = until - loop.time()
                if not entries and left > 0 and not self._interrupted:
                    entries = await self._wait(seat, left)
                delivered = await self._kept(seat, entries, now + _micros(loop.time() - began))
                if delivered or self._interrupted or loop.time() >= until:
                    return delivered

    async def settle(self, seat: Seat, delivered: Collection[Delivered], now: Instant) -> None:
        digest = self._profiles.digest(seat)
        try:
            known = await self._link.run(SETTLE, *told(seat, digest, now), *_settled(delivered))
        except BaseException:
            self._unsure = True
            raise
        finally:
            for item in delivered:
                self._handed.pop((item.offer.queue, item.entry), None)
        await self._introduce(seat, digest, known)

    async def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await self._link.drop(wire)

    # -- the steps of a read ---------------------------------------------------------------------------------------

    async def _take(self, seat: Seat, now: Instant) -> list[Entry]:
        """What is there; also what nobody settled for too long, and after a broken call what this consumer holds."""
        clock = asyncio.get_running_loop().time()
        sweep = clock - self._swept >= SWEEP
        again, self._unsure = self._unsure, True
        digest = self._profiles.digest(seat)
        known, over, found = await self._link.run(
            TAKE,
            *told(seat, digest, now),
            int(TAKEOVER * 1000) if sweep else "",
            "1" if again else "0",
            "1" if ALL_QUEUES in seat.queues else "0",
            *seat.queues,
        )
        if sweep:
            self._swept = clock
            self._handed = {key: at for key, at in self._handed.items() if clock - at < FORGOTTEN}
        self.taken_over += over
        self._waits_on = found[::2] if seat.free > 0 else []
        await self._introduce(seat, digest, known)
        return self._entries(found)

    async def _wait(self, seat: Seat, left: float) -> list[Entry]:
        """Waits for the first entry of any queue, or a note."""
        self._wire = await self._link.kept(self._wire)
        prefix = self._link.prefix
        streams = [f"{prefix}desk:{seat.worker_id}", *(f"{prefix}stream:{queue}" for queue in self._waits_on)]
        who: list[str | int] = ["XREADGROUP", "GROUP", GROUP, seat.worker_id, "COUNT", max(1, seat.free)]
        where: list[str | int] = ["BLOCK", max(1, int(left * 1000)), "STREAMS", *streams, *[">"] * len(streams)]
        self.waiting = True
        try:
            answer = await self._link.asked(self._wire, *who, *where, patience=left)
        except Refused:
            # Somebody emptied the broker: the next take makes streams and groups anew.
            return []
        finally:
            self.waiting = False
        found: list[Any] = []
        for stream, entries in answer or ():
            if stream == streams[0]:
                self._interrupted |= any(entry[1][1] == INTERRUPT for entry in entries)
            else:
                found += [stream.removeprefix(f"{prefix}stream:"), entries]
        return self._entries(found)

    def _entries(self, found: Sequence[Any]) -> list[Entry]:
        """What was read, by queue; what this worker has in hand already is left out."""
        entries = []
        for queue, listed in zip(found[::2], found[1::2], strict=True):
            for place, fields in listed:
                if (queue, place) not in self._handed:
                    expiry, job_id, tenant = fields[1].split(" ", 2)
                    entries.append((place, int(expiry), Offer(queue, tenant, job_id)))
        return entries

    async def _kept(self, seat: Seat, entries: Sequence[Entry], now: Instant) -> list[Delivered]:
        """The entries to hand out; the others are given back. From here on nothing read is in doubt."""
        fresh = [entry for entry in entries if entry[1] * MILLISECOND > now]
        kept = [Delivered(offer, place) for place, _, offer in fresh[: max(0, seat.free)]]
        if len(kept) < len(entries):
            places = {(item.offer.queue, item.entry) for item in kept}
            back = [Delivered(offer, place) for place, _, offer in entries if (offer.queue, place) not in places]
            await self.settle(seat, back, now)
        clock = asyncio.get_running_loop().time()
        self._handed.update({(item.offer.queue, item.entry): clock for item in kept})
        self._unsure = False
        return kept

    async def _introduce(self, seat: Seat, digest: str, known: int) -> None:
        if not known:
            text = Profile(seat.queues, seat.kinds, seat.tags).text()
            await self._link.call("HSET", f"{self._link.prefix}profiles", digest, text)


def _settled(delivered: Collection[Delivered]) -> list[str | int]:
    """Words of ``settle.lua``: for each queue its name, how many, the entries, the jobs."""
    queues: dict[str, list[Delivered]] = {}
    for item in delivered:
        queues.setdefault(item.offer.queue, []).append(item)
    words: list[str | int] = []
    for queue, items in queues.items():
        words += [queue, len(items), *(item.entry for item in items), *(item.offer.job_id for item in items)]
    return words


def _micros(seconds: float) -> Micros:
    return int(seconds * SECOND)
