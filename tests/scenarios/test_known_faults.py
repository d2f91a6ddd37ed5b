"""Faults that systems of this kind are known for, each on the whole engine and both stores, so that none comes here.

``tests/model/test_advance_known_faults.py`` asks the same of ``advance`` alone, ``test_kill.py`` of killed processes.
What belongs to entrances that aren't there yet is tested with them.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import TENANT
from tests.scenarios.flows import OPERATOR, Gate, edges, flows, node, only_run_of, run_reaches, states

PROMPT: JSONObject = {"max_attempts": 3, "strategy": "fixed", "base_delay": "1ms", "jitter": "none"}


class Flaky:
    """A node kind that fails in its first attempts, as many as the params' ``failures`` say."""

    def __init__(self) -> None:
        self.kind = Kind("flaky", self._handle)
        self.attempts: Counter[str] = Counter()

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.attempts[context.idempotency_key] += 1
        if self.attempts[context.idempotency_key] <= int(str(params["failures"])):
            return Failed(ErrorInfo("flaky", "not yet"))
        return Succeeded(params.get("value"))


def flaky(node_id: str, failures: int) -> JSONObject:
    return {**node(node_id, "flaky", failures=failures, value=node_id), "retry": PROMPT}


# -- failures and retries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fail", "raising", "flaky", "transform"])
async def test_a_failed_node_ends_its_run(store_url: str, kind: str) -> None:
    async def handle(context: NodeContext, params: JSONObject) -> Outcome:
        raise RuntimeError("nobody expected this")

    params: dict[str, JSONObject] = {
        "fail": {"message": "on purpose"},
        "raising": {},
        "flaky": {"failures": 9},
        "transform": {"value": "{{ input.no }}"},
    }
    async with flows(store_url, Kind("raising", handle), Flaky().kind) as w:
        bad: JSONObject = {"id": "bad", "type": kind, "params": params[kind], "retry": PROMPT}
        await w.save(nodes=[bad, node("after", "noop")], edges=edges("bad > after"))
        run = await w.run_ended(await w.start())
        assert run.state == "FAILED"
        assert isinstance(run.error, dict)
        assert run.error["node"] == "bad"
        assert (run.nodes or {})["after"].state == "SKIPPED"
        assert run.finished_at is not None


async def test_a_retry_happens_and_every_error_is_kept(store_url: str) -> None:
    kind = Flaky()
    async with flows(store_url, kind.kind) as w:
        await w.save(nodes=[flaky("one", 2)], output="{{ nodes.one.output }}")
        run = await w.run_ended(await w.start())
        assert (run.state, run.output) == ("SUCCEEDED", "one")
        attempts = await w.attempts((run.nodes or {})["one"].job_id or "")
        assert [(one.outcome, one.error_type) for one in attempts] == [
            ("failed", "flaky"), ("failed", "flaky"), ("succeeded", None),
        ]  # fmt: skip
        assert list(kind.attempts.values()) == [3]  # one idempotency key for all


async def test_a_broken_template_ends_its_own_run_and_holds_up_nobody(store_url: str) -> None:
    async with flows(store_url, concurrency=1) as w:
        broken = node("bad", "transform", value="{{ input.list.map(x, x / 0) }}")
        await w.save(nodes=[{**broken, "retry": PROMPT}])
        await w.workflows.create("other", {"holdfast": 1, "name": "fine", "nodes": [node("n", "noop")]})
        bad = [await w.start({"list": [1, 2]}) for _ in range(5)]
        good = await w.runs.start("other", "fine", {}, correlation_id="request-2")
        assert (await w.runs.wait("other", good.id, 20_000_000)).state == "SUCCEEDED"
        for run_id in bad:
            run = await w.run_ended(run_id)
            assert run.state == "FAILED"
            assert len(await w.attempts((run.nodes or {})["bad"].job_id or "")) == 1  # it can't get better


# -- the graph ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [True, False])
async def test_what_follows_both_branches_of_an_if_runs(store_url: str, way: bool) -> None:
    async with flows(store_url) as w:
        nodes: JSON = [
            node("way", "if", condition="input.way"),
            node("yes", "noop"),
            node("no", "noop"),
            node("end", "noop"),
        ]
        await w.save(nodes=nodes, edges=edges("way.true > yes", "way.false > no", "yes > end", "no > end"))
        run_id = await w.start({"way": way})
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert await states(w, run_id) == {
            "way": "SUCCEEDED",
            "yes": "SUCCEEDED" if way else "SKIPPED",
            "no": "SKIPPED" if way else "SUCCEEDED",
            "end": "SUCCEEDED",
        }


