"""A worker whose threads are kept by tasks that ignore their end: it stops, and is replaced or waits until they end."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from holdfast.engine.executor import Executor
from holdfast.engine.worker import Ended, Parts, Worker, WorkerConfig
from holdfast.model.instant import MILLISECOND
from holdfast.model.job import JobState
from holdfast.model.retry import RetryPolicy
from holdfast.nodes.task import TaskNode
from holdfast.nodes.threads import Threads
from holdfast.tasks import Task
from tests.engine.kinds import Kind
from tests.engine.world import GRACE, LEASE, World, world
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

ONCE = RetryPolicy(max_attempts=1)


class Scene:
    """A worker that puts up with one deaf task, and tasks that hear nothing until they are let go."""

    def __init__(self) -> None:
        self.threads = Threads(notice=0.01)
        self.let_go = threading.Event()
        deaf = Kind("task:deaf", TaskNode(Task("deaf", self._deaf), self.threads).execute)
        quick = Kind("task:quick", TaskNode(Task("quick", lambda: "done"), self.threads).execute)
        self.kinds = (deaf, quick)

    def _deaf(self) -> None:
        assert self.let_go.wait(60)

    def worker(self, w: World, *, replaceable: bool) -> Worker:
        executor = Executor(w.kinds, w.graphs, w.schemas, w.clock)
        parts = Parts(
            w.store, w.graphs, w.kinds, executor, w.clock, w.entropy, w.wakeups, w.metrics, None, self.threads
        )
        config = WorkerConfig(
            "one", "here", 1, "boot", concurrency=10, lease=LEASE, grace=GRACE, abandoned=1, replaceable=replaceable
        )
        return Worker(config, parts)

    async def abandon(self, w: World, count: int) -> None:
        for _ in range(count):
            job_id = await w.insert("task:deaf", timeout=50 * MILLISECOND, retry=ONCE)
            assert (await w.ended(job_id)).state == JobState.DEAD
        await eventually(lambda: self.threads.count == count)


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Scene, World]]:
    made = Scene()
    async with world(*made.kinds) as w:
        try:
            yield made, w
        finally:
            made.let_go.set()


def gauge(w: World) -> float | None:
    return w.metrics.registry.get_sample_value("holdfast_threads_abandoned")


@pytest.mark.parametrize(("slots", "bound"), [(1, 4), (40, 4), (500, 50)])
def test_the_bound_is_a_tenth_of_the_slots(slots: int, bound: int) -> None:
    assert WorkerConfig("one", "here", 1, "boot", concurrency=slots).most_abandoned == bound


async def test_up_to_the_bound_it_goes_on() -> None:
    async with scene() as (made, w):
        worker = made.worker(w, replaceable=True)
        working = w.working(worker)
        await made.abandon(w, 1)
        assert (worker.overrun, gauge(w)) == (False, 1)
        assert (await w.ended(await w.insert("task:quick"))).state == JobState.SUCCEEDED
        await w.stopped(worker)
        assert working.result() is Ended.STOPPED


async def test_above_it_a_replaceable_worker_ends() -> None:
    async with scene() as (made, w):
        worker = made.worker(w, replaceable=True)
        working = w.working(worker)
        await made.abandon(w, 2)
        assert await working is Ended.OVERRUN
        assert gauge(w) == 2
        assert [record.alive for record in await w.store.list_workers(w.clock.now())] == [False]


async def test_above_it_another_one_claims_nothing_until_they_have_ended() -> None:
    async with scene() as (made, w):
        worker = made.worker(w, replaceable=False)
        w.working(worker)
        await made.abandon(w, 2)

        async def gone() -> bool:
            return not any(record.alive for record in await w.store.list_workers(w.clock.now()))

        await eventually(gone)
        waiting = await w.insert("task:quick")
        assert worker.overrun
        assert (await w.job(waiting)).state == JobState.PENDING
        made.let_go.set()
        assert (await w.ended(waiting)).state == JobState.SUCCEEDED
        assert (worker.overrun, gauge(w)) == (False, 0)


async def test_one_that_waits_can_be_stopped() -> None:
    async with scene() as (made, w):
        worker = made.worker(w, replaceable=False)
        working = w.working(worker)
        await made.abandon(w, 2)
        await w.stopped(worker)
        assert working.result() is Ended.STOPPED
