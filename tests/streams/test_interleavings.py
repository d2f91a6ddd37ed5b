"""Two relays and three readers at once, interleaved at random: each job reaches somebody, and one at a time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.ports.streams import Delivered, Offer, Seat
from holdfast.streams.streams import RedisStreams
from tests.streams.parts import Opener, now
from tests.support.valkey import ValkeyServer

pytestmark = pytest.mark.chaos

QUEUES = ("red", "green", "blue")
WINDOW = 7
JOBS = 120


@dataclass
class World:
    """What a store would know: who waits, who was claimed. `out`: what a reader has in hand now, by job."""

    dice: random.Random
    waiting: dict[str, Offer] = field(default_factory=dict)
    claimed: list[str] = field(default_factory=list)
    out: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(JOBS):
            job = f"job-{number}"
            self.waiting[job] = Offer(self.dice.choice(QUEUES), f"tenant-{number % 3}", job)

    async def relay(self, streams: RedisStreams, ttl: int) -> None:
        """Offers what waits, again and again."""
        while self.waiting:
            ready = list(self.waiting.values())[: self.dice.randint(1, 40)]
            order = self.dice.sample(QUEUES, len(QUEUES))
            await streams.offer(ready, {"*": WINDOW}, order, now(), ttl)
            for queue in QUEUES:
                size = int(await streams._link.call("ZCARD", f"{streams._link.prefix}offered:{queue}"))
                assert size <= WINDOW
            if self.dice.random() < 0.5:
                await streams.rung(self.dice.randint(1, 50) * MILLISECOND)

    async def worker(self, streams: RedisStreams, seat: Seat, dies: float = 0) -> None:
        """Reads, claims some of it and settles all; at times a read is cancelled or interrupted."""
        life = 0
        while self.waiting:
            here = Seat(f"{seat.worker_id}-{life}", seat.queues, seat.kinds, seat.tags, self.dice.randint(1, 9))
            delivered = await self.read(streams, here)
            assert len(delivered) <= here.free
            if self.dice.random() < dies:
                life += 1  # dead: nothing of it is settled, and another comes
                continue
            self.take(here, delivered)
            await asyncio.sleep(self.dice.random() * 0.003)
            self.settle(delivered)
            await streams.settle(here, delivered, now())

    async def read(self, streams: RedisStreams, seat: Seat) -> list[Delivered]:
        read = asyncio.create_task(streams.read(seat, now(), self.dice.randint(0, 200) * MILLISECOND))
        chance = self.dice.random()
        if chance < 0.2:
            await asyncio.wait([read], timeout=self.dice.random() * 0.005)
            read.cancel()
        elif chance < 0.3:
            await streams.interrupt(seat.worker_id)
        try:
            return await read
        except asyncio.CancelledError:
            return []

    def take(self, seat: Seat, delivered: list[Delivered]) -> None:
        for item in delivered:
            job = item.offer.job_id
            if job in self.out:
                self.twice.append(f"{job}: {self.out[job]}, {seat.worker_id}")
            self.out[job] = seat.worker_id

    def settle(self, delivered: list[Delivered]) -> None:
        """A third is refused and waits on."""
        for item in delivered:
            self.out.pop(item.offer.job_id, None)
            if self.dice.random() > 0.3 and item.offer.job_id in self.waiting:
                del self.waiting[item.offer.job_id]
                self.claimed.append(item.offer.job_id)


async def run(world: World, opener: Opener, url: str, ttl: int, dies: float = 0) -> None:
    links = [await opener.streams(url) for _ in range(5)]
    seats = [
        Seat("all", ("*",), frozenset({"mail.send"}), frozenset(), 1),
        Seat("warm", ("red", "green"), frozenset({"mail.send"}), frozenset(), 1),
        Seat("cold", ("blue", "green", "none"), frozenset({"mail.send"}), frozenset(), 1),
    ]
    async with asyncio.timeout(40), asyncio.TaskGroup() as all_at_once:
        for streams in links[:2]:
            all_at_once.create_task(world.relay(streams, ttl))
        for streams, seat in zip(links[2:], seats, strict=True):
            all_at_once.create_task(world.worker(streams, seat, dies))


@pytest.mark.parametrize("seed", range(4))
async def test_each_is_delivered_and_never_out_twice_at_once(
    opener: Opener, valkey_server: ValkeyServer, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.streams.reader.TAKEOVER", 600.0)
    world = World(random.Random(seed))
    await run(world, opener, valkey_server.url, ttl=600 * SECOND)
    assert sorted(world.claimed) == sorted(f"job-{number}" for number in range(JOBS))
    assert world.twice == []


@pytest.mark.parametrize("seed", range(2))
async def test_each_is_delivered_though_workers_die_and_offers_expire(
    opener: Opener, valkey_server: ValkeyServer, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.streams.reader.TAKEOVER", 0.1)
    monkeypatch.setattr("holdfast.streams.reader.SWEEP", 0.05)
    world = World(random.Random(seed))
    await run(world, opener, valkey_server.url, ttl=SECOND, dies=0.1)
    assert sorted(world.claimed) == sorted(f"job-{number}" for number in range(JOBS))
