"""What a tail hears from the publisher of events, until it is asked for it.

A message is taken when nothing can lie between it and what the tail has. One that leaves a hole, and a channel that was
joined (again), mean that the store has to be read; so does silence when a wake-up told of events, and a channel that
isn't heard.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from holdfast.engine.event_messages import Message, read
from holdfast.engine.tail import Tail, Told
from holdfast.engine.wakeups import Subscription
from holdfast.model.event import Event, Place, place
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.ports.channels import EventChannels

# How long the publisher may take from an event's commit; then the store is read.
_GRACE: Final[Micros] = 100 * MILLISECOND
# More than this isn't kept for a tail that has no time: the store has it too.
_MOST: Final = 10_000


class TailLine:
    """``told``: an event as its listeners get it. ``news`` is raised by whatever is heard."""

    def __init__(self, channels: EventChannels, tenant: str, told: Callable[[Event], Told], news: Subscription) -> None:
        self._channels = channels
        self._tenant = tenant
        self._told = told
        self._news = news
        self._heard: list[Message] = []
        self._said = asyncio.Event()
        self._hole = True

    async def open(self) -> None:
        await self._channels.listen(self._tenant, self._hear, self._joined)

    def close(self) -> None:
        self._channels.drop(self._tenant, self._hear)

    async def fill(self, tail: Tail) -> bool:
        """Adds what was heard; False when the store has to be read."""
        filled = self._add(tail)
        if not filled and not self._hole and self._channels.hears(self._tenant):
            await self._word()
            filled = self._add(tail)
        if not filled:
            self._hole = False
        return filled

    async def _word(self) -> None:
        """Waits for the publisher, which may need a moment for what a wake-up tells of at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE / SECOND):
                await self._said.wait()

    def _add(self, tail: Tail) -> bool:
        heard, self._heard = self._heard, []
        self._said.clear()
        if tail.floor is None:
            return False
        position = place(tail.cursor)
        fit: list[Told] = []
        for message in heard:
            position = self._next(message, position, fit)
        tail.add(fit)
        return bool(heard) and not self._hole

    def _next(self, message: Message, position: Place, fit: list[Told]) -> Place:
        if place(message.after) > position:
            self._hole = True
            return position
        told = self._told(message.event)
        if told.place <= position:
            return position
        fit.append(told)
        return told.place

    def _hear(self, text: bytes) -> None:
        message = read(text)
        if message is None or message.event.tenant != self._tenant or len(self._heard) >= _MOST:
            self._hole = True
        else:
            self._heard.append(message)
        self._stir()

    def _joined(self) -> None:
        self._hole = True
        self._stir()

    def _stir(self) -> None:
        self._said.set()
        self._news.raise_flag()
