"""The broker as this process sees it: whether it is there, and whether work is offered over it.

Modes: *offering* (it can be reached and the store's ready work is offered over streams), *carrying* (it can be reached
but brings wake-ups only: the store isn't shared by several hosts), *away*. The mode is looked at several times a
second; after each change all of the process's subscribers are woken, because the way of news has changed and some may
have been lost, and whoever waits looks at the mode again. Every process sees at about the same time that the broker is
away, and all their workers are about to claim, so each process wakes its own after a while of its own.
"""

import asyncio
from contextlib import suppress

from holdfast.engine.wakeups import Wakeups
from holdfast.model.instant import MILLISECOND, Micros
from holdfast.ports import Clock, Entropy, Observer, OfferStore, Streams

_LOOK: Micros = 200 * MILLISECOND
# Over how long the processes spread what they do without the broker.
SPREAD: Micros = 800 * MILLISECOND


class Broker:
    """Streams and the store that offers over them; ``offers`` is None where claims are direct."""

    def __init__(
        self,
        streams: Streams,
        offers: OfferStore | None,
        wakeups: Wakeups,
        clock: Clock,
        entropy: Entropy,
        observer: Observer,
    ) -> None:
        self.streams = streams
        self.offers = offers
        self._wakeups = wakeups
        self._clock = clock
        self._entropy = entropy
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
            if self._look():
                if not self._up:
                    await self._clock.sleep(int(SPREAD * self._entropy.random()))
                self._wakeups.wake_all()
            await self._clock.sleep(_LOOK)

    def _look(self) -> bool:
        """Whether there was a change since the last look."""
        before, self._taken_over = self._taken_over, self.streams.taken_over
        if self._taken_over > before:
            self._observer.offered("taken_over", self._taken_over - before)
        up = self.streams.healthy
        if up is self._up:
            return False
        self._up = up
        self._observer.broker(up)
        return True
