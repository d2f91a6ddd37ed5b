"""Runs on both stores: pause and resume, compensation, reruns, limits, versions, and what is told of them."""

import asyncio

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from holdfast.model.run import RUN_ENDED
from tests.engine.world import TENANT, World
from tests.scenarios.flows import (
    OPERATOR,
    Gate,
    body,
    children_are,
    edges,
    facts,
    flows,
    node,
    reaches,
    run_reaches,
    states,
)
from tests.support.waiting import eventually

CHAIN: JSONObject = {
    "nodes": [node("a", "gate"), node("b", "gate"), node("c", "gate")],
    "edges": edges("a > b", "b > c"),
    "output": "{{ [nodes.a.output, nodes.b.output, nodes.c.output] }}",
}


def outputs(run: RunRecord) -> dict[str, JSON]:
    return {node_id: record.output for node_id, record in (run.nodes or {}).items()}


def error_type(run: RunRecord) -> JSON:
    assert isinstance(run.error, dict)
    return run.error["type"]


async def rerun(w: World, run_id: str, start: str = "failed", version: str = "same") -> RunRecord:
    newest = version == "newest"
    accepted = await w.runs.rerun(
        TENANT, run_id, start=start, version="newest" if newest else "same", correlation_id="request-2"
    )
    return await w.run_ended(accepted.id)


# -- pause and resume --------------------------------------------------------------------------------------------------


async def test_a_paused_run_finishes_what_runs_and_begins_nothing(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**CHAIN)
        run_id = await w.start()
        await gate.has_begun("a")
        paused = await w.runs.pause(TENANT, run_id)
        assert paused.state == "PAUSED"
        gate.open()
        await reaches(w, run_id, "a", "SUCCEEDED")
        await reaches(w, run_id, "b", "PENDING")
        # Another job of the queue goes through, so the worker has looked and left this one alone.
        await w.ended(await w.insert("noop"))
        assert gate.began["b"] == 0
        assert (await w.run(run_id)).state == "PAUSED"
        await w.runs.resume(TENANT, run_id)
        run = await w.run_ended(run_id)
        assert (run.state, run.output) == ("SUCCEEDED", ["a", "b", "c"])
        told = await facts(w, run_id)
        assert [fact for fact in told if fact.startswith("workflow.")] == [
            "workflow.started", "workflow.paused", "workflow.resumed", "workflow.finished",
        ]  # fmt: skip


async def test_signals_and_times_of_a_paused_run_act_at_its_resume(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[
                node("call", "wait.callback"),
                node("slow", "delay", **{"for": "1h"}),
                node("paid", "wait.event", event="order.paid"),
                node("short", "wait.callback", timeout="1h"),
                node("after", "noop"),
            ],
            edges=edges("short.timeout > after"),
        )
        run_id = await w.start()
        for waiting in ("call", "paid", "short"):
            await reaches(w, run_id, waiting, "WAITING")
        await reaches(w, run_id, "slow", "SCHEDULED")
        await w.runs.pause(TENANT, run_id)
        await w.runs.signal(TENANT, run_id, "call", 1, by=OPERATOR)
        await w.events.post(TENANT, "order.paid", {"n": 1})
        w.clock.move(HOUR)
        await w.ended(await w.insert("noop"))
        await eventually(lambda: w.faults.calls["signal_run"] >= 2, 20.0, "the follower to find the event")
        assert await states(w, run_id) == {
            "call": "WAITING", "slow": "PENDING", "paid": "WAITING", "short": "WAITING",
        }  # fmt: skip
        await w.runs.resume(TENANT, run_id)
        run = await w.run_ended(run_id)
        assert (run.state, outputs(run)["call"]) == ("SUCCEEDED", 1)
        assert (await states(w, run_id))["after"] == "SUCCEEDED"


