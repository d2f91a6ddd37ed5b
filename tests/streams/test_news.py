"""Wake-ups and messages over Pub/Sub."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.model.errors import Unavailable
from holdfast.streams.channels import Channels, Subscriber
from tests.streams.parts import Opener
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually


async def test_others_are_told_and_oneself_is_not(opener: Opener, valkey_server: ValkeyServer) -> None:
    heard: dict[str, list[frozenset[str]]] = {"a": [], "b": [], "c": []}
    told = {name: await opener.notifier(valkey_server.url, news) for name, news in heard.items()}
    told["a"].notify({"queue:default", "cancel"})
    await eventually(lambda: heard["b"] and heard["c"])
    assert heard == {
        "a": [],
        "b": [frozenset({"queue:default", "cancel"})],
        "c": [frozenset({"queue:default", "cancel"})],
    }


async def test_what_is_told_in_a_row_travels_together(opener: Opener, valkey_server: ValkeyServer) -> None:
    heard: list[frozenset[str]] = []
    await opener.notifier(valkey_server.url, heard)
    teller = await opener.notifier(valkey_server.url, [])
    for number in range(100):
        teller.notify({f"queue:{number}", "events"})
    await eventually(lambda: heard)
    assert len(heard) == 1
    assert len(heard[0]) == 101


async def test_a_topic_that_would_be_heard_as_others_is_left_to_polls(
    opener: Opener, valkey_server: ValkeyServer
) -> None:
    heard: list[frozenset[str]] = []
    await opener.notifier(valkey_server.url, heard)
    teller = await opener.notifier(valkey_server.url, [])
    teller.notify({"queue:a\nled", "cancel"})
    await eventually(lambda: heard)
    assert heard == [frozenset({"cancel"})]


async def test_another_instance_is_not_told(opener: Opener, valkey_server: ValkeyServer) -> None:
    strange: list[frozenset[str]] = []
    heard: list[frozenset[str]] = []
    await opener.notifier(valkey_server.url, strange, key="another secret key, that is long enough too")
    await opener.notifier(valkey_server.url, heard)
    teller = await opener.notifier(valkey_server.url, [])
    teller.notify({"cancel"})
    await eventually(lambda: heard)
    assert strange == []


async def test_news_travel_again_after_a_restart(opener: Opener) -> None:
    with ValkeyServer() as server:
        heard: list[frozenset[str]] = []
        listener = await opener.notifier(server.url, heard)
        teller = await opener.notifier(server.url, [])
        server.kill()
        await eventually(lambda: not listener.healthy and not teller.healthy)
        teller.notify({"lost"})
        server.resume()
        await eventually(lambda: listener.healthy and teller.healthy)
        teller.notify({"cancel"})
        await eventually(lambda: frozenset({"cancel"}) in heard)
        assert frozenset({"lost"}) not in heard


async def test_channels_are_joined_and_left_at_any_time(opener: Opener, valkey_server: ValkeyServer) -> None:
    channels = Channels(await opener.link(valkey_server.url))
    said: list[tuple[str, bytes]] = []
    joined: list[str] = []
    subscriber = channels.subscriber(lambda channel, payload: said.append((channel, payload)), joined.append)
    await eventually(lambda: channels.healthy)
    assert await channels.publish("events:acme", b"nobody listens") == 0
    async with opened(subscriber):
        subscriber.listen("events:acme", "events:zeta")
        await eventually(lambda: len(subscriber.live) == 2)
        assert sorted(joined) == ["events:acme", "events:zeta"]
        assert await channels.listened("events:*") == {"events:acme", "events:zeta"}
        assert await channels.publish("events:acme", b"\xff\x00one") == 1
        await eventually(lambda: said == [("events:acme", b"\xff\x00one")])
        subscriber.drop("events:zeta")

        async def only_acme() -> bool:
            return await channels.listened("events:*") == {"events:acme"}

        await eventually(only_acme)
        assert subscriber.live == {"events:acme"}


async def test_channels_are_joined_again_and_that_is_told(opener: Opener) -> None:
    with ValkeyServer() as server:
        channels = Channels(await opener.link(server.url))
        said: list[tuple[str, bytes]] = []
        joined: list[str] = []
        subscriber = channels.subscriber(lambda channel, payload: said.append((channel, payload)), joined.append)
        async with opened(subscriber):
            subscriber.listen("events:acme")
            await eventually(lambda: joined == ["events:acme"])
            server.kill()
            await eventually(lambda: not subscriber.live)
            with pytest.raises(Unavailable):
                await channels.publish("events:acme", b"lost")
            server.resume()
            await eventually(lambda: joined == ["events:acme", "events:acme"])
            await channels.publish("events:acme", b"after")
            await eventually(lambda: said == [("events:acme", b"after")])


async def test_a_subscription_survives_silence(
    opener: Opener, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.streams.channels.QUIET", 0.05)
    channels = Channels(await opener.link(valkey_server.url))
    said: list[bytes] = []
    joined: list[str] = []
    subscriber = channels.subscriber(lambda _, payload: said.append(payload), joined.append)
    async with opened(subscriber):
        subscriber.listen("events:acme")
        await eventually(lambda: joined)
        await asyncio.sleep(0.5)  # ten times as long as it may say nothing
        await channels.publish("events:acme", b"still")
        await eventually(lambda: said == [b"still"])
        assert joined == ["events:acme"]


class opened:  # noqa: N801  (reads as a phrase)
    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber

    async def __aenter__(self) -> None:
        await self._subscriber.open()

    async def __aexit__(self, *details: object) -> None:
        await self._subscriber.close()
