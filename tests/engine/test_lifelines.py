"""What attempts tell the store while they run: progress, signs of life that keep them alive, steps that are kept."""

import asyncio
from collections.abc import Callable
from typing import Any

import holdfast
from holdfast.engine.maintenance.rescuer import HUNG_GRACE
from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.job import JobState
from holdfast.model.retry import RetryPolicy
from holdfast.nodes.task import TaskNode
from holdfast.tasks import Task
from tests.engine.kinds import Kind
from tests.engine.world import world
from tests.support.waiting import eventually

AT_ONCE = RetryPolicy(max_attempts=3, base_delay=0, max_delay=0)


def kind_of(function: Callable[..., Any]) -> Kind:
    """A function as a kind of one test."""
    return Kind("task:work", TaskNode(Task("work", function)).execute)


class Gate:
    """Where a task waits until the test opens it."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def wait(self) -> None:
        self.reached.set()
        await self.open.wait()


async def test_progress_is_seen_while_the_job_runs(store_url: str) -> None:
    gate = Gate()

    async def work(ctx: holdfast.Context) -> None:
        await ctx.progress(0.25)
        await ctx.progress(0.5, "half")
        await gate.wait()

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job_id = await w.insert("task:work")

        async def told() -> bool:
            return (await w.job(job_id)).progress == {"value": 0.5, "note": "half"}

        await eventually(told)
        gate.open.set()
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED


async def test_signs_of_life_are_written_about_once_a_second_however_many_there_are(store_url: str) -> None:
    gate = Gate()

    async def work(ctx: holdfast.Context) -> None:
        for _ in range(1_000):
            await ctx.heartbeat()
        await gate.wait()

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        jobs = [await w.insert("task:work") for _ in range(5)]
        await eventually(lambda: len(w.faults.answers["touch_jobs"]) >= 2)
        assert len(w.faults.answers["touch_jobs"]) <= 4
        gate.open.set()
        for job_id in jobs:
            assert (await w.ended(job_id)).state == JobState.SUCCEEDED


async def test_an_attempt_that_gives_signs_of_life_outlives_its_timeout(store_url: str) -> None:
    async def work(ctx: holdfast.Context) -> str:
        for _ in range(20):
            await asyncio.sleep(0.05)
            await ctx.heartbeat()
        return "done"

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job = await w.ended(await w.insert("task:work", timeout=500 * MILLISECOND, retry=RetryPolicy(max_attempts=1)))
        assert (job.state, job.result) == (JobState.SUCCEEDED, "done")


async def test_one_that_gives_none_any_more_times_out(store_url: str) -> None:
    async def work(ctx: holdfast.Context) -> None:
        await ctx.heartbeat()
        await asyncio.Event().wait()

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job_id = await w.insert("task:work", timeout=200 * MILLISECOND, retry=RetryPolicy(max_attempts=1))
        assert (await w.ended(job_id)).state == JobState.DEAD
        (attempt,) = await w.attempts(job_id)
        assert attempt.error_type == "timeout"


async def test_a_sign_of_life_keeps_the_rescue_of_hung_attempts_away(store_url: str) -> None:
    gate, beats = Gate(), asyncio.Event()

    async def work(ctx: holdfast.Context) -> None:
        await gate.wait()
        await ctx.heartbeat()
        beats.set()
        gate.reached.clear()
        gate.open.clear()
        await gate.wait()

    async with world(kind_of(work), url=store_url) as w:
        w.work(lease=3_600 * SECOND)
        job_id = await w.insert("task:work", timeout=60 * SECOND)
        await gate.reached.wait()
        w.clock.move(59 * SECOND)
        gate.open.set()
        await beats.wait()
        await eventually(lambda: w.faults.answers["touch_jobs"])
        w.clock.move(HUNG_GRACE + 10 * SECOND)  # past its first timeout, not past the one that began anew
        await w.rescuer.run_once()
        assert (await w.job(job_id)).state == JobState.RUNNING
        await gate.reached.wait()
        gate.open.set()
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED


async def test_a_retry_doesnt_repeat_the_steps_before_the_failure(store_url: str) -> None:
    done: list[str] = []

    def charge() -> int:
        done.append("charge")
        return 17

    async def work(ctx: holdfast.Context) -> str:
        number = await ctx.step("charge", charge)
        if ctx.attempt < 3:
            raise ConnectionError("the mail server is away")
        await ctx.step("mail", done.append, "mail")
        return f"charged {number}"

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job = await w.ended(await w.insert("task:work", retry=AT_ONCE))
        assert (job.state, job.result, job.attempt) == (JobState.SUCCEEDED, "charged 17", 3)
        assert done == ["charge", "mail"]


async def test_a_thread_keeps_its_steps_too(store_url: str) -> None:
    done: list[str] = []

    def first() -> str:
        done.append("one")
        return "first"

    def work(ctx: holdfast.SyncContext) -> list[str]:
        one = ctx.step("one", first)
        if ctx.attempt == 1:
            raise ConnectionError("away")
        return [one, ctx.step("two", str, 2)]

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job = await w.ended(await w.insert("task:work", retry=AT_ONCE))
        assert (job.result, done) == (["first", "2"], ["one"])


async def test_a_step_waits_for_a_store_that_is_away(store_url: str) -> None:
    gate = Gate()

    async def work(ctx: holdfast.Context) -> str:
        await gate.wait()
        return await ctx.step("a", lambda: "kept")

    async with world(kind_of(work), url=store_url) as w:
        w.work()
        job_id = await w.insert("task:work")
        await gate.reached.wait()
        w.faults.away = True
        gate.open.set()
        await asyncio.sleep(0)
        w.faults.away = False
        assert (await w.ended(job_id)).result == "kept"


async def test_an_attempt_whose_job_was_given_to_another_stops_at_its_next_step(store_url: str) -> None:
    gate, went_on = Gate(), asyncio.Event()
    executions: list[str] = []

    async def work(ctx: holdfast.Context) -> str:
        executions.append(ctx.idempotency_key)
        if len(executions) > 1:
            return "the second"
        await gate.wait()
        await ctx.step("a", lambda: "stale")
        went_on.set()
        return "the first"

    async with world(kind_of(work), url=store_url) as w:
        frozen = w.work(lease=3_600 * SECOND)
        job_id = await w.insert("task:work", timeout=SECOND * 30)
        await gate.reached.wait()
        assert frozen.worker_id is not None
        await w.store.rescue(w.clock.now(), hung_grace=HUNG_GRACE, gone=[frozen.worker_id])
        gate.open.set()
        job = await w.ended(job_id)
        assert job.result == "the second"
        assert len(set(executions)) == 1, "the key is the same at every attempt"
        assert not went_on.is_set()
        assert await w.real.load_steps(job_id) == {}
