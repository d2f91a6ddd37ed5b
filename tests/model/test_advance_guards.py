"""``when`` and the run's output: what they read is asked for, and an error in them fails the node or the run."""

from holdfast.model.graph import Graph
from holdfast.model.run import NodeState, RunState
from holdfast.model.validate import load_workflow
from tests.model.definitions import SPECS, arrows, document, graph, node
from tests.model.driving import Drive


def test_a_false_guard_skips_after_the_join() -> None:
    nodes = [node("a"), node("b", when="input.wanted"), node("c", join="any")]
    drive = Drive(graph(nodes, arrows("a>b,b>c,a>c")), {"wanted": False})
    drive.start()
    drive.succeed("a")
    assert drive.states == {"a": "SUCCEEDED", "b": "SKIPPED", "c": "ACTIVE"}
    assert [fact.data for fact in drive.facts if fact.type == "node.skipped"] == [{"reason": "when"}]


def test_a_true_guard_lets_the_node_start() -> None:
    drive = Drive(graph([node("a", when="vars.limit > 3")], vars={"limit": 4}))
    drive.start()
    assert drive.started == ["a"]


def test_a_guard_gets_the_outputs_that_it_reads() -> None:
    nodes = [node("a"), node("b"), node("c", when="nodes.a.output.n > 3 && nodes.b.output == null")]
    drive = Drive(graph(nodes, arrows("a>b,b>c")))
    drive.start()
    drive.succeed("a", {"n": 4})
    drive.succeed("b", None)
    assert drive.asked == [frozenset({"a"})]  # b's output came with the event
    assert "c" in drive.started


def test_outputs_of_one_event_are_asked_for_together() -> None:
    nodes = [
        node("a"),
        node("b"),
        node("c"),
        node("d", when="nodes.a.output == 1"),
        node("e", when="nodes.b.output == 2"),
    ]
    drive = Drive(graph(nodes, arrows("a>c,b>c,c>d,c>e")))
    drive.start()
    drive.succeed("a", 1)
    drive.succeed("b", 2)
    drive.succeed("c")
    assert drive.asked == [frozenset({"a", "b"})]
    assert drive.started == ["a", "b", "c", "d", "e"]


def test_a_skipped_or_unfinished_node_reads_as_null_and_is_not_asked_for() -> None:
    nodes = [
        node("hot", "if", params={"condition": "true"}),
        node("never"),
        node("slow"),
        node("last", join="any", when="nodes.never.output == null && nodes.slow.output == null"),
    ]
    drive = Drive(graph(nodes, arrows("hot.false>never,hot.true>last,never>last,slow>last")))
    drive.start()
    drive.succeed("hot", port="true")
    assert drive.asked == []
    assert "last" in drive.started


def test_a_guard_may_read_the_error_of_a_failed_node() -> None:
    nodes = [node("a", on_error="continue"), node("b"), node("c", when="nodes.a.error.type == 'boom'")]
    drive = Drive(graph(nodes, arrows("a>b,b>c")))
    drive.start()
    drive.fail("a")
    drive.succeed("b")
    assert "c" in drive.started


def test_a_guard_that_fails_fails_its_node_and_the_run() -> None:
    drive = Drive(graph([node("a"), node("b", when="input.missing.field")], arrows("a>b")), {})
    drive.start()
    plan = drive.succeed("a")
    assert drive.decisions["b"].state is NodeState.FAILED
    assert plan.view.state is RunState.FAILED
    assert plan.view.failure is not None
    assert plan.view.failure.type == "expression"
    assert plan.view.failure.details == {"node": "b", "expression": "input.missing.field", "position": 7}


def test_a_guard_that_gives_no_bool_fails_its_node() -> None:
    drive = Drive(graph([node("a", when="1 + 1")]))
    assert drive.start().view.state is RunState.FAILED
    error = drive.decisions["a"].error
    assert error is not None
    assert error.type == "expression"
    assert "true or false" in error.message


def test_a_failed_guard_follows_the_error_edge() -> None:
    drive = Drive(graph([node("a", when="input.x"), node("b"), node("c")], arrows("a>b,a.error>c")), {})
    drive.start()
    assert drive.states == {"a": "FAILED", "b": "SKIPPED", "c": "ACTIVE"}


def test_nothing_that_the_same_event_would_start_starts_when_a_guard_fails_the_run() -> None:
    nodes = [node("a"), node("b"), node("c", when="input.x"), node("d")]
    drive = Drive(graph(nodes, arrows("a>b,a>c,a>d")), {})
    drive.start()
    plan = drive.succeed("a")
    assert plan.starts == ()
    assert drive.states == {"a": "SUCCEEDED", "b": "SKIPPED", "c": "FAILED", "d": "SKIPPED"}


def test_the_output_is_asked_for_and_filled() -> None:
    nodes = [node("a"), node("b")]
    drive = Drive(graph(nodes, arrows("a>b"), output={"sum": "{{ nodes.a.output + nodes.b.output }}"}))
    drive.start()
    drive.succeed("a", 2)
    drive.succeed("b", 3)
    assert drive.asked == [frozenset({"a"})]
    assert drive.output == {"sum": 5}


def test_without_a_template_the_output_is_null() -> None:
    drive = Drive(graph())
    drive.start()
    drive.succeed("a", 1)
    assert drive.output is None
    assert drive.view.state is RunState.SUCCEEDED


def test_an_output_that_fails_fails_the_run() -> None:
    drive = Drive(graph(output="{{ nodes.a.output.x }}"))
    drive.start()
    plan = drive.succeed("a", {"y": 1})
    assert plan.view.state is RunState.FAILED
    assert plan.view.failure is not None
    assert plan.view.failure.type == "expression"
    assert plan.output is None
    assert drive.states == {"a": "SUCCEEDED"}


def test_a_run_whose_roots_are_all_skipped_succeeds_at_its_start() -> None:
    drive = Drive(graph([node("a", when="false"), node("b")], arrows("a>b"), output="{{ nodes.b.output == null }}"))
    plan = drive.start()
    assert (plan.view.state, plan.output) == (RunState.SUCCEEDED, True)
    assert drive.told("workflow.started") == drive.told("workflow.finished") == [None]


def test_a_stored_guard_or_output_that_no_longer_parses_fails_the_run() -> None:
    for stored in (document([node("a", when="((")]), document(output="{{ ( }}")):
        drive = Drive(Graph.of(load_workflow(stored, SPECS)))
        drive.start()
        if drive.active:
            drive.succeed("a")
        assert drive.view.failure is not None
        assert drive.view.failure.type == "expression"


def test_now_and_the_run_are_in_scope() -> None:
    guard = "now == timestamp('2023-11-14T22:13:20Z') && run.version == 3 && workflow.name == 'sample'"
    drive = Drive(graph([node("a", when=f"{guard} && run.created_at.startsWith('2023-11-14T22:13:20')")]))
    drive.start()
    assert drive.started == ["a"]
