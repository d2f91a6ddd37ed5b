"""Connections that rested are closed by servers and firewalls: none of that is a failure of the broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from holdfast.model.instant import MILLISECOND
from holdfast.streams.link import Link
from holdfast.streams.streams import RedisStreams
from tests.streams.parts import Opener, got, now, put, seat
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually


@pytest.fixture
async def link(opener: Opener, valkey_server: ValkeyServer) -> AsyncIterator[Link]:
    link = await opener.link(valkey_server.url)
    await link.until_healthy()
    yield link
    assert link.healthy, link.trouble


async def test_those_of_the_pool_that_the_server_closed_are_replaced(link: Link, valkey_server: ValkeyServer) -> None:
    before = await numbers(link)
    assert len(before) == 4
    await all_closed(link, valkey_server)
    after = await numbers(link)
    assert len(after) == 4
    assert not after & before


async def test_those_of_readers_and_bells_that_the_server_closed_are_replaced(
    streams: RedisStreams, valkey_server: ValkeyServer
) -> None:
    for job in ("j1", "j2"):
        assert await streams.read(seat(), now(), MILLISECOND) == []
        assert await streams.rung(MILLISECOND) in (True, False)
        await all_closed(streams._link, valkey_server)
        assert await streams.rung(MILLISECOND) in (True, False)
        assert await streams.read(seat(), now(), MILLISECOND) == []
        await put(streams, job)
        assert await got(streams, seat()) == [job]
        assert streams.healthy


async def test_one_that_rested_for_long_is_not_tried_again(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await link.call("CLIENT", "ID")
    assert await link.call("CLIENT", "ID") == first
    before = await numbers(link)
    monkeypatch.setattr("holdfast.streams.wire.REST", -1.0)
    assert await link.call("CLIENT", "ID") not in before
    assert len(link._wires) <= 1, "those below it have left the pool"


async def numbers(link: Link) -> set[int]:
    """The server's numbers of as many connections as the pool keeps, in use at the same time."""
    return set(await asyncio.gather(*(link.call("CLIENT", "ID") for _ in range(4))))


async def all_closed(link: Link, server: ValkeyServer) -> None:
    """Lets the server close all connections, while no call is under way, and waits until that has come here."""
    await link.call("PING")
    server.command("CLIENT", "KILL", "TYPE", "normal")

    async def none_useful() -> bool:
        return not any([await wire.useful() for wire in link._wires])

    await eventually(none_useful)
