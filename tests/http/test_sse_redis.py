"""The live stream where Redis carries events: servers read the channel, and the store for whatever it lacks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import pytest

from holdfast.engine import tail_line
from holdfast.engine.event_publisher import EventPublisher
from holdfast.http.shapes.events import event_shape
from holdfast.model.instant import SECOND
from holdfast.streams.events import RedisEventChannels
from tests.http.listening import TENANT, Client, following, tell
from tests.http.serving import Api, serving
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos


@pytest.fixture
def redis() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@asynccontextmanager
async def two_servers(url: str, redis: ValkeyServer) -> AsyncIterator[tuple[Api, Api]]:
    async with serving(url=url, redis=redis.url) as one, serving(url=url, role="server", redis=redis.url) as other:
        for api in (one, other):
            await eventually(lambda api=api: api.app.services.engine.channels.healthy)  # type: ignore[misc]
        yield one, other


async def published(api: Api) -> None:
    """Waits until the channel of the tenant carries events to this server."""
    line = api.app.services.tails.followed
    assert TENANT in line
    channels = api.app.services.engine.channels
    assert channels is not None
    await eventually(lambda: channels.hears(TENANT))


def read_by(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each read of the log by this server gave."""
    seen: list[int] = []
    store = api.app.services.store
    read = store.list_events

    async def list_events(*given: Any, **named: Any) -> Any:
        events = await read(*given, **named)
        seen.append(len(events))
        return events

    monkeypatch.setattr(store, "list_events", list_events)
    return seen


async def test_events_come_by_the_channel_and_the_store_is_left_alone(
    postgres_url: str, redis: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_line, "_GRACE", 20 * SECOND)  # however slow this machine is now
    async with two_servers(postgres_url, redis) as (one, other):
        here, there = Client(one), Client(other)
        async with following(here, there):
            await asyncio.gather(published(one), published(other))
            await told_by_channel(one, there)
            # The first event behind a publisher's beginning may be read from the store: who knows what was before it?
            await tell(one, range(1))
            await asyncio.gather(here.has(1), there.has(1))
            read = read_by(one, monkeypatch), read_by(other, monkeypatch)
            await tell(one, range(1, 1_000))
            await asyncio.gather(here.has(1_000), there.has(1_000))
            assert [sum(pages) for pages in read] == [0, 0]
        assert here.ids == there.ids
        assert there.numbers == list(range(1_000))


async def told_by_channel(api: Api, client: Client) -> None:
    """Tells events until the publisher has taken over."""
    channels = api.app.services.engine.channels
    assert channels is not None
    heard = asyncio.Event()

    def hear(_: bytes) -> None:
        heard.set()

    await channels.listen("witness", hear, lambda: None)
    number = 0

    async def carried() -> bool:
        nonlocal number
        await tell(api, range(number, number + 1), tenant="witness")
        number += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await heard.wait()
        return heard.is_set()

    await eventually(carried)
    channels.drop("witness", hear)


async def test_redis_killed_and_back_in_the_middle_loses_nothing(store_url: str, redis: ValkeyServer) -> None:
    async with two_servers(store_url, redis) as (one, other):
        clients = [Client(one), Client(other), Client(other, "?type=tick.7")]
        async with following(*clients):
            await asyncio.gather(published(one), published(other))
            await told_by_channel(one, clients[0])
            await tell(one, range(300))
            redis.kill()
            await tell(one, range(300, 600))
            await clients[1].has(600)
            redis.resume()
            await asyncio.gather(published(one), published(other))
            await told_by_channel(one, clients[0])
            await tell(other, range(600, 900))
            redis.wipe()
            await tell(one, range(900, 1_000))
            await asyncio.gather(
                *(client.has(count) for client, count in zip(clients, (1_000, 1_000, 100), strict=True))
            )
    assert clients[0].numbers == clients[1].numbers == list(range(1_000))
    assert clients[2].numbers == list(range(7, 1_000, 10))


async def test_messages_that_get_lost_or_come_twice_are_no_loss(
    store_url: str, redis: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, publish = Random(7), RedisEventChannels.publish

    async def badly(channels: RedisEventChannels, messages: Sequence[tuple[str, bytes]]) -> None:
        kept = [message for message in messages if random.random() < 0.7]
        await publish(channels, [message for message in kept for _ in range(random.choice((1, 1, 2)))])

    async with two_servers(store_url, redis) as (one, other):
        here, there = Client(one), Client(other)
        async with following(here, there):
            await asyncio.gather(published(one), published(other))
            await told_by_channel(one, here)
            monkeypatch.setattr(RedisEventChannels, "publish", badly)
            await asyncio.gather(tell(one, range(500), 3), tell(other, range(500, 1_000), 7))
            await asyncio.gather(here.has(1_000), there.has(1_000))
    assert here.ids == there.ids
    assert sorted(here.numbers) == list(range(1_000))


async def test_a_publisher_that_stands_still_is_done_without(store_url: str, redis: ValkeyServer) -> None:
    async with two_servers(store_url, redis) as (one, other):
        here, there = Client(one), Client(other)
        async with following(here, there):
            await asyncio.gather(published(one), published(other))
            await told_by_channel(one, here)
            for task in (task for api in (one, other) for task in api.app.services.engine._tasks):
                if task.get_name() == EventPublisher.name:
                    task.cancel()
            await tell(one, range(200))
            await asyncio.gather(here.has(200), there.has(200))
    assert here.numbers == there.numbers == list(range(200))


async def test_messages_are_events_as_the_api_shows_them_and_name_the_one_before(
    postgres_url: str, redis: ValkeyServer
) -> None:
    async with serving(url=postgres_url, redis=redis.url) as api:
        channels = api.app.services.engine.channels
        assert channels is not None
        await eventually(lambda: channels.healthy)
        heard: list[Any] = []
        await channels.listen(TENANT, lambda text: heard.append(json.loads(text)), lambda: None)
        await eventually(lambda: channels.hears(TENANT))
        await told_by_channel(api, Client(api))
        await tell(api, range(1, 40), at_once=3)
        await tell(api, range(5), tenant="other")
        await eventually(lambda: bool(heard) and heard[-1]["data"].get("n") == 39)
        events = await api.app.services.store.list_events(TENANT, None, limit=500)
    shown = [{key: value for key, value in message.items() if key not in ("tenant", "after")} for message in heard]
    assert shown == [json.loads(json.dumps(event_shape(event))) for event in events][-len(shown) :]
    assert {message["tenant"] for message in heard} == {TENANT}
    assert [message["after"] for message in heard[1:]] == [message["id"] for message in heard[:-1]]


async def test_an_unwatched_instance_publishes_nothing(postgres_url: str, redis: ValkeyServer) -> None:
    async with serving(url=postgres_url, redis=redis.url) as api:
        client = Client(api)
        async with following(client):
            await published(api)
            await told_by_channel(api, client)
        await eventually(lambda: not api.app.services.tails.followed)
        await eventually(lambda: "events:" not in redis.command("PUBSUB", "CHANNELS", "*"))
        (publisher,) = [part for part in api.app.services.engine._parts if isinstance(part, EventPublisher)]
        await eventually(lambda: publisher._at is None and not publisher._lead.mine)
