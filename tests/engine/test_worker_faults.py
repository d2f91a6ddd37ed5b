"""Lost calls, lost answers, outages and rescues: nothing is lost, nothing is counted twice, the worker goes on."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest

from holdfast.model.instant import MILLISECOND, SECOND, Instant
from holdfast.model.job import JobState, Transition
from holdfast.model.json import JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.retry import RetryPolicy
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import World, world
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos


class Counted:
    """A handler that counts its executions by job, and waits when it is told to."""

    def __init__(self) -> None:
        self.executions: list[str] = []
        self.passage = asyncio.Event()
        self.passage.set()
        self.kind = Kind("counted", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.executions.append(context.job_id)
        await self.passage.wait()
        return Succeeded(params)

    async def begun(self, count: int = 1) -> None:
        await eventually(lambda: len(self.executions) >= count)


async def outcomes(w: World, job_id: str) -> list[str | None]:
    return [attempt.outcome for attempt in await w.attempts(job_id)]


async def test_a_claim_whose_answer_is_lost_is_given_back_and_runs_once() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        w.faults.lose_answer("claim")
        job_id = await w.insert("counted")
        w.work(lease=2 * SECOND)
        job = await w.ended(job_id)
        assert counted.executions == [job_id]
        assert (job.state, job.attempt, job.lease) == (JobState.SUCCEEDED, 1, 2)
        assert await outcomes(w, job_id) == ["released", "succeeded"]


async def test_a_claim_that_never_arrived_changes_nothing() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        w.faults.lose("claim", 2)
        job_id = await w.insert("counted")
        w.work()
        assert (await w.ended(job_id)).lease == 1
        assert counted.executions == [job_id]


async def test_a_finish_whose_answer_is_lost_is_already_mine() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        w.faults.lose_answer("finish")
        job_id = await w.insert("counted", {"a": 1})
        w.work()
        job = await w.ended(job_id)
        await eventually(lambda: w.faults.calls["finish"] == 2)
        assert job.result == {"a": 1}
        assert await outcomes(w, job_id) == ["succeeded"]
        assert counted.executions == [job_id]
        assert w.counted("late_results") == 0
        assert [change.after for change in (await w.job(job_id)).changes] == ["PENDING", "RUNNING", "SUCCEEDED"]


async def test_a_retry_that_is_claimed_before_its_first_end_is_answered_stays_held() -> None:
    """Otherwise the next heartbeat would give it back while its handler runs, and it would run twice."""
    executions, passage = 0, asyncio.Event()

    async def fails_first(context: NodeContext, params: JSONObject) -> Outcome:
        nonlocal executions
        executions += 1
        if context.attempt == 1:
            return Failed(ErrorInfo("flaky", "not yet"))
        await passage.wait()
        return Succeeded()

    async with world(Kind("flaky", fails_first)) as w:
        w.work(lease=SECOND)
        gate = w.faults.hold_answer("finish")
        at_once = RetryPolicy(max_attempts=2, base_delay=0, max_delay=0, jitter="none")
        job_id = await w.insert("flaky", retry=at_once)
        await gate.reached.wait()
        await eventually(lambda: executions == 2)
        gate.open()
        beats = w.faults.calls["heartbeat"]
        await eventually(lambda: w.faults.calls["heartbeat"] >= beats + 6)
        passage.set()
        await w.ended(job_id)
        assert await outcomes(w, job_id) == ["failed", "succeeded"]
        assert (executions, w.counted("late_results")) == (2, 0)


async def test_a_step_whose_finish_has_no_answer_starts_its_successors_once() -> None:
    async with world() as w:
        await w.save(
            nodes=[{"id": name, "type": "noop"} for name in ("a", "b", "c")],
            edges=[{"from": "a", "to": "b"}, {"from": "b", "to": "c"}],
        )
        w.faults.lose_answer("finish", 2)
        w.work(lease=SECOND)
        run = await w.run_ended(await w.start())
        assert run.state == "SUCCEEDED"
        assert run.nodes is not None
        for name, node in run.nodes.items():
            assert node.job_id is not None
            # What was handed over with an answer that was lost never began: the heartbeat gives it back.
            assert (name, await outcomes(w, node.job_id)) in (
                ("a", ["succeeded"]),
                ("b", ["released", "succeeded"]),
                ("c", ["succeeded"]),
            )


async def test_results_are_held_while_the_store_is_away() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        w.work()
        counted.passage.clear()
        jobs = [await w.insert("counted", {"number": number}) for number in range(5)]
        await counted.begun(5)
        w.faults.away = True
        before = w.faults.calls["finish"]
        counted.passage.set()
        await eventually(lambda: w.faults.calls["finish"] > before + 1)
        assert [(await w.job(job_id)).state for job_id in jobs] == [JobState.RUNNING] * 5
        w.faults.away = False
        ended = [await w.ended(job_id) for job_id in jobs]
        assert [job.result for job in ended] == [{"number": number} for number in range(5)]
        assert sorted(counted.executions) == sorted(jobs)


async def test_a_rescued_job_runs_elsewhere_and_its_first_result_is_late() -> None:
    """The job is taken from a worker that still runs it: its result changes nothing and is counted."""
    counted = Counted()
    async with world(counted.kind) as w:
        worker = w.work()
        counted.passage.clear()
        job_id = await w.insert("counted")
        await counted.begun()
        first_id = worker.worker_id
        gate = w.faults.hold("finish")
        counted.passage.set()
        await gate.reached.wait()
        assert first_id is not None
        await w.real.rescue(w.clock.now(), hung_grace=0, gone=[first_id])
        gate.open()
        job = await w.ended(job_id)
        await eventually(lambda: worker.worker_id != first_id)
        assert w.counted("late_results") == 1
        assert (job.state, job.worker) == (JobState.SUCCEEDED, worker.worker_id)
        assert await outcomes(w, job_id) == ["lost", "succeeded"]


async def test_a_worker_declared_dead_stops_its_handlers_and_comes_back() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        worker = w.work(lease=SECOND)
        counted.passage.clear()
        job_id = await w.insert("counted")
        await counted.begun()
        first_id = worker.worker_id
        assert first_id is not None
        await w.real.rescue(w.clock.now(), hung_grace=0, gone=[first_id])
        await counted.begun(2)
        assert worker.worker_id != first_id
        counted.passage.set()
        assert (await w.ended(job_id)).attempt == 1  # a lost attempt isn't the job's fault
        assert await outcomes(w, job_id) == ["lost", "succeeded"]
        alive = [record.id for record in await w.store.list_workers(w.clock.now()) if record.alive]
        assert alive == [worker.worker_id]


async def test_what_a_claim_brings_after_its_worker_id_is_dead_isnt_begun() -> None:
    counted = Counted()
    inline = Kind("inline", counted.kind.execute, inline=True)
    async with world(counted.kind, inline) as w:
        answer = w.faults.hold_answer("claim")
        ids = [await w.insert("counted"), await w.insert("inline")]
        worker = w.work(lease=SECOND)
        await answer.reached.wait()
        life = worker._life
        assert life is not None
        await w.real.rescue(w.clock.now(), hung_grace=0, gone=[life.worker_id])
        await life.ending.wait()
        answer.open()
        for job_id in ids:
            await w.ended(job_id)
            assert await outcomes(w, job_id) == ["lost", "succeeded"]
        assert sorted(counted.executions) == sorted(ids)


async def test_a_worker_cut_off_for_a_lease_drops_what_it_holds_and_comes_back() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        worker = w.work(lease=SECOND)
        counted.passage.clear()
        job_id = await w.insert("counted")
        await counted.begun()
        first_id = worker.worker_id
        w.faults.away = True
        await eventually(lambda: w.faults.calls["register_worker"] > 1)
        w.faults.away = False
        counted.passage.set()
        await eventually(lambda: worker.worker_id != first_id)
        w.clock.move(SECOND)
        await w.rescuer.run_once()
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED
        assert await outcomes(w, job_id) == ["lost", "succeeded"]
        assert counted.executions == [job_id, job_id]


async def test_a_result_that_the_store_refuses_fails_that_job_alone() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        w.faults.refuse(
            "finish",
            RuntimeError("can't be written"),
            lambda worker_id, batch, now: any(move.result == {"bad": True} for move in batch),
        )
        counted.passage.clear()
        w.work()
        good, bad = await w.insert("counted", {"n": 1}), await w.insert("counted", {"bad": True})
        await counted.begun(2)
        counted.passage.set()
        assert (await w.ended(good)).state == JobState.SUCCEEDED
        job = await w.ended(bad)
        assert job.state == JobState.FAILED
        assert job.error == {"type": "result", "message": "the result could not be stored"}


async def test_a_job_that_cant_be_finished_at_all_is_left_to_rescue_and_forgotten() -> None:
    """Nothing of it can be written: it is lost at its timeout, and the worker doesn't hold it for ever."""
    counted = Counted()
    async with world(counted.kind) as w:
        job_id = await w.insert("counted", timeout=MILLISECOND)

        def of_first_lease(worker_id: str, batch: Sequence[Transition], now: Instant) -> bool:
            return any(move.job_id == job_id and move.lease == 1 for move in batch)

        w.faults.refuse("finish", RuntimeError("can't be written"), of_first_lease)
        w.work(lease=SECOND)
        await eventually(lambda: w.faults.calls["finish"] >= 2)

        async def rescued() -> bool:
            return (await w.real.rescue(w.clock.now(), hung_grace=0)).jobs == 1

        await eventually(rescued)
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED
        assert await outcomes(w, job_id) == ["lost", "succeeded"]


