"""Following the event log once for all who listen in this process: one tail for each tenant that anybody listens to.

A tail begins at the end of the log when its first listener comes, and is dropped with its last. It reads the store when
a wake-up tells of events, and every second anyhow; where a broker carries events, only for what doesn't come that way
(``tail_line``). While the store is away it stands still and goes on where it stood.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final

import structlog

from holdfast.engine.loop import jittered
from holdfast.engine.tail import Tail, Told
from holdfast.engine.tail_line import TailLine
from holdfast.engine.wakeups import EVENTS, Subscription, Wakeups
from holdfast.model.errors import Unavailable
from holdfast.model.event import Event, place
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.ports import Clock, Entropy, EventStore
from holdfast.ports.channels import EventChannels

# How late an event comes that no wake-up told of.
_POLL: Final[Micros] = SECOND
# News come with every commit: under load, reads aren't closer than this, and listeners get more at once.
_REST: Final[Micros] = 20 * MILLISECOND
_PAGE: Final = 500

_log = structlog.get_logger("holdfast.engine")


@dataclass(slots=True)
class _Followed:
    tail: Tail
    task: asyncio.Task[None]
    listeners: int = 0


@dataclass(slots=True)
class Tails:
    """``frame``: an event as listeners get it."""

    store: EventStore
    clock: Clock
    entropy: Entropy
    wakeups: Wakeups
    frame: Callable[[Event], bytes]
    channels: EventChannels | None = None
    _followed: dict[str, _Followed] = field(default_factory=dict)

    @contextmanager
    def listen(self, tenant: str) -> Iterator[Tail]:
        followed = self._followed.get(tenant)
        if followed is None:
            tail = Tail()
            # In no caller's context: it outlives the request that began it.
            task = asyncio.create_task(self._follow(tenant, tail), name=f"tail of {tenant}", context=Context())
            followed = self._followed[tenant] = _Followed(tail, task)
        followed.listeners += 1
        try:
            yield followed.tail
        finally:
            followed.listeners -= 1
            if followed.listeners == 0:
                del self._followed[tenant]
                followed.task.cancel()

    def holds(self, tenant: str, cursor: str) -> bool:
        """Whether a listener at this cursor gets all that follows without a look into the store."""
        followed = self._followed.get(tenant)
        return followed is not None and followed.tail.holds(cursor)

    @property
    def followed(self) -> frozenset[str]:
        """The tenants that anybody listens to."""
        return frozenset(self._followed)

    def wake(self) -> None:
        """Lets every listener look again."""
        for followed in self._followed.values():
            followed.tail.wake()

    async def _follow(self, tenant: str, tail: Tail) -> None:
        with self.wakeups.subscribe(EVENTS) as news:
            line = None if self.channels is None else TailLine(self.channels, tenant, self._told, news)
            try:
                if line is not None:
                    await line.open()
                while True:
                    if not await self._round(tenant, tail, line):
                        await self._pause(news)
            finally:
                if line is not None:
                    line.close()

    async def _round(self, tenant: str, tail: Tail, line: TailLine | None) -> bool:
        """True when there is more to read at once."""
        try:
            if line is not None and await line.fill(tail):
                return False
            return await self._read(tenant, tail)
        except Unavailable:
            return False
        except Exception:
            _log.exception("events can't be followed, going on", tenant=tenant)
            return False

    async def _pause(self, news: Subscription) -> None:
        await self.clock.sleep(_REST)
        await news.wait(jittered(_POLL, self.entropy.random()))

    async def _read(self, tenant: str, tail: Tail) -> bool:
        if tail.floor is None:
            tail.begin(await self.store.last_cursor())
        events = await self.store.list_events(tenant, tail.cursor, limit=_PAGE)
        tail.add([self._told(event) for event in events])
        return len(events) == _PAGE

    def _told(self, event: Event) -> Told:
        return Told(place(event.cursor), event.cursor, event.type, event.run_id, event.job_id, self.frame(event))
