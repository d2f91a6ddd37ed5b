"""Requests that two readers could read as two different ones, on the wire, at both branches of the application.

Behind each stands a second request that would insert a job. What is ambiguous is refused and its connection closed, so
that nothing behind it is ever looked at; and no body that is read to its end hides a request.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.http.serving import Api, workflow
from tests.http.test_connections import Wire, wire

BODY = b'{"kind":"noop"}'
SMUGGLED = (
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
) + BODY
CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"
LENGTH = b"Content-Length: 2"
CHUNKED = b"Transfer-Encoding: chunked"
BRANCHES = ["webhook", "application"]


def heads(*headers: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    """A head whose path is filled in later."""
    first = [b"POST PATH " + version, b"Host: localhost", b"Content-Type: application/json"]
    return b"\r\n".join([*first, *headers, b"", b""])


AMBIGUOUS: dict[str, bytes] = {
    "two lengths": heads(LENGTH, b"Content-Length: %d" % (2 + len(SMUGGLED))) + b"{}",
    "the same length twice": heads(LENGTH, LENGTH) + b"{}",
    "a list of lengths": heads(b"Content-Length: 2, 2") + b"{}",
    "a length with a plus": heads(b"Content-Length: +2") + b"{}",
    "a negative length": heads(b"Content-Length: -2") + b"{}",
    "a hexadecimal length": heads(b"Content-Length: 0x2") + b"{}",
    "two numbers as a length": heads(b"Content-Length: 2 2") + b"{}",
    "a length past any number": heads(b"Content-Length: 99999999999999999999999") + b"{}",
    "a length, then chunks": heads(LENGTH, CHUNKED) + CHUNKS,
    "chunks, then a length": heads(CHUNKED, LENGTH) + CHUNKS,
    "an unknown coding": heads(b"Transfer-Encoding: xchunked") + CHUNKS,
    "a coding that is none": heads(b"Transfer-Encoding: identity", LENGTH) + b"{}",
    "chunks, then another coding": heads(b"Transfer-Encoding: chunked, identity") + CHUNKS,
    "two codings in two lines": heads(CHUNKED, b"Transfer-Encoding: identity") + CHUNKS,
    "packed chunks": heads(b"Transfer-Encoding: gzip, chunked") + CHUNKS,
    "chunks twice": heads(b"Transfer-Encoding: chunked, chunked") + CHUNKS,
    "a space before the colon of a coding": heads(b"Transfer-Encoding : chunked") + CHUNKS,
    "a space before the colon of a length": heads(b"Content-Length : 2") + b"{}",
    "a folded line": heads(b"X-A: 1\r\n Transfer-Encoding: chunked", LENGTH) + b"{}",
    "a folded coding": heads(b"Transfer-Encoding:\r\n chunked") + CHUNKS,
    "bare line feeds": heads(LENGTH).replace(b"\r\n", b"\n") + b"{}",
    "a bare line feed in a value": heads(b"X-A: 1\nTransfer-Encoding: chunked", LENGTH) + b"{}",
    "a bare carriage return in a value": heads(b"X-A: 1\rTransfer-Encoding: chunked", LENGTH) + b"{}",
    "NUL in a value": heads(b"X-A: 1\x002", LENGTH) + b"{}",
    "a line without a colon": heads(b"Content-Length 2") + b"{}",
    "a header without a name": heads(b": x", LENGTH) + b"{}",
    "white space before the first header": heads(LENGTH).replace(b"Host", b" Host") + b"{}",
    "two hosts": heads(b"Host: evil.example", LENGTH) + b"{}",
    "no host": heads(LENGTH).replace(b"Host: localhost\r\n", b"") + b"{}",
    "chunks of an old version": heads(CHUNKED, version=b"HTTP/1.0") + CHUNKS,
    "a chunk's size with a prefix": heads(CHUNKED) + b"0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk's size below nothing": heads(CHUNKED) + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk's size past any number": heads(CHUNKED) + b"fffffffffffffffff2\r\n{}\r\n0\r\n\r\n",
    "a chunk's size before a bare line feed": heads(CHUNKED) + b"2\n{}\n0\n\n",
    "a bare line feed in a chunk's extension": heads(CHUNKED) + b"2;a=\n{}\r\n0\r\n\r\n",
    "a chunk without its end": heads(CHUNKED) + b"2\r\n{}xx0\r\n\r\n",
    "a space behind a chunk's size": heads(CHUNKED) + b"2 \r\n{}\r\n0\r\n\r\n",
    "a length behind the chunks": heads(CHUNKED) + b"2\r\n{}\r\n0\r\nContent-Length: 100\r\n\r\n",
    "a name for another machine": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": heads(LENGTH, version=b"HTTP/1.2") + b"{}",
}
UNSPOKEN: dict[str, bytes] = {
    "no version": b"GET PATH\r\n\r\n",
    "HTTP/2 without its framing": heads(LENGTH, version=b"HTTP/2.0") + b"{}",
}


async def path_at(api: Api, branch: str) -> bytes:
    created = await api.create(workflow())
    path: str = urlsplit(created["triggers"][0]["url"]).path if branch == "webhook" else "/api/v1/workflows/greet/runs"
    return path.encode()


async def statuses(client: Wire) -> list[int]:
    """Of every answer until the server closed."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", await client.ended())]


