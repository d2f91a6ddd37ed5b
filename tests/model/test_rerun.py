"""What a repeated run keeps, and that it goes on from there as the ended run would have."""

import pytest

from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.rerun import kept_nodes
from holdfast.model.run import NodeState, RunCancelled, RunState
from holdfast.model.workflow import Join, NodeDef, Settings
from tests.model.driving import Drive
from tests.model.flows import flow, steps, undone


def again(drive: Drive, start: str = "failed", graph: Graph | None = None) -> Drive:
    """The run that repeats an ended one."""
    now = graph or drive.graph
    assert drive.view.state in (RunState.FAILED, RunState.SUCCEEDED, RunState.CANCELLED)
    kept = kept_nodes(drive.graph, now, drive.view.nodes, start)
    return Drive(now, kept=kept, earlier={**drive.earlier, **drive.decisions})


def failed_at(graph: Graph, *done: str, broken: str) -> Drive:
    drive = Drive(graph)
    drive.start()
    for name in done:
        drive.succeed(name, name.upper())
    drive.fail(broken)
    return drive


CHAIN = flow(steps("a", "b", "c"), "a > b, b > c", output="{{ nodes.a.output + nodes.c.output }}")


def test_from_the_start_nothing_is_kept() -> None:
    repeated = again(failed_at(CHAIN, "a", "b", broken="c"), "start")
    repeated.start()
    assert (repeated.kept, repeated.started) == (frozenset(), ["a"])


def test_what_succeeded_is_kept_with_its_output() -> None:
    repeated = again(failed_at(CHAIN, "a", "b", broken="c"))
    plan = repeated.start()
    assert repeated.kept == {"a", "b"}
    assert repeated.started == ["c"]
    assert plan.decisions == ()
    repeated.succeed("c", "!")
    assert (repeated.view.state, repeated.output) == (RunState.SUCCEEDED, "A!")


def test_a_handled_failure_is_kept_with_its_port_and_error() -> None:
    nodes = [*steps("a", "b"), NodeDef("c", "noop", when="nodes.a.error.type == 'boom'"), *steps("d")]
    drive = Drive(flow(nodes, "a > b, a.error > c, c > d"))
    drive.start()
    drive.fail("a")
    drive.succeed("c")
    drive.fail("d")
    repeated = again(drive)
    assert repeated.kept == {"a", "c"}
    repeated.start()
    assert repeated.started == ["d"]
    assert repeated.states["b"] == "SKIPPED"


def test_a_guard_that_reads_a_kept_node_asks_for_its_output() -> None:
    nodes = [*steps("a"), NodeDef("b", "noop", when="nodes.a.output == 'A'")]
    repeated = again(failed_at(flow(nodes, "a > b"), "a", broken="b"))
    repeated.start()
    assert (repeated.asked, repeated.started) == ([frozenset({"a"})], ["b"])


def test_what_follows_a_node_that_runs_again_runs_again() -> None:
    nodes = [*steps("a", "b"), NodeDef("c", "noop", on_error="continue"), *steps("d", "e")]
    drive = Drive(flow(nodes, "a > d, b > c, c > d, d > e", settings=Settings(on_failure="drain")))
    drive.start()
    drive.succeed("a")
    drive.succeed("b")
    drive.succeed("c")
    drive.succeed("d")
    drive.fail("e")
    assert again(drive, "c").kept == {"a", "b"}
    assert again(drive, "b").kept == {"a"}
    assert again(drive, "failed").kept == {"a", "b", "c", "d"}


def test_another_failure_runs_again_too_when_the_run_starts_from_a_node() -> None:
    drive = failed_at(flow(steps("a", "b", "c"), settings=Settings(on_failure="drain")), broken="c")
    drive.succeed("a")
    drive.succeed("b")
    assert again(drive, "a").kept == {"b"}


def branching() -> Graph:
    nodes = [NodeDef("hot", "if", ports=("true", "false")), *steps("mail", "note", "done", "last")]
    return flow(nodes, "hot.true > mail, hot.false > note, mail > done, note > done, done > last")


def test_a_branch_that_was_skipped_is_skipped_again_and_its_join_is_kept() -> None:
    drive = Drive(branching())
    drive.start()
    drive.succeed("hot", port="true")
    drive.succeed("mail")
    drive.succeed("done")
    drive.fail("last")
    repeated = again(drive)
    assert repeated.kept == {"hot", "mail", "done"}
    repeated.start()
    assert (repeated.started, repeated.states["note"]) == (["last"], "SKIPPED")


