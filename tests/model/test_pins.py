"""What a test is given beforehand: ports that outputs tell, what is skipped because of it, and what must be read."""

from __future__ import annotations

import pytest

from holdfast.model.advance import advance
from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.pins import Given, beforehand, known_before, pinned, pins_of, told_test, tried_alone, with_given
from holdfast.model.run import DRAFT, NodeDecision, NodeSettled, NodeState, Plan, RunStarted, RunState, RunView
from holdfast.model.workflow import NodeDef
from tests.model.definitions import edge, node
from tests.model.definitions import graph as graph_from

CHOICE = NodeDef("n", "if", ports=("true", "false"))
SWITCH = NodeDef("n", "switch", ports=("left", "right", "default"), cases=(("cases",),))
ASKING = NodeDef("n", "approval", ports=("approved", "rejected", "timeout", "error"))
WAITING = NodeDef("n", "wait.event", ports=("out", "timeout", "error"))
OWN = NodeDef("n", "acme.sort", ports=("big", "small", "error"))


@pytest.mark.parametrize(
    ("node", "output", "port"),
    [
        (NodeDef("n", "noop"), None, "out"),
        (NodeDef("n", "noop"), {"result": False}, "out"),
        (CHOICE, {"result": True}, "true"),
        (CHOICE, {"result": False}, "false"),
        (SWITCH, {"case": "right"}, "right"),
        (SWITCH, {"case": None}, "default"),
        (ASKING, {"approved": True, "by": "ada"}, "approved"),
        (ASKING, {"approved": False}, "rejected"),
        (WAITING, {"data": 1}, "out"),
        (OWN, {}, "big"),
    ],
)
def test_an_output_tells_the_port(node: NodeDef, output: JSON, port: str) -> None:
    decision = pinned(node, output)
    assert decision == NodeDecision("n", NodeState.SUCCEEDED, frozenset({port}), output)


@pytest.mark.parametrize(
    ("node", "output"),
    [
        *((CHOICE, output) for output in (None, True, {}, {"result": "true"}, {"result": 1})),
        *((SWITCH, output) for output in (None, {}, {"case": "up"}, {"case": 1}, {"case": "error"})),
        *((ASKING, output) for output in ("yes", {}, {"approved": None})),
    ],
)
def test_an_output_that_tells_no_port_is_refused(node: NodeDef, output: JSON) -> None:
    with pytest.raises(ValueError, match="by which port it goes on"):
        pinned(node, output)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_from(
        [node("a", compensate="undo_a"), node("b", compensate="undo_b"), node("c"), node("undo_a"), node("undo_b")],
        [edge("a", "b"), edge("b", "c")],
        output="{{ nodes.a.output.deep }}",
    )


def given(graph: Graph, **outputs: JSON) -> Given:
    return {name: pinned(graph.nodes[name], output) for name, output in outputs.items()}


def test_what_undoes_a_pinned_node_is_skipped_beforehand(graph: Graph) -> None:
    decided = beforehand(graph, given(graph, a=1), None)
    assert {name: one.state for name, one in decided.items()} == {"a": NodeState.SUCCEEDED, "undo_a": NodeState.SKIPPED}


def test_all_others_are_skipped_when_one_is_tried_alone(graph: Graph) -> None:
    decided = beforehand(graph, given(graph, a=1), "b")
    assert decided.keys() == {"a", "c", "undo_a", "undo_b"}
    assert decided["c"].state is NodeState.SKIPPED


def test_a_node_may_read_all_that_leads_to_it(graph: Graph) -> None:
    assert known_before(graph, "a") == frozenset()
    assert known_before(graph, "c") == {"a", "b"}
    assert known_before(graph, "undo_a") == {"a", "b", "c"}


def begun(graph: Graph, decided: Given, alone: str | None = None) -> Plan:
    trigger: JSONObject = {"type": "manual", "test": told_test(decided, alone)}
    view = RunView("r", "t", "w", DRAFT, "v", RunState.PENDING, None, trigger, "c", 0)
    plan = advance(with_given(view, decided), RunStarted(alone), graph, 0)
    assert isinstance(plan, Plan)
    return plan


def starts(plan: Plan) -> list[str]:
    return [start.node_id for start in plan.starts]


def test_a_pinned_node_sets_free_what_follows(graph: Graph) -> None:
    assert starts(begun(graph, beforehand(graph, given(graph, a=1), None))) == ["b"]


@pytest.mark.parametrize("alone", ["a", "b", "c", "undo_a"])
def test_a_node_alone_starts_and_its_output_is_the_runs(alone: str, graph: Graph) -> None:
    plan = begun(graph, beforehand(graph, {}, alone), alone)
    assert starts(plan) == [alone]
    ended = advance(plan.view, NodeSettled(alone, NodeState.SUCCEEDED, output="mine"), graph, 1)
    assert isinstance(ended, Plan)
    assert (ended.view.state, ended.output, starts(ended)) == (RunState.SUCCEEDED, "mine", [])


@pytest.mark.parametrize("alone", ["a", "b", "c", "undo_a"])
def test_a_node_alone_that_fails_undoes_nothing(alone: str, graph: Graph) -> None:
    plan = begun(graph, beforehand(graph, given(graph, a=1) if alone != "a" else {}, alone), alone)
    ended = advance(plan.view, NodeSettled(alone, NodeState.FAILED, error=ErrorInfo("t", "m")), graph, 1)
    assert isinstance(ended, Plan)
    assert (ended.view.state, starts(ended)) == (RunState.FAILED, [])


def test_only_what_really_ran_is_undone(graph: Graph) -> None:
    plan = begun(graph, beforehand(graph, given(graph, a=1), None))
    further = advance(plan.view, NodeSettled("b", NodeState.SUCCEEDED, output=2), graph, 1)
    assert isinstance(further, Plan)
    failed = advance(further.view, NodeSettled("c", NodeState.FAILED, error=ErrorInfo("t", "m")), graph, 2)
    assert isinstance(failed, Plan)
    assert starts(failed) == ["undo_b"]
    assert [fact.data["nodes"] for fact in failed.facts if fact.type == "workflow.compensating"] == [["undo_b"]]
    ended = advance(failed.view, NodeSettled("undo_b", NodeState.SUCCEEDED), graph, 3)
    assert isinstance(ended, Plan)
    assert (ended.view.state, starts(ended)) == (RunState.FAILED, [])


def test_a_run_of_pins_alone_ends_as_it_begins(graph: Graph) -> None:
    plan = begun(graph, beforehand(graph, given(graph, a={"deep": 7}, b=1, c=2), None))
    assert (plan.view.state, plan.output, starts(plan)) == (RunState.SUCCEEDED, 7, [])


def test_the_trigger_tells_what_was_given() -> None:
    assert pins_of({"type": "manual", "test": told_test(["b", "a"], "c")}) == (frozenset("ab"), "c")
    assert pins_of({"type": "manual"}) == (frozenset(), None)
    assert pins_of({"type": "event", "test": "theirs"}) == (frozenset(), None)


def test_only_a_draft_is_tried_alone() -> None:
    """A trigger may hold anything: an event's data is somebody else's."""
    trigger: JSONObject = {"type": "event", "test": {"pinned": [], "only": "a"}}
    view = RunView("r", "t", "w", 1, "v", RunState.PENDING, None, trigger, "c", 0)
    assert tried_alone(view) is None
    assert tried_alone(view._replace(version=DRAFT)) == "a"
