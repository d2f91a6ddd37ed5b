"""Events on channels: every message in its order, however many and large, and who listens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import Unavailable
from holdfast.streams.events import RedisEventChannels
from holdfast.streams.link import Link
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
    await channels.listen("shop", lambda _: None, lambda: None)
    await channels.listen("a:b", lambda _: None, lambda: None)
    await eventually(lambda: channels.hears("shop") and channels.hears("a:b"))
    assert await channels.listened() == {"shop", "a:b"}
    channels.drop("shop")
    assert not channels.hears("shop")

    async def left() -> bool:
        return await channels.listened() == {"a:b"}

    await eventually(left)


async def test_nothing_to_say_asks_nothing(channels: RedisEventChannels) -> None:
    await channels.publish([])
    await channels._link.close()
    await channels.publish([])
    with pytest.raises(Unavailable):
        await channels.publish([("shop", b"")])
