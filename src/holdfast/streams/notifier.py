"""Wake-ups over Pub/Sub: the ``Notifier`` port.

*Healthy*: the link is, and a message to itself came back on this subscription. Topics told while it isn't are dropped:
whoever waits also polls. The first news go at once, what is told within ``COALESCE`` after them as one message; what
nobody's work waits for waits a little longer for what else there is to tell. Own messages are recognised by the id of
their sender and ignored.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection
from typing import Final

import structlog

from holdfast.model.errors import Unavailable
from holdfast.streams.channels import Subscriber
from holdfast.streams.link import Link, ended

_log = structlog.get_logger("holdfast.streams")

CHANNEL: Final = "news"
COALESCE: Final = 0.001
UNHURRIED: Final = frozenset({"events"})
REST: Final = 0.02

Wake = Callable[[frozenset[str]], None]


class RedisNotifier:
    """Tells the instance's other processes, and is told by them."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._subscriber = Subscriber(link, self._hear, self._joined)
        self._sender = f"{random.getrandbits(64):016x}"
        self._wake: Wake | None = None
        self._heard = False
        self._pending: set[str] = set()
        self._told = asyncio.Event()
        self._hurried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        return self._heard and self._link.healthy and CHANNEL in self._subscriber.live

    async def open(self, wake: Wake) -> None:
        if self._task is None:
            self._wake = wake
            await self._link.open()
            self._subscriber.listen(CHANNEL)
            await self._subscriber.open()
            self._task = asyncio.create_task(self._run(), name="redis-notifier")

    def notify(self, topics: Collection[str]) -> None:
        if topics and self.healthy:
            # One with a line break would be heard as several others: it is left to polls.
            self._pending.update(topic for topic in topics if "\n" not in topic)
            self._told.set()
            if not UNHURRIED.issuperset(topics):
                self._hurried.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await ended(task)
            await self._subscriber.close()
            await self._link.close()

    async def _run(self) -> None:
        while True:
            try:
                await self._told.wait()
                await self._send()
                await asyncio.sleep(COALESCE)
            except Unavailable:
                pass  # away for now; the link looks for the server
            except Exception:
                _log.exception("notifications failed, going on")
                await asyncio.sleep(REST)

    async def _send(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST):
                await self._hurried.wait()
        self._told.clear()
        self._hurried.clear()
        topics, self._pending = self._pending, set()
        await self._link.call("PUBLISH", self._link.prefix + CHANNEL, "\n".join((self._sender, *sorted(topics))))

    def _joined(self, channel: str) -> None:
        """A new subscription: an own message proves that it carries."""
        self._heard = False
        self._pending.clear()
        self._told.set()
        self._hurried.set()

    def _hear(self, channel: str, payload: bytes) -> None:
        sender, *topics = payload.decode(errors="replace").split("\n")
        if sender == self._sender:
            self._heard = True
        elif topics and self._wake is not None:
            self._wake(frozenset(topics))
