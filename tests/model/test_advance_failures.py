"""What follows from a failed node, a cancelled run and a run that took too long."""

import pytest

from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import NodeState, Plan, RunCancelled, RunState, RunTimedOut
from tests.model.definitions import arrows, graph, node
from tests.model.driving import BOOM, Drive

BAD = [NodeState.FAILED, NodeState.DEAD, NodeState.CANCELLED]


def parallel(**settings: JSON) -> Drive:
    """Two roots, one of them with a successor; both are active."""
    drive = Drive(graph([node("a"), node("b"), node("c"), node("d")], arrows("a>c,b>d"), settings=settings))
    drive.start()
    return drive


@pytest.mark.parametrize("state", BAD)
def test_an_error_edge_handles_the_failure(state: NodeState) -> None:
    drive = Drive(graph([node("a"), node("b"), node("c")], arrows("a>b,a.error>c")))
    drive.start()
    drive.fail("a", state)
    assert drive.states == {"a": state.value, "b": "SKIPPED", "c": "ACTIVE"}
    assert drive.view.failure is None
    drive.succeed("c")
    assert drive.view.state is RunState.SUCCEEDED


@pytest.mark.parametrize("state", BAD)
def test_on_error_continue_takes_out_and_keeps_state_and_error(state: NodeState) -> None:
    nodes = [node("a", on_error="continue"), node("b")]
    drive = Drive(graph(nodes, arrows("a>b"), output="{{ nodes.a.error.type }}"))
    drive.start()
    drive.fail("a", state)
    assert drive.states == {"a": state.value, "b": "ACTIVE"}
    assert drive.decisions["a"].error == BOOM
    drive.succeed("b")
    assert drive.view.state is RunState.SUCCEEDED
    assert drive.output == "boom"


def test_a_success_makes_error_dead() -> None:
    drive = Drive(graph([node("a"), node("b"), node("c")], arrows("a>b,a.error>c")))
    drive.start()
    drive.succeed("a")
    assert drive.states == {"a": "SUCCEEDED", "b": "ACTIVE", "c": "SKIPPED"}


@pytest.mark.parametrize("state", BAD)
def test_an_unhandled_failure_fails_the_run_at_once(state: NodeState) -> None:
    drive = parallel()
    plan = drive.fail("a", state)
    assert plan.view.state is RunState.FAILED
    assert plan.view.failure == ErrorInfo("boom", "it broke", {"node": "a"})
    assert (plan.stop, plan.stop_reason) == (("b",), "run_failed")
    assert drive.states == {"a": state.value, "b": "CANCELLED", "c": "SKIPPED", "d": "SKIPPED"}
    assert drive.facts[-1].data == {
        "workflow": "sample",
        "state": "FAILED",
        "error": {"type": "boom", "message": "it broke"},
    }


def test_facts_tell_how_each_node_ended() -> None:
    drive = parallel()
    drive.fail("a")
    assert drive.told("node.failed") == ["a", "b"]
    assert drive.told("node.skipped") == ["c", "d"]
    handled = [fact.data["handled"] for fact in drive.facts if fact.type == "node.failed"]
    assert handled == [False, False]


@pytest.mark.parametrize(("state", "kind"), [(NodeState.CANCELLED, "cancelled"), (NodeState.DEAD, "failed")])
def test_a_failure_without_an_error_gets_one(state: NodeState, kind: str) -> None:
    drive = parallel()
    plan = drive.fail("a", state, None)
    assert plan.view.failure is not None
    assert plan.view.failure.type == kind


def test_drain_lets_active_nodes_end_and_starts_nothing() -> None:
    drive = parallel(on_failure="drain")
    plan = drive.fail("a")
    assert (plan.view.state, plan.stop) == (RunState.RUNNING, ())
    assert plan.view.failure is not None
    last = drive.succeed("b", 1)
    assert last.starts == ()
    assert drive.view.state is RunState.FAILED
    assert drive.states == {"a": "FAILED", "b": "SUCCEEDED", "c": "SKIPPED", "d": "SKIPPED"}


def test_drain_tells_the_first_error() -> None:
    drive = parallel(on_failure="drain")
    drive.fail("a")
    drive.fail("b", NodeState.DEAD, ErrorInfo("second", "later"))
    assert drive.view.failure == ErrorInfo("boom", "it broke", {"node": "a"})
    assert drive.decisions["b"].error == ErrorInfo("second", "later")


def test_drain_does_not_follow_an_error_edge_any_more() -> None:
    nodes = [node("a"), node("b"), node("c")]
    drive = Drive(graph(nodes, arrows("b.error>c"), settings={"on_failure": "drain"}))
    drive.start()
    drive.fail("a")
    drive.fail("b")
    assert drive.states == {"a": "FAILED", "b": "FAILED", "c": "SKIPPED"}
    assert drive.view.state is RunState.FAILED


def test_cancel_stops_what_is_active_and_skips_the_rest() -> None:
    drive = parallel()
    drive.succeed("a")
    plan = drive.apply(RunCancelled("ada"))
    assert plan.view.state is RunState.CANCELLED
    assert plan.view.failure is None
    assert (set(plan.stop), plan.stop_reason) == ({"b", "c"}, "run_cancelled")
    assert drive.states == {"a": "SUCCEEDED", "b": "CANCELLED", "c": "CANCELLED", "d": "SKIPPED"}
    assert drive.facts[-1].data == {"workflow": "sample", "state": "CANCELLED", "by": "ada"}


def test_a_run_that_waits_to_start_can_be_cancelled() -> None:
    drive = Drive(graph([node("a"), node("b")], arrows("a>b")))
    plan = drive.apply(RunCancelled())
    assert (plan.view.state, plan.stop) == (RunState.CANCELLED, ())
    assert drive.states == {"a": "SKIPPED", "b": "SKIPPED"}


@pytest.mark.parametrize("on_failure", ["cancel", "drain"])
def test_a_timeout_fails_the_run_at_once(on_failure: str) -> None:
    drive = parallel(on_failure=on_failure, timeout="90s")
    drive.succeed("a")
    plan = drive.apply(RunTimedOut())
    assert plan.view.state is RunState.FAILED
    assert plan.view.failure == ErrorInfo("timeout", "the run took longer than 90s")
    assert set(plan.stop) == {"b", "c"}
    assert drive.states["d"] == "SKIPPED"


def test_a_timeout_while_draining_keeps_the_first_error() -> None:
    drive = parallel(on_failure="drain")
    drive.fail("a")
    plan = drive.apply(RunTimedOut())
    assert plan.view.failure == ErrorInfo("boom", "it broke", {"node": "a"})
    assert plan.stop == ("b",)


@pytest.mark.parametrize("late", [RunCancelled(), RunTimedOut()])
def test_an_ended_run_is_neither_cancelled_nor_timed_out(late: RunCancelled | RunTimedOut) -> None:
    drive = Drive(graph())
    drive.start()
    drive.succeed("a")
    assert drive.apply(late) == Plan(drive.view)
    assert drive.view.state is RunState.SUCCEEDED
