"""Whatever people do to jobs while workers go on with them, in any order: every invariant holds after each step."""

import random
from typing import Any

import pytest

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.limits import Rate
from holdfast.model.outcome import Cancelled, Outcome, Released, Snoozed, Suspended
from holdfast.model.records import JobFilter
from holdfast.model.retry import RetryPolicy
from holdfast.ports import QueueChange
from tests.conformance.scene import OK, TENANT, Scene, failed

pytestmark = pytest.mark.chaos

TWICE = RetryPolicy(max_attempts=2, strategy="fixed", base_delay=MINUTE, max_delay=MINUTE, jitter="none")
KEYS: tuple[dict[str, Any], ...] = (
    {},
    {"unique_key": "u"},
    {"concurrency_key": "one", "concurrency_limit": 1},
    {"concurrency_key": "three", "concurrency_limit": 3},
    {"concurrency_key": "slow", "concurrency_limit": 1, "rate": Rate(2, MINUTE)},
    {"concurrency_key": "rated", "rate": Rate(5, MINUTE)},
    {"concurrency_key": "three", "concurrency_limit": 3, "unique_key": "v"},
)


class Storm:
    """Random steps on one store; the worker's jobs that are under way."""

    def __init__(self, scene: Scene, seed: int, worker: str) -> None:
        self.scene = scene
        self.random = random.Random(seed)
        self.worker = worker
        self.held: list[ClaimedJob] = []

    async def step(self) -> None:
        steps = (self.insert, self.claim, self.claim, self.finish, self.finish, self.change, self.wait, self.sweep)
        await self.random.choice(steps)()

    async def insert(self) -> None:
        jobs = []
        for _ in range(self.random.randint(1, 6)):
            fields = dict(self.random.choice(KEYS))
            due_in = self.random.choice((0, 0, 0, MINUTE))
            jobs.append(self.scene.job(retry=TWICE, due_in=due_in, priority=self.random.choice((0, 5)), **fields))
        await self.scene.insert(*jobs)

    async def claim(self) -> None:
        self.held += await self.scene.claim(self.worker, self.random.randint(1, 5))

    async def finish(self) -> None:
        self.random.shuffle(self.held)
        some = [self.held.pop() for _ in range(min(len(self.held), self.random.randint(1, 4)))]
        await self.scene.finish(self.worker, *((job, self.outcome()) for job in some))

    def outcome(self) -> Outcome:
        later = Snoozed(self.scene.now + 30 * SECOND)
        return self.random.choice((OK, OK, failed(), failed(final=True), later, Suspended(), Released(), Cancelled()))

    async def change(self) -> None:
        """Cancels, retries or discards some jobs of whatever state."""
        store, now = self.scene.store, self.scene.now
        page = await store.list_jobs(TENANT, JobFilter(self.random.choice((None, *JobState))), now, None, 40)
        ids = self.random.sample([job.id for job in page.items], min(len(page.items), self.random.randint(1, 8)))
        match self.random.randint(0, 3):
            case 0:
                await store.cancel_jobs(TENANT, ids, now)
            case 1 | 2:
                await store.retry_jobs(TENANT, ids, now)
            case _:
                await store.discard_jobs(TENANT, ids, "a storm", now)

    async def wait(self) -> None:
        self.scene.clock.move(self.random.choice((SECOND, 10 * SECOND, MINUTE)))
        await self.scene.store.heartbeat(self.worker, {job.id: job.lease for job in self.held}, self.scene.now, HOUR, 0)

    async def sweep(self) -> None:
        match self.random.randint(0, 2):
            case 0:
                await self.scene.store.admit(self.scene.now)
            case 1:
                await self.scene.store.prune(self.scene.now, 2 * MINUTE, 20)
            case _:
                change = QueueChange(concurrency=self.random.choice((None, 4)), paused=self.random.random() < 0.1)
                await self.scene.store.change_queue("default", change, self.scene.now)


@pytest.mark.parametrize("seed", range(3))
async def test_every_invariant_holds_after_each_step(scene: Scene, seed: int) -> None:
    storm = Storm(scene, seed, await scene.worker())
    await scene.store.heartbeat(storm.worker, {}, scene.now, HOUR, 0)
    for _ in range(120):
        await storm.step()
        assert await scene.sound()
    await scene.store.change_queue("default", QueueChange(concurrency=None, paused=False), scene.now)
    await drain(scene, storm)


async def drain(scene: Scene, storm: Storm) -> None:
    """All work that isn't parked comes to its end, in a bounded time."""
    parked = await scene.store.list_jobs(TENANT, JobFilter(JobState.WAITING), scene.now, None, 500)
    await scene.store.cancel_jobs(TENANT, [job.id for job in parked.items], scene.now)
    await scene.finish(storm.worker, *((job, OK) for job in storm.held))
    for _ in range(400):
        while claimed := await scene.claim(storm.worker):
            await scene.finish(storm.worker, *((job, OK) for job in claimed))
        (queue,) = await scene.store.list_queues(scene.now)
        if queue.pending + queue.scheduled + queue.running + queue.waiting == 0:
            break
        assert queue.running == 0
        assert await scene.sound()
        storm.held = []
        await storm.wait()
    else:
        raise AssertionError("work is left that never ends")
    assert await scene.sound()
