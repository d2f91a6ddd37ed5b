"""The relay: offers ready work to workers over streams, in the order of claims, within a window of their free slots.

Modes. *Away*: the broker can't be reached, workers claim directly, and it waits. *Following*: another relay leads; it
asks for the lead several times while a lost one ends. *Leading*: it offers whenever there is news of a queue, a worker
rings (it settled offers, or has more free slots), something comes due, and at a backstop.

The lead saves work, it guards nothing: offers are unique at the broker, and claims decide. A relay that stood still and
goes on offers once more what may be stale, which claims refuse. One that can't reach the store gives the lead up, so
that another one may try. What it doesn't offer since only some workers of a queue can run it, it asks them to claim
(``engine.asks``).
"""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress

import structlog

from holdfast.engine.asks import Asks
from holdfast.engine.broker import Broker
from holdfast.engine.loop import Loop, jittered
from holdfast.engine.wakeups import Wakeups, direct_topic, queue_topic
from holdfast.engine.windows import merged, reaches_of
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ALL_QUEUES
from holdfast.ports import Clock, Entropy, Observer, Offer, OfferStore, Seat, Store

_log = structlog.get_logger("holdfast.engine.relay")
# A dead relay's lead ends after this, and another one asks this often: together how long nothing is offered.
HOLD: Micros = 1_500 * MILLISECOND
FOLLOW: Micros = 400 * MILLISECOND
BACKSTOP: Micros = 2 * SECOND
# How long an offer that nobody reads is out: then it is made again, in the order of that time. What a dead worker had
# read is taken over by others before.
TTL: Micros = 15 * SECOND
# When all ready work was offered, a worker that rings is no reason to look at once.
_LULL: Micros = 100 * MILLISECOND
# Seats are read when a worker rang, and after this.
_SEATS: Micros = SECOND
_BELL: Micros = 2 * SECOND
# What came due joins the ready work in portions: this is how soon the next portion gets its turn.
_REST: Micros = 20 * MILLISECOND


class Relay(Loop):
    """One process's relay. ``offers`` is the store as offers need it."""

    name = "relay"

    def __init__(
        self,
        broker: Broker,
        offers: OfferStore,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
    ) -> None:
        super().__init__(clock, entropy, FOLLOW)
        self._broker = broker
        self._streams = broker.streams
        self._offers = offers
        self._store = store
        self._wakeups = wakeups
        self._observer = observer
        self._holder = entropy.new_id(clock.now())
        self._until: Instant = 0
        self._news = wakeups.subscribe(queue_topic(ALL_QUEUES))
        self._seats: list[Seat] = []
        # The queues that had a window at the last look.
        self._open: list[str] = []
        self._seen_at: Instant = 0
        self._rung = False
        # Whether there may be ready work that the last look didn't offer.
        self._more = True
        self._asks = Asks(wakeups)

    @property
    def leading(self) -> bool:
        return self._clock.now() < self._until

    async def run_once(self) -> bool:
        """Leads for as long as it can, if nobody else does; False, since there is nothing to do at once after that."""
        try:
            if self._broker.offering and await self._has_lead():
                try:
                    with self._news, self._listening():
                        await self._lead()
                finally:
                    self._asks.forget()
                    await self._resign()
        except Unavailable:
            if self._broker.healthy:
                raise  # it is the store that is away
        return False

    async def _lead(self) -> None:
        """Until the lead is another's, or the broker is away. Raises ``Unavailable`` when the store is."""
        self._seen_at = 0
        look_at = self._clock.now()
        while self._broker.offering and await self._has_lead():
            if look_at <= self._clock.now():
                self._news.told = self._rung = False
                await self.offer_ready()
                look_at = await self._next_look()
            wait = min(look_at, self._until - HOLD // 2) - self._clock.now()
            await self._news.wait(max(wait, MILLISECOND))
            if self._news.told or (self._rung and self._more):
                look_at = 0
            elif self._rung:  # what was refused may be offered anew, which doesn't hurry
                look_at = min(look_at, self._clock.now() + _LULL)

    async def _has_lead(self) -> bool:
        """Takes the lead, or keeps it. Costs nothing while more than half of it is left."""
        now = self._clock.now()
        if HOLD // 2 < self._until - now <= HOLD:  # more: the clock went back
            return True
        self._until = now + HOLD if await self._streams.lead(self._holder, HOLD) else 0
        return self._until > 0

    async def _resign(self) -> None:
        self._until = 0
        with suppress(Unavailable):
            await self._streams.let_go(self._holder)

    # -- a look ------------------------------------------------------------------------------------------------------

    async def offer_ready(self) -> int:
        """Looks once, and offers what isn't offered yet; how many jobs that were."""
        reaches = reaches_of(await self._known_seats())
        windows = merged(reaches)
        self._open = sorted(queue for queue, window in windows.items() if window > 0)
        self._observer.window(sum(windows.values()))
        self._more = not reaches
        if not reaches:
            return 0
        offers: list[Offer] = []
        asked: set[str] = set()
        for reach in reaches:
            ready = await self._offers.ready_offers(reach.windows, reach.kinds, reach.tags, self._clock.now())
            offers += ready.offers
            asked |= {direct_topic(queue) for queue in self._asks.due(reach, ready.others, self._clock.now())}
        if asked:
            self._wakeups.notify(asked)
        if not offers:
            return 0
        found = Counter(offer.queue for offer in offers)
        self._more = any(count >= windows.get(queue, windows.get(ALL_QUEUES, 0)) for queue, count in found.items())
        order = list(found)
        made = await self._streams.offer(offers, windows, order, self._clock.now(), TTL)
        self._observer.offered("made", made)
        return made

    async def _known_seats(self) -> list[Seat]:
        """They are read when a worker has rung, and now and then."""
        if not 0 <= self._clock.now() - self._seen_at < _SEATS:
            await self._look_at_seats()
        return self._seats

    async def _look_at_seats(self) -> None:
        before = self._seats
        self._seen_at = self._clock.now()
        self._seats = await self._streams.seats(self._seen_at)
        if _able(self._seats) != _able(before) or _served(self._seats) - _served(before):
            self._more = True  # what nobody could run before, or had a slot for

    async def _next_look(self) -> Instant:
        """When to look again though nobody tells. What comes due in a queue without a window waits for a free slot."""
        now = self._clock.now()
        latest = now + jittered(BACKSTOP, self._entropy.random())
        latest = min(latest, self._asks.next_at(now) or latest)
        if self._news.told or not self._open:
            return latest
        due = await self._store.next_due(self._open, now)
        return latest if due is None else min(latest, max(due, now + _REST if due <= now else due))

    # -- the bell ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hears the bell while it leads; another relay's bell isn't taken."""
        task = asyncio.create_task(self._listen(), name="relay-bell")
        try:
            yield
        finally:
            task.cancel()

    async def _listen(self) -> None:
        while True:
            with suppress(Unavailable):
                if await self._streams.rung(_BELL):
                    await self._look_at_seats()
                    self._rung = True
                    self._news.nudge()
                continue
            await self._clock.sleep(jittered(_REST, self._entropy.random()))


def _able(seats: Iterable[Seat]) -> set[Hashable]:
    """What these workers can run."""
    return {(seat.queues, seat.kinds, seat.tags) for seat in seats}


def _served(seats: Iterable[Seat]) -> set[str]:
    """The queues for which one of them has a free slot."""
    return {queue for seat in seats if seat.free > 0 for queue in seat.queues}