async def test_a_pause_reaches_into_bodies(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        inner = body(node("first", "gate"), node("second", "gate"), arrows=("first > second",))
        await w.save(nodes=[node("all", "map", items="{{ [1, 2, 3] }}", concurrency=2, body=inner)])
        run_id = await w.start()
        await gate.has_begun("first", 2)
        await w.runs.pause(TENANT, run_id)
        children = (await w.runs.children(TENANT, run_id, "all")).items
        for child in children[:2]:
            await run_reaches(w, child.run_id or "", "PAUSED")
        gate.open()
        for child in children[:2]:
            await reaches(w, child.run_id or "", "first", "SUCCEEDED")
        await w.ended(await w.insert("noop"))
        assert (gate.began["first"], gate.began["second"]) == (2, 0)
        await w.runs.resume(TENANT, run_id)
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert gate.began["second"] == 3


async def test_what_cant_be_paused_or_resumed_is_a_conflict(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**CHAIN)
        run_id = await w.start()
        with pytest.raises(Conflict):
            await w.runs.resume(TENANT, run_id)
        await w.runs.pause(TENANT, run_id)
        with pytest.raises(Conflict):
            await w.runs.pause(TENANT, run_id)
        with pytest.raises(NotFound):
            await w.runs.resume("acme", run_id)
        await w.runs.cancel(TENANT, run_id)
        with pytest.raises(Conflict):
            await w.runs.resume(TENANT, run_id)
        assert (await w.run(run_id)).state == "CANCELLED"


# -- compensation ------------------------------------------------------------------------------------------------------

UNDONE: JSONObject = {
    "nodes": [
        {**node("book", "gate"), "compensate": "unbook"},
        {**node("pay", "gate"), "compensate": "refund"},
        {**node("send", "gate", fail="{{ input.fail }}"), "compensate": "call_back"},
        node("unbook", "gate", value="{{ nodes.book.output }}"),
        {**node("refund", "gate", fail="{{ input.stuck }}")},
        node("call_back", "gate"),
    ],
    "edges": edges("book > pay", "pay > send"),
}


@pytest.mark.parametrize("stuck", [False, True])
async def test_what_was_done_is_undone_backwards(store_url: str, stuck: bool) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        await w.save(**UNDONE)
        run_id = await w.start({"fail": True, "stuck": stuck})
        run = await w.run_ended(run_id)
        assert (run.state, error_type(run)) == ("FAILED", "refused")
        assert gate.order == ["book", "pay", "send", "refund", "unbook"]
        assert outputs(run)["unbook"] == "book"
        assert await states(w, run_id) == {
            "book": "SUCCEEDED", "pay": "SUCCEEDED", "send": "FAILED",
            "refund": "FAILED" if stuck else "SUCCEEDED", "unbook": "SUCCEEDED", "call_back": "SKIPPED",
        }  # fmt: skip
        assert (await facts(w, run_id)).count("workflow.compensating") == 1


async def test_a_run_that_succeeds_undoes_nothing(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        await w.save(**UNDONE)
        run_id = await w.start({"fail": False, "stuck": False})
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert gate.order == ["book", "pay", "send"]
        assert (await states(w, run_id))["unbook"] == "SKIPPED"


@pytest.mark.parametrize("compensate", [False, True])
async def test_a_cancel_undoes_only_when_asked_to(store_url: str, compensate: bool) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**UNDONE)
        run_id = await w.start({"fail": False, "stuck": False})
        gate.open("book")
        await gate.has_begun("pay")
        gate.open("unbook")
        await w.runs.cancel(TENANT, run_id, compensate=compensate)
        run = await w.run_ended(run_id)
        assert run.state == "CANCELLED"
        await gate.has_stopped("pay")
        assert gate.order == (["book", "pay", "unbook"] if compensate else ["book", "pay"])


async def test_a_second_cancel_ends_it_at_once(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**UNDONE)
        run_id = await w.start({"fail": False, "stuck": False})
        gate.open("book")
        await gate.has_begun("pay")
        await w.runs.cancel(TENANT, run_id, compensate=True)
        await gate.has_begun("unbook")
        assert (await w.run(run_id)).state not in RUN_ENDED
        await w.runs.cancel(TENANT, run_id)
        assert (await w.run(run_id)).state == "CANCELLED"
        await gate.has_stopped("unbook")


async def test_a_runs_timeout_compensates(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        w.go(w.rescuer)
        await w.save(**UNDONE, settings={"timeout": "20s"})  # within the worker's lease
        run_id = await w.start({"fail": False, "stuck": False})
        gate.open("book")
        gate.open("unbook")
        await gate.has_begun("pay")
        w.clock.move(20 * SECOND)
        run = await w.run_ended(run_id)
        assert (run.state, error_type(run)) == ("FAILED", "timeout")
        assert gate.order == ["book", "pay", "unbook"]


# -- reruns ------------------------------------------------------------------------------------------------------------


async def test_a_rerun_from_what_failed_keeps_the_rest(store_url: str) -> None:
    gate = Gate(is_open=True)
    failing = True

    async with flows(store_url, gate.kind) as w:
        await w.save(
            nodes=[
                node("a", "gate", value="{{ input.n }}"),
                node("b", "gate", fail="{{ run.id == vars.none || trigger.type == 'manual' && input.fail }}"),
                node("c", "gate", value="{{ nodes.a.output + 1 }}"),
                node("d", "gate"),
            ],
            vars={"none": "none"},
            edges=edges("a > b", "b > c"),
            output="{{ nodes.c.output }}",
        )
        first = await w.run_ended(await w.start({"n": 1, "fail": failing}))
        assert first.state == "FAILED"
        again = await rerun(w, first.id)
        assert (again.state, again.rerun_of, again.input, again.trigger) == (
            "FAILED", first.id, first.input, first.trigger,
        )  # fmt: skip
        assert gate.began["a"] == 1
        assert gate.began["b"] == 2
        assert outputs(again)["a"] == 1
        whole = await rerun(w, first.id, "start")
        assert gate.began["a"] == 2
        assert (whole.state, whole.rerun_of) == ("FAILED", first.id)


async def test_a_rerun_from_a_node_runs_it_and_what_follows(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        await w.save(**CHAIN)
        first = await w.run_ended(await w.start())
        again = await rerun(w, first.id, "b")
        assert (again.state, again.output) == ("SUCCEEDED", ["a", "b", "c"])
        assert gate.order == ["a", "b", "c", "b", "c"]
        with pytest.raises(Invalid) as caught:
            await rerun(w, first.id, "nowhere")
        assert [problem.path for problem in caught.value.problems] == ["from"]


async def test_a_rerun_with_the_newest_version_runs_what_changed_its_type(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        await w.save(**CHAIN)
        first = await w.run_ended(await w.start())
        document: JSONObject = {
            "holdfast": 1, "name": "flow", "edges": edges("a > b", "b > c", "a > d"),
            "nodes": [node("a", "gate"), node("b", "noop", x=1), node("c", "gate"), node("d", "gate")],
            "output": "{{ nodes.b.output }}",
        }  # fmt: skip
        await w.workflows.save(TENANT, "flow", document)
        again = await rerun(w, first.id, "failed", "newest")
        assert (again.version, again.state, again.output) == (2, "SUCCEEDED", {"x": 1})
        assert gate.began == {"a": 1, "b": 1, "c": 2, "d": 1}
        await w.workflows.delete(TENANT, "flow")
        with pytest.raises(NotFound):
            await rerun(w, first.id, "failed", "newest")
        assert (await rerun(w, first.id, "c")).state == "SUCCEEDED"


async def test_only_a_run_that_has_ended_is_run_again(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**CHAIN)
        run_id = await w.start()
        with pytest.raises(Conflict):
            await rerun(w, run_id)
        with pytest.raises(NotFound):
            await w.runs.rerun("acme", run_id, correlation_id="c")
        await w.runs.cancel(TENANT, run_id)
        gate.open()
        assert (await rerun(w, run_id)).state == "SUCCEEDED"


async def test_of_a_map_only_failed_items_run_again(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        inner = body(node("step", "gate", value="{{ item }}", fail="{{ item == 2 && run.workflow == 'flow' }}"))
        await w.save(
            nodes=[
                node("all", "map", items="{{ [1, 2, 3] }}", on_item_error="continue", body=inner),
                node("check", "fail", message="incomplete"),
            ],
            edges=edges("all > check"),
        )
        first = await w.run_ended(await w.start())
        assert (first.state, gate.began["step"]) == ("FAILED", 3)
        await children_are(w, first.id, "all", ["SUCCEEDED", "FAILED", "SUCCEEDED"])
        again = await rerun(w, first.id, "failed")
        # The map itself succeeded, so it is kept as a whole.
        assert (again.state, gate.began["step"]) == ("FAILED", 3)
        other: JSONObject = {
            "holdfast": 1, "name": "flow", "output": "{{ nodes.all.output }}",
            "nodes": [node("all", "map", items="{{ [1, 2, 3] }}", body=inner, concurrency=1)],
        }  # fmt: skip
        await w.workflows.save(TENANT, "flow", other)
        strict = await w.run_ended(await w.start())
        assert strict.state == "FAILED"
        began = gate.began["step"]
        third = await rerun(w, strict.id, "failed")
        assert third.state == "FAILED"
        assert gate.began["step"] == began + 1, "item 1 was kept, item 2 failed again, item 3 never began"
        await children_are(w, third.id, "all", ["SUCCEEDED", "FAILED", "SKIPPED"])


async def test_a_retry_of_a_runs_job_is_a_rerun(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        inner = body(node("step", "gate", fail="{{ input.fail }}"))
        await w.save(nodes=[node("all", "map", items="{{ [1] }}", body=inner)])
        run = await w.run_ended(await w.start({"fail": True}))
        (child,) = (await w.runs.children(TENANT, run.id, "all")).items
        failed = ((await w.run(child.run_id or "")).nodes or {})["step"]
        job = await w.job(failed.job_id or "")
        accepted = await w.runs.retry_job(TENANT, job, correlation_id="request-2")
        again = await w.run_ended(accepted.id)
        assert (again.rerun_of, again.body) == (run.id, None)
        with pytest.raises(Conflict, match="rerun the run around it"):
            await w.runs.rerun(TENANT, child.run_id or "", correlation_id="c")


# -- limits ------------------------------------------------------------------------------------------------------------


def limited(when_full: str) -> JSONObject:
    limit: JSON = {"limit": 1, "when_full": when_full}
    return {"nodes": [node("step", "gate", **{"as": "{{ input.name }}"})], "settings": {"max_concurrent_runs": limit}}


async def test_a_run_without_a_place_waits_for_it(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**limited("queue"))
        runs = [await w.start({"name": name}) for name in ("first", "second", "third")]
        await gate.has_begun("first")
        assert [(await w.run(run_id)).state for run_id in runs] == ["RUNNING", "PENDING", "PENDING"]
        await w.runs.cancel(TENANT, runs[1])
        gate.open()
        assert [(await w.run_ended(run_id)).state for run_id in runs] == ["SUCCEEDED", "CANCELLED", "SUCCEEDED"]
        assert gate.order == ["first", "third"]


async def test_a_run_without_a_place_is_refused(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**limited("reject"))
        run_id = await w.start({"name": "first"})
        await gate.has_begun("first")
        with pytest.raises(Conflict, match="1 run of it is going"):
            await w.start({"name": "second"})
        gate.open()
        await w.run_ended(run_id)
        assert (await w.run_ended(await w.start({"name": "third"}))).state == "SUCCEEDED"


async def test_a_run_takes_the_place_of_the_older(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(**limited("replace"))
        first = await w.start({"name": "first"})
        await gate.has_begun("first")
        second = await w.start({"name": "second"})
        assert (await w.run_ended(first)).state == "CANCELLED"
        await gate.has_stopped("first")
        gate.open()
        assert (await w.run_ended(second)).state == "SUCCEEDED"


async def test_no_more_runs_go_than_their_limit_whoever_starts_them(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        w.work()
        await w.save(nodes=[node("step", "gate")], settings={"max_concurrent_runs": 2})
        runs = await asyncio.gather(*(w.start() for _ in range(30)))
        for run_id in runs:
            assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        assert gate.most <= 2


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_failure", ["cancel", "drain"])
async def test_what_a_failure_does_to_its_siblings(store_url: str, on_failure: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(
            nodes=[node("bad", "gate", fail=True), node("slow", "gate"), node("after", "gate")],
            edges=edges("slow > after"),
            settings={"on_failure": on_failure},
        )
        run_id = await w.start()
        await gate.has_begun("slow")
        gate.open("bad")
        await reaches(w, run_id, "bad", "FAILED")
        if on_failure == "drain":
            assert (await w.run(run_id)).state not in RUN_ENDED
            gate.open("slow")
        run = await w.run_ended(run_id)
        assert (run.state, error_type(run)) == ("FAILED", "refused")
        ended = "SUCCEEDED" if on_failure == "drain" else "CANCELLED"
        assert await states(w, run_id) == {"bad": "FAILED", "slow": ended, "after": "SKIPPED"}


# -- what is told ------------------------------------------------------------------------------------------------------


async def test_the_timeline_of_a_run(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("call", "wait.callback"), node("pause", "delay", **{"for": "30s"}), node("end", "noop")],
            edges=edges("call > pause", "pause > end"),
        )
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        await w.runs.signal(TENANT, run_id, "call", 1, by=OPERATOR)
        await reaches(w, run_id, "pause", "SCHEDULED")
        w.clock.move(30 * SECOND)
        await w.run_ended(run_id)
        told = await w.runs.timeline(TENANT, run_id)
        assert [segment.kind for segment in told if segment.node == "call"] == ["waiting", "running", "parked"]
        assert {segment.node for segment in told} == {"call", "pause", "end"}
        assert all(segment.end is not None and segment.begin <= segment.end for segment in told)
        with pytest.raises(NotFound):
            await w.runs.timeline("acme", run_id)


async def test_a_run_keeps_the_version_that_it_started_with(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(nodes=[node("a", "gate"), node("b", "noop", v=1)], edges=edges("a > b"))
        run_id = await w.start()
        await gate.has_begun("a")
        document: JSONObject = {"holdfast": 1, "name": "flow", "nodes": [node("b", "noop", v=2)]}
        await w.workflows.save(TENANT, "flow", document, author="ada", message="shorter")
        gate.open()
        run = await w.run_ended(run_id)
        assert (run.version, outputs(run)["b"]) == (1, {"v": 1})
        assert outputs(await w.run_ended(await w.start()))["b"] == {"v": 2}
        versions = (await w.real.list_versions(TENANT, "flow", None, 10)).items
        assert [(version.version, version.author, version.message) for version in versions] == [
            (2, "ada", "shorter"), (1, None, ""),
        ]  # fmt: skip
        places = [(one.path, one.kind) for one in await w.workflows.diff(TENANT, "flow", 1, 2)]
        assert places == [("nodes.a", "removed"), ("nodes.b.params.v", "changed"), ("edges.a -> b", "removed")]
        restored = await w.workflows.restore(TENANT, "flow", 1, author="bob")
        assert (restored.version, restored.definition["nodes"]) == (3, [node("a", "gate"), node("b", "noop", v=1)])
