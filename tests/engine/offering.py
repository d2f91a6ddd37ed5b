"""A process whose work is offered over a real broker, on a real PostgreSQL, with planned faults on both.

Several of them on the same servers are several processes. ``broken`` plans faults of calls to the broker, ``faults``
those of calls to the store; a server that goes away is for tests to make.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self, cast

from holdfast.engine.broker import Broker
from holdfast.engine.notifiers import Notifiers
from holdfast.engine.relay import Relay
from holdfast.engine.wakeups import Wakeups
from holdfast.ports import OfferStore, Store, Streams
from holdfast.stores.postgres.notifier import PostgresNotifier
from holdfast.streams.link import Link
from holdfast.streams.notifier import RedisNotifier
from holdfast.streams.streams import RedisStreams
from tests.engine.faults import Faults
from tests.engine.kinds import Kind
from tests.engine.world import MovableClock, World
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

KEY = "k" * 40


class OfferingWorld(World):
    """A ``World`` with a broker, and a relay where the test lets it go."""

    def __init__(self, url: str, redis_url: str, *kinds: Kind, clock: MovableClock | None = None) -> None:
        link = Link(redis_url, KEY)
        wakeups = Wakeups(Notifiers(RedisNotifier(link), PostgresNotifier(url)))
        super().__init__(url, *kinds, clock=clock, wakeups=wakeups)
        self.streams = RedisStreams(link)
        self.broken = Faults(cast(Store, self.streams))
        self.offers = cast(OfferStore, self.store)
        streams = cast(Streams, self.broken.store)
        self.offering = self.broker = Broker(streams, self.offers, wakeups, self.clock, self.entropy, self.metrics)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.offering.open()
        await self.wakeups.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        await self.wakeups.close()
        await self.offering.close()

    def relay(self) -> Relay:
        """A relay of this process, which isn't running yet."""
        return Relay(self.offering, self.offers, self.store, self.clock, self.entropy, self.wakeups, self.metrics)

    async def ready(self) -> None:
        """Until work is offered, and told of between processes."""
        await eventually(lambda: self.offering.offering and self.wakeups.bridged)

    def counted_offers(self, what: str) -> int:
        return int(self.metrics.registry.get_sample_value("holdfast_offers_total", {"what": what}) or 0)


@asynccontextmanager
async def offering(
    url: str, server: ValkeyServer, *kinds: Kind, clock: MovableClock | None = None, relay: bool = True
) -> AsyncIterator[OfferingWorld]:
    """A process to which work is offered from now on; its relay runs, unless told otherwise."""
    async with OfferingWorld(url, server.url, *kinds, clock=clock) as made:
        await made.ready()
        if relay:
            made.go(made.relay())
        yield made
        await made.sound()
