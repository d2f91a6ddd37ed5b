"""Messages over Pub/Sub, on the instance's channels: whoever listens now hears them, nobody else ever does.

A ``Subscriber`` keeps one connection for any number of channels, for as long as it is open and wants one: *away* it
takes a new one as soon as the link is healthy, and joins all its channels again. ``joined`` is called each time the
broker has acknowledged a channel: what was said before it may have been missed. A connection that says nothing for
``QUIET`` seconds is asked for a sign of life, and dropped when none comes.
"""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog

from holdfast.model.errors import Unavailable
from holdfast.streams.link import Link, ended

if TYPE_CHECKING:
    from holdfast.streams.wire import Wire

_log = structlog.get_logger("holdfast.streams")

QUIET: Final = 3.0
PAUSE: Final = 0.05  # between a lost connection and the next, where the link is healthy

Hear = Callable[[str, bytes], None]
Joined = Callable[[str], None]


class Channels:
    """The instance's channels, by their short names: ``news``, ``events:<tenant>``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def healthy(self) -> bool:
        return self._link.healthy

    async def open(self) -> None:
        await self._link.open()

    async def close(self) -> None:
        await self._link.close()

    async def publish(self, channel: str, payload: bytes) -> int:
        """Says it to all who listen now; how many that were (on a Cluster: at this node). Raises ``Unavailable``."""
        return int(await self._link.call("PUBLISH", self._link.prefix + channel, payload))

    async def listened(self, pattern: str) -> frozenset[str]:
        """The channels like ``events:*`` that somebody listens to (on a Cluster: at the node of the instance's slot,
        where all of its processes are). Raises ``Unavailable``."""
        prefix = self._link.prefix
        found = await self._link.call("PUBSUB", "CHANNELS", prefix + pattern)
        return frozenset(channel.removeprefix(prefix) for channel in found)

    def subscriber(self, hear: Hear, joined: Joined | None = None) -> "Subscriber":
        """``hear`` gets a channel and what was said there. Both are called in the event loop and may not raise."""
        return Subscriber(self._link, hear, joined)


class Subscriber:
    """Hears channels, which may be added and dropped at any time."""

    def __init__(self, link: Link, hear: Hear, joined: Joined | None = None) -> None:
        self._link = link
        self._hear = hear
        self._joined = joined
        self._wanted: set[str] = set()
        self._live: set[str] = set()
        self._wire: Wire | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def live(self) -> frozenset[str]:
        """The channels that are heard now."""
        return frozenset(self._live & self._wanted)

    async def open(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="redis-subscriber")

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await ended(task)

    def listen(self, *channels: str) -> None:
        self._wanted.update(channels)
        self._changed.set()

    def drop(self, *channels: str) -> None:
        self._wanted.difference_update(channels)
        self._changed.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._needed()
                await self._link.until_healthy()
                await self._connected()
            except Unavailable:
                pass  # away for now, or nothing is wanted any more
            except Exception:
                # Nothing would start this task again: whatever it is, try a fresh connection.
                _log.exception("listening to channels failed, going on")
            await asyncio.sleep(PAUSE * (0.5 + random.random()))

    async def _needed(self) -> None:
        """Waits until a channel is wanted."""
        while not self._wanted:
            self._changed.clear()
            await self._changed.wait()

    async def _connected(self) -> None:
        """One connection's life. Raises when it is lost, or of no use any more."""
        wire = await self._link.wire(decoded=False)
        ask = asyncio.create_task(self._ask(wire), name="redis-subscriber-asks")
        try:
            await self._listen(wire)
        finally:
            self._live.clear()
            await ended(ask)
            await self._link.drop(wire)

    async def _ask(self, wire: "Wire") -> None:
        """Joins and leaves channels as they are wanted. When it can't, or none is, the connection is of no use."""
        try:
            asked: set[str] = set()
            while wanted := set(self._wanted):
                self._changed.clear()
                for word, channels in (("SUBSCRIBE", wanted - asked), ("UNSUBSCRIBE", asked - wanted)):
                    if channels:
                        await wire.send(word, *(self._link.prefix + channel for channel in sorted(channels)))
                asked = wanted
                await self._changed.wait()
        except Unavailable:
            pass
        finally:
            await wire.close()

    async def _listen(self, wire: "Wire") -> None:
        asked = False
        while True:
            said = await wire.hear(QUIET)
            if said is not None:
                asked = False
                self._said(said)
            elif asked:
                raise Unavailable("Redis can't be reached: a subscription says nothing")
            else:
                asked = True
                await wire.send("PING")

    def _said(self, said: object) -> None:
        if not isinstance(said, list):
            return  # a sign of life from a server that hears of no subscription yet
        kind, name = said[0], said[1].decode()
        channel = name.removeprefix(self._link.prefix)
        if kind == b"message":
            self._hear(channel, said[2])
        elif kind == b"subscribe":
            self._live.add(channel)
            if self._joined is not None:
                self._joined(channel)
        elif kind == b"unsubscribe":
            self._live.discard(channel)