async def test_a_join_sees_all_outputs_and_all_roots_start(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        names = ["a", "b", "c", "d"]
        nodes: JSON = [*(node(name, "gate", value=name * 2) for name in names), node("all", "merge")]
        await w.save(nodes=nodes, edges=edges(*(f"{name} > all" for name in names)), output="{{ nodes.all.output }}")
        run_id = await w.start()
        for name in names:
            await gate.has_begun(name)
        gate.open()
        assert (await w.run_ended(run_id)).output == {name: name * 2 for name in names}


async def test_two_nodes_of_one_name_are_refused(store_url: str) -> None:
    async with flows(store_url) as w:
        with pytest.raises(Invalid, match="already the id") as caught:
            await w.save(nodes=[node("same", "noop"), node("same", "fail")])
        assert [problem.path for problem in caught.value.problems] == ["nodes[1].id"]


# -- runs and workflows ------------------------------------------------------------------------------------------------


async def test_an_edit_changes_no_run_that_goes(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:

        def version(value: str) -> JSONObject:
            nodes: JSON = [node("first", "gate"), node("second", "transform", value=value)]
            output = "{{ nodes.second.output }}"
            return {
                "holdfast": 1, "name": "flow", "nodes": nodes, "edges": edges("first > second"), "output": output,
            }  # fmt: skip

        await w.workflows.create(TENANT, version("old"))
        old = await w.start()
        await gate.has_begun("first")
        await w.workflows.save(TENANT, "flow", version("new"))
        new = await w.start()
        gate.open()
        assert [(run.version, run.output) for run in (await w.run_ended(old), await w.run_ended(new))] == [
            (1, "old"), (2, "new"),
        ]  # fmt: skip


async def test_a_cancel_is_no_failure(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(nodes=[node("a", "gate"), node("b", "noop")], edges=edges("a > b"))
        run_id = await w.start()
        await gate.has_begun("a")
        await w.runs.cancel(TENANT, run_id)
        await gate.has_stopped("a")
        run = await w.run_ended(run_id)
        assert (run.state, run.error) == ("CANCELLED", None)
        assert await states(w, run_id) == {"a": "CANCELLED", "b": "SKIPPED"}
        (told,) = await w.real.list_events(TENANT, None, run_id=run_id, event_type="node.failed")
        assert told.data["state"] == "CANCELLED"
        assert not await w.real.list_events(TENANT, None, run_id=run_id, event_type="job.failed")


async def test_what_is_switched_off_starts_nothing(store_url: str) -> None:
    async with flows(store_url) as w:
        hooks = await w.save(nodes=[node("a", "noop")], triggers=[{"id": "hook", "type": "webhook"}])
        await w.workflows.create(
            TENANT, {"holdfast": 1, "name": "caller", "nodes": [node("call", "workflow.call", workflow="flow")]}
        )
        await w.workflows.enable(TENANT, "flow", False)
        with pytest.raises(Conflict, match="switched off"):
            await w.start()
        with pytest.raises(NotFound):
            await w.hooks.find(str(hooks["hook"]))
        called = await w.run_ended(await w.start(workflow="caller"))
        assert (called.state, "switched off" in str(called.error)) == ("FAILED", True)
        assert not (await w.real.list_runs(TENANT, "flow", None, w.clock.now(), None, 10)).items


async def test_the_state_of_a_run_follows_what_it_does(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(nodes=[node("a", "gate"), node("b", "wait.callback")], edges=edges("a > b"))
        run_id = await w.start()
        await gate.has_begun("a")
        assert (await w.run(run_id)).state == "RUNNING"
        gate.open()
        await run_reaches(w, run_id, "WAITING")
        await w.runs.pause(TENANT, run_id)
        assert (await w.run(run_id)).state == "PAUSED"
        await w.runs.resume(TENANT, run_id)
        await w.runs.signal(TENANT, run_id, "b", by=OPERATOR)
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


# -- what a node says of itself, and who runs it -----------------------------------------------------------------------


async def test_what_a_node_asks_for_is_honoured(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        asked: JSONObject = {"retry": {**PROMPT, "max_attempts": 2}, "timeout": "50ms", "priority": 7}
        await w.save(nodes=[{**node("slow", "gate"), **asked}])
        run = await w.run_ended(await w.start())
        assert isinstance(run.error, dict)
        assert (run.state, run.error["type"]) == ("FAILED", "timeout")
        job = await w.job((run.nodes or {})["slow"].job_id or "")
        assert (job.state, job.priority, job.attempt) == (JobState.DEAD, 7, 2)


async def test_more_workers_share_the_work_and_do_none_of_it_twice(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind, concurrency=2) as w:
        await w.save(nodes=[node("a", "gate", **{"as": "{{ input.n }}"})])
        runs = await asyncio.gather(*(w.start({"n": str(number)}) for number in range(60)))
        assert {(await w.run_ended(run_id)).state for run_id in runs} == {"SUCCEEDED"}
        assert gate.began == Counter(str(number) for number in range(60))


async def test_a_run_outlives_the_process_that_took_it(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(nodes=[node("a", "wait.callback"), node("b", "noop")], edges=edges("a > b"))
        run_id = await w.start()
        await run_reaches(w, run_id, "WAITING")
    async with flows(store_url) as later:
        assert (await only_run_of(later, "flow")).id == run_id
        await later.runs.signal(TENANT, run_id, "a", by=OPERATOR)
        assert (await later.run_ended(run_id)).state == "SUCCEEDED"
