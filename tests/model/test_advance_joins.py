"""Roots, joins, taken and dead edges, skipped branches."""

from itertools import pairwise

import pytest

from holdfast.model.run import NodeSettled, NodeState, Plan, RunStarted, RunState
from tests.model.definitions import arrows, graph, node
from tests.model.driving import Drive


def started(drive: Drive) -> set[str]:
    return set(drive.started)


def test_all_roots_start_at_once() -> None:
    drive = Drive(graph([node("a"), node("b"), node("c")], arrows("a>c")))
    plan = drive.start()
    assert [start.node_id for start in plan.starts] == ["a", "b"]
    assert drive.view.state is RunState.RUNNING
    assert drive.told("workflow.started") == [None]


def test_a_chain_runs_step_by_step_and_the_run_succeeds() -> None:
    drive = Drive(graph([node("a"), node("b")], arrows("a>b"), output="{{ nodes.b.output }}"))
    drive.start()
    assert [start.node_id for start in drive.succeed("a", 1).starts] == ["b"]
    plan = drive.succeed("b", {"n": 2})
    assert plan.view.state is RunState.SUCCEEDED
    assert plan.output == {"n": 2}
    assert drive.told("node.completed") == ["a", "b"]
    assert drive.told("workflow.finished") == [None]


def test_join_all_waits_for_every_edge() -> None:
    drive = Drive(graph([node("a"), node("b"), node("c")], arrows("a>c,b>c")))
    drive.start()
    drive.succeed("b")
    assert "c" not in drive.started
    drive.succeed("a")
    assert "c" in drive.started


def test_join_any_runs_once_at_the_first_taken_edge() -> None:
    drive = Drive(graph([node("a"), node("b"), node("c", join="any")], arrows("a>c,b>c")))
    drive.start()
    drive.succeed("b")
    assert drive.started == ["a", "b", "c"]
    drive.succeed("c")
    assert drive.succeed("a").starts == ()
    assert drive.view.state is RunState.SUCCEEDED


def test_join_at_least_runs_at_the_nth_taken_edge() -> None:
    nodes = [node("a"), node("b"), node("c"), node("d", join={"at_least": 2})]
    drive = Drive(graph(nodes, arrows("a>d,b>d,c>d")))
    drive.start()
    drive.succeed("a")
    assert "d" not in drive.started
    drive.succeed("c")
    assert "d" in drive.started


@pytest.mark.parametrize(("port", "taken", "skipped"), [("true", "yes", "no"), ("false", "no", "yes")])
def test_only_the_taken_branch_runs(port: str, taken: str, skipped: str) -> None:
    nodes = [node("hot", "if", params={"condition": "true"}), node("yes"), node("no")]
    drive = Drive(graph(nodes, arrows("hot.true>yes,hot.false>no")))
    drive.start()
    drive.succeed("hot", {"result": port == "true"}, port)
    assert taken in drive.started
    assert drive.states[skipped] == "SKIPPED"
    assert [fact.data for fact in drive.facts if fact.type == "node.skipped"] == [{"reason": "join"}]


def test_at_least_is_skipped_when_too_few_edges_are_left() -> None:
    nodes = [node("hot", "if", params={"condition": "true"}), node("b"), node("d", join={"at_least": 2})]
    drive = Drive(graph(nodes, arrows("hot.true>d,hot.false>d,b>d")))
    drive.start()
    drive.succeed("hot", port="true")
    assert "d" not in drive.states
    drive.succeed("b")
    assert "d" in drive.started
    other = Drive(graph([*nodes[:2], node("d", join={"at_least": 3})], arrows("hot.true>d,hot.false>d,b>d")))
    other.start()
    other.succeed("hot", port="true")
    assert other.states["d"] == "SKIPPED"
    other.succeed("b")
    assert other.view.state is RunState.SUCCEEDED


def test_a_skip_propagates_through_a_thousand_nodes_in_one_plan() -> None:
    names = [f"n{index}" for index in range(998)]
    nodes = [node("hot", "if", params={"condition": "false"}), *map(node, names), node("other")]
    chain = [f"{one}>{two}" for one, two in pairwise(names)]
    drive = Drive(graph(nodes, arrows(",".join(["hot.true>n0", "hot.false>other", *chain]))))
    drive.start()
    drive.succeed("hot", port="false")
    assert sum(state == "SKIPPED" for state in drive.states.values()) == 998
    assert drive.active == ["other"]


def test_a_late_settlement_changes_nothing() -> None:
    drive = Drive(graph([node("a"), node("b")], arrows("a>b")))
    drive.start()
    drive.succeed("a", 1)
    before = drive.view
    for state in (NodeState.SUCCEEDED, NodeState.FAILED, NodeState.DEAD, NodeState.CANCELLED):
        plan = drive.apply(NodeSettled("a", state, output="late"))
        assert (plan.starts, plan.decisions, plan.facts, plan.stop) == ((), (), (), ())
    assert drive.view.nodes == before.nodes
    assert drive.view.state is before.state


@pytest.mark.parametrize("name", ["b", "nowhere"])
def test_a_settlement_of_a_node_that_was_not_reached_changes_nothing(name: str) -> None:
    drive = Drive(graph([node("a"), node("b")], arrows("a>b")))
    drive.start()
    assert drive.succeed(name).decisions == ()


def test_a_run_starts_once() -> None:
    drive = Drive(graph())
    drive.start()
    assert drive.start().starts == ()
    drive.succeed("a")
    assert drive.start().facts == ()


def test_an_ended_run_takes_no_event() -> None:
    drive = Drive(graph())
    drive.start()
    drive.succeed("a")
    ended = drive.view
    assert drive.apply(NodeSettled("a", NodeState.FAILED)) == Plan(drive.view)
    assert drive.apply(RunStarted()).view.state is ended.state


def test_the_given_view_is_never_changed() -> None:
    drive = Drive(graph([node("a"), node("b")], arrows("a>b")))
    drive.start()
    before, nodes = drive.view, dict(drive.view.nodes)
    drive.succeed("a", 1)
    assert before.nodes == nodes
    assert before.outputs == {}
