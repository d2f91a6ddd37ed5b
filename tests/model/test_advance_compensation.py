"""Compensation: what was done is undone, in reverse order, one at a time, before a failed or cancelled run ends."""

import pytest

from holdfast.model.graph import Graph
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import (
    BY_NEWER,
    BY_PARENT,
    NodeState,
    RunCancelled,
    RunPaused,
    RunResumed,
    RunState,
    RunTimedOut,
)
from holdfast.model.workflow import NodeDef, Settings
from tests.model.driving import BOOM, Drive
from tests.model.flows import flow, steps, undone


def booking(settings: Settings | None = None) -> Graph:
    """flight > hotel > car, and a sibling of the flight; all but the car can be undone."""
    nodes = [*undone("flight"), *undone("hotel"), *undone("sibling"), *steps("car", "after")]
    return flow(nodes, "flight > hotel, hotel > car, car > after", settings=settings)


def half_done() -> Drive:
    """The flight and the hotel are booked; the car and the sibling are active."""
    drive = Drive(booking())
    drive.start()
    drive.succeed("flight", "F1")
    drive.succeed("hotel", "H1")
    return drive


def test_a_compensator_is_no_root_and_is_skipped_by_a_run_that_succeeds() -> None:
    drive = Drive(flow(undone("flight"), output="{{ nodes.flight.output }}"))
    assert [start.node_id for start in drive.start().starts] == ["flight"]
    plan = drive.succeed("flight", "F1")
    assert (plan.view.state, plan.output) == (RunState.SUCCEEDED, "F1")
    assert drive.states["undo_flight"] == "SKIPPED"
    assert [fact.data for fact in drive.facts if fact.type == "node.skipped"] == [{"reason": "not_needed"}]


def test_what_succeeded_is_undone_in_reverse_order_one_at_a_time() -> None:
    drive = half_done()
    plan = drive.fail("car")
    assert (plan.view.state, plan.view.ending) == (RunState.RUNNING, RunState.FAILED)
    assert plan.stop == ("sibling",)
    assert drive.active == ["undo_hotel"]
    drive.succeed("undo_hotel")
    assert drive.active == ["undo_flight"]
    last = drive.succeed("undo_flight")
    assert last.view.state is RunState.FAILED
    assert last.view.failure == ErrorInfo("boom", "it broke", {"node": "car"})
    assert drive.states["undo_sibling"] == drive.states["after"] == "SKIPPED"


def test_it_is_told_once_with_the_compensators_in_their_order() -> None:
    drive = half_done()
    drive.fail("car")
    drive.succeed("undo_hotel")
    drive.succeed("undo_flight")
    told = [fact.data for fact in drive.facts if fact.type == "workflow.compensating"]
    assert told == [{"workflow": "sample", "nodes": ["undo_hotel", "undo_flight"]}]
    kinds = [fact.type for fact in drive.facts if fact.type.startswith("workflow.")]
    assert kinds == ["workflow.started", "workflow.compensating", "workflow.finished"]


def test_a_failed_compensator_is_on_record_and_the_rest_go_on() -> None:
    drive = half_done()
    drive.fail("car")
    drive.fail("undo_hotel", NodeState.DEAD, ErrorInfo("second", "can't be undone"))
    assert drive.active == ["undo_flight"]
    drive.succeed("undo_flight")
    assert drive.view.failure == ErrorInfo("boom", "it broke", {"node": "car"})
    assert drive.states["undo_hotel"] == "DEAD"
    told = {fact.node_id: fact.data["handled"] for fact in drive.facts if fact.type == "node.failed"}
    assert told == {"car": False, "sibling": False, "undo_hotel": True}


def test_a_draining_run_is_undone_once_its_running_attempts_ended() -> None:
    drive = Drive(booking(Settings(on_failure="drain")))
    drive.start()
    plan = drive.fail("flight")
    assert plan.view.failing
    assert plan.view.ending is None
    drive.succeed("sibling")
    assert drive.view.compensating
    assert drive.active == ["undo_sibling"]
    assert not drive.view.failing
    assert drive.succeed("undo_sibling").view.state is RunState.FAILED


def test_a_run_that_took_too_long_is_undone() -> None:
    drive = half_done()
    plan = drive.apply(RunTimedOut())
    assert plan.view.ending is RunState.FAILED
    assert set(plan.stop) == {"car", "sibling"}
    assert drive.apply(RunTimedOut()).decisions == ()
    drive.succeed("undo_hotel")
    assert drive.succeed("undo_flight").view.state is RunState.FAILED
    assert drive.view.failure is not None
    assert drive.view.failure.type == "timeout"


def test_a_cancel_undoes_only_when_it_is_asked_to() -> None:
    drive = half_done()
    assert drive.apply(RunCancelled("ada")).view.state is RunState.CANCELLED
    assert drive.states["undo_hotel"] == "SKIPPED"
    drive = half_done()
    plan = drive.apply(RunCancelled("ada", compensate=True))
    assert (plan.view.state, plan.view.ending) == (RunState.RUNNING, RunState.CANCELLED)
    assert plan.stop_reason == "run_cancelled"
    drive.succeed("undo_hotel")
    last = drive.fail("undo_flight")
    assert (last.view.state, last.view.failure) == (RunState.CANCELLED, None)


@pytest.mark.parametrize("again", [RunCancelled("eve"), RunCancelled("eve", compensate=True)])
def test_a_cancel_while_it_compensates_ends_the_run_at_once(again: RunCancelled) -> None:
    drive = half_done()
    drive.apply(RunCancelled("ada", compensate=True))
    plan = drive.apply(again)
    assert plan.view.state is RunState.CANCELLED
    assert plan.stop == ("undo_hotel",)
    assert drive.states["undo_flight"] == "SKIPPED"
    reasons = {fact.node_id: fact.data["reason"] for fact in drive.facts if fact.type == "node.skipped"}
    assert reasons == {"after": "run_cancelled", "undo_sibling": "not_needed", "undo_flight": "run_cancelled"}