def test_what_follows_a_node_that_its_guard_skipped_is_kept() -> None:
    nodes = [*steps("a"), NodeDef("b", "noop", when="false"), NodeDef("c", "noop", join=Join("any")), *steps("d")]
    drive = Drive(flow(nodes, "a > c, b > c, c > d"))
    drive.start()
    drive.succeed("a")
    drive.succeed("c")
    drive.fail("d")
    assert again(drive).kept == {"a", "c"}


def test_from_a_node_that_branches_the_other_way_may_be_taken() -> None:
    drive = Drive(branching())
    drive.start()
    drive.succeed("hot", port="true")
    drive.succeed("mail")
    drive.succeed("done")
    drive.succeed("last")
    repeated = again(drive, "hot")
    assert repeated.kept == frozenset()
    repeated.start()
    repeated.succeed("hot", port="false")
    assert repeated.active == ["note"]


def test_a_node_that_the_end_of_the_run_skipped_runs() -> None:
    graph = flow(steps("a", "b", "c"), "b > c", settings=Settings(on_failure="drain"))
    drive = failed_at(graph, broken="a")
    drive.succeed("b")
    assert drive.states == {"a": "FAILED", "b": "SUCCEEDED", "c": "SKIPPED"}
    repeated = again(drive)
    repeated.start()
    assert repeated.kept == {"b"}
    assert set(repeated.started) == {"a", "c"}


def test_what_was_undone_runs_again_with_what_follows_it() -> None:
    nodes = [*undone("a"), *undone("b"), *steps("between", "d")]
    drive = Drive(flow(nodes, "a > between, between > b, b > d"))
    drive.start()
    for name in ("a", "between", "b"):
        drive.succeed(name)
    drive.fail("d")
    drive.succeed("undo_b")
    drive.fail("undo_a")
    repeated = again(drive)
    assert repeated.kept == {"a", "between"}
    repeated.start()
    assert repeated.started == ["b"]
    repeated.succeed("b")
    repeated.fail("d")
    assert repeated.active == ["undo_b"]
    repeated.succeed("undo_b")
    assert repeated.active == ["undo_a"]


def test_a_cancelled_run_keeps_what_succeeded() -> None:
    drive = Drive(CHAIN)
    drive.start()
    drive.succeed("a")
    drive.apply(RunCancelled())
    assert again(drive).kept == {"a"}


@pytest.mark.parametrize("start", ["nobody", "undo_a", ""])
def test_a_start_at_no_node_of_the_flow_is_refused(start: str) -> None:
    drive = failed_at(flow([*undone("a")]), broken="a")
    with pytest.raises(ValueError, match=f'no node "{start}"'):
        again(drive, start)


@pytest.mark.parametrize(
    ("newest", "kept"),
    [
        (flow(steps("a", "b", "c", "d"), "a > b, b > c, c > d"), {"a", "b"}),
        (flow([*steps("a", "c"), NodeDef("b", "log")], "a > b, b > c"), {"a"}),
        (flow(steps("a", "new", "b", "c"), "a > new, new > b, b > c"), {"a"}),
        (flow(steps("b", "c"), "b > c"), {"b"}),
        (flow([*undone("a"), *steps("b", "c")], "a > b, b > c"), {"a", "b"}),
    ],
)
def test_with_the_newest_version_a_kept_node_must_be_there_unchanged(newest: Graph, kept: set[str]) -> None:
    repeated = again(failed_at(CHAIN, "a", "b", broken="c"), graph=newest)
    assert repeated.kept == kept
    repeated.start()
    assert repeated.active


def test_a_repeat_of_a_repeat_keeps_what_both_kept() -> None:
    output: JSON = "{{ nodes.a.output + nodes.b.output + nodes.c.output }}"
    graph = flow(steps("a", "b", "c"), "a > b, b > c", output=output)
    second = again(failed_at(graph, "a", broken="b"))
    second.start()
    second.succeed("b", "B")
    second.fail("c", NodeState.DEAD)
    third = again(second)
    third.start()
    third.succeed("c", "C")
    assert third.kept == {"a", "b"}
    assert third.output == "ABC"


def test_a_repeat_with_everything_kept_ends_at_its_start() -> None:
    drive = Drive(flow(steps("a"), output="{{ nodes.a.output }}"))
    drive.start()
    drive.succeed("a", 1)
    repeated = again(drive)
    plan = repeated.start()
    assert (plan.view.state, plan.output) == (RunState.SUCCEEDED, 1)
