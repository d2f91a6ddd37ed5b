"""Faults that systems of this kind are known for: one test each, so that they don't come back here."""

from holdfast.model.run import NodeState, RunCancelled, RunState
from tests.model.definitions import arrows, graph, node
from tests.model.driving import Drive


def test_a_failed_node_does_not_leave_its_run_running() -> None:
    for state in (NodeState.FAILED, NodeState.DEAD, NodeState.CANCELLED):
        drive = Drive(graph([node("a"), node("b")], arrows("a>b")))
        drive.start()
        assert drive.fail("a", state).view.state is RunState.FAILED


def test_a_node_fed_by_both_branches_of_an_if_runs() -> None:
    nodes = [node("hot", "if", params={"condition": "true"}), node("mail"), node("note"), node("done")]
    drive = Drive(graph(nodes, arrows("hot.true>mail,hot.false>note,mail>done,note>done")))
    drive.start()
    drive.succeed("hot", port="false")
    drive.succeed("note")
    assert "done" in drive.started
    assert drive.succeed("done").view.state is RunState.SUCCEEDED


def test_a_node_fed_directly_by_both_ports_of_an_if_runs() -> None:
    nodes = [node("hot", "if", params={"condition": "true"}), node("done")]
    drive = Drive(graph(nodes, arrows("hot.true>done,hot.false>done")))
    drive.start()
    drive.succeed("hot", port="true")
    assert "done" in drive.started


def test_a_join_sees_the_outputs_of_all_its_predecessors() -> None:
    nodes = [node("a"), node("b"), node("sum", when="nodes.a.output + nodes.b.output == 3")]
    drive = Drive(graph(nodes, arrows("a>sum,b>sum")))
    drive.start()
    drive.succeed("a", 1)
    drive.succeed("b", 2)
    assert "sum" in drive.started


def test_not_only_one_root_starts() -> None:
    drive = Drive(graph([node(name) for name in "abcde"]))
    assert len(drive.start().starts) == 5


def test_a_cancel_is_not_recorded_as_a_failure() -> None:
    drive = Drive(graph())
    drive.start()
    plan = drive.apply(RunCancelled())
    assert plan.view.state is RunState.CANCELLED
    assert plan.view.failure is None
