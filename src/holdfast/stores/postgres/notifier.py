"""Wake-ups over LISTEN/NOTIFY, on a connection of their own.

Modes: *away* (no connection, whatever the reason; tried again with growing, jittered pauses), *listening* (connected),
*healthy* (a notification sent to itself came back during the last round). Topics told while away are dropped: whoever
waits also polls. The first news go at once, what is told within a few milliseconds after them as one notification, and
what nobody's work waits for within a few more; an own one is recognised by its backend's process id and ignored.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import asyncpg
import structlog

from holdfast.stores.postgres.connection import DRIVER_ERRORS

_log = structlog.get_logger("holdfast.stores.postgres")

CHANNEL: Final = "holdfast"
COALESCE: Final = 0.003
# Every commit tells these, and no work waits for them: alone they wait a little longer for what else there is to tell.
UNHURRIED: Final = frozenset({"events"})
REST: Final = 0.02
ROUND: Final = 15.0
ANSWER: Final = 5.0
PAUSES: Final = (0.1, 5.0)
PAYLOAD_LIMIT: Final = 7_000  # bytes; PostgreSQL refuses 8,000
# A notification is a transaction, whose commit would wait for the disk beside those that must.
FORGETFUL: Final = {"synchronous_commit": "off"}
NOTIFY: Final = "SELECT pg_notify($1, $2)"

Wake = Callable[[frozenset[str]], None]


class PostgresNotifier:
    """Tells other processes on the same database, and is told by them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wake: Wake | None = None
        self._pending: set[str] = set()
        self._told = asyncio.Event()
        self._hurried = asyncio.Event()
        self._heard = asyncio.Event()
        self._healthy = False
        self._backend = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        return self._healthy

    async def open(self, wake: Wake) -> None:
        """Begins; the first connection is made in the background, so a database that is away delays nobody."""
        if self._task is None:
            self._wake = wake
            self._task = asyncio.create_task(self._run(), name="postgres-notifier")

    def notify(self, topics: Collection[str]) -> None:
        if self._healthy and topics:
            self._pending.update(topics)
            self._told.set()
            if not UNHURRIED.issuperset(topics):
                self._hurried.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._healthy = False

    async def _run(self) -> None:
        pause, longest = PAUSES
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._connected()
            except DRIVER_ERRORS:
                pass  # away for now
            except Exception:
                # Nothing would start this task again: whatever it is, try a fresh connection.
                _log.exception("notifications failed, going on")
            if asyncio.get_running_loop().time() - began > ROUND:
                pause = PAUSES[0]
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, longest)

    async def _connected(self) -> None:
        """One connection's life. Returns or raises when it is lost."""
        connection = await asyncpg.connect(self._url, timeout=ANSWER, command_timeout=ANSWER, server_settings=FORGETFUL)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            # Asked now: what comes in while the connection ends is heard too, when it can't say this any more.
            self._backend = connection.get_server_pid()
            await connection.add_listener(CHANNEL, self._listen)
            while not connection.is_closed():
                await self._check(connection)
                await self._send_until(connection, lost, ROUND)
        finally:
            self._healthy = False
            connection.terminate()

    async def _check(self, connection: Any) -> None:
        """Sends itself a notification; an answer proves that they travel (through a pooler they may not)."""
        self._heard.clear()
        await connection.execute(NOTIFY, CHANNEL, "")
        async with asyncio.timeout(ANSWER):
            await self._heard.wait()
        self._healthy = True

    async def _send_until(self, connection: Any, lost: asyncio.Event, seconds: float) -> None:
        """Sends what is told, for this long or until the connection is lost."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not lost.is_set() and (left := until - loop.time()) > 0:
            await _any(left, self._told, lost)
            if self._told.is_set() and not lost.is_set():
                await _any(REST, self._hurried, lost)
                await self._send(connection)
                await asyncio.sleep(COALESCE)

    async def _send(self, connection: Any) -> None:
        self._told.clear()
        self._hurried.clear()
        topics, self._pending = self._pending, set()
        for payload in payloads(topics):
            await connection.execute(NOTIFY, CHANNEL, payload)

    def _listen(self, connection: Any, sender: int, channel: str, payload: object) -> None:
        if sender == self._backend:
            self._heard.set()
        elif payload:
            self._deliver(frozenset(str(payload).split(",")))

    def _deliver(self, topics: frozenset[str]) -> None:
        if self._wake is not None:
            self._wake(topics)


async def _any(seconds: float, *events: asyncio.Event) -> None:
    """Waits until one of the events is set, at most this long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def payloads(topics: Iterable[str]) -> list[str]:
    """Topics joined by commas, in as few payloads as the limit allows. One with a comma can't travel: left to polls."""
    joined: list[str] = []
    for topic in sorted(topics):
        if "," in topic or len(topic.encode()) > PAYLOAD_LIMIT:
            continue
        if joined and len(joined[-1].encode()) + len(topic.encode()) < PAYLOAD_LIMIT:
            joined[-1] += f",{topic}"
        else:
            joined.append(topic)
    return joined
