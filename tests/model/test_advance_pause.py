"""Pause and resume: what runs ends as ever, its successors are made, and nobody may claim them."""

import pytest

from holdfast.model.run import Plan, RunCancelled, RunEvent, RunPaused, RunResumed, RunState, RunTimedOut
from tests.model.driving import NOW, Drive
from tests.model.flows import flow, steps


def running() -> Drive:
    drive = Drive(flow(steps("a", "b", "c"), "a > b"))
    drive.start()
    return drive


def test_a_pause_and_its_end_are_told_with_who_asked_for_them() -> None:
    drive = running()
    assert drive.apply(RunPaused("ada")).view.state is RunState.PAUSED
    assert drive.apply(RunResumed("eve")).view.state is RunState.RUNNING
    told = [(fact.type, fact.data) for fact in drive.facts[1:]]
    assert told == [
        ("workflow.paused", {"workflow": "sample", "by": "ada"}),
        ("workflow.resumed", {"workflow": "sample", "by": "eve"}),
    ]


def test_successors_are_made_but_can_not_be_claimed() -> None:
    drive = running()
    drive.apply(RunPaused())
    plan = drive.succeed("a")
    assert [start.node_id for start in plan.starts] == ["b"]
    assert plan.view.state is RunState.PAUSED
    assert drive.graph.job_of(plan.view, "b", NOW, lambda: "j").paused
    drive.apply(RunResumed())
    assert not drive.graph.job_of(drive.view, "b", NOW, lambda: "j").paused


def test_a_run_whose_last_node_ends_while_it_is_paused_ends() -> None:
    drive = running()
    drive.apply(RunPaused())
    for name in "acb":
        drive.succeed(name)
    assert drive.view.state is RunState.SUCCEEDED


def test_a_failure_ends_a_paused_run() -> None:
    drive = running()
    drive.apply(RunPaused())
    assert drive.fail("a").view.state is RunState.FAILED


@pytest.mark.parametrize(("end", "state"), [(RunCancelled(), RunState.CANCELLED), (RunTimedOut(), RunState.FAILED)])
def test_a_paused_run_can_be_cancelled_and_times_out(end: RunEvent, state: RunState) -> None:
    drive = running()
    drive.apply(RunPaused())
    assert drive.apply(end).view.state is state


def test_a_pause_of_a_paused_run_and_a_resume_of_a_running_one_change_nothing() -> None:
    drive = running()
    assert drive.apply(RunResumed()) == Plan(drive.view)
    drive.apply(RunPaused())
    assert drive.apply(RunPaused()) == Plan(drive.view)
    drive.apply(RunCancelled())
    for late in (RunPaused(), RunResumed()):
        assert drive.apply(late) == Plan(drive.view)


def test_a_run_that_waits_for_its_place_can_not_be_paused() -> None:
    drive = Drive(flow(steps("a")))
    assert drive.apply(RunPaused()) == Plan(drive.view)
    assert drive.view.state is RunState.PENDING