async def inserted(api: Api) -> list[Any]:
    """The jobs of no run: those that a smuggled request made."""
    return [job for job in (await api.get("/api/v1/jobs?kind=noop")).json["items"] if job["run"] is None]


@pytest.mark.parametrize("branch", BRANCHES)
async def test_what_can_be_read_in_two_ways_is_refused(api: Api, logs: list[Any], branch: str) -> None:
    path = await path_at(api, branch)
    found = {}
    for name, sent in {**AMBIGUOUS, **UNSPOKEN}.items():
        async with wire(api) as client:
            await client.send(sent.replace(b"PATH", path) + SMUGGLED)
            found[name] = await statuses(client)
    assert found == {name: [505 if name in UNSPOKEN else 400] for name in found}
    assert await inserted(api) == []
    # What began as a request and broke off in its body is nobody's fault here.
    assert {line["status"] for line in logs if line.get("event") == "request"} <= {200, 201, 499}


@pytest.mark.parametrize("branch", BRANCHES)
async def test_a_body_hides_no_request(api: Api, branch: str) -> None:
    path = await path_at(api, branch)
    hidden = b'{"input": "' + SMUGGLED.replace(b"\r\n", b"\\r\\n").replace(b'"', b'\\"') + b'"}'
    chunked = b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n"
    for sent in (heads(b"Content-Length: %d" % len(hidden), b"Connection: close") + hidden,
                 heads(CHUNKED, b"Connection: close") + chunked):  # fmt: skip
        async with wire(api) as client:
            await client.send(sent.replace(b"PATH", path))
            [status] = await statuses(client)
            assert status in (201, 202)
    assert await inserted(api) == []


async def test_a_body_that_nobody_asked_for_is_no_request(api: Api) -> None:
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    async with wire(api) as client:
        await client.send(ask % len(SMUGGLED) + SMUGGLED)
        assert await statuses(client) == [200]
    assert await inserted(api) == []


async def test_a_request_to_upgrade_opens_no_tunnel(api: Api) -> None:
    upgrade = heads(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk", LENGTH)
    async with wire(api) as client:
        await client.send(upgrade.replace(b"PATH", b"/api/v1/workflows/validate") + b"{}" + SMUGGLED)
        assert (await client.head())[0] != 101
    assert await inserted(api) == []


async def test_two_requests_in_one_packet_are_two_requests(api: Api) -> None:
    """The counterpart: what is unambiguous is served, so the tests above would notice a second request."""
    async with wire(api) as client:
        await client.send(heads(LENGTH).replace(b"PATH", b"/api/v1/workflows/validate") + b"{}" + SMUGGLED)
        assert await statuses(client) == [422, 201]
    assert len(await inserted(api)) == 1


async def test_what_comes_behind_a_body_never_becomes_a_header(locked: Api) -> None:
    key = (await locked.key("owner"))["Authorization"].encode()
    head = heads(CHUNKED, b"Trailer: Authorization, Cookie", b"Connection: close")
    trailers = b"Authorization: " + key + b"\r\nX-Forwarded-For: 203.0.113.9\r\nIdempotency-Key: planted\r\n"
    async with wire(locked) as client:
        await client.send(
            head.replace(b"PATH", b"/api/v1/workflows/validate") + b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n"
        )
        assert await statuses(client) == [401]


async def test_a_trailer_signs_no_delivery(api: Api) -> None:
    signed = {"id": "hook", "type": "webhook", "signature": {"type": "bearer", "secret": "HOOK_TOKEN"}}
    await api.call("PUT", "/api/v1/secrets/HOOK_TOKEN", json={"value": "a token of the sender's"})
    created = await api.create(workflow(triggers=[signed]))
    path = urlsplit(created["triggers"][0]["url"]).path.encode()
    head = heads(CHUNKED, b"Connection: close").replace(b"PATH", path)
    good = heads(CHUNKED, b"Connection: close", b"Authorization: Bearer a token of the sender's")
    for sent, status in (
        (head + b"2\r\n{}\r\n0\r\nAuthorization: Bearer a token of the sender's\r\n\r\n", 401),
        (good.replace(b"PATH", path) + CHUNKS, 202),
    ):
        async with wire(api) as client:
            await client.send(sent)
            assert await statuses(client) == [status]


@pytest.mark.parametrize(
    ("method", "status"), [("TRACE", 405), ("OPTIONS", 405), ("DEBUG", 400), ("GET\t", 400), ("get", 400)]
)
async def test_no_other_method_says_what_it_was_sent(api: Api, method: str, status: int) -> None:
    async with wire(api) as client:
        sent = f"{method} /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nCookie: a=secret\r\nConnection: close\r\n\r\n"
        await client.send(sent.encode())
        answer = await client.ended()
        assert int(answer.split()[1]) == status
        assert b"secret" not in answer
