"""The whole engine end to end on both stores: graphs, joins, lost answers, outages, several workers at once."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import asyncpg
import pytest

from holdfast.engine.producer import POLL
from holdfast.model.instant import HOUR, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.records import JobFilter, JobRecord, RunRecord
from holdfast.model.retry import RetryPolicy
from holdfast.ports import NodeContext
from holdfast.stores.sqlite.store import SQLiteStore
from tests.engine.kinds import Kind
from tests.engine.world import World, world
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

DIAMOND: JSONObject = {
    "nodes": [
        {"id": "first", "type": "step"},
        {"id": "left", "type": "step"},
        {"id": "right", "type": "step"},
        {"id": "choose", "type": "if", "params": {"condition": "input.number % 2 == 0"}},
        {"id": "even", "type": "step"},
        {"id": "odd", "type": "step"},
        {"id": "last", "type": "transform", "params": {"value": "{{ [nodes.even.output, nodes.odd.output] }}"}},
    ],
    "edges": [
        {"from": "first", "to": "left"},
        {"from": "first", "to": "right"},
        {"from": "left", "to": "choose"},
        {"from": "right", "to": "choose"},
        {"from": "choose.true", "to": "even"},
        {"from": "choose.false", "to": "odd"},
        {"from": "even", "to": "last"},
        {"from": "odd", "to": "last"},
    ],
    "output": "{{ nodes.last.output }}",
}


class Steps:
    """A step that yields to the others, counts its executions and answers its node's id."""

    def __init__(self) -> None:
        self.executions: Counter[str] = Counter()
        self.kind = Kind("step", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.executions[context.job_id] += 1
        await asyncio.sleep(0)
        return Succeeded(context.node_id)


async def check(w: World, run_id: str, number: int) -> None:
    """That a run of the diamond ended right, each step with one success."""
    run = await w.run_ended(run_id)
    expected: list[JSON] = ["even", None] if number % 2 == 0 else [None, "odd"]
    assert (run.state, run.output) == ("SUCCEEDED", expected)
    assert run.nodes is not None
    assert run.nodes["odd" if number % 2 == 0 else "even"].state == "SKIPPED"
    for node in run.nodes.values():
        if node.job_id is not None:
            outcomes = [attempt.outcome for attempt in await w.attempts(node.job_id)]
            assert outcomes.count("succeeded") == 1
            assert outcomes[-1] == "succeeded"


async def test_runs_of_a_graph_on_two_workers(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await w.save(**DIAMOND)
        runs = await asyncio.gather(*(w.start({"number": number}) for number in range(20)))
        w.work(concurrency=7)
        w.work(concurrency=5)
        for number, run_id in enumerate(runs):
            await check(w, run_id, number)
        assert set(steps.executions.values()) == {1}
        assert w.counted("late_results") == 0


async def test_lost_answers_double_and_lose_nothing(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await w.save(**DIAMOND)
        w.faults.lose_answer("claim")
        w.faults.lose("run_contexts")
        w.faults.lose_answer("finish")
        w.faults.lose("finish")
        w.work(lease=SECOND)
        runs = await asyncio.gather(*(w.start({"number": number}) for number in range(4)))
        for number, run_id in enumerate(runs):
            await check(w, run_id, number)
        assert set(steps.executions.values()) == {1}


async def test_retries_at_once_never_mix_up_leases(store_url: str) -> None:
    async def fails_twice(context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded() if context.attempt == 3 else Failed(ErrorInfo("flaky", "not yet"))

    async with world(Kind("flaky", fails_twice), url=store_url) as w:
        w.work(lease=SECOND)
        policy = RetryPolicy(max_attempts=3, base_delay=0, max_delay=0, jitter="none")
        jobs = await asyncio.gather(*(w.insert("flaky", retry=policy) for _ in range(60)))
        for job_id in jobs:
            job = await w.ended(job_id)
            assert (job.state, job.attempt, job.lease) == (JobState.SUCCEEDED, 3, 3)
        assert w.counted("late_results") == 0


async def test_a_rescued_run_step_is_run_by_another_and_the_first_result_is_late(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await w.save(**DIAMOND)
        worker = w.work()
        gate = w.faults.hold("finish")
        run_id = await w.start({"number": 1})
        await gate.reached.wait()
        assert worker.worker_id is not None
        await w.real.rescue(w.clock.now(), hung_grace=0, gone=[worker.worker_id])
        gate.open()
        await check(w, run_id, 1)
        assert w.counted("late_results") == 1


async def test_an_outage_in_the_middle_of_runs(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await w.save(**DIAMOND)
        w.work(lease=20 * SECOND)
        runs = await asyncio.gather(*(w.start({"number": number}) for number in range(6)))
        await eventually(lambda: steps.executions)
        w.faults.away = True
        before = w.faults.calls.total()
        await eventually(lambda: w.faults.calls.total() > before + 1)
        w.faults.away = False
        for number, run_id in enumerate(runs):
            await check(w, run_id, number)
        assert set(steps.executions.values()) == {1}


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_cancel_in_the_middle_of_a_run(store_url: str, concurrency: int) -> None:
    began = asyncio.Event()
    stopped = asyncio.Event()

    async def waits(context: NodeContext, params: JSONObject) -> Outcome:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Succeeded()

    async with world(Kind("waits", waits), url=store_url) as w:
        await w.save(nodes=[{"id": "a", "type": "waits"}, {"id": "b", "type": "noop"}], edges=[
            {"from": "a", "to": "b"}
        ])  # fmt: skip
        w.work(concurrency=concurrency)
        run_id = await w.start()
        await began.wait()
        await w.runs.cancel("default", run_id)
        async with asyncio.timeout(5):
            await stopped.wait()
        assert (await w.run_ended(run_id)).state == "CANCELLED"


async def test_inserts_and_saves_whose_answers_are_lost_happen_once(store_url: str) -> None:
    async with world(url=store_url) as w:
        for name in ("create_workflow", "save_version", "set_enabled", "start_runs", "insert_jobs"):
            w.faults.lose_answer(name, 2)
        await w.save(nodes=[{"id": "only", "type": "noop"}])
        renamed: JSONObject = {"holdfast": 1, "name": "renamed", "nodes": [{"id": "only", "type": "noop"}]}
        assert (await w.workflows.save("default", "flow", renamed)).version == 2
        assert (await w.workflows.enable("default", "renamed", True)).enabled
        run_id, job_id = await w.start(workflow="renamed"), await w.insert("noop")
        assert [record.id for record in await all_runs(w)] == [run_id]
        assert {record.id for record in await all_jobs(w) if record.run_id is None} == {job_id}
        assert (await w.workflows.enable("default", "renamed", True)).version == 2
        assert all(w.faults.planned(name) == 0 for name in ("create_workflow", "save_version", "start_runs"))


async def all_runs(w: World) -> Sequence[RunRecord]:
    return (await w.real.list_runs("default", None, None, w.clock.now(), None, 100)).items


async def all_jobs(w: World) -> Sequence[JobRecord]:
    return (await w.real.list_jobs("default", JobFilter(), w.clock.now(), None, 100)).items


async def test_a_due_job_of_a_paused_queue_costs_an_idle_worker_nothing(store_url: str) -> None:
    async with world(url=store_url) as w:
        job_id = await w.insert("noop", delay=HOUR)
        await pause(w)
        w.clock.move(HOUR)
        w.work()
        await eventually(lambda: w.faults.calls["next_due"] > 0)
        before, since = w.faults.calls["claim"], w.clock.now()
        await eventually(lambda: w.faults.calls["claim"] >= before + 5)
        assert w.clock.now() - since > 4 * POLL // 2
        assert (await w.job(job_id)).lease == 0


async def pause(w: World) -> None:
    if isinstance(w.real, SQLiteStore):
        await w.real._write(lambda db: db.execute("UPDATE queues SET paused = 1"))
        return
    connection = await asyncpg.connect(w.url)
    await connection.execute("UPDATE queues SET paused = true")
    await connection.close()
