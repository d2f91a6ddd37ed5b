"""Runs that wait, in a test's instance: signals, events, timeouts by the clock, children."""

from typing import Any

import pytest

import holdfast
import holdfast.testing
from holdfast.model.errors import Conflict, Forbidden, NotFound
from holdfast.sdk.shapes import Run
from holdfast.testing import Instance


def workflow(name: str, *nodes: dict[str, Any], edges: tuple[str, ...] = (), output: Any = None) -> dict[str, Any]:
    arrows = [dict(zip(("from", "to"), edge.split(" > "), strict=True)) for edge in edges]
    return {"holdfast": 1, "name": name, "nodes": list(nodes), "edges": arrows, "output": output}


def waiting(kind: str, **params: Any) -> dict[str, Any]:
    return workflow(
        "waiting",
        {"id": "wait", "type": kind, "params": params},
        {"id": "late", "type": "noop"},
        edges=("wait.timeout > late",),
        output="{{ nodes.wait.output }}",
    )


async def started(hf: Instance, definition: dict[str, Any], given: Any = None) -> Run:
    await hf.apply(definition)
    run = await hf.start(definition["name"], given)
    await hf.drain()
    return await hf.run(run)


KINDS = [("approval", {}), ("wait.callback", {}), ("wait.event", {"event": "order.paid"})]


@pytest.mark.parametrize(("kind", "params"), KINDS)
async def test_a_wait_ends_by_its_timeout_and_not_before(kind: str, params: dict[str, Any]) -> None:
    async with holdfast.testing.engine() as hf:
        run = await started(hf, waiting(kind, timeout="1h", **params))
        assert (run.state, run.nodes["wait"]["state"]) == ("WAITING", "WAITING")
        hf.clock.move("59m")
        await hf.drain()
        assert (await hf.run(run)).state == "WAITING"
        hf.clock.move("2m")
        await hf.drain()
        ended = await hf.run(run)
        assert (ended.state, ended.nodes["late"]["state"]) == ("SUCCEEDED", "SUCCEEDED")


@pytest.mark.parametrize(("kind", "params"), KINDS)
async def test_a_timeout_without_an_edge_is_a_failure(kind: str, params: dict[str, Any]) -> None:
    async with holdfast.testing.engine() as hf:
        alone = workflow("alone", {"id": "wait", "type": kind, "params": {"timeout": "1h", **params}})
        run = await started(hf, alone)
        hf.clock.move("2h")
        await hf.drain()
        ended = await hf.run(run)
        assert (ended.state, (ended.error or {}).get("type")) == ("FAILED", "timeout")


async def test_only_an_approver_decides_and_only_once() -> None:
    async with holdfast.testing.engine() as hf:
        run = await started(hf, waiting("approval", approvers=["ada"]))
        with pytest.raises(Forbidden):
            await hf.signal(run, "wait", {"approved": False}, by="bob")
        with pytest.raises(NotFound):
            await hf.signal(run, "weight", {"approved": False}, by="ada")
        with pytest.raises(holdfast.Invalid):
            await hf.signal(run, "wait", {"approved": "no"}, by="ada")
        await hf.signal(run, "wait", {"approved": False, "comment": "too dear"}, by="ada")
        await hf.drain()
        assert (await hf.run(run)).output == {"approved": False, "by": "ada", "comment": "too dear"}
        with pytest.raises(Conflict):
            await hf.signal(run, "wait", {"approved": True}, by="ada")


async def test_an_event_that_came_first_is_not_missed_and_a_wrong_one_changes_nothing() -> None:
    fitting = waiting("wait.event", event="order.*", condition="event.data.order == input.order", lookback="5m")
    async with holdfast.testing.engine() as hf:
        await hf.post_event("order.paid", {"order": 2}, subject="two")
        hf.clock.move("4m")
        run = await started(hf, fitting, {"order": 1})
        await hf.post_event("order.paid", {"number": 1})
        await hf.post_event("orders", {"order": 1})
        await hf.drain()
        assert (await hf.run(run)).state == "WAITING"
        output = (await started(hf, fitting, {"order": 2})).output
        assert isinstance(output, dict)
        assert (output["type"], output["subject"], output["data"]) == ("order.paid", "two", {"order": 2})
        hf.clock.move("2m")
        assert (await started(hf, fitting, {"order": 2})).state == "WAITING"


