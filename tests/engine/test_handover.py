"""Successors that a worker takes over from its own finishes: begun without a claim, none of them lost or done twice."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest

from holdfast.engine.wakeups import EVENTS
from holdfast.model.instant import SECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import Finished, NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import World, world
from tests.support.waiting import eventually

NAMES = ("a", "b", "c", "d")


class Steps:
    """A step that answers its node's id; ``executions`` by node."""

    def __init__(self, *, inline: bool = False) -> None:
        self.executions: Counter[str | None] = Counter()
        self.read: dict[str | None, JSON] = {}
        self.kind = Kind("step", self._handle, inline=inline)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.executions[context.node_id] += 1
        self.read[context.node_id] = params.get("read")
        return Succeeded(context.node_id)


async def save_chain(w: World, **params: JSONObject) -> None:
    nodes: list[JSON] = [{"id": name, "type": "step", "params": params.get(name, {})} for name in NAMES]
    edges: list[JSON] = [{"from": one, "to": other} for one, other in pairwise(NAMES)]
    await w.save(nodes=nodes, edges=edges)


def claimed(w: World) -> list[str | None]:
    """The steps that claims gave."""
    answers: list[list[ClaimedJob]] = w.faults.answers["claim"]
    return [job.node_id for jobs in answers for job in jobs]


def handed(w: World) -> list[str | None]:
    answers: list[Finished] = w.faults.answers["finish"]
    return [job.node_id for finished in answers for job in finished.claimed]


@pytest.mark.parametrize("inline", [False, True])
async def test_only_the_first_step_of_a_chain_is_claimed(store_url: str, inline: bool) -> None:
    steps = Steps(inline=inline)
    async with world(steps.kind, url=store_url) as w:
        await save_chain(w)
        w.work()
        run = await w.run_ended(await w.start())
        assert run.state == "SUCCEEDED"
        assert (claimed(w), handed(w)) == (["a"], ["b", "c", "d"])
        assert steps.executions == dict.fromkeys(NAMES, 1)
        assert w.counted("late_results") == 0


async def test_steps_read_what_earlier_ones_gave_at_hand_or_not(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        texts: dict[str, JSONObject] = {
            "b": {"read": "{{ nodes.a.output }}"},
            "c": {"read": "{{ input.number }}"},
            "d": {"read": "{{ [nodes.a.output, nodes.c.output] }}"},
        }
        await save_chain(w, **texts)
        w.work()
        await w.run_ended(await w.start({"number": 7}))
        assert steps.read == {"a": None, "b": "a", "c": 7, "d": ["a", "c"]}
        assert handed(w) == ["b", "c", "d"]
        assert w.faults.calls["run_contexts"] == 2, "for the first step, and for the one that reads further back"


async def test_a_worker_without_a_slot_to_spare_takes_nothing_over() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        await save_chain(w)
        w.work(concurrency=1)
        await w.run_ended(await w.start())
        assert (claimed(w), handed(w)) == (list(NAMES), [])


async def test_other_work_finds_a_slot_while_successors_are_offered_one() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        await save_chain(w)
        gate = w.faults.hold("finish")
        w.work(concurrency=2)
        run_id = await w.start()
        await gate.reached.wait()
        await w.insert("step")
        await eventually(lambda: steps.executions[None] == 1)
        gate.open()
        await w.run_ended(run_id)


async def test_heartbeats_leave_alone_what_a_slow_answer_brings(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await save_chain(w)
        gate = w.faults.hold_answer("finish")
        w.work(lease=SECOND)
        run_id = await w.start()
        await gate.reached.wait()
        beats = w.faults.calls["heartbeat"]
        await eventually(lambda: w.faults.calls["heartbeat"] >= beats + 6)
        gate.open()
        run = await w.run_ended(run_id)
        assert run.nodes is not None
        for node in run.nodes.values():
            assert [attempt.outcome for attempt in await w.attempts(node.job_id or "")] == ["succeeded"]
        assert steps.executions == dict.fromkeys(NAMES, 1)


async def test_a_worker_that_stops_gives_back_what_a_late_answer_brings(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await save_chain(w)
        gate = w.faults.hold_answer("finish")
        first = w.work()
        run_id = await w.start()
        await gate.reached.wait()
        first.stop()
        gate.open()
        await w.stopped(first)
        assert steps.executions == {"a": 1}
        nodes = (await w.run(run_id)).nodes or {}
        assert (nodes["b"].state, nodes["b"].attempts) == ("PENDING", 0)
        w.work()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert steps.executions == dict.fromkeys(NAMES, 1)


async def test_a_worker_declared_dead_begins_nothing_that_it_was_handed() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        await save_chain(w)
        gate = w.faults.hold_answer("finish")
        worker = w.work(lease=SECOND)
        run_id = await w.start()
        await gate.reached.wait()
        dead = worker.worker_id
        assert dead is not None
        await w.store.rescue(w.clock.now(), hung_grace=SECOND, gone=[dead])
        await eventually(lambda: worker.worker_id != dead)
        gate.open()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert steps.executions == dict.fromkeys(NAMES, 1)
        nodes = (await w.run(run_id)).nodes or {}
        outcomes = [attempt.outcome for attempt in await w.attempts(nodes["b"].job_id or "")]
        assert outcomes == ["lost", "succeeded"]


async def test_who_waits_for_a_run_reads_it_when_runs_end() -> None:
    gate = asyncio.Event()

    async def passes(context: NodeContext, params: JSONObject) -> Outcome:
        await gate.wait()
        return Succeeded()

    async with world(Kind("step", passes)) as w:
        await save_chain(w)
        w.work()
        waiting = asyncio.create_task(w.run_ended(await w.start()))
        await eventually(lambda: w.faults.calls["get_run"] == 1)
        for _ in range(50):
            w.wakeups.notify({EVENTS})
            await asyncio.sleep(0)
        assert w.faults.calls["get_run"] == 1
        gate.set()
        assert (await waiting).state == "SUCCEEDED"
