"""Offered claims beside direct ones: limits and rates are exact, and tenants get what direct claims would give them."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from holdfast.model.instant import HOUR
from holdfast.model.job import ClaimedJob
from holdfast.model.limits import Rate
from holdfast.ports import NewTenant, QueueChange
from holdfast.ports.streams import Offer
from tests.conformance.scene import OK
from tests.stores.offering import Offering, opened

# The rest of the seeds belong to the chaos tests.
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(3, 12))]
ROUNDS = 12


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Offering]:
    async with opened(postgres_url) as scene:
        yield scene


class Stream:
    """The offers of one queue that are out: each job once, in order, at most so many."""

    def __init__(self, scene: Offering, queue: str, window: int) -> None:
        self.scene = scene
        self.windows = {queue: window}
        self.out: list[Offer] = []

    async def fill(self) -> None:
        room = self.windows[next(iter(self.windows))] - len(self.out)
        fresh = [each for each in (await self.scene.ahead(self.windows)).offers if each not in self.out]
        self.out += fresh[: max(room, 0)]

    def read(self, count: int) -> list[Offer]:
        read, self.out = self.out[:count], self.out[count:]
        return read


async def tenants_of(scene: Offering, seed: int) -> tuple[list[str], random.Random]:
    dice = random.Random(seed)
    names = [f"s{seed}-{n}" for n in range(dice.randint(2, 5))]
    for name in names:
        weight = dice.choice([0.5, 1.0, 1.0, 2.0, 3.0])
        await scene.store.create_tenant(NewTenant(name, name, weight=weight), scene.now)
    return names, dice


@pytest.mark.parametrize("seed", SEEDS)
async def test_offered_claims_give_each_tenant_what_direct_claims_give_it(scene: Offering, seed: int) -> None:
    names, dice = await tenants_of(scene, seed)
    for name in names:
        for queue in ("direct", "offered"):
            dice_of = random.Random(f"{seed}{name}")
            await scene.insert(*(scene.job(tenant=name, queue=queue) for _ in range(dice_of.randint(15, 60))))
    worker, portion = await scene.worker(), dice.choice([1, 2, 3, 7, 10])
    stream = Stream(scene, "offered", 2 * portion)
    direct: Counter[str] = Counter()
    offered: Counter[str] = Counter()
    for _ in range(60):
        await stream.fill()
        taken = await scene.take(worker, stream.read(portion))
        offered.update(job.tenant for job in taken)
        claimed = await scene.claim(worker, portion, queues=("direct",))
        direct.update(job.tenant for job in claimed)
        assert len(taken) == len(claimed)
        assert all(abs(direct[name] - offered[name]) <= 1 for name in names), (seed, direct, offered)
        await scene.finish(worker, *((job, OK) for job in (*taken, *claimed)))
    assert await scene.sound()


@pytest.mark.parametrize("seed", SEEDS)
async def test_claims_of_both_kinds_at_once_share_one_order(scene: Offering, seed: int) -> None:
    """In the queue ``mixed`` direct and offered claims alternate; in ``direct`` all are direct."""
    names, dice = await tenants_of(scene, 100 + seed)
    worker, portion = await scene.worker(), dice.choice([1, 2, 5])
    plain: Counter[str] = Counter()
    mixed: Counter[str] = Counter()
    for _ in range(40):
        for name in names:
            new = dice.randint(0, 2 * portion)
            await scene.insert(*(scene.job(tenant=name, queue=q) for q in ("direct", "mixed") for _ in range(new)))
        plain.update(job.tenant for job in await scene.claim(worker, portion, queues=("direct",)))
        if dice.random() < 0.5:
            got = await scene.claim(worker, portion, queues=("mixed",))
        else:
            got = await scene.take(worker, (await scene.ahead({"mixed": portion})).offers)
        mixed.update(job.tenant for job in got)
        assert all(abs(plain[name] - mixed[name]) <= 1 for name in names), (seed, plain, mixed)


async def test_a_tenant_that_comes_in_is_served_in_the_next_window(scene: Offering) -> None:
    await scene.insert(*(scene.job(tenant="flood") for _ in range(300)))
    worker = await scene.worker()
    for _ in range(5):
        assert len(await scene.take(worker, (await scene.ahead({"default": 10})).offers)) == 10
    out = (await scene.ahead({"default": 10})).offers
    await scene.insert(*(scene.job(tenant="lone") for _ in range(2)))
    assert len(await scene.take(worker, out)) == 10
    seen = [each.tenant for each in (await scene.ahead({"default": 10})).offers]
    assert seen.count("lone") == 2
    assert "lone" in seen[:2]


async def test_lanes_are_dropped_with_those_who_wait_no_more(scene: Offering) -> None:
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("a", "b") for _ in range(4)))
    worker = await scene.worker()
    await scene.take(worker, (await scene.ahead({"default": 4})).offers)
    assert await scene.count("lanes") == 2
    await scene.insert(*(scene.job(tenant="a") for _ in range(9)))
    await scene.take(worker, (await scene.ahead({"default": 5})).offers)
    assert await scene.count("lanes") == 2
    await scene.take(worker, (await scene.ahead({"default": 2})).offers)
    assert await scene.count("lanes") == 0


async def test_a_limit_leaves_out_the_last_of_those_that_were_offered(scene: Offering) -> None:
    await scene.store.create_tenant(NewTenant("small", "small", max_running=2), scene.now)
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("big", "small") for _ in range(6)))
    worker = await scene.worker()
    ready = await scene.ahead({"default": 8})
    await scene.store.change_queue("default", QueueChange(concurrency=5), scene.now)
    claimed = await scene.take(worker, ready.offers)
    assert [job.id for job in claimed] == [each.job_id for each in ready.offers[:5]]
    assert Counter(job.tenant for job in claimed) == {"big": 3, "small": 2}


@pytest.mark.parametrize("limit", ["queue", "tenant", "rate", "key rate"])
async def test_limits_are_exact_while_four_claim_in_both_ways_at_once(
    scene: Offering, postgres_url: str, limit: str
) -> None:
    most = 5
    await scene.store.create_tenant(NewTenant("t", "t", max_running=most if limit == "tenant" else None), scene.now)
    fields = {"concurrency_key": "k", "rate": Rate(most, HOUR)} if limit == "key rate" else {}
    await scene.insert(*(scene.job(tenant="t", **fields) for _ in range(60)))  # type: ignore[arg-type]
    if limit in ("queue", "rate"):
        change = QueueChange(concurrency=most) if limit == "queue" else QueueChange(rate=Rate(most, HOUR))
        await scene.store.change_queue("default", change, scene.now)
    lifted = limit in ("queue", "tenant")
    running: list[int] = []
    ended = 0

    async def work(other: Offering, offered: bool) -> list[ClaimedJob]:
        nonlocal ended
        worker = await other.worker()
        held: list[ClaimedJob] = []
        for _ in range(ROUNDS):
            if offered:
                held += await other.take(worker, (await other.ahead({"default": 4})).offers)
            else:
                held += await other.claim(worker, 4)
            (count,) = await other.column("SELECT count(*) FROM live WHERE state = 'RUNNING'")
            running.append(count)
            if lifted:
                await other.finish(worker, *((job, OK) for job in held))
                ended += len(held)
                held.clear()
        return held

    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(opened(postgres_url, scene.clock)) for _ in range(4)]
        held = await asyncio.gather(*(work(other, n % 2 == 0) for n, other in enumerate(others)))
    assert max(running) == most
    started = sum(map(len, held)) + ended
    assert most < started <= 60 if lifted else started == most
    assert await scene.sound()