@pytest.mark.parametrize("by", [BY_PARENT, BY_NEWER])
def test_what_its_parent_or_a_newer_run_wants_does_not_end_an_undoing_half_way(by: str) -> None:
    drive = half_done()
    drive.fail("car")
    drive.apply(RunPaused())
    plan = drive.apply(RunCancelled(by))
    assert (plan.view.state, plan.view.ending, plan.stop) == (RunState.RUNNING, RunState.FAILED, ())
    drive.succeed("undo_hotel")
    assert drive.succeed("undo_flight").view.state is RunState.FAILED


def test_a_run_that_waits_for_its_place_has_nothing_to_undo() -> None:
    for event in (RunCancelled(compensate=True), RunTimedOut()):
        earlier = half_done()
        repeated = Drive(earlier.graph, kept=frozenset({"flight", "hotel"}), earlier=earlier.decisions)
        plan = repeated.apply(event)
        assert plan.ended
        assert plan.starts == ()


def test_a_cancel_of_a_failed_run_that_compensates_leaves_it_failed() -> None:
    drive = half_done()
    drive.fail("car")
    plan = drive.apply(RunCancelled())
    assert plan.view.state is RunState.FAILED
    assert drive.facts[-1].data["error"] == {"type": "boom", "message": "it broke"}


def test_a_cancel_with_nothing_to_undo_ends_at_once() -> None:
    for drive in (Drive(booking()), Drive(flow(steps("a")))):
        assert drive.apply(RunCancelled(compensate=True)).view.state is RunState.CANCELLED


def test_late_results_of_stopped_nodes_change_nothing() -> None:
    drive = half_done()
    drive.fail("car")
    assert drive.succeed("sibling").decisions == ()
    assert drive.states["sibling"] == "CANCELLED"


def test_a_node_that_failed_but_was_handled_is_not_undone() -> None:
    nodes = [NodeDef("a", "noop", compensate="undo_a", on_error="continue"), *steps("undo_a", "b")]
    drive = Drive(flow(nodes, "a > b"))
    drive.start()
    drive.fail("a")
    assert drive.fail("b").view.state is RunState.FAILED
    assert drive.states["undo_a"] == "SKIPPED"


def test_a_stored_compensator_with_edges_is_a_step_as_any_other() -> None:
    drive = Drive(flow([*undone("a"), *steps("b")], "a > undo_a, undo_a > b"))
    drive.start()
    drive.succeed("a")
    drive.succeed("undo_a")
    assert drive.fail("b").view.state is RunState.FAILED


def test_an_output_that_fails_undoes_the_run() -> None:
    drive = Drive(flow(undone("a"), output="{{ nodes.a.output.x }}"))
    drive.start()
    drive.succeed("a", {})
    assert drive.active == ["undo_a"]
    assert drive.succeed("undo_a").view.state is RunState.FAILED


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("nodes.a.output == 'F1'", "SUCCEEDED"),
        ("nodes.a.output == 'F2'", "SKIPPED"),
        ("nodes.b.error.type == 'boom'", "SUCCEEDED"),
        ("1 + 1", "FAILED"),
        ("input.x.y", "FAILED"),
    ],
)
def test_a_compensator_may_have_a_guard(when: str, state: str) -> None:
    drive = Drive(flow([*undone("a", when=when), *undone("z"), *steps("b")], "z > a, a > b"))
    drive.start()
    drive.succeed("z")
    drive.succeed("a", "F1")
    drive.fail("b")
    if drive.active == ["undo_a"]:
        drive.succeed("undo_a")
    assert drive.active == ["undo_z"]
    drive.succeed("undo_z")
    assert drive.states["undo_a"] == state
    assert drive.view.failure == ErrorInfo(BOOM.type, BOOM.message, {"node": "b"})


def test_a_guard_of_a_compensator_sees_what_was_stopped_in_the_same_plan() -> None:
    drive = Drive(flow([*undone("a", when="nodes.c.error.type == 'cancelled'"), *steps("b", "c")], "a > b"))
    drive.start()
    drive.succeed("a")
    drive.fail("b")
    assert drive.asked == []
    assert drive.active == ["undo_a"]


def test_a_run_whose_compensators_are_all_guarded_off_ends_at_once() -> None:
    drive = Drive(flow([*undone("a", when="false"), *steps("b")], "a > b"))
    drive.start()
    drive.succeed("a")
    assert drive.fail("b").view.state is RunState.FAILED


def test_a_paused_run_undoes_nothing_until_it_is_resumed() -> None:
    drive = half_done()
    drive.apply(RunPaused())
    plan = drive.fail("car")
    assert (plan.view.state, plan.view.ending) == (RunState.PAUSED, RunState.FAILED)
    job = drive.graph.job_of(plan.view, "undo_hotel", 1, lambda: "j")
    assert job.paused
    assert drive.apply(RunResumed()).view.state is RunState.RUNNING
    drive.succeed("undo_hotel")
    assert drive.succeed("undo_flight").view.state is RunState.FAILED


def test_a_cancel_that_undoes_ends_the_pause() -> None:
    drive = half_done()
    drive.apply(RunPaused())
    plan = drive.apply(RunCancelled(compensate=True))
    assert plan.view.state is RunState.RUNNING
    assert not drive.graph.job_of(plan.view, "undo_hotel", 1, lambda: "j").paused
