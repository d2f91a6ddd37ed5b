"""However an attempt ends, also one that never began: its job is settled once, and its slot is free again."""

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from holdfast.engine.attempts import Attempts
from holdfast.engine.completer import Completer
from holdfast.engine.executor import Executor
from holdfast.engine.held import Held, Why
from holdfast.model.errors import NotFound
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import ClaimedJob, JobState, settle
from holdfast.model.json import JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.model.retry import RetryPolicy
from holdfast.ports import ClaimRequest, NewWorker, NodeContext
from tests.engine.faults import Call
from tests.engine.kinds import Kind
from tests.engine.world import LEASE, World, world
from tests.support.waiting import eventually

ONCE = RetryPolicy(max_attempts=1)


class Recorded:
    """A handler that remembers whose attempts began, and waits."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.kind = Kind("recorded", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.append(context.job_id)
        await asyncio.Event().wait()
        return Succeeded()


class Alone:
    """The attempts of a worker that has neither heart nor producer."""

    def __init__(self, w: World, patience: Micros = 10 * SECOND) -> None:
        self.world = w
        self.held = Held(4)
        self.completer = Completer(
            "alone", self.held, w.store, w.clock, w.entropy, w.wakeups, w.metrics, lambda job_id, lease: None
        )
        executor = Executor(w.kinds, w.graphs, w.schemas, w.clock)
        self.attempts = Attempts(self.held, executor, self.completer, w.clock, w.entropy, patience)

    async def claim(self, kind: str) -> ClaimedJob:
        """A held job of that kind whose attempt hasn't begun."""
        w = self.world
        await w.store.register_worker(NewWorker("alone", "a", "here", 1, "b", ("default",), 4), w.clock.now(), LEASE)
        await w.insert(kind)
        request = ClaimRequest("alone", ("default",), frozenset({kind}), 1)
        (job,) = await w.store.claim(request, w.clock.now())
        self.held.take(job)
        return job

    async def idle(self) -> None:
        """Until no slot is taken and everything has committed."""
        async with asyncio.timeout(5):
            await self.held.wait_idle()
            await self.completer.flush()
        assert (self.held.running, self.held.snapshot()) == (0, {})


async def step_of(w: World, run_id: str) -> str:
    run = await w.run(run_id)
    assert run.nodes is not None
    job_id = run.nodes["only"].job_id
    assert job_id is not None
    return job_id


async def test_a_step_that_is_cancelled_before_its_handler_began() -> None:
    recorded = Recorded()
    async with world(recorded.kind) as w:
        await w.save(nodes=[{"id": "only", "type": "recorded"}])
        gate = w.faults.hold("run_contexts")
        w.work(concurrency=1)
        job_id = await step_of(w, await w.start())
        await gate.reached.wait()
        await w.jobs.cancel("default", job_id)
        await eventually(lambda: any(pulse.cancelled for pulse in w.faults.answers["heartbeat"]))
        gate.open()
        assert (await w.ended(job_id)).state == JobState.CANCELLED
        assert recorded.began == []
        assert (await w.ended(await w.insert("noop"))).state == JobState.SUCCEEDED  # its slot is free


@pytest.mark.parametrize(
    ("why", "state"),
    [(Why.CANCELLED, JobState.CANCELLED), (Why.SHUTDOWN, JobState.PENDING), (Why.LOST, JobState.RUNNING)],
)
@pytest.mark.parametrize("stopped", ["before it is begun", "before its first step"])
async def test_an_attempt_that_is_stopped_early_leaves_nothing_behind(why: Why, state: JobState, stopped: str) -> None:
    recorded = Recorded()
    async with world(recorded.kind) as w:
        alone = Alone(w)
        job = await alone.claim("recorded")
        if stopped == "before it is begun":
            alone.held.stop_all(why)
            alone.attempts.begin(job, None)
        else:
            alone.attempts.begin(job, None)
            alone.held.stop_all(why)
        await alone.idle()
        assert recorded.began == []
        assert (await w.job(job.id)).state == state


