"""Events on channels: every message in its order, however many and large, and who listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import Unavailable
from holdfast.streams.channels import Subscriber
from holdfast.streams.events import RedisEventChannels
from holdfast.streams.link import Link
from holdfast.streams.wire import Wire
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually


@pytest.fixture
async def channels(valkey_server: ValkeyServer) -> AsyncIterator[RedisEventChannels]:
    link = Link(valkey_server.url, "k" * 40)
    await link.open()
    made = RedisEventChannels(link)
    await eventually(lambda: made.healthy)
    yield made
    await made.close()
    await link.close()


async def test_many_and_large_messages_come_in_their_order(channels: RedisEventChannels) -> None:
    heard: list[bytes] = []
    joined: list[bool] = []
    await channels.listen("shop", heard.append, lambda: joined.append(True))
    await eventually(lambda: channels.hears("shop"))
    assert joined == [True]
    said = [b"%d " % number + b"x" * (300_000 if number % 100 == 0 else 1) for number in range(1_200)]
    await channels.publish([("shop", text) for text in said] + [("other", b"not heard")])
    await eventually(lambda: len(heard) >= len(said))
    assert heard == said


async def test_who_listens_is_known_until_they_leave(channels: RedisEventChannels) -> None:
    assert await channels.listened() == frozenset()
    await channels.listen("shop", ignore, lambda: None)
    await channels.listen("a:b", ignore, lambda: None)
    await eventually(lambda: channels.hears("shop") and channels.hears("a:b"))
    assert await channels.listened() == {"shop", "a:b"}
    channels.drop("shop", ignore)
    assert not channels.hears("shop")

    async def left() -> bool:
        return await channels.listened() == {"a:b"}

    await eventually(left)


async def test_who_listens_to_nothing_keeps_no_connection_and_may_begin_again(
    channels: RedisEventChannels, valkey_server: ValkeyServer
) -> None:
    before = connections(valkey_server)
    for _ in range(2):
        await channels.listen("shop", ignore, lambda: None)
        await eventually(lambda: channels.hears("shop"))
        assert connections(valkey_server) == before + 1
        channels.drop("shop", ignore)
        await eventually(lambda: connections(valkey_server) == before)


async def test_one_that_ends_late_leaves_the_channel_to_who_came_after_it(channels: RedisEventChannels) -> None:
    heard: list[bytes] = []
    await channels.listen("shop", ignore, lambda: None)
    await channels.listen("shop", heard.append, lambda: None)
    channels.drop("shop", ignore)
    await eventually(lambda: channels.hears("shop"))
    await channels.publish([("shop", b"news")])
    await eventually(lambda: heard == [b"news"])


async def test_a_connection_that_asks_before_it_listens_is_kept(
    channels: RedisEventChannels, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("holdfast.streams.channels.QUIET", 0.05)
    monkeypatch.setattr(Subscriber, "_ask", _asks_late)
    await channels.listen("shop", lambda _: None, lambda: None)
    await eventually(lambda: channels.hears("shop"))
    told = capfd.readouterr()
    assert "failed" not in told.out + told.err


async def _asks_late(subscriber: Subscriber, wire: Wire) -> None:
    """Joins only after the server has given a sign of life."""
    answered = asyncio.Event()
    was = subscriber._said

    def hears(said: object) -> None:
        was(said)
        answered.set()

    subscriber._said = hears  # type: ignore[method-assign]
    await answered.wait()
    await wire.send("SUBSCRIBE", *(subscriber._link.prefix + channel for channel in subscriber._wanted))


def ignore(message: bytes) -> None:
    """Hears and forgets."""


def connections(server: ValkeyServer) -> int:
    return server.command("CLIENT", "LIST").count(" name=holdfast ")


async def test_nothing_to_say_asks_nothing(channels: RedisEventChannels) -> None:
    await channels.publish([])
    await channels._link.close()
    await channels.publish([])
    with pytest.raises(Unavailable):
        await channels.publish([("shop", b"")])
