"""A TCP proxy that harms what passes through it: the network between one process and one server.

It runs in a thread with an event loop of its own; every method may be called from any thread and has done its work
when it returns. Modes:

- ``heal``: everything passes (how it begins). What was held back by ``stall`` passes late, as retransmitted.
- ``cut``: connections are reset and new ones refused, until ``heal``.
- ``stall``: nothing travels and nobody is told: connections stay open, new ones are accepted and stay silent.
- ``delay``: everything arrives so much later, in order.
- ``forget``: the connections that exist are gone for the server and silent for the client, for good, as behind a
  firewall that lost its table; new ones work.
- ``lose_answers``: of the next answers that hold some bytes, each is dropped and its connection reset: what was asked
  for has happened, and who asked can't know.

``lost`` counts the dropped answers.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar, cast

from tests.support.ports import LOOPBACK

T = TypeVar("T")

# Of SO_LINGER: on, for no time at all.
AT_ONCE = struct.pack("ii", 1, 0)
# So many rounds of the loop it takes at most until a connection that is just being accepted is reset and closed.
_ROUNDS = 6


class Proxy:
    """Listens on a loopback port of its own for connections to ``target``, a port."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.lost = 0
        self._refusing = False
        self._stalled = False
        self._delay = 0.0
        self._marker = b""
        self._to_lose = 0
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- its life --

    def start(self) -> None:
        self._thread.start()
        self._await(self._listen())

    def stop(self) -> None:
        """Resets every connection. Safe to call twice."""
        if self._thread.is_alive():
            self._await(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: _Pair(self).client, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._refusing = True
        self._server.close()
        self._reset_all()
        connecting = [pair.connecting for pair in self._pairs if pair.connecting is not None]
        await asyncio.gather(*connecting, return_exceptions=True)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    # -- what it does to the network --

    def heal(self) -> None:
        self._do(self._heal)

    def cut(self) -> None:
        def act() -> None:
            self._heal()
            self._refusing = True
            self._reset_all()

        self._do(act)

    def stall(self) -> None:
        def act() -> None:
            self._heal()
            self._stalled = True

        self._do(act)

    def delay(self, seconds: float) -> None:
        def act() -> None:
            self._heal()
            self._delay = seconds

        self._do(act)

    def forget(self) -> None:
        def act() -> None:
            for pair in self._pairs:
                pair.forget()

        self._do(act)

    def lose_answers(self, count: int, marker: bytes = b"") -> None:
        def act() -> None:
            self._to_lose, self._marker = count, marker

        self._do(act)

    @property
    def connections(self) -> int:
        """How many are open, forgotten ones included."""
        return len(self._pairs)

    # -- what its connections ask --

    def opened(self, pair: _Pair) -> bool:
        """Whether the connection may be; it counts from now on."""
        if not self._refusing:
            self._pairs.add(pair)
        return not self._refusing

    def closed(self, pair: _Pair) -> None:
        self._pairs.discard(pair)

    @property
    def stalled(self) -> bool:
        return self._stalled

    def arrives_at(self) -> float:
        """When what is sent now arrives, by the loop's clock."""
        return self._loop.time() + self._delay if self._delay else 0.0

    def loses(self, answer: bytes) -> bool:
        if self._to_lose == 0 or self._marker not in answer:
            return False
        self._to_lose -= 1
        self.lost += 1
        return True

    def _heal(self) -> None:
        self._refusing = self._stalled = False
        self._delay = 0.0
        self._to_lose = 0
        for pair in self._pairs:
            pair.go_on()

    def _reset_all(self) -> None:
        for pair in list(self._pairs):
            pair.reset()

    def _do(self, act: Callable[[], None]) -> None:
        async def acted() -> None:
            act()

        self._await(acted())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _Pair:
    """A client's connection and the one to the server that answers it."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.connecting: asyncio.Task[None] | None = None
        self.client = _End(self, self._from_client)
        self.server = _End(self, self._from_server)
        self.client.other, self.server.other = self.server, self.client
        self._forgotten = False
        self._is_reset = False

    def client_came(self) -> None:
        if not self.proxy.opened(self):
            self.reset()
        else:
            self.connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.server, LOOPBACK, self.proxy.target)
        except OSError:
            self.reset()
        finally:
            self.connecting = None
        if self._is_reset:
            self.reset()  # while it connected

    def _from_client(self, data: bytes) -> None:
        if not self._forgotten:
            self.server.send(data)

    def _from_server(self, data: bytes) -> None:
        if self._forgotten:
            return
        if self.proxy.loses(data):
            self.reset()
        else:
            self.client.send(data)

    def ended(self, end: _End) -> None:
        """One side closed: so does the other, behind what is still on its way; who is forgotten isn't told."""
        if self._forgotten and end is self.server:
            return
        end.other.close_after()
        if end.other.over:  # else it still has to be closed: by the end of what holds it back, or with the proxy
            self.proxy.closed(self)

    def forget(self) -> None:
        self._forgotten = True
        self.server.abort()

    def go_on(self) -> None:
        for end in (self.client, self.server):
            end.flush()

    def reset(self) -> None:
        self._is_reset = True
        for end in (self.client, self.server):
            end.abort()
        self.proxy.closed(self)


class _End(asyncio.Protocol):
    """One side of a pair: gives on what it receives, and sends what is due to it."""

    other: _End

    def __init__(self, pair: _Pair, received: Callable[[bytes], None]) -> None:
        self._pair = pair
        self._received = received
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self is self._pair.client:
            self._pair.client_came()
        self.flush()

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._pair.ended(self)

    def pause_writing(self) -> None:
        if self.other._transport is not None:
            self.other._transport.pause_reading()

    def resume_writing(self) -> None:
        with suppress(RuntimeError):
            if self.other._transport is not None and not self.other._transport.is_closing():
                self.other._transport.resume_reading()

    def send(self, data: bytes) -> None:
        """Now, or in its turn once it is due."""
        due = self._pair.proxy.arrives_at()
        if self._waiting or due or self._transport is None or self._pair.proxy.stalled:
            self._waiting.append((due, data))
            self.flush()
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Sends what is due, and comes back for the rest."""
        if self._transport is None or self._pair.proxy.stalled or self._transport.is_closing():
            return
        loop = asyncio.get_running_loop()
        while self._waiting and self._waiting[0][0] <= loop.time():
            self._transport.write(self._waiting.popleft()[1])
        if self._waiting:
            loop.call_at(self._waiting[0][0], self.flush)
        elif self._closing:
            self._transport.close()

    @property
    def over(self) -> bool:
        return self._transport is not None and self._transport.is_closing()

    def close_after(self) -> None:
        self._closing = True
        self.flush()

    def abort(self) -> None:
        """Resets the connection: the kernel of the other end raises an error instead of telling of an end."""
        if self._transport is not None and not self._transport.is_closing():
            own: socket.socket = self._transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self._transport.abort()
