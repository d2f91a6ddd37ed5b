"""Clients of the live event stream that keep what they got, and events to tell them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from holdfast.engine.wakeups import EVENTS
from holdfast.model.event import NewEvent
from tests.http.serving import Api
from tests.support.waiting import eventually

TENANT = "default"
STREAM = "/api/v1/events/stream"


class Client:
    """Follows a stream over as many connections as it takes, each from the last id that it got."""

    def __init__(self, api: Api, query: str = "", last: str | None = None) -> None:
        self.api = api
        self.query = query
        self.last = last
        self.ids: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.resets: list[dict[str, Any]] = []
        self.connections = 0
        self.reading = asyncio.Event()
        self.reading.set()
        self._task: asyncio.Task[None] | None = None
        self._response: aiohttp.ClientResponse | None = None

    @property
    def numbers(self) -> list[int]:
        return [event["data"]["n"] for event in self.events]

    async def open(self) -> None:
        self._task = asyncio.create_task(self._follow())
        await eventually(lambda: self.connections > 0)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def cut(self) -> None:
        """Ends the connection; it connects again."""
        if self._response is not None:
            self._response.close()

    async def has(self, count: int, timeout: float = 30) -> None:
        await eventually(lambda: len(self.events) >= count, timeout, lambda: f"{len(self.events)} of {count}")

    async def _follow(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, ConnectionError):
                await self._connection()
            await asyncio.sleep(0.01)

    async def _connection(self) -> None:
        headers = {} if self.last is None else {"Last-Event-ID": self.last}
        timeout = aiohttp.ClientTimeout(total=None)
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector, read_bufsize=1 << 12) as session,
            session.get(self.api.base + STREAM + self.query, headers=headers, timeout=timeout) as response,
        ):
            assert response.status == 200, await response.text()
            self._response = response
            block: dict[str, str] = {}
            async for line in response.content:
                await self.reading.wait()
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    block[name] = value
                elif not line.strip():
                    self._take(block)
                    block = {}

    def _take(self, block: dict[str, str]) -> None:
        self.last = block.get("id", self.last)
        if "retry" in block:
            self.connections += 1
        elif block.get("event") == "reset":
            self.resets.append(json.loads(block["data"]))
        elif "data" in block:
            event = json.loads(block["data"])
            assert (block["id"], block["event"]) == (event["id"], event["type"])
            self.ids.append(block["id"])
            self.events.append(event)


@asynccontextmanager
async def following(*clients: Client) -> AsyncIterator[None]:
    try:
        await asyncio.gather(*(client.open() for client in clients))
        yield
    finally:
        await asyncio.gather(*(client.close() for client in clients))


async def tell(api: Api, numbers: range, at_once: int = 10, size: int = 0, tenant: str = TENANT) -> None:
    """Appends numbered events, of the types ``tick.0`` … ``tick.9``, ``at_once`` in a transaction."""
    engine = api.app.services.engine
    for first in range(numbers.start, numbers.stop, at_once):
        now = engine.clock.now()
        some = range(first, min(first + at_once, numbers.stop))
        await engine.store.append_events([
            NewEvent(tenant, f"tick.{number % 10}", now, {"n": number, "text": "x" * size}) for number in some
        ])  # fmt: skip
        engine.wakeups.notify({EVENTS})
