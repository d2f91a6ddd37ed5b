"""What a connection may send before it is a request, how long it may take, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from holdfast.http.addresses import networks_of
from holdfast.http.connections import Doors
from holdfast.http.limits import HEAD_TIME, MAX_HEAD, MAX_HEADERS, MAX_LINE, TAKE_TIME, open_files
from holdfast.ports.behalf import reads_for
from tests.http.serving import Api
from tests.support.waiting import eventually


class Wire:
    """A client that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next answer."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        named = (line.partition(": ") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value for name, _, value in named}

    async def ended(self) -> bytes:
        """What still came until the server closed."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def wire(api: Api) -> AsyncIterator[Wire]:
    address = urlsplit(api.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def request(*headers: bytes, line: bytes = b"GET /health/live HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: localhost", *headers, b"", b""])


def later(api: Api, seconds: float) -> None:
    """As if this much time had gone by for the connections."""
    api.app.doors.sweep(asyncio.get_running_loop().time() + seconds)


async def test_a_request_of_an_ordinary_size_is_served(api: Api) -> None:
    async with wire(api) as client:
        await client.send(request(b"X-Long: " + b"x" * 30_000, *(b"X-%d: 1" % n for n in range(100))))
        assert (await client.head())[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(line=b"GET /" + b"a" * MAX_LINE + b" HTTP/1.1"), 414),
        (request(b"X-Long: " + b"x" * MAX_HEAD), 431),
        (request(*(b"X-%d: 1" % n for n in range(MAX_HEADERS + 1))), 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\n\r\n", 400),
    ],
    ids=["line", "header", "headers", "no HTTP", "NUL"],
)
async def test_what_is_too_much_is_refused_as_a_problem(api: Api, sent: bytes, status: int) -> None:
    async with wire(api) as client:
        await client.send(sent)
        found, headers = await client.head()
        assert (found, headers["connection"]) == (status, "close")
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-content-type-options"] == "nosniff"
        assert b'"status":%d' % status in await client.ended()


@pytest.mark.parametrize(
    "begin",
    [
        b"GET / HTTP/1.1\r\nX-Endless: ",
        b"GET / HTTP/1.1\r\nX-",
        b"POST /callbacks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;extension=",
        b"POST /callbacks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
    ids=["value", "name", "extension of a chunk", "trailer"],
)
async def test_what_never_ends_is_cut_off(api: Api, begin: bytes) -> None:
    async with wire(api) as client:
        await client.send(begin)

        async def pour() -> None:
            for _ in range(1_000):  # far more than the buffers between us hold
                await client.send(b"x" * MAX_HEAD)

        with pytest.raises(ConnectionError):
            await pour()


async def test_many_trailers_are_cut_off(api: Api) -> None:
    async with wire(api) as client:
        await client.send(b"POST /callbacks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        await client.send(b"".join(b"X-%d: 1\r\n" % n for n in range(MAX_HEADERS)))
        assert b" 431 " in await client.ended()


async def test_a_large_body_in_the_first_packet_is_no_large_head(api: Api) -> None:
    body = b'{"kind": "noop", "payload": "' + b"x" * 3 * MAX_HEAD + b'"}'
    length = b"Content-Length: %d" % len(body)
    async with wire(api) as client:
        line = b"POST /api/v1/jobs HTTP/1.1"
        await client.send(request(length, b"Content-Type: application/json", line=line) + body)
        assert (await client.head())[0] != 431


async def test_a_head_must_come_in_time(api: Api) -> None:
    async with wire(api) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: ")
        await eventually(lambda: any(connection._begun for connection in api.app.doors._open))
        later(api, HEAD_TIME - 1)
        later(api, HEAD_TIME + 1)
        assert (await client.head())[0] == 408
        await client.ended()


async def test_a_connection_that_says_nothing_is_closed(api: Api) -> None:
    async with wire(api) as client:
        await eventually(lambda: len(api.app.doors) > 0)
        later(api, HEAD_TIME + 1)
        assert await client.ended() == b""


async def test_a_request_under_way_is_left_alone(api: Api) -> None:
    async with wire(api) as client:
        await client.send(request(line=b"GET /api/v1/events/stream HTTP/1.1"))
        assert (await client.head())[0] == 200
        later(api, HEAD_TIME + TAKE_TIME)
        assert b"connected" in await client.reader.readuntil(b"connected")


async def test_a_client_that_takes_nothing_in_is_cut_off(api: Api) -> None:
    async with wire(api) as client:
        for _ in range(40):  # far more than the buffers between us hold
            await client.send(request(line=b"GET /docs/swagger-ui-bundle.js HTTP/1.1"))
        connection = next(iter(api.app.doors._open))
        await eventually(lambda: connection._stuck_since is not None)
        later(api, TAKE_TIME + 1)
        await eventually(lambda: len(api.app.doors) == 0)


@pytest.mark.parametrize(
    ("body", "of_a_body"),
    [(b"", ("BODY_SILENCE",)), (b'{"a', ("BODY_SILENCE",)), (b'{"a', ("BODY_TIME",))],
    ids=["nothing comes", "nothing more comes", "it takes too long"],
)
async def test_a_body_must_come_in_time(
    api: Api, monkeypatch: pytest.MonkeyPatch, body: bytes, of_a_body: tuple[str, ...]
) -> None:
    for name in of_a_body:
        monkeypatch.setattr(f"holdfast.http.body.{name}", 0.05)
    async with wire(api) as client:
        line = b"POST /api/v1/jobs HTTP/1.1"
        await client.send(request(b"Content-Length: 100", b"Content-Type: application/json", line=line) + body)
        status, headers = await client.head()
        assert (status, headers["connection"]) == (408, "close")


async def test_a_body_without_a_length_is_bounded_while_it_comes(api: Api) -> None:
    async with wire(api) as client:
        line = b"POST /api/v1/jobs HTTP/1.1"
        await client.send(request(b"Transfer-Encoding: chunked", b"Content-Type: application/json", line=line))
        chunk = b"%x\r\n" % 65_536 + b"x" * 65_536 + b"\r\n"
        for _ in range(8 * 1024 * 1024 // 65_536 + 1):
            await client.send(chunk)
        await client.send(b"0\r\n\r\n")
        assert (await client.head())[0] == 413


class _Waiting:
    """A connection, as far as doors look at it."""

    def __init__(self, address: str) -> None:
        self.address = address


def entered(doors: Doors, *addresses: str) -> list[bool]:
    connection: Callable[[str], Any] = _Waiting
    return [doors.enter(connection(address)) for address in addresses]


def test_one_address_has_so_many_connections() -> None:
    doors = Doors(each=2)
    assert entered(doors, "203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2") == [True, True, False, True]


def test_this_machine_and_trusted_proxies_may_have_any_number() -> None:
    doors = Doors(networks_of(["10.0.0.0/8"]), each=1)
    assert all(entered(doors, *["127.0.0.1"] * 3, *["10.1.2.3"] * 3, *["::1"] * 3, *[""] * 3))


def test_all_together_leave_room_for_the_store() -> None:
    doors = Doors(most=2)
    assert entered(doors, "127.0.0.1", "127.0.0.1", "127.0.0.1") == [True, True, False]
    assert open_files() > 0


def test_who_leaves_makes_room() -> None:
    doors = Doors(each=1)
    connection: Any = _Waiting("203.0.113.1")
    assert doors.enter(connection)
    doors.leave(connection)
    assert len(doors) == 0
    assert doors.enter(connection)


async def test_one_connection_too_many_is_told_so(api: Api) -> None:
    api.app.doors.most = 0
    async with wire(api) as client:
        status, headers = await client.head()
        assert (status, headers["retry-after"]) == (503, "2")
        await client.ended()
    await eventually(lambda: len(api.app.doors) == 0)


async def test_a_pipelined_request_reads_for_nobody_whom_the_one_before_it_was_for(api: Api) -> None:
    served, read = api.app.application, []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        read.append(reads_for())
        await served(scope, receive, send)

    api.app.application = listening
    key = (await api.key("viewer"))["Authorization"].encode()
    read.clear()
    async with wire(api) as client:
        await client.send(request(b"Authorization: " + key, line=b"GET /api/v1/jobs HTTP/1.1") + request())
        for _ in range(2):
            status, headers = await client.head()
            assert status == 200
            await client.reader.readexactly(int(headers["content-length"]))
    assert read == [None, None]