async def test_a_step_emits_what_another_run_waits_for() -> None:
    async with holdfast.testing.engine() as hf:
        run = await started(hf, waiting("wait.event", event="order.paid", lookback="0s"))
        paid = {"type": "order.paid", "data": {"order": 1}, "subject": "one"}
        await started(hf, workflow("emitting", {"id": "tell", "type": "event.emit", "params": paid}))
        ended = await hf.run(run)
        assert isinstance(ended.output, dict)
        assert ended.output | paid == ended.output


DOUBLE = workflow(
    "double",
    {"id": "add", "type": "transform", "params": {"value": "{{ input.item * 2 }}"}},
    output="{{ nodes.add.output }}",
)


async def test_a_workflow_maps_another_over_its_items() -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(DOUBLE)
        params = {"items": [3, "x", 1], "workflow": "double", "on_item_error": "continue", "concurrency": 2}
        mapping = workflow("mapping", {"id": "each", "type": "map", "params": params}, output="{{ nodes.each.output }}")
        assert (await started(hf, mapping)).output == [6, None, 2]


async def test_the_first_item_that_fails_ends_the_map() -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(DOUBLE)
        mapping = workflow(
            "mapping", {"id": "each", "type": "map", "params": {"items": [1, "x"], "workflow": "double"}}
        )
        ended = await started(hf, mapping)
        assert ended.state == "FAILED"
        assert ended.error is not None
        assert (ended.error["type"], ended.error["index"]) == ("item_failed", 1)


@pytest.mark.parametrize(("wait", "key"), [(True, None), (False, "run_id")])
async def test_a_call_gives_the_output_or_the_run(wait: bool, key: str | None) -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(DOUBLE)
        params = {"workflow": "double", "input": {"item": 21}, "wait": wait}
        calling = workflow(
            "calling", {"id": "c", "type": "workflow.call", "params": params}, output="{{ nodes.c.output }}"
        )
        output = (await started(hf, calling)).output
        if key is None:
            assert output == 42
        else:
            assert isinstance(output, dict)
            assert (await hf.run(str(output[key]))).output == 42


async def test_a_call_of_what_is_not_there_fails_the_node() -> None:
    async with holdfast.testing.engine() as hf:
        calling = workflow("calling", {"id": "c", "type": "workflow.call", "params": {"workflow": "nothing"}})
        ended = await started(hf, calling)
        assert (ended.state, (ended.error or {}).get("type")) == ("FAILED", "child_failed")


async def test_a_loop_sees_the_round_before_and_ends_at_its_bound() -> None:
    body = {"nodes": [{"id": "up", "type": "transform", "params": {"value": "{{ item == null ? 1 : item * 2 }}"}}]}
    for until, output in (("item > 5", 8), ("false", 16)):
        async with holdfast.testing.engine() as hf:
            params = {"max_iterations": 5, "until": until, "body": body}
            looping = workflow("looping", {"id": "l", "type": "loop", "params": params}, output="{{ nodes.l.output }}")
            assert (await started(hf, looping)).output == output


async def test_a_body_reads_what_precedes_its_map_and_waits_within() -> None:
    body = {
        "nodes": [
            {"id": "ask", "type": "approval", "params": {"title": "{{ item }}", "timeout": "1h"}},
            {"id": "late", "type": "transform", "params": {"value": "{{ item + nodes.base.output + index }}"}},
        ],
        "edges": [{"from": "ask.timeout", "to": "late"}],
        "output": "{{ nodes.late.output }}",
    }
    mapping = workflow(
        "mapping",
        {"id": "base", "type": "transform", "params": {"value": 100}},
        {"id": "each", "type": "map", "params": {"items": [1, 2], "body": body}},
        edges=("base > each",),
        output="{{ nodes.each.output }}",
    )
    async with holdfast.testing.engine() as hf:
        run = await started(hf, mapping)
        assert run.state == "WAITING"
        hf.clock.move("2h")
        await hf.drain()
        assert (await hf.run(run)).output == [101, 103]
