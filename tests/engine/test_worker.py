"""A worker at work on a real store: outcomes, timeouts, retries, cancels, bounds, and kinds that it doesn't know."""

import asyncio

import pytest

from holdfast.model.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.model.retry import RetryPolicy
from holdfast.ports import NodeContext
from tests.engine.kinds import Handler, Kind
from tests.engine.world import World, world
from tests.support.waiting import eventually

AT_ONCE = RetryPolicy(max_attempts=3, base_delay=0, max_delay=0, jitter="none")
HOURLY = RetryPolicy(max_attempts=2, strategy="fixed", base_delay=HOUR, max_delay=HOUR, jitter="none")


async def outcomes(w: World, job_id: str) -> list[str | None]:
    return [attempt.outcome for attempt in await w.attempts(job_id)]


def failing(*, times: int, final: bool = False) -> Handler:
    """Fails that often, then succeeds with the number of its attempt."""

    async def handler(context: NodeContext, params: JSONObject) -> Outcome:
        if context.attempt <= times:
            return Failed(ErrorInfo("flaky", f"attempt {context.attempt}"), final=final)
        return Succeeded(context.attempt)

    return handler


class Waiting:
    """A handler that waits for ever, and tells how it ended."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.kind = Kind("waiting", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Succeeded()


async def test_a_job_of_a_library_kind_runs() -> None:
    async with world() as w:
        w.work()
        job = await w.ended(await w.insert("noop", {"seen": True}))
        assert (job.state, job.result, job.attempt) == (JobState.SUCCEEDED, {"seen": True}, 1)
        assert w.counted("attempts", kind="noop", reason="succeeded") == 1


async def test_retries_at_once_until_it_works() -> None:
    """Each attempt is claimed in the moment in which the one before commits: leases must not be mixed up."""
    async with world(Kind("flaky", failing(times=2)), Kind("inline", failing(times=2), inline=True)) as w:
        w.work(lease=SECOND)
        jobs = [await w.insert(kind, retry=AT_ONCE) for kind in ("flaky", "inline") * 20]
        for job_id in jobs:
            job = await w.ended(job_id)
            assert (job.state, job.result, job.attempt, job.lease) == (JobState.SUCCEEDED, 3, 3, 3)
            assert await outcomes(w, job_id) == ["failed", "failed", "succeeded"]
        assert w.counted("late_results") == 0


async def test_a_retry_waits_for_its_time() -> None:
    async with world(Kind("flaky", failing(times=1))) as w:
        w.work()
        job_id = await w.insert("flaky", retry=HOURLY)
        job = await w.reaches(job_id, "SCHEDULED")
        (attempt,) = await w.attempts(job_id)
        assert attempt.retry_at == job.run_at
        assert attempt.retry_at is not None
        assert attempt.finished_at is not None
        assert attempt.retry_at - attempt.finished_at == HOUR
        w.clock.move(HOUR - MINUTE)
        claims = w.faults.calls["claim"]
        await eventually(lambda: w.faults.calls["claim"] > claims + 1)
        assert (await w.job(job_id)).state == JobState.SCHEDULED
        w.clock.move(MINUTE)
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("times", "final", "state", "reason", "attempts"),
    [(9, False, JobState.DEAD, "retries_exhausted", 3), (9, True, JobState.FAILED, "final_error", 1)],
)
async def test_an_attempt_too_many_and_a_final_error(
    times: int, final: bool, state: JobState, reason: str, attempts: int
) -> None:
    async with world(Kind("flaky", failing(times=times, final=final))) as w:
        w.work()
        job = await w.ended(await w.insert("flaky", retry=AT_ONCE))
        assert (job.state, job.attempt, job.changes[-1].reason) == (state, attempts, reason)
        assert job.error == {"type": "flaky", "message": f"attempt {attempts}"}


async def test_an_attempt_that_runs_too_long_fails_and_is_retried() -> None:
    async def slow_once(context: NodeContext, params: JSONObject) -> Outcome:
        if context.attempt == 1:
            await asyncio.Event().wait()
        return Succeeded()

    async with world(Kind("slow", slow_once)) as w:
        w.work()
        job_id = await w.insert("slow", retry=AT_ONCE, timeout=20 * MILLISECOND)
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED
        first, _ = await w.attempts(job_id)
        assert (first.outcome, first.error_type) == ("failed", "timeout")


@pytest.mark.parametrize("result", [float("nan"), 1 << 70, "a\0b", b"bytes"], ids=["NaN", "huge", "NUL", "bytes"])
async def test_a_result_that_cant_be_kept_fails_the_job_for_good(result: object) -> None:
    async def gives(context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded(result)  # type: ignore[arg-type]

    async with world(Kind("odd", gives)) as w:
        w.work()
        job = await w.ended(await w.insert("odd"))
        assert job.state == JobState.FAILED
        assert isinstance(job.error, dict)
        assert job.error["type"] == "result"


@pytest.mark.parametrize("inline", [False, True])
async def test_a_handler_that_cancels_itself_doesnt_go_round_for_ever(inline: bool) -> None:
    async def cancels_itself(context: NodeContext, params: JSONObject) -> Outcome:
        raise asyncio.CancelledError

    async with world(Kind("odd", cancels_itself, inline=inline)) as w:
        w.work()
        job = await w.ended(await w.insert("odd", retry=AT_ONCE))
        assert (job.state, job.attempt) == (JobState.DEAD, 3)
        assert (await w.ended(await w.insert("noop"))).state == JobState.SUCCEEDED


async def test_snoozing_uses_nothing_of_the_budget() -> None:
    async def snoozes(context: NodeContext, params: JSONObject) -> Outcome:
        due = context.created_at + DAY
        return Succeeded(context.attempt) if context.now >= due else Snoozed(due)

    async with world(Kind("later", snoozes)) as w:
        w.work()
        job_id = await w.insert("later", retry=RetryPolicy(max_attempts=1))
        await w.reaches(job_id, "SCHEDULED")
        w.clock.move(DAY)
        assert (await w.ended(job_id)).result == 1
        assert await outcomes(w, job_id) == ["snoozed", "succeeded"]


async def test_a_kind_that_nobody_knows_stays_pending() -> None:
    async with world() as w:
        w.work()
        strange = await w.insert("task:elsewhere")
        assert (await w.ended(await w.insert("noop"))).state == JobState.SUCCEEDED
        job = await w.job(strange)
        assert (job.state, job.lease) == (JobState.PENDING, 0)


async def test_never_more_handlers_than_slots() -> None:
    running = most = 0

    async def counts(context: NodeContext, params: JSONObject) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return Succeeded()

    async with world(Kind("counts", counts)) as w:
        jobs = [await w.insert("counts") for _ in range(40)]
        w.work(concurrency=3)
        for job_id in jobs:
            await w.ended(job_id)
        assert most == 3
        assert all(len(claimed) <= 3 for claimed in w.faults.answers["claim"])


async def test_cancelling_a_running_job_reaches_its_handler_at_once() -> None:
    """The lease is half a minute: only the wake-up can be this quick."""
    waiting = Waiting()
    async with world(waiting.kind) as w:
        w.work()
        job_id = await w.insert("waiting")
        await waiting.began.wait()
        await w.jobs.cancel("default", job_id)
        async with asyncio.timeout(3):
            await waiting.cancelled.wait()
        job = await w.ended(job_id)
        assert (job.state, job.changes[-1].reason) == (JobState.CANCELLED, "cancelled")


async def test_cancelling_a_run_stops_its_handlers_at_once() -> None:
    waiting = Waiting()
    async with world(waiting.kind) as w:
        w.work()
        await w.save(nodes=[{"id": "only", "type": "waiting"}, {"id": "next", "type": "noop"}], edges=[
            {"from": "only", "to": "next"}
        ])  # fmt: skip
        run_id = await w.start()
        await waiting.began.wait()
        assert (await w.runs.cancel("default", run_id)).state == "CANCELLED"
        async with asyncio.timeout(3):
            await waiting.cancelled.wait()
        run = await w.run(run_id)
        assert run.nodes is not None
        assert run.nodes["only"].state == "CANCELLED"


async def test_a_failing_branch_stops_its_siblings_handler() -> None:
    waiting = Waiting()

    async def fails_when_the_other_runs(context: NodeContext, params: JSONObject) -> Outcome:
        await waiting.began.wait()
        return Failed(ErrorInfo("broken", "on purpose"), final=True)

    async with world(waiting.kind, Kind("breaking", fails_when_the_other_runs)) as w:
        w.work()
        await w.save(nodes=[{"id": "waits", "type": "waiting"}, {"id": "breaks", "type": "breaking"}])
        run = await w.run_ended(await w.start())
        async with asyncio.timeout(3):
            await waiting.cancelled.wait()
        assert (run.state, run.error) == ("FAILED", {"type": "broken", "message": "on purpose", "node": "breaks"})


async def test_a_wrong_expression_fails_its_node_and_nothing_else() -> None:
    async with world() as w:
        w.work()
        await w.save(nodes=[{"id": "wrong", "type": "transform", "params": {"value": "{{ input.a / input.b }}"}}])
        bad, good = await w.start({"a": 1, "b": 0}), await w.start({"a": 6, "b": 3})
        failed, fine = await w.run_ended(bad), await w.run_ended(good)
        assert failed.state == "FAILED"
        assert isinstance(failed.error, dict)
        assert failed.error["type"] == "expression"
        assert failed.nodes is not None
        assert (failed.nodes["wrong"].state, failed.nodes["wrong"].attempts) == ("FAILED", 1)
        assert fine.nodes is not None
        assert fine.nodes["wrong"].output == 2


async def test_a_delay_holds_no_worker_and_ends_in_time() -> None:
    async with world() as w:
        w.work(concurrency=1)
        await w.save(
            nodes=[{"id": "wait", "type": "delay", "params": {"for": "2h"}}, {"id": "after", "type": "noop"}],
            edges=[{"from": "wait", "to": "after"}],
        )
        run_id = await w.start()

        async def asleep() -> bool:
            return (await w.run(run_id)).state == "WAITING"

        await eventually(asleep)
        assert (await w.ended(await w.insert("noop"))).state == JobState.SUCCEEDED
        w.clock.move(2 * HOUR)
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_a_run_that_takes_too_long_fails_and_its_handlers_stop() -> None:
    waiting = Waiting()
    async with world(waiting.kind) as w:
        w.work()
        await w.save(nodes=[{"id": "only", "type": "waiting"}], settings={"timeout": "10m"})
        run_id = await w.start()
        await waiting.began.wait()
        await w.rescuer.run_once()
        assert (await w.run(run_id)).state == "RUNNING"
        # Only the run's deadline lies that near: the worker's lease is renewed before the rescuer looks.
        w.clock.move(10 * MINUTE)
        beats = w.faults.calls["heartbeat"]
        w.wakeups.notify({"cancel"})
        await eventually(lambda: len(w.faults.answers["heartbeat"]) > 0 and w.faults.calls["heartbeat"] > beats)
        await w.rescuer.run_once()
        async with asyncio.timeout(3):
            await waiting.cancelled.wait()
        run = await w.run(run_id)
        assert run.state == "FAILED"
        assert isinstance(run.error, dict)
        assert run.error["type"] == "timeout"
