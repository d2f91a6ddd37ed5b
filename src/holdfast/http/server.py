"""Serving: uvicorn with uvloop's loop (the caller's) and httptools, on a socket that is bound before anything
starts.

``run`` binds (an address in use is an ``OSError`` at once), prepares, starts the engine, says the port, serves until
``stop`` is set, ends live streams, lets running requests finish within the grace, and stops the engine. It prints
nothing and touches no signal.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from holdfast.http.connections import Doors
from holdfast.http.gateway import Gateway

_BACKLOG: Final = 2048
# uvicorn's ticks in a second.
_TICKS: Final = 10


async def _nothing(_port: int) -> None:
    """No preparation."""


class _Server(uvicorn.Server):
    """Signals belong to the caller, who is told when connections are accepted."""

    def __init__(self, config: uvicorn.Config, doors: Doors, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._doors = doors
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            self._doors.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(
    app: Gateway,
    host: str,
    port: int,
    *,
    stop: asyncio.Event,
    prepare: Callable[[int], Awaitable[None]] = _nothing,
    on_ready: Callable[[int], None] = lambda port: None,
    grace: float = 10.0,
) -> None:
    """Serves ``app`` until ``stop``. Raises ``OSError``.

    ``port`` 0 takes a free one; ``prepare`` is told the port before the engine starts, ``on_ready`` once it answers.
    """
    listener = bind(host, port)
    try:
        app.reached_at(host, listener.getsockname()[1])
        await prepare(listener.getsockname()[1])
        await app.startup()
        try:
            await _serve(app, listener, stop, on_ready, grace)
        finally:
            await app.shutdown()
    finally:
        listener.close()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``OSError``."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


async def _serve(
    app: Gateway, listener: socket.socket, stop: asyncio.Event, on_ready: Callable[[int], None], grace: float
) -> None:
    server = _Server(
        uvicorn.Config(
            app,
            http=app.doors.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=max(1, round(grace)),
        ),
        app.doors,
        lambda: on_ready(listener.getsockname()[1]),
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    stopping = asyncio.create_task(stop.wait(), name="http stop")
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        app.close_streams()
        server.should_exit = True
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await serving
