"""The broker as this process sees it: whether it is there, and whether work is offered over it.

Modes: *offering* (it can be reached and the store's ready work is offered over streams), *carrying* (it can be reached
but brings wake-ups only: the store isn't shared by several hosts), *away*. The mode is looked at several times a
second; at each change all of the process's subscribers are woken, because the way of news has changed and some may have
been lost, and whoever waits looks at the mode again.
"""

import asyncio
from contextlib import suppress

from holdfast.engine.wakeups import Wakeups
from holdfast.model.instant import MILLISECOND, Micros
from holdfast.ports import Clock, Observer, OfferStore, Streams

_LOOK: Micros = 200 * MILLISECOND


class Broker:
    """Streams and the store that offers over them; ``offers`` is None where claims are direct."""

    def __init__(
        self, streams: Streams, offers: OfferStore | None, wakeups: Wakeups, clock: Clock, observer: Observer
    ) -> None:
        self.streams = streams
        self.offers = offers
        self._wakeups = wakeups
        self._clock = clock
        self._observer = observer
        self._up: bool | None = None
        self._taken_over = 0
        self._watching: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        return self.streams.healthy

    @property
    def offering(self) -> bool:
        """Whether ready work reaches workers by offers now. It does so from a look on, and not from its failure on."""
        return self.offers is not None and self._up is True and self.streams.healthy

    @property
    def sentence(self) -> str:
        """What its absence means."""
        if self.offers is None:
            return "Redis can't be reached; wake-ups don't travel between processes, and work is found by polling"
        return "Redis can't be reached; workers claim from the database directly"

    async def open(self) -> None:
        """Begins in the background: a broker that is away delays nobody."""
        await self.streams.open()
        self._watching = asyncio.create_task(self._watch(), name="broker-watch")

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self.streams.close()

    async def _watch(self) -> None:
        while True:
            self.look()
            await self._clock.sleep(_LOOK)

    def look(self) -> None:
        """Tells of a change, if there was one since the last look."""
        before, self._taken_over = self._taken_over, self.streams.taken_over
        if self._taken_over > before:
            self._observer.offered("taken_over", self._taken_over - before)
        up = self.streams.healthy
        if up is self._up:
            return
        self._up = up
        self._observer.broker(up)
        self._wakeups.wake_all()
