"""The broker lost, wiped, slow or full: everybody hears of it, nothing is lost, and it is used again by itself."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.engine.relay import TTL
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND
from holdfast.ports.streams import Delivered
from holdfast.streams.reader import TAKEOVER
from holdfast.streams.streams import RedisStreams
from tests.streams.parts import LONG, Opener, got, jobs_of, now, put, seat
from tests.streams.test_offers import waits
from tests.support.ports import LOOPBACK, free_port
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos


async def test_absent_at_the_start_it_is_used_when_it_comes(opener: Opener) -> None:
    with ValkeyServer() as server:
        server.kill()
        streams = await opener.streams(server.url, wait=False)
        for call in (streams.read(seat(), now(), LONG), streams.lead("r", SECOND), streams.rung(LONG)):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(call, 1)
        assert not streams.healthy
        server.resume()
        await eventually(lambda: streams.healthy)
        await put(streams, "j1")
        assert await got(streams, seat()) == ["j1"]


async def test_killed_it_fails_whoever_waits_at_once(opener: Opener, capfd: pytest.CaptureFixture[str]) -> None:
    with ValkeyServer() as server:
        streams = await opener.streams(server.url)
        await put(streams, "j1")
        held = await streams.read(seat(), now(), 0)
        await streams.rung(SECOND)
        waiting = [asyncio.create_task(streams.read(seat(), now(), LONG)), asyncio.create_task(streams.rung(LONG))]
        await eventually(lambda: waits(streams))
        server.kill()
        done, _ = await asyncio.wait(waiting, timeout=2)
        assert [type(task.exception()) for task in done] == [Unavailable, Unavailable]
        await eventually(lambda: not streams.healthy, timeout=1)
        with pytest.raises(Unavailable):
            await streams.settle(seat(), held, now())
        server.resume()
        await eventually(lambda: streams.healthy)
        await streams.settle(seat(), held, now())
        assert await put(streams, "j1", "j2") == 2
        assert await got(streams, seat()) == ["j1", "j2"]
    told = capfd.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if "redis is" in line]
    assert ["not used" in line for line in lines] == [False, True, False], "once for each change"


@pytest.mark.parametrize("how", ["wiped", "restarted empty", "restarted"])
async def test_emptied_everything_is_made_again(opener: Opener, how: str) -> None:
    with ValkeyServer() as server:
        streams = await opener.streams(server.url)
        await put(streams, "j1", "j2")
        held = await streams.read(seat(free=1), now(), 0)
        read = asyncio.create_task(reading(streams))
        await eventually(lambda: waits(streams, "w2"))
        if how == "wiped":
            server.wipe()
        elif how == "restarted":
            server.restart()
            server.wipe()
        else:
            server.forget()
            server.resume()
        made = asyncio.create_task(offering(streams, "j1", "j2"))
        assert await asyncio.wait_for(read, 20) == ["j1", "j2"]
        assert await made
        await streams.settle(seat(), held, now())
        assert [told.worker_id for told in await streams.seats(now())] == ["w1", "w2"]


async def reading(streams: RedisStreams, worker: str = "w2") -> list[str]:
    """Two jobs, whatever happens to the broker in between."""
    jobs: list[str] = []
    while len(set(jobs)) < 2:
        try:
            jobs += await got(streams, seat(worker), patience=2)
        except Unavailable:
            await asyncio.sleep(0.05)
    return sorted(set(jobs))


async def offering(streams: RedisStreams, *jobs: str) -> bool:
    while True:
        try:
            if await put(streams, *jobs):
                return True
        except Unavailable:
            pass
        await asyncio.sleep(0.05)


async def test_one_that_stands_still_is_left_in_time(opener: Opener) -> None:
    with ValkeyServer() as server:
        streams = await opener.streams(server.url)
        heard: list[frozenset[str]] = []
        notifier = await opener.notifier(server.url, heard)
        read = asyncio.create_task(streams.read(seat(), now(), LONG))
        await eventually(lambda: waits(streams))
        server.freeze()
        await eventually(lambda: not streams.healthy, timeout=4.5)
        await asyncio.wait([read], timeout=1)
        assert isinstance(read.exception(), Unavailable)
        await eventually(lambda: not notifier.healthy, timeout=1)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(put(streams, "j1"), 0.5)
        server.thaw()
        await eventually(lambda: streams.healthy and notifier.healthy)
        assert await put(streams, "j1") == 1
        assert await got(streams, seat()) == ["j1"]


async def test_a_read_that_is_cancelled_loses_nothing(streams: RedisStreams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.streams.reader.TAKEOVER", 600.0)
    for number in range(30):
        read = asyncio.create_task(streams.read(seat(), now(), LONG))
        await eventually(lambda: waits(streams))
        offer = asyncio.create_task(put(streams, f"j{number}"))
        for _ in range(number % 10):
            await asyncio.sleep(0)
        read.cancel()
        await asyncio.wait([read, offer])
        delivered = [] if read.cancelled() else await settled(streams, read.result())
        if not delivered:
            delivered = await got(streams, seat(), patience=5)
        assert delivered == [f"j{number}"]


async def settled(streams: RedisStreams, delivered: list[Delivered]) -> list[str]:
    await streams.settle(seat(), delivered, now())
    return jobs_of(delivered)


async def test_a_dead_worker_is_taken_over(
    streams: RedisStreams, opener: Opener, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.streams.reader.TAKEOVER", 2.0)
    await put(streams, "j1", "j2")
    dead = await opener.streams(valkey_server.url)
    assert jobs_of(await dead.read(seat("dead", free=1), now(), 0)) == ["j1"]
    assert await got(streams, seat()) == ["j2"]
    assert await streams.read(seat(), now(), SECOND) == [], "its owner may be at work"
    taken: list[str] = []
    while not taken:
        taken = await got(streams, seat(), patience=0.5)
    assert taken == ["j1"]
    assert streams.taken_over == 1
    later = now() + 60 * SECOND
    assert [told.worker_id for told in await streams.seats(later)] == []
    assert "dead" not in str(
        await streams._link.call("XINFO", "CONSUMERS", streams._link.prefix + "stream:default", "workers")
    )


def test_offers_live_long_enough_to_be_taken_over() -> None:
    assert TTL >= 3 * TAKEOVER * SECOND


async def test_a_slow_worker_takes_nothing_over_from_itself(
    streams: RedisStreams, opener: Opener, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.streams.reader.TAKEOVER", 0.0)
    monkeypatch.setattr("holdfast.streams.reader.SWEEP", 0.0)
    await put(streams, "j1")
    assert jobs_of(await streams.read(seat("slow"), now(), 0)) == ["j1"]
    assert jobs_of(await streams.read(seat("slow"), now(), 0)) == []
    assert streams.taken_over == 0
    other = await opener.streams(valkey_server.url)
    assert await got(other, seat("other")) == ["j1"]
    assert other.taken_over == 1


async def test_one_that_may_evict_is_told(opener: Opener, valkey_server: ValkeyServer) -> None:
    streams = await opener.streams(valkey_server.url)
    assert streams.evicts() is None
    with ValkeyServer("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as server:
        streams = await opener.streams(server.url)
        assert "maxmemory-policy is allkeys-lru" in str(streams.evicts())
    with ValkeyServer("--maxmemory", "100mb", "--maxmemory-policy", "noeviction") as server:
        streams = await opener.streams(server.url)
        assert streams.evicts() is None


async def test_one_that_takes_no_writes_is_not_used(opener: Opener) -> None:
    with ValkeyServer() as server:
        streams = await opener.streams(server.url)
        server.command("REPLICAOF", LOOPBACK, str(free_port()))
        with pytest.raises(Unavailable, match="replica"):
            await put(streams, "j1")
        await eventually(lambda: not streams.healthy)
        server.command("REPLICAOF", "NO", "ONE")
        await eventually(lambda: streams.healthy)
        assert await put(streams, "j1") == 1