class Deaf:
    """A handler that ignores that it is cancelled, until it is let go."""

    def __init__(self) -> None:
        self.began, self.asked, self.let_go = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.kind = Kind("deaf", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.set()
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                self.asked.set()
        return Succeeded("too late")


@pytest.mark.parametrize(
    ("why", "state"),
    [(Why.CANCELLED, JobState.CANCELLED), (Why.SHUTDOWN, JobState.PENDING), (Why.LOST, JobState.RUNNING)],
)
async def test_a_handler_that_ignores_its_end_is_abandoned(why: Why, state: JobState) -> None:
    deaf = Deaf()
    async with world(deaf.kind) as w:
        alone = Alone(w, patience=20 * MILLISECOND)
        job = await alone.claim("deaf")
        alone.attempts.begin(job, None)
        await deaf.began.wait()
        holding = alone.held.holding(job)
        assert holding is not None
        task = holding.task
        assert task is not None
        alone.held.stop_all(why)
        await alone.idle()
        assert deaf.asked.is_set()
        assert (await w.job(job.id)).state == state
        deaf.let_go.set()
        await asyncio.wait([task], timeout=5)
        await alone.idle()
        assert ((await w.job(job.id)).state, (await w.job(job.id)).result) == (state, None)


async def test_a_job_that_was_claimed_again_meanwhile_is_dropped() -> None:
    recorded = Recorded()
    async with world(recorded.kind) as w:
        alone = Alone(w)
        job = await alone.claim("recorded")
        alone.held.release(job)
        alone.attempts.begin(job, None)
        await alone.idle()
        assert (await w.job(job.id)).state == JobState.RUNNING


@pytest.mark.parametrize("inline", [False, True], ids=["task", "inline"])
@pytest.mark.parametrize(
    "given",
    [
        Failed(ErrorInfo("own", "text"), retry_after="5"),  # type: ignore[arg-type]
        Snoozed("tomorrow"),  # type: ignore[arg-type]
        Failed("no error"),  # type: ignore[arg-type]
    ],
    ids=["retry_after", "until", "error"],
)
async def test_an_odd_outcome_fails_its_job_and_holds_up_no_other(given: Outcome, inline: bool) -> None:
    async def odd(context: NodeContext, params: JSONObject) -> Outcome:
        return given

    async with world(Kind("odd", odd, inline=inline)) as w:
        jobs = [await w.insert(kind) for kind in ("odd", "noop", "noop")]
        w.work()
        states = [(await w.ended(job_id)).state for job_id in jobs]
        assert states == [JobState.FAILED, JobState.SUCCEEDED, JobState.SUCCEEDED]


async def test_a_kind_that_cant_be_started_fails_its_job_and_holds_up_no_other() -> None:
    async def never(context: NodeContext, params: JSONObject) -> Outcome:
        raise AssertionError("it can't be asked")

    broken = Kind("broken", never)
    async with world(broken) as w:
        del broken.spec
        jobs = [await w.insert(kind, retry=ONCE) for kind in ("broken", "noop")]
        w.work()
        assert [(await w.ended(job_id)).state for job_id in jobs] == [JobState.DEAD, JobState.SUCCEEDED]


async def test_a_step_whose_run_cant_be_read_fails_alone() -> None:
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop", "retry": {"max_attempts": 1}}])
        bad, *good = [await w.start() for _ in range(4)]
        lone = await w.insert("noop")
        w.faults.refuse("run_contexts", NotFound("no run"), lambda wanted: any(run == bad for run, _ in wanted))
        w.work(lease=LEASE)
        assert (await w.ended(lone)).lease == 1
        for run_id in good:
            run = await w.run_ended(run_id)
            assert run.state == "SUCCEEDED"
            assert (await w.job(await step_of(w, run_id))).lease == 1
        failed = await w.run_ended(bad)
        assert failed.state == "FAILED"
        assert [attempt.outcome for attempt in await w.attempts(await step_of(w, bad))] == ["failed"]


async def test_lone_jobs_dont_wait_for_what_the_steps_of_runs_may_read() -> None:
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}])
        run_id = await w.start()
        lone = await w.insert("noop")
        gate = w.faults.hold("run_contexts")
        w.work()
        await gate.reached.wait()
        assert (await w.ended(lone)).state == JobState.SUCCEEDED
        gate.open()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_commits_of_results_belong_to_no_attempt() -> None:
    """What they log would be kept with the job whose result came first."""
    seen: list[str] = []
    attempt: ContextVar[str] = ContextVar("attempt", default="nobody")

    async def noted(call: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        seen.append(attempt.get())
        return await call(*args, **named)

    async with world() as w:
        alone = Alone(w)
        w.faults.plan("finish", noted)
        job = await alone.claim("noop")
        attempt.set("an attempt")
        alone.completer.put(job, settle(job, Succeeded(), w.clock.now(), 0.5))
        await alone.completer.flush()
        assert seen == ["nobody"]
        assert (await w.job(job.id)).state == JobState.SUCCEEDED