async def test_a_version_that_cant_be_used_fails_its_steps_alone(sqlite_url: str) -> None:
    """Jobs that are claimed together with such a step run as ever."""
    async with world(url=sqlite_url) as author:
        await author.save(nodes=[{"id": "only", "type": "noop", "retry": {"max_attempts": 1}}])
        run_id = await author.start()
    async with world(url=sqlite_url) as w:
        w.faults.refuse("get_version", ValueError("no such version"), lambda version_id: True)
        lone = await w.insert("noop")
        w.work()
        assert (await w.ended(lone)).attempt == 1
        run = await w.run_ended(run_id)
        assert run.state == "FAILED"
        assert run.nodes is not None
        assert run.nodes["only"].attempts == 1


async def test_a_job_that_kills_its_workers_ends_dead() -> None:
    counted = Counted()
    async with world(counted.kind) as w:
        counted.passage.clear()
        w.work(lease=SECOND)
        job_id = await w.insert("counted")
        for number in range(1, 7):
            await counted.begun(number)
            (alive,) = [record.id for record in await w.store.list_workers(w.clock.now()) if record.alive]
            await w.real.rescue(w.clock.now(), hung_grace=0, gone=[alive])
        job = await w.ended(job_id)
        assert (job.state, job.changes[-1].reason) == (JobState.DEAD, "lost")
        assert await outcomes(w, job_id) == ["lost"] * 6
        assert len(counted.executions) == 6


