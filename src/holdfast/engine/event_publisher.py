"""Takes events to whoever listens on the broker's channels, in any process.

One process at a time leads and follows the log in commit order, for the tenants that anybody listens to; nobody does
anything while nobody listens, but for asking the broker every second. Each message names the event before it
(``event_messages``), so a message that was lost, with the broker or with the leader, is a hole that its readers see:
they read the store then. A new leader begins at the end of the log.
"""

from contextlib import suppress
from typing import Final

from holdfast.engine.event_messages import write
from holdfast.engine.loop import WokenLoop, jittered
from holdfast.engine.triggers.leads import Lead
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Unavailable
from holdfast.model.event import Event
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Store
from holdfast.ports.channels import EventChannels

LEAD: Final = "event publisher"
# How often the broker is asked who listens, and how late an event is published that no wake-up told of.
_LOOK: Final[Micros] = SECOND
# News come with every commit: under load, reads aren't closer than this.
_REST: Final[Micros] = 10 * MILLISECOND
_ALL_TYPES: Final = ("*",)


class EventPublisher(WokenLoop):
    name = "event publisher"
    topics = (EVENTS,)

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, channels: EventChannels) -> None:
        super().__init__(clock, entropy, wakeups, _LOOK)
        self._store = store
        self._channels = channels
        self._lead = Lead(LEAD, store, clock, entropy)
        self._looked: Instant = 0
        # Up to where the log was read, and for each tenant that is listened to, up to where its listeners were told.
        self._at: str | None = None
        self._told: dict[str, str] = {}
        self._listened: frozenset[str] = frozenset()

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            await self._lead.let_go()

    async def run_once(self) -> bool:
        await self._look()
        if not self._listened:
            self._at = None
            await self._lead.let_go()
            return False
        if not await self._lead.take():
            self._at = None
            return False
        return await self._follow()

    async def _pause(self) -> None:
        if self._at is None:
            await self._clock.sleep(jittered(_LOOK, self._entropy.random()))
            return
        await self._clock.sleep(_REST)
        await super()._pause()

    async def _look(self) -> None:
        """Who listens; nobody while the broker is away."""
        now = self._clock.now()
        if self._channels.healthy and 0 <= now - self._looked < _LOOK:
            return
        self._listened, self._looked = frozenset(), now
        with suppress(Unavailable):
            self._listened = await self._channels.listened()

    async def _follow(self) -> bool:
        """One page of the log; True when there is more to do at once."""
        if self._at is None:
            self._at, self._told = await self._store.last_cursor(), {}
        self._told = {tenant: self._told.get(tenant, self._at) for tenant in self._listened}
        feed = await self._store.event_feed(self._listened, _ALL_TYPES, 0, self._at, deliveries=True)
        messages = [self._message(event) for event in feed.events]
        self._at = feed.cursor
        with suppress(Unavailable):  # a hole, which whoever listens sees by the next message
            await self._channels.publish(messages)
        return feed.more

    def _message(self, event: Event) -> tuple[str, bytes]:
        after, self._told[event.tenant] = self._told[event.tenant], event.cursor
        return event.tenant, write(event, after)
