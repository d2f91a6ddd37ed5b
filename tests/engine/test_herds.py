"""Herds: what comes due beside thousands of others starts soon, though a claim looks after a portion of them."""

from collections.abc import Callable, Collection
from typing import Any

from holdfast.engine.wakeups import Wakeups
from holdfast.model.instant import SECOND
from holdfast.model.job import JobState, NewJob
from holdfast.model.json import JSONObject
from holdfast.model.limits import Rate
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.records import JobFilter
from holdfast.ports import NewJobs, NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually


class Quiet:
    """A notifier that works and has nothing to tell: a worker waits for as long as it ever does."""

    healthy = True

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None: ...

    async def close(self) -> None: ...

    def notify(self, topics: Collection[str]) -> None: ...


async def succeed(context: NodeContext, params: JSONObject) -> Outcome:
    return Succeeded()


def job(w: World, kind: str, due_in: int = 0, **fields: Any) -> NewJob:
    now = w.clock.now()
    return NewJob(w.entropy.new_id(now), TENANT, kind, now, now + due_in, "request-1", **fields)


async def test_a_job_behind_a_herd_of_timers_that_nobody_here_knows(store_url: str) -> None:
    async with world(Kind("step", succeed), url=store_url) as w:
        herd = [job(w, "unknown", SECOND) for _ in range(12_000)]
        ours = job(w, "step", 2 * SECOND)
        await w.real.insert_jobs([NewJobs((*herd, ours))], w.clock.now())
        w.clock.move(2 * SECOND)
        w.wakeups = Wakeups(Quiet())
        w.work()
        await w.ended(ours.id)


async def test_many_keys_whose_tokens_come_at_once(store_url: str) -> None:
    async with world(Kind("step", succeed), url=store_url) as w:
        keys = [f"customer {number}" for number in range(1_200)]
        jobs = [job(w, "step", concurrency_key=key, rate=Rate(1, SECOND)) for key in keys for _ in range(2)]
        await w.real.insert_jobs([NewJobs(tuple(jobs))], w.clock.now())
        w.wakeups = Wakeups(Quiet())
        w.work(concurrency=4_000)

        async def all_ended() -> bool:
            found = await w.real.list_jobs(TENANT, JobFilter(state=JobState.PENDING), w.clock.now(), None, 1)
            return not found.items

        await eventually(all_ended, 20.0, "the second job of each key")
