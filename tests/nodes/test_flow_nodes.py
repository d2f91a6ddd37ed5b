"""The kinds that steer a run: switch, filter, merge, map, loop, workflow.call."""

from typing import Any

import pytest

from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Outcome, Succeeded, Suspended
from holdfast.model.spawn import MAX_ITEMS, Spawn
from holdfast.nodes.filter import Filter
from holdfast.nodes.loop import Loop
from holdfast.nodes.map_ import Map
from holdfast.nodes.merge import Merge
from holdfast.nodes.switch import Switch
from holdfast.nodes.workflow_call import WorkflowCall
from holdfast.ports import NodeContext
from tests.nodes.conftest import NOW


def test_no_kind_of_control_flow_waits_for_anything(context: NodeContext) -> None:
    """A worker steps them in place: the first step must be the last."""
    nodes: list[Any] = [Switch(), Filter(), Merge(), Map(), Loop(), WorkflowCall()]
    for node in nodes:
        assert node.spec.inline
        with pytest.raises(StopIteration):
            node.execute(context, dict(node.spec.example)).send(None)


def spawned(outcome: Outcome) -> Spawn:
    assert isinstance(outcome, Suspended), outcome
    assert outcome.spawn is not None
    return outcome.spawn


def told(outcome: Outcome, error_type: str = "params") -> str:
    assert isinstance(outcome, Failed), outcome
    assert (outcome.error.type, outcome.final) == (error_type, True)
    return outcome.error.message


# -- switch, filter, merge ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "port"), [("large", "large"), (None, "default")])
async def test_switch_takes_the_port_of_its_case(case: JSON, port: str, context: NodeContext) -> None:
    assert await Switch().execute(context, {"cases": case}) == Succeeded({"case": case}, port)


async def test_switch_of_a_lone_job_has_nobody_to_judge_its_cases(context: NodeContext) -> None:
    assert "only evaluated in a workflow" in told(await Switch().execute(context, {"cases": {"a": "true"}}))


async def test_filter_keeps_what_meets_the_condition(context: NodeContext) -> None:
    items: JSON = [1, None, {"a": 2}, "x"]
    outcome = await Filter().execute(context, {"items": items, "condition": [True, False, True, False]})
    assert outcome == Succeeded([1, {"a": 2}])
    assert await Filter().execute(context, {"items": [], "condition": []}) == Succeeded([])


@pytest.mark.parametrize(("verdict", "named"), [(1, "a number"), ("true", "a string"), (None, "null"), ([], "a list")])
async def test_filter_takes_nothing_for_a_boolean_but_a_boolean(
    verdict: JSON, named: str, context: NodeContext
) -> None:
    outcome = await Filter().execute(context, {"items": [1, 2], "condition": [True, verdict]})
    assert told(outcome, "expression") == f"the condition must give true or false, not {named} (at items[1])"


@pytest.mark.parametrize("params", [{"items": 1, "condition": []}, {"items": [1], "condition": True}, {"items": [1]}])
async def test_filter_needs_a_list_and_a_verdict_for_each(params: JSONObject, context: NodeContext) -> None:
    told(await Filter().execute(context, params))


async def test_merge_gives_what_came_before_it(context: NodeContext) -> None:
    inputs: JSONObject = {"left": {"a": 1}, "right": None}
    assert await Merge().execute(context, {"inputs": inputs}) == Succeeded(inputs)
    assert await Merge().execute(context, {}) == Succeeded({})


# -- map ---------------------------------------------------------------------------------------------------------------


async def test_map_runs_its_body_for_each_item_with_what_surrounds_it(context: NodeContext) -> None:
    closure: JSONObject = {"input": {"rate": 2}, "nodes": {}}
    params: JSONObject = {"items": [1, "two", None], "concurrency": 2, "on_item_error": "continue", "timeout": "1h"}
    outcome = await Map().execute(context._replace(closure=closure), params)
    assert isinstance(outcome, Suspended)
    assert outcome.until == NOW + HOUR
    assert spawned(outcome) == Spawn("map", (1, "two", None), concurrency=2, on_item_error="continue", closure=closure)


async def test_map_without_further_words_fails_with_an_item_and_has_no_end(context: NodeContext) -> None:
    outcome = await Map().execute(context, {"items": [1]})
    assert outcome == Suspended(None, spawn=Spawn("map", (1,), concurrency=10, on_item_error="fail"))


async def test_map_gives_a_workflow_objects(context: NodeContext) -> None:
    spawn = spawned(await Map().execute(context, {"items": [{"a": 1}, "two"], "workflow": "enrich"}))
    assert (spawn.workflow, spawn.items) == ("enrich", ({"a": 1}, {"item": "two", "index": 1}))


async def test_map_over_nothing_has_ended(context: NodeContext) -> None:
    assert await Map().execute(context, {"items": []}) == Succeeded([])


async def test_map_over_too_much_names_the_bound(context: NodeContext) -> None:
    most: list[JSON] = [0] * MAX_ITEMS
    assert len(spawned(await Map().execute(context, {"items": most})).items) == MAX_ITEMS
    assert "at most 100,000 items" in told(await Map().execute(context, {"items": [*most, 0]}))
    assert "expected a list" in told(await Map().execute(context, {"items": {"a": 1}}))


# -- loop and call -----------------------------------------------------------------------------------------------------


async def test_loop_repeats_its_body_up_to_its_bound(context: NodeContext) -> None:
    closure: JSONObject = {"input": 1}
    params: JSONObject = {"max_iterations": 5, "until": "item > 3", "timeout": "5m"}
    outcome = await Loop().execute(context._replace(closure=closure), params)
    assert outcome == Suspended(NOW + 5 * MINUTE, spawn=Spawn("loop", max_iterations=5, closure=closure))


@pytest.mark.parametrize("rounds", [None, 0, -1, 10_001, "5"])
async def test_loop_needs_a_bound(rounds: JSON, context: NodeContext) -> None:
    assert "from 1 to 10,000" in told(await Loop().execute(context, {"max_iterations": rounds}))


async def test_a_call_waits_for_one_run(context: NodeContext) -> None:
    params: JSONObject = {"workflow": "enrich", "input": [1], "timeout": "1h"}
    outcome = await WorkflowCall().execute(context, params)
    assert outcome == Suspended(NOW + HOUR, spawn=Spawn("call", ([1],), workflow="enrich", concurrency=1))


async def test_a_call_that_does_not_wait_is_detached(context: NodeContext) -> None:
    spawn = spawned(await WorkflowCall().execute(context, {"workflow": "enrich", "wait": False}))
    assert (spawn.detached, spawn.items) == (True, ({},))


@pytest.mark.parametrize(
    ("node", "params"),
    [(Map(), {"items": [1]}), (Loop(), {"max_iterations": 1}), (WorkflowCall(), {"workflow": "a"})],
)
async def test_a_timeout_that_no_one_can_wait_for_is_final(node: Any, params: JSONObject, context: NodeContext) -> None:
    outcome = await node.execute(context, {**params, "timeout": "9999d"})
    assert told(outcome) == "timeout: a duration is at most 3650d"


async def test_a_later_attempt_does_not_move_the_timeout(context: NodeContext) -> None:
    outcome = await Map().execute(context._replace(now=NOW + MINUTE, attempt=2), {"items": [1], "timeout": "5m"})
    assert isinstance(outcome, Suspended)
    assert outcome.until == NOW + 5 * MINUTE
