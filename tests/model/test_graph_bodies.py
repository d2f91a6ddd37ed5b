"""Bodies of maps and loops: graphs of their own, what they read around them, and what their runs give."""

import pytest

from holdfast.model.expression import ExpressionError
from holdfast.model.graph import Graph
from holdfast.model.graph_scope import scope_of
from holdfast.model.json import JSON, JSONObject
from holdfast.model.run import RunState, RunView
from holdfast.model.workflow import NodeDef
from tests.model.driving import NOW, Drive, new_view
from tests.model.flows import body, flow, steps, undone


def log(name: str, message: JSON) -> NodeDef:
    return NodeDef(name, "log", {"message": message})


def nested() -> Graph:
    """a > each (b > inner (c), d) > last; the bodies read a, each other's nodes, input, trigger and vars."""
    inner = NodeDef(
        "inner",
        "map",
        {"items": "nodes.b.output"},
        bare=(("items",),),
        body=body([log("c", "{{ nodes.a.output.n + item }} {{ trigger.type }}")]),
    )
    outer = NodeDef(
        "each",
        "map",
        {"items": "nodes.a.output.items", "concurrency": 2},
        bare=(("items",),),
        body=body(
            [log("b", "{{ item }}"), inner, log("d", "{{ nodes.b.output }} {{ vars.limit }}")],
            "b > inner, inner > d",
            {"at": "{{ index }}", "by": "{{ input.name }}"},
        ),
    )
    return flow([*steps("a", "z"), outer, *steps("last")], "a > each, each > last")


def view_of(graph: Graph, **fields: object) -> RunView:
    return new_view(graph, {"name": "ada", "secret": 1})._replace(state=RunState.RUNNING, **fields)  # type: ignore[arg-type]


def test_each_node_has_its_graph_and_each_run_the_one_that_it_executes() -> None:
    graph = nested()
    outer, inner = graph.of_body("each"), graph.of_body("inner")
    assert graph.of_body(None) is graph
    assert (outer.owner, inner.owner, graph.owner) == ("each", "inner", None)
    assert [graph.containing(name) for name in ("a", "each", "b", "inner", "c")] == [graph, graph, outer, outer, inner]
    assert outer.of_body(None) is graph
    assert inner.containing("z") is graph
    assert inner.of_body("each") is outer
    assert outer.roots == ("b",)
    assert set(graph.nodes) == {"a", "z", "each", "last"}
    with pytest.raises(KeyError):
        graph.containing("nobody")


def test_what_follows_is_found_within_one_graph() -> None:
    graph = nested()
    assert graph.descendants(["a"]) == {"each", "last"}
    assert graph.descendants([]) == graph.descendants(["z"]) == frozenset()
    assert graph.of_body("each").descendants(["b"]) == {"inner", "d"}


def test_a_node_with_a_body_reads_what_its_body_reads_around_it() -> None:
    graph = nested()
    outer, inner = graph.of_body("each"), graph.of_body("inner")
    a, b, none = frozenset("a"), frozenset("b"), frozenset[str]()
    assert (graph.reads_of("each"), graph.outer_reads("each")) == (a, none)
    assert (outer.reads_of("inner"), outer.outer_reads("inner")) == (b, a)
    assert (inner.reads_of("c"), inner.outer_reads("c")) == (none, a)
    assert outer.reads_of("d") == {"b"}
    assert outer.output_reads == frozenset()


def test_a_closure_holds_only_what_the_body_reads() -> None:
    graph = nested()
    outputs: dict[str, JSON] = {"a": {"n": 5, "items": [1]}}
    view = view_of(graph, outputs=outputs)
    closure = graph.closure_of("each", graph.scope(view, graph.reads_of("each"), NOW))
    assert closure == {
        "nodes": {"a": {"output": {"n": 5, "items": [1]}, "error": None}},
        "input": {"name": "ada", "secret": 1},
        "trigger": {"type": "manual", "id": "manual"},
    }
    outer = graph.of_body("each")
    child = view_of(outer, body="each", around={**closure, "item": 7, "index": 0}, outputs={"b": [1, 2]})
    within = outer.closure_of("inner", outer.scope(child, outer.reads_of("inner"), NOW))
    assert within == {"nodes": closure["nodes"], "trigger": closure["trigger"]}


def test_a_closure_of_a_body_that_reads_nothing_is_empty() -> None:
    graph = flow([NodeDef("each", "map", {"items": [1]}, body=body(steps("b")))])
    assert graph.closure_of("each", graph.scope(view_of(graph), (), NOW)) == {"nodes": {}}


