"""Another system that events and requests are sent to: a real HTTP server beside the browser, which keeps what comes.

It runs in a thread with an event loop of its own, because the browser's calls block the test's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.waiting import eventually_sync
from tests.support.webhooks import Received, WebhookServer, webhook_server


class Receiver:
    """What came, in its order."""

    def __init__(self, server: WebhookServer) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def received(self) -> list[Received]:
        return list(self._server.received)

    def request(self, number: int) -> Received:
        """Waits until so many have come; the last of them."""
        return eventually_sync(lambda: self.received[number - 1 : number], 20, self._told)[0]

    def event(self, number: int) -> tuple[Received, dict[str, Any]]:
        """The same, and the event in it."""
        request = self.request(number)
        return request, request.json

    def _told(self) -> str:
        return f"{len(self.received)} requests came"


@contextmanager
def receiver_running() -> Iterator[Receiver]:
    made: list[WebhookServer] = []
    end: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        async with webhook_server() as server:
            stop = asyncio.Event()
            end.append((asyncio.get_running_loop(), stop))
            made.append(server)
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    server = eventually_sync(lambda: made[:1], 10, "the receiver to listen")[0]
    try:
        yield Receiver(server)
    finally:
        loop, stop = end[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
