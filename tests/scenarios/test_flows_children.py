"""Maps, loops and calls on both stores: order, bounds, failures, closures, nesting, stopping, limits."""

import pytest

from holdfast.model.instant import HOUR
from holdfast.model.json import JSON, JSONObject
from holdfast.model.run import RUN_ENDED
from tests.engine.world import TENANT, World
from tests.scenarios.flows import (
    Gate,
    body,
    children_are,
    edges,
    flows,
    node,
    only_run_of,
    reaches,
    run_reaches,
    states,
)

DOUBLE: JSON = body(node("double", "transform", value="{{ item * 2 }}"))


def error_of(run_error: JSON) -> JSONObject:
    assert isinstance(run_error, dict)
    return run_error


# -- map ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 7, 120])
async def test_a_map_gives_its_results_in_order(store_url: str, count: int) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("all", "map", items="{{ input.items }}", body=DOUBLE)], output="{{ nodes.all.output }}"
        )
        run = await w.run_ended(await w.start({"items": list(range(count))}))
        assert (run.state, run.output) == ("SUCCEEDED", [2 * number for number in range(count)])


async def test_no_more_items_are_under_way_than_the_map_allows(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        inner = body(node("step", "gate", value="{{ index }}"))
        await w.save(nodes=[node("all", "map", items="{{ input.items }}", concurrency=3, body=inner)])
        run = await w.run_ended(await w.start({"items": ["x"] * 40}))
        assert run.state == "SUCCEEDED"
        assert gate.began["step"] == 40
        assert gate.most <= 3


async def test_a_body_reads_its_item_and_what_surrounds_it(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(
            node("plus", "transform", value="{{ item + nodes.base.output + vars.more }}"),
            node("told", "transform", value="{{ [index, nodes.plus.output, input.name, workflow.name] }}"),
            arrows=("plus > told",),
        )
        await w.save(
            vars={"more": 100},
            nodes=[
                node("base", "transform", value="{{ 1000 }}"),
                node("all", "map", items="{{ [1, 2] }}", body=inner),
            ],
            edges=edges("base > all"),
            output="{{ nodes.all.output }}",
        )
        run = await w.run_ended(await w.start({"name": "n"}))
        assert run.output == [[0, 1101, "n", "flow"], [1, 1102, "n", "flow"]]


async def test_a_body_without_an_output_gives_what_its_last_nodes_gave(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(node("a", "noop", n="{{ item }}"), node("b", "noop", n="{{ -item }}"))
        await w.save(nodes=[node("all", "map", items="{{ [1] }}", body=inner)], output="{{ nodes.all.output }}")
        run = await w.run_ended(await w.start())
        assert run.output == [{"a": {"n": 1}, "b": {"n": -1}}]


async def test_an_item_that_fails_ends_the_map_and_stops_the_others(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        params: JSONObject = {"as": "{{ 'item' + string(index) }}", "fail": "{{ index == 1 }}"}
        inner = body({"id": "step", "type": "gate", "params": params})
        await w.save(nodes=[node("all", "map", items="{{ [0, 1, 2, 3] }}", concurrency=3, body=inner)])
        run_id = await w.start()
        await gate.has_begun("item2")
        gate.open("item1")
        run = await w.run_ended(run_id)
        assert run.state == "FAILED"
        error = error_of(run.error)
        assert (error["type"], error["index"]) == ("item_failed", 1)
        await gate.has_stopped("item0", "item2")
        assert gate.began["item3"] == 0
        await children_are(w, run_id, "all", ["CANCELLED", "FAILED", "CANCELLED", "SKIPPED"])


async def test_a_failed_item_is_null_where_the_map_goes_on(store_url: str) -> None:
    gate = Gate(is_open=True)
    async with flows(store_url, gate.kind) as w:
        inner = body(node("step", "gate", value="{{ item }}", fail="{{ item == 2 }}"))
        await w.save(
            nodes=[node("all", "map", items="{{ [1, 2, 3] }}", on_item_error="continue", body=inner)],
            output="{{ nodes.all.output }}",
        )
        run_id = await w.start()
        run = await w.run_ended(run_id)
        assert (run.state, run.output) == ("SUCCEEDED", [1, None, 3])
        await children_are(w, run_id, "all", ["SUCCEEDED", "FAILED", "SUCCEEDED"])


async def test_a_maps_failure_goes_by_its_error_port(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(node("step", "fail", message="no"))
        await w.save(
            nodes=[
                node("all", "map", items="{{ [1] }}", body=inner),
                node("mend", "transform", value="{{ nodes.all.error.type }}"),
            ],
            edges=edges("all.error > mend"),
            output="{{ nodes.mend.output }}",
        )
        run = await w.run_ended(await w.start())
        assert (run.state, run.output) == ("SUCCEEDED", "item_failed")


async def test_a_map_that_takes_too_long_goes_by_its_timeout_and_stops_its_items(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(
            nodes=[node("all", "map", items="{{ [1] }}", timeout="1h", body=body(node("step", "gate")))],
        )
        run_id = await w.start()
        await gate.has_begun("step")
        w.clock.move(HOUR)
        run = await w.run_ended(run_id)
        assert (run.state, error_of(run.error)["type"]) == ("FAILED", "timeout")
        await gate.has_stopped("step")
        await children_are(w, run_id, "all", ["CANCELLED"])


async def test_a_map_over_a_workflow(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.workflows.create(
            TENANT,
            {
                "holdfast": 1,
                "name": "one",
                "input": {"type": "object", "properties": {"add": {"type": "integer", "default": 5}}},
                "nodes": [node("sum", "transform", value="{{ [input.item, input.index, input.add] }}")],
                "output": "{{ nodes.sum.output }}",
            },
        )
        await w.save(
            nodes=[node("all", "map", items="{{ [7, {'item': 8, 'index': 9, 'add': 1}] }}", workflow="one")],
            output="{{ nodes.all.output }}",
        )
        run_id = await w.start()
        run = await w.run_ended(run_id)
        assert run.output == [[7, 0, 5], [8, 9, 1]]
        page = await w.real.list_runs(TENANT, "one", None, w.clock.now(), None, 10)
        assert {(child.parent, child.parent_node) for child in page.items} == {(run_id, "all")}
        assert {child.trigger["type"] for child in page.items} == {"workflow"}
        assert {child.correlation_id for child in page.items} == {run.correlation_id}


async def test_runs_of_bodies_are_shown_but_not_listed(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(nodes=[node("all", "map", items="{{ [4] }}", body=DOUBLE)])
        run_id = await w.start()
        await w.run_ended(run_id)
        page = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 10)
        assert [run.id for run in page.items] == [run_id]
        (child,) = (await w.runs.children(TENANT, run_id, "all")).items
        assert child.run_id is not None
        run = await w.run(child.run_id)
        assert (run.state, run.body, run.parent, run.parent_node, run.parent_index) == (
            "SUCCEEDED", "all", run_id, "all", 0,
        )  # fmt: skip


async def test_maps_in_maps(store_url: str) -> None:
    async with flows(store_url) as w:
        cell = body(node("cell", "transform", value="{{ [nodes.row.output, index, item] }}"))
        inner = body(
            node("row", "transform", value="{{ index }}"),
            node("cells", "map", items="{{ item }}", body=cell),
            arrows=("row > cells",),
        )
        await w.save(
            nodes=[node("rows", "map", items="{{ [[1, 2], [], [3]] }}", body=inner)], output="{{ nodes.rows.output }}"
        )
        run = await w.run_ended(await w.start())
        assert run.output == [[[0, 0, 1], [0, 1, 2]], [], [[2, 0, 3]]]


async def test_joins_branches_and_retries_in_a_body(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(
            node("even", "if", condition="item % 2 == 0"),
            node("half", "transform", value="{{ item / 2 }}"),
            node("odd", "transform", value="{{ 'odd' }}"),
            node("last", "transform", value="{{ [nodes.half.output, nodes.odd.output] }}"),
            arrows=("even.true > half", "even.false > odd", "half > last", "odd > last"),
        )
        await w.save(nodes=[node("all", "map", items="{{ [3, 4] }}", body=inner)], output="{{ nodes.all.output }}")
        run = await w.run_ended(await w.start())
        assert run.output == [[None, "odd"], [2, None]]


# -- loop --------------------------------------------------------------------------------------------------------------


async def test_a_loop_ends_when_its_condition_is_true(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(node("count", "transform", value="{{ (item == null ? 0 : item) + input.step }}"))
        await w.save(
            nodes=[node("until", "loop", until="item >= input.most", max_iterations=50, body=inner)],
            output="{{ nodes.until.output }}",
        )
        run_id = await w.start({"step": 3, "most": 10})
        run = await w.run_ended(run_id)
        assert run.output == 12
        await children_are(w, run_id, "until", ["SUCCEEDED"] * 4)


async def test_a_loop_ends_at_its_bound(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(node("count", "transform", value="{{ index }}"))
        await w.save(nodes=[node("rounds", "loop", max_iterations=3, body=inner)], output="{{ nodes.rounds.output }}")
        run = await w.run_ended(await w.start())
        assert run.output == 2


async def test_a_round_that_fails_ends_the_loop(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(
            node("go", "if", condition="index < 2"),
            node("stop", "fail", message="third"),
            arrows=("go.false > stop",),
        )
        await w.save(nodes=[node("rounds", "loop", max_iterations=9, body=inner)])
        run_id = await w.start()
        run = await w.run_ended(run_id)
        assert error_of(run.error)["type"] == "iteration_failed"
        assert error_of(run.error)["index"] == 2
        await children_are(w, run_id, "rounds", ["SUCCEEDED", "SUCCEEDED", "FAILED"])


async def test_a_condition_that_cant_be_evaluated_fails_the_loop(store_url: str) -> None:
    async with flows(store_url) as w:
        inner = body(node("count", "transform", value="{{ index }}"))
        await w.save(nodes=[node("rounds", "loop", until="item.ready", max_iterations=9, body=inner)])
        run = await w.run_ended(await w.start())
        assert (run.state, error_of(run.error)["type"]) == ("FAILED", "expression")


async def test_a_map_in_a_loop(store_url: str) -> None:
    async with flows(store_url) as w:
        grown = body(
            node("all", "map", items="{{ item == null ? [1] : item + [size(item) + 1] }}", body=DOUBLE),
        )
        await w.save(
            nodes=[node("rounds", "loop", until="size(item) == 3", max_iterations=9, body=grown)],
            output="{{ nodes.rounds.output }}",
        )
        run = await w.run_ended(await w.start())
        assert run.output == [8, 8, 6]


# -- workflow.call -----------------------------------------------------------------------------------------------------


async def other(w: World, *nodes: JSON, **document: JSON) -> None:
    await w.workflows.create(TENANT, {"holdfast": 1, "name": "other", "nodes": list(nodes), **document})


async def test_a_call_gives_the_output_of_the_called_run(store_url: str) -> None:
    async with flows(store_url) as w:
        await other(w, node("say", "transform", value="{{ 'hello ' + input.name }}"), output="{{ nodes.say.output }}")
        await w.save(
            nodes=[node("call", "workflow.call", workflow="other", input={"name": "{{ input.name }}"})],
            output="{{ nodes.call.output }}",
        )
        run_id = await w.start({"name": "Ada"})
        run = await w.run_ended(run_id)
        assert run.output == "hello Ada"
        child = await only_run_of(w, "other")
        assert (child.parent, child.parent_node, child.correlation_id) == (run_id, "call", run.correlation_id)
        assert (child.trigger["type"], child.trigger["run"], child.trigger["node"]) == ("workflow", run_id, "call")


async def test_a_call_that_doesnt_wait_ends_with_the_runs_id(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await other(w, node("step", "gate"))
        await w.save(
            nodes=[node("call", "workflow.call", workflow="other", wait=False)], output="{{ nodes.call.output }}"
        )
        run = await w.run_ended(await w.start())
        child = await only_run_of(w, "other")
        assert (run.state, run.output) == ("SUCCEEDED", {"run_id": child.id})
        assert child.state not in RUN_ENDED
        gate.open()
        assert (await w.run_ended(child.id)).state == "SUCCEEDED"


@pytest.mark.parametrize(
    ("document", "enabled", "said"),
    [
        (None, True, "no workflow of that name"),
        ({}, False, "switched off"),
        ({"input": {"type": "object", "required": ["must"]}}, True, "must"),
    ],
)
async def test_a_call_that_cant_start_is_a_failed_child(
    store_url: str, document: JSONObject | None, enabled: bool, said: str
) -> None:
    async with flows(store_url) as w:
        if document is not None:
            await other(w, node("a", "noop"), **document)
            await w.workflows.enable(TENANT, "other", enabled)
        await w.save(nodes=[node("call", "workflow.call", workflow="other")])
        run = await w.run_ended(await w.start())
        assert (run.state, error_of(run.error)["type"]) == ("FAILED", "child_failed")
        assert said in str(run.error)


async def test_a_failed_child_fails_its_call_with_its_error(store_url: str) -> None:
    async with flows(store_url) as w:
        await other(w, node("a", "fail", message="from below"))
        await w.save(
            nodes=[
                node("call", "workflow.call", workflow="other"),
                node("mend", "transform", value="{{ nodes.call.error }}"),
            ],
            edges=edges("call.error > mend"),
            output="{{ nodes.mend.output }}",
        )
        run = await w.run_ended(await w.start())
        told = error_of(run.output)
        assert told["type"] == "child_failed"
        assert "from below" in str(told["error"])
        assert told["run"] == (await only_run_of(w, "other")).id


async def test_workflows_that_call_themselves_end_at_a_depth(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[
                node("again", "workflow.call", workflow="flow"),
                node("end", "transform", value="{{ nodes.again.error }}"),
            ],
            edges=edges("again.error > end"),
            output="{{ nodes.end.output }}",
        )
        run = await w.run_ended(await w.start())
        assert run.state == "SUCCEEDED"
        page = await w.real.list_runs(TENANT, "flow", None, w.clock.now(), None, 100)
        assert 20 < len(page.items) < 50


async def test_cancelling_a_run_cancels_its_children(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await other(w, node("below", "gate"))
        await w.save(
            nodes=[
                node("call", "workflow.call", workflow="other"),
                node("all", "map", items="{{ [1, 2] }}", body=body(node("step", "gate"))),
            ],
        )
        run_id = await w.start()
        await gate.has_begun("below")
        await gate.has_begun("step", 2)
        await w.runs.cancel(TENANT, run_id)
        assert (await w.run(run_id)).state == "CANCELLED"
        await gate.has_stopped("below", "step")
        child = await only_run_of(w, "other")
        assert (await run_reaches(w, child.id, "CANCELLED")).state == "CANCELLED"
        await children_are(w, run_id, "all", ["CANCELLED", "CANCELLED"])


async def test_a_cancelled_child_fails_its_call(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await other(w, node("below", "gate"))
        await w.save(nodes=[node("call", "workflow.call", workflow="other")])
        run_id = await w.start()
        await gate.has_begun("below")
        await w.runs.cancel(TENANT, (await only_run_of(w, "other")).id)
        run = await w.run_ended(run_id)
        assert (run.state, error_of(run.error)["type"]) == ("FAILED", "child_failed")


async def test_a_call_waits_for_a_place_of_the_called_workflow(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await other(w, node("below", "gate"), settings={"max_concurrent_runs": 1})
        await w.save(nodes=[node("all", "map", items="{{ [{'n': 1}, {'n': 2}, {'n': 3}] }}", workflow="other")])
        run_id = await w.start()
        await gate.has_begun("below")
        gate.open()
        run = await w.run_ended(run_id)
        assert run.state == "SUCCEEDED"
        assert (gate.began["below"], gate.most) == (3, 1)


async def test_a_parked_parent_holds_no_worker(store_url: str) -> None:
    """One slot is enough for any depth."""
    async with flows(store_url, concurrency=1) as w:
        await other(w, node("all", "map", items="{{ [1, 2, 3] }}", body=DOUBLE), output="{{ nodes.all.output }}")
        await w.save(nodes=[node("call", "workflow.call", workflow="other")], output="{{ nodes.call.output }}")
        run_id = await w.start()
        assert (await w.run_ended(run_id)).output == [2, 4, 6]
        assert (await states(w, run_id)) == {"call": "SUCCEEDED"}


async def test_a_node_with_children_is_shown_with_their_count(store_url: str) -> None:
    gate = Gate()
    async with flows(store_url, gate.kind) as w:
        await w.save(
            nodes=[node("all", "map", items="{{ [1, 2, 3] }}", concurrency=2, body=body(node("step", "gate")))]
        )
        run_id = await w.start()
        await gate.has_begun("step", 2)
        record = await reaches(w, run_id, "all", "WAITING")
        assert record.family is not None
        assert (record.family.total, record.family.live, record.family.new) == (3, 2, 1)
        gate.open()
        await w.run_ended(run_id)
