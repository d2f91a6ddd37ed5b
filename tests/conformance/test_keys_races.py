"""Concurrency keys under claims, ends, cancels, inserts and rescues beside each other: limits and rates hold at every
moment, strict order stays strict, and nothing is left behind a gate. Seeded: a failure names its seed."""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import HOUR, MILLISECOND, SECOND
from holdfast.model.job import ENDED, ClaimedJob, NewJob
from holdfast.model.limits import Rate
from holdfast.model.outcome import Outcome, Released, Snoozed, Suspended
from holdfast.model.retry import RetryPolicy
from tests.conformance.scene import LEASE, OK, TENANT, Scene, failed

pytestmark = pytest.mark.chaos

AT_ONCE = RetryPolicy(max_attempts=20, strategy="fixed", base_delay=0, max_delay=0, jitter="none")
LIMITS: dict[str, int | None] = {"strict": 1, "strict too": 1, "three": 3, "open": None}
JOBS = 120
WORKERS = 4


class Race:
    """Workers that share two processes' views of one store; every start is seen and counted."""

    def __init__(self, scenes: tuple[Scene, Scene], dice: random.Random) -> None:
        self.scenes = scenes
        self.dice = dice
        self.jobs: dict[str, NewJob] = {}
        self.running: Counter[str] = Counter()
        self.order: defaultdict[str, list[str]] = defaultdict(list)

    async def insert(self) -> None:
        for _ in range(JOBS // 10):
            scene = self.dice.choice(self.scenes)
            new = [self.new_job(scene) for _ in range(10)]
            self.jobs |= {job.id: job for job in new}
            await scene.insert(*new)

    def new_job(self, scene: Scene) -> NewJob:
        key = self.dice.choice(list(LIMITS))
        return scene.job(concurrency_key=key, concurrency_limit=LIMITS[key], retry=AT_ONCE)

    async def work(self, number: int) -> None:
        scene = self.scenes[number % 2]
        worker = await scene.worker()
        idle = 0
        while idle < 30:
            claimed = await scene.claim(worker, self.dice.randint(1, 8))
            idle = 0 if claimed else idle + 1
            for job in claimed:
                self.begin(job)
            await asyncio.sleep(0)
            for job in claimed:
                self.running[str(self.jobs[job.id].concurrency_key)] -= 1
            await scene.finish(worker, *((job, self.outcome(scene)) for job in claimed))
            if self.dice.random() < 0.1:
                with suppress(Conflict, NotFound):
                    await scene.store.cancel_job(TENANT, self.dice.choice(list(self.jobs)), scene.now)

    def begin(self, job: ClaimedJob) -> None:
        key = str(self.jobs[job.id].concurrency_key)
        self.running[key] += 1
        limit = LIMITS[key]
        assert limit is None or self.running[key] <= limit, key
        if not self.order[key] or self.order[key][-1] != job.id:
            self.order[key].append(job.id)

    def outcome(self, scene: Scene) -> Outcome:
        outcomes: list[Outcome] = [OK, failed(), failed(final=True), Released(), Snoozed(scene.now)]
        return self.dice.choices(outcomes, weights=[60, 15, 5, 10, 10])[0]


@pytest.mark.parametrize("seed", range(4))
async def test_limits_and_order_hold_while_everything_happens_at_once(scene: Scene, other: Scene, seed: int) -> None:
    race = Race((scene, other), random.Random(seed))
    await race.insert()
    await asyncio.gather(*(race.work(number) for number in range(WORKERS)), race.insert())
    for key in ("strict", "strict too"):
        assert len(race.order[key]) == len(set(race.order[key])), "a job lost its place to another and came back"
    assert await scene.sound()
    await race.work(0)
    states = {(await scene.get(job)).state for job in race.jobs}
    assert states <= ENDED
    assert await scene.sound()


async def test_strict_order_is_insert_order_whoever_claims(scene: Scene, other: Scene) -> None:
    jobs = [scene.job(concurrency_key="k", concurrency_limit=1) for _ in range(40)]
    await scene.insert(*jobs)
    order: list[str] = []

    async def work(view: Scene) -> None:
        worker = await view.worker()
        while len(order) < len(jobs):
            for job in await view.claim(worker, 5):
                order.append(job.id)
                await view.finish(worker, (job, OK))

    await asyncio.gather(work(scene), work(other), work(scene))
    assert order == [job.id for job in jobs]


async def test_a_rate_is_exact_over_all_claims(scene: Scene, other: Scene) -> None:
    rate = Rate(10, SECOND)
    jobs = [scene.job(concurrency_key=key, concurrency_limit=None, rate=rate) for _ in range(60) for key in "ab"]
    await scene.insert(*jobs)
    starts: list[tuple[int, str]] = []
    keys = {job.id: str(job.concurrency_key) for job in jobs}

    async def work(view: Scene) -> None:
        worker = await view.worker()
        for _ in range(4):
            claimed = await view.claim(worker, 7)
            starts.extend((view.now, keys[job.id]) for job in claimed)
            await view.finish(worker, *((job, OK) for job in claimed))

    began = scene.now
    for _ in range(20):
        await asyncio.gather(work(scene), work(other))
        scene.clock.move(100 * MILLISECOND)
    for key in "ab":
        times = sorted(at for at, name in starts if name == key)
        for number, at in enumerate(times):
            assert number < 10 + (at - began) * 10 // SECOND
        assert len(times) >= 25
    assert await scene.sound()


async def test_dead_workers_and_parked_holders_leave_no_key_stuck(scene: Scene, other: Scene) -> None:
    dice = random.Random(11)
    limits = {f"k{number}": dice.choice([1, 1, 2, None]) for number in range(8)}
    jobs = [
        scene.job(concurrency_key=key, concurrency_limit=limits[key], due_in=dice.choice([0, SECOND]))
        for key in (dice.choice(list(limits)) for _ in range(80))
    ]
    await scene.insert(*jobs)
    for _ in range(6):
        worker = await scene.worker()
        claimed = await scene.claim(worker, 10)
        parks: list[Outcome] = [Suspended(), Snoozed(scene.now + SECOND)]
        await scene.finish(worker, *((job, dice.choice(parks)) for job in claimed[: len(claimed) // 3]))
        scene.clock.move(LEASE)
        await asyncio.gather(
            scene.store.rescue(scene.now, hung_grace=HOUR),
            other.store.rescue(scene.now, hung_grace=HOUR),
            other.store.admit(scene.now),
        )
        assert await scene.sound()
    for job in jobs:
        with suppress(Conflict, NotFound):
            await scene.store.cancel_job(TENANT, job.id, scene.now)
    assert await scene.sound()
