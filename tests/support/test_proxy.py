"""Each harm that the proxy does, seen from both sides of a real connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.ports import LOOPBACK
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Opened = Callable[[], Awaitable[Streams]]


class Echo:
    """A server that answers each line with itself, and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.gone = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
        except ConnectionError:
            pass
        finally:
            self.gone += 1
            writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo.serve, LOOPBACK, 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    proxy.start()
    yield proxy
    await asyncio.to_thread(proxy.stop)
    server.close()


@pytest.fixture
async def opened(proxy: Proxy) -> AsyncIterator[Opened]:
    """Opens a connection through the proxy; all of them are closed at the end."""
    writers = []

    async def open_one() -> Streams:
        reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
        writers.append(writer)
        return reader, writer

    yield open_one
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


async def asked(streams: Streams, line: bytes) -> bytes:
    reader, writer = streams
    writer.write(line)
    return await asyncio.wait_for(reader.readline(), 5)


async def silent(streams: Streams, seconds: float = 0.2) -> bool:
    """Whether nothing comes, not even an end."""
    try:
        await asyncio.wait_for(streams[0].read(1), seconds)
    except TimeoutError:
        return True
    return False


async def test_it_passes_everything_and_closes_both_sides(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    big = (b"x" * 999 + b"\n") * 3000
    assert await asked(streams, b"hello\n") == b"hello\n"
    streams[1].write(big)
    await asyncio.wait_for(streams[0].readexactly(len(big)), 5)
    streams[1].close()
    await eventually(lambda: echo.gone == 1 and proxy.connections == 0)


async def test_a_cut_resets_and_refuses_until_it_is_healed(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    assert await asked(streams, b"one\n") == b"one\n"
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await streams[0].readline()
    with pytest.raises(ConnectionResetError):
        await asked(await opened(), b"two\n")
    proxy.heal()
    assert await asked(await opened(), b"three\n") == b"three\n"
    assert echo.heard == [b"one\n", b"three\n"]


async def test_what_a_stall_holds_back_arrives_late(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    assert await asked(streams, b"one\n") == b"one\n"
    proxy.stall()
    streams[1].write(b"two\n")
    new = await opened()
    new[1].write(b"three\n")
    assert await silent(streams)
    assert await silent(new)
    assert echo.heard == [b"one\n"]
    proxy.heal()
    assert await asyncio.wait_for(streams[0].readline(), 5) == b"two\n"
    assert await asyncio.wait_for(new[0].readline(), 5) == b"three\n"


async def test_a_delay_keeps_the_order(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    proxy.delay(0.1)
    before = time.monotonic()
    streams[1].write(b"one\n")
    assert await asked(streams, b"two\n") == b"one\n"
    assert await streams[0].readline() == b"two\n"
    assert time.monotonic() - before >= 0.2
    assert echo.heard == [b"one\n", b"two\n"]


async def test_a_forgotten_connection_is_silent_for_good(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    assert await asked(streams, b"one\n") == b"one\n"
    proxy.forget()
    await eventually(lambda: echo.gone == 1)
    streams[1].write(b"two\n")
    assert await silent(streams)
    proxy.heal()
    assert await silent(streams)
    assert await asked(await opened(), b"three\n") == b"three\n"
    assert echo.heard == [b"one\n", b"three\n"]


async def test_a_lost_answer_was_given(proxy: Proxy, echo: Echo, opened: Opened) -> None:
    streams = await opened()
    proxy.lose_answers(1, b"COMMIT")
    assert await asked(streams, b"BEGIN\n") == b"BEGIN\n"
    with pytest.raises(ConnectionResetError):
        await asked(streams, b"COMMIT\n")
    assert proxy.lost == 1
    assert echo.heard == [b"BEGIN\n", b"COMMIT\n"]
    assert await asked(await opened(), b"COMMIT\n") == b"COMMIT\n"
