"""Wake-ups over LISTEN/NOTIFY: other processes are told, oneself isn't, and a lost connection is replaced."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from holdfast.stores.postgres.notifier import PAYLOAD_LIMIT, PostgresNotifier, payloads
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.waiting import eventually


class Ear:
    """A notifier and all that it was woken for."""

    def __init__(self, url: str) -> None:
        self.notifier = PostgresNotifier(url)
        self.heard: set[str] = set()
        self.wakes = 0

    def wake(self, topics: frozenset[str]) -> None:
        self.heard |= topics
        self.wakes += 1

    async def open(self) -> None:
        await self.notifier.open(self.wake)
        await eventually(lambda: self.notifier.healthy)


@pytest.fixture
async def ears(postgres_url: str) -> AsyncIterator[tuple[Ear, Ear]]:
    pair = Ear(postgres_url), Ear(postgres_url)
    for ear in pair:
        await ear.open()
    yield pair
    for ear in pair:
        await ear.notifier.close()


async def test_others_are_told_and_oneself_isnt(ears: tuple[Ear, Ear]) -> None:
    mine, theirs = ears
    mine.notifier.notify({"queue:default", "events"})
    await eventually(lambda: theirs.heard == {"queue:default", "events"})
    theirs.notifier.notify({"cancel"})
    await eventually(lambda: mine.heard == {"cancel"})


async def test_what_is_told_together_travels_together(ears: tuple[Ear, Ear]) -> None:
    mine, theirs = ears
    for number in range(100):
        mine.notifier.notify({f"queue:{number}", "events"})
    await eventually(lambda: len(theirs.heard) == 101)
    assert theirs.wakes == 1


async def test_what_is_in_no_hurry_goes_along_with_what_is(ears: tuple[Ear, Ear]) -> None:
    mine, theirs = ears
    for _ in range(3):
        mine.notifier.notify({"events"})
        await asyncio.sleep(0)
    mine.notifier.notify({"queue:default"})
    await eventually(lambda: theirs.heard == {"queue:default", "events"})
    assert theirs.wakes == 1


async def test_a_cut_connection_is_replaced(
    ears: tuple[Ear, Ear], postgres_server: PostgresServer, postgres_url: str
) -> None:
    mine, theirs = ears
    postgres_server.terminate_backends(postgres_url.rsplit("/", 1)[1])
    await eventually(lambda: not mine.notifier.healthy or not theirs.notifier.healthy)
    await eventually(lambda: mine.notifier.healthy and theirs.notifier.healthy)
    mine.notifier.notify({"events"})
    await eventually(lambda: theirs.heard == {"events"})


async def test_what_comes_over_a_connection_that_has_just_ended_is_heard(
    ears: tuple[Ear, Ear], postgres_url: str
) -> None:
    mine, _ = ears
    ended = await asyncpg.connect(postgres_url)
    sender = ended.get_server_pid()
    ended.terminate()
    mine.notifier._listen(ended, sender, "holdfast", "cancel")
    assert mine.heard == {"cancel"}


async def test_a_database_that_is_away_delays_nobody() -> None:
    ear = Ear(f"postgresql://postgres@127.0.0.1:{free_port()}/nothing")
    await ear.notifier.open(ear.wake)
    assert ear.notifier.healthy is False
    ear.notifier.notify({"events"})
    await ear.notifier.close()
    assert ear.heard == set()


async def test_a_failure_that_nobody_thought_of_is_tried_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def connect(url: str, **options: Any) -> Any:
        tries.append(url)
        if len(tries) < 3:
            raise RuntimeError("out of order")
        return real(url, **options)

    real = asyncpg.connect
    monkeypatch.setattr(asyncpg, "connect", connect)
    ear = Ear(postgres_url)
    await ear.open()
    await ear.notifier.close()
    assert len(tries) == 3


async def test_closing_twice_is_closing(postgres_url: str) -> None:
    ear = Ear(postgres_url)
    await ear.open()
    await ear.notifier.close()
    await ear.notifier.close()
    assert ear.notifier.healthy is False


def test_topics_are_packed_into_few_payloads_below_the_limit() -> None:
    assert payloads(["b", "a"]) == ["a,b"]
    assert payloads([]) == []
    many = payloads(f"queue:{number:05}" for number in range(2_000))
    assert max(len(payload) for payload in many) <= PAYLOAD_LIMIT
    assert len(",".join(many).split(",")) == 2_000
    assert len(many) < 5


def test_a_topic_that_cant_travel_is_left_to_polls() -> None:
    assert payloads(["a,b", "ok", "x" * (PAYLOAD_LIMIT + 1)]) == ["ok"]