def test_a_body_reads_its_own_nodes_and_those_around_it() -> None:
    graph = nested()
    inner = graph.of_body("inner")
    around: JSONObject = {"nodes": {"a": {"output": {"n": 5}, "error": None}}, "trigger": {"type": "t"}, "item": 2}
    scope = inner.scope(view_of(inner, body="inner", around=around), inner.reads_of("c"), NOW)
    assert inner.fill_params("c", scope) == {"message": "7 t"}
    outer = graph.of_body("each")
    around = {"nodes": {}, "input": {"name": "ada"}, "item": 3, "index": 4}
    view = view_of(outer, body="each", around=around, outputs={"b": "B"})
    assert outer.fill_params("d", outer.scope(view, outer.reads_of("d"), NOW)) == {"message": "B 3"}
    assert outer.output(outer.scope(view, outer.output_reads, NOW)) == {"at": 4, "by": "ada"}


@pytest.mark.parametrize(
    ("nodes", "arrows", "expected"),
    [
        (steps("b", "c"), "b > c", "C"),
        (steps("b", "c", "d"), "b > c, b > d", {"c": "C", "d": None}),
        ([*undone("b"), *steps("c")], "b > c", "C"),
    ],
)
def test_without_an_output_a_body_gives_what_its_last_nodes_gave(
    nodes: list[NodeDef], arrows: str, expected: JSON
) -> None:
    graph = flow([NodeDef("each", "map", {"items": []}, body=body(nodes, arrows))]).of_body("each")
    view = view_of(graph, body="each", around={"nodes": {}}, outputs={"b": "B", "c": "C"})
    assert graph.output(graph.scope(view, graph.output_reads, NOW)) == expected


def test_the_run_of_a_body_goes_by_the_same_rules_and_tells_only_of_its_nodes() -> None:
    graph = nested().of_body("each")
    drive = Drive(graph)
    drive.view = drive.view._replace(body="each", around={"nodes": {}, "input": {"name": "x"}, "item": 1, "index": 2})
    drive.start()
    for name in ("b", "inner", "d"):
        drive.succeed(name)
    assert (drive.view.state, drive.output) == (RunState.SUCCEEDED, {"at": 2, "by": "x"})
    assert {fact.type for fact in drive.facts} == {"node.completed"}


def looping(until: str | None) -> Graph:
    params: JSONObject = {"max_iterations": 3} if until is None else {"max_iterations": 3, "until": until}
    node = NodeDef("again", "loop", params, later=(("until",),), body=body(steps("b")))
    return flow([*steps("a"), node], "a > again")


@pytest.mark.parametrize(
    ("until", "over"),
    [
        ("item.done", True),
        ("index > 2", False),
        ("nodes.a.output == item.n", True),
        ("input.name == 'ada'", True),
        (None, False),
    ],
)
def test_a_loop_is_over_when_until_is_true_of_what_an_iteration_gave(until: str | None, over: bool) -> None:
    graph = looping(until)
    view = view_of(graph, outputs={"a": 4})
    closure = graph.closure_of("again", graph.scope(view, graph.reads_of("again"), NOW))
    scope = graph.scope_within(view, closure, {"done": True, "n": 4}, 2, NOW)
    assert graph.loop_over("again", scope) is over
    assert graph.fill_params("again", scope) == graph.nodes["again"].params


@pytest.mark.parametrize("until", ["item.missing", "1 + 1", "nodes.b.output.x"])
def test_an_until_that_fails_or_is_no_bool_raises(until: str) -> None:
    graph = looping(until)
    with pytest.raises(ExpressionError):
        graph.loop_over("again", graph.scope_within(view_of(graph), {"nodes": {}}, {}, 0, NOW))


def test_addresses_of_callbacks_are_in_the_params_scope() -> None:
    nodes = [
        NodeDef("ask", "wait.callback"),
        NodeDef("other", "wait.callback"),
        log("mail", "go to {{ run.callbacks.ask }}"),
        log("all", "{{ run.callbacks }}"),
        log("none", "{{ run.id }}"),
    ]
    graph = flow(nodes)
    assert graph.callback_nodes == {"ask", "other"}
    reads = {name: graph.callback_reads(name) for name in ("mail", "all", "none")}
    assert reads == {"mail": {"ask"}, "all": {"ask", "other"}, "none": frozenset()}
    view = view_of(graph)
    scope = scope_of(
        run_id=view.id,
        workflow="sample",
        version=1,
        correlation_id="c",
        created_at=NOW,
        run_input=None,
        trigger={},
        variables={},
        reads=(),
        outputs={},
        errors={},
        now=NOW,
        callbacks={"ask": "https://example.com/x"},
    )
    assert graph.fill_params("mail", scope) == {"message": "go to https://example.com/x"}