async def test_a_handler_that_blocks_the_loop_is_not_rescued(sqlite_url: str) -> None:
    """The heart beats in its own thread: a busy handler costs nobody a lease."""

    async def blocks(context: NodeContext, params: JSONObject) -> Outcome:
        time.sleep(2.5)  # noqa: ASYNC251 - this is what the test is about
        return Succeeded("done")

    async with world(Kind("blocking", blocks), url=sqlite_url) as w:
        worker = w.work(lease=SECOND, heart_store=w.heart_store)
        job_id = await w.insert("blocking")
        await w.reaches(job_id, "SUCCEEDED")
        await w.rescuer.run_once()
        assert await outcomes(w, job_id) == ["succeeded"]
        records = await w.store.list_workers(w.clock.now())
        assert [(record.id, record.alive) for record in records] == [(worker.worker_id, True)]
        assert records[0].heartbeat_at > records[0].started_at + SECOND


async def test_an_attempt_that_hangs_past_its_time_is_lost_alone() -> None:
    """Its handler ignores its own timeout: the job is rescued, the worker lives on and may even claim it again."""
    release, executions = asyncio.Event(), 0

    async def ignores_its_timeout(context: NodeContext, params: JSONObject) -> Outcome:
        nonlocal executions
        executions += 1
        while executions == 1 and not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()
        return Succeeded(executions)

    async with world(Kind("hanging", ignores_its_timeout)) as w:
        worker = w.work()
        job_id = await w.insert("hanging", timeout=20 * MILLISECOND)
        await w.reaches(job_id, "RUNNING")
        first_id = worker.worker_id

        async def rescued() -> bool:
            return (await w.real.rescue(w.clock.now(), hung_grace=0)).jobs == 1

        await eventually(rescued)
        assert (await w.ended(job_id)).result == 2
        release.set()
        assert worker.worker_id == first_id
        assert await outcomes(w, job_id) == ["lost", "succeeded"]
