"""The graphs inside maps and loops: every rule of a graph holds in them, and each problem is told at its own path."""

import pytest

from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.validate import load_workflow
from holdfast.model.workflow import MAX_BODY_DEPTH, MAX_EDGES, MAX_NODES, EdgeDef
from tests.model.definitions import arrows, document, edge, node
from tests.model.validate_kinds import KINDS, body, looped, mapped, problems, read, say

BODY = "nodes[0].params.body"


def test_a_body_is_read_as_a_graph_and_leaves_the_params() -> None:
    inner = body([say("a", "{{ item }}"), node("b", "noop")], arrows("a>b"), output="{{ nodes.b.output }}")
    made = read(document([mapped("each", inner, concurrency=2)]))
    (each,) = made.nodes
    assert each.params == {"items": [1, 2, 3], "concurrency": 2}
    assert each.body is not None
    assert [inside.id for inside in each.body.nodes] == ["a", "b"]
    assert each.body.edges == (EdgeDef("a", "out", "b"),)
    assert each.body.output == "{{ nodes.b.output }}"
    assert made.document["nodes"] == [mapped("each", inner, concurrency=2)]


def test_bodies_nest_and_their_nodes_take_the_settings() -> None:
    inner = body([looped("again", body([node("leaf", "noop")]))])
    made = Graph.of(read(document([mapped("each", inner)], settings={"queue": "slow", "priority": 3})))
    leaf = made.containing("leaf").nodes["leaf"]
    assert (leaf.queue, leaf.priority) == ("slow", 3)
    assert made.of_body("again") is made.containing("leaf")


@pytest.mark.parametrize(
    ("inner", "path", "message"),
    [
        ({}, ".nodes", "nodes is missing"),
        ({"nodes": []}, ".nodes", "a body needs at least one node"),
        ({"nodes": {}}, ".nodes", "expected a list"),
        ({"steps": []}, ".steps", "a body needs at least one node"),
        ({"nodes": [node("a")], "input": {}}, ".input", "unknown key"),
        ("{{ input.body }}", "", "expected an object, not text"),
        ([], "", "expected an object, not a list"),
        (body([node("a", "nop")]), ".nodes[0].type", 'did you mean "noop"?'),
        (body([node("a", timeout="x")]), ".nodes[0].timeout", "expected a duration"),
        (body([node("a", "log")]), ".nodes[0].params.message", "is required"),
        (body([node("a"), node("b")], arrows("a>b,b>a")), ".edges", "are a cycle"),
        (body([node("a")], arrows("a>c")), ".edges[0].to", 'in this body there is no node "c"'),
        (body([node("a")], arrows("a.left>a")), ".edges[0].from", 'has no port "left"'),
        (body([node("a", join="any")]), ".nodes[0].join", "no edge leads to this node"),
        (body([say("a", "{{ 1 + }}")]), ".nodes[0].params.message", "at character 8"),
        (body([node("a")], output="{{ nodes.b.output }}"), ".output", 'there is no node "b"'),
    ],
)
def test_a_wrong_body(inner: JSON, path: str, message: str) -> None:
    found = problems(document([mapped("each", inner)]))
    assert list(found) == [BODY + path]
    assert message in found[BODY + path]


def test_the_problems_of_all_levels_come_in_one_answer() -> None:
    deep = body([node("a", "nop")], arrows("a>x"))
    inner = body([looped("again", deep), say("c", "{{ vars.none }}")])
    found = problems(document([node("first"), mapped("each", inner)], arrows("first>y")))
    assert set(found) == {
        "edges[0].to",
        "nodes[1].params.body.nodes[0].params.body.nodes[0].type",
        "nodes[1].params.body.nodes[0].params.body.edges[0].to",
        "nodes[1].params.body.nodes[1].params.message",
    }


def test_ids_are_unique_in_the_whole_definition() -> None:
    found = problems(document([mapped("each", body([node("a"), node("each")])), node("a")]))
    assert found == {
        f"{BODY}.nodes[1].id": '"each" is already the id of nodes[0]',
        "nodes[1].id": f'"a" is already the id of {BODY}.nodes[0]',
    }


def test_no_edge_crosses_the_border_of_a_body() -> None:
    inner = body([node("a")], arrows("a>after"))
    found = problems(document([mapped("each", inner), node("after")], arrows("a>after,each>a")))
    assert found[f"{BODY}.edges[0].to"] == 'in this body there is no node "after"'
    assert found["edges[0].from"] == '"a" is inside the body of "each"; no edge leads into a body or out of it'
    assert found["edges[1].to"] == found["edges[0].from"]


@pytest.mark.parametrize(
    ("params", "path", "message"),
    [
        ({"items": []}, "body", "a map needs a body, or the name of a workflow"),
        (
            {"items": [], "workflow": "other", "body": body([node("a")])},
            "workflow",
            "a map has either a body or a workflow, not both",
        ),
    ],
)
def test_a_map_has_one_of_body_and_workflow(params: JSONObject, path: str, message: str) -> None:
    assert problems(document([node("each", "map", params=params)])) == {f"nodes[0].params.{path}": message}


def test_a_map_of_a_workflow_has_no_body() -> None:
    made = read(
        document([node("each", "map", params={"items": [], "workflow": "{{ vars.name }}"})], vars={"name": "x"})
    )
    assert made.nodes[0].body is None


def test_a_loop_needs_a_body_and_knows_no_workflow() -> None:
    found = problems(document([node("again", "loop", params={"max_iterations": 3})]))
    assert found == {"nodes[0].params.body": "a loop needs a body"}
    found = problems(document([node("again", "loop", params={"max_iterations": 3, "workflow": "x"})]))
    assert set(found) == {"nodes[0].params.body", "nodes[0].params.workflow"}


def nested(depth: int) -> JSON:
    """A map in a map in a map …: ``depth`` bodies."""
    made = node("leaf")
    for level in range(depth):
        made = mapped(f"level{level}", body([made]))
    return document([made])


def test_bodies_nest_only_so_deep() -> None:
    assert read(nested(MAX_BODY_DEPTH))
    found = problems(nested(MAX_BODY_DEPTH + 1))
    assert found == {
        "nodes[0]" + ".params.body.nodes[0]" * MAX_BODY_DEPTH + ".params.body": "bodies are nested deeper than 5 levels"
    }


def test_the_bounds_count_what_is_in_bodies() -> None:
    half = [node(f"n{index}") for index in range(MAX_NODES // 2)]
    other = [node(f"m{index}") for index in range(MAX_NODES // 2)]
    found = problems(document([mapped("each", body(half)), *other]))
    assert found == {BODY + ".nodes": "the workflow has more than 1000 nodes, those of bodies and steps included"}
    many = [edge(f"n{a}", f"n{b}") for a in range(100) for b in range(100, 130)][: MAX_EDGES // 2 + 1]
    again = [edge(f"m{a}", f"m{b}") for a in range(100) for b in range(100, 130)][: MAX_EDGES // 2]
    found = problems(document([mapped("each", body(half[:130], many)), *other[:130]], again))
    assert found == {"edges": "the workflow has more than 5000 edges, those of bodies included"}


def test_a_layout_may_place_the_nodes_of_bodies() -> None:
    given = document([mapped("each", body([node("a")]))], layout={"each": {"x": 0, "y": 0}, "a": {"x": 1, "y": 1}})
    assert set(read(given).layout) == {"each", "a"}


def test_the_body_of_an_unknown_kind_is_looked_into() -> None:
    given = node("each", "mop", params={"items": [], "body": body([say("a", "{{ item }} {{ vars.x }}")])})
    found = problems(document([given]))
    assert set(found) == {"nodes[0].type", f"{BODY}.nodes[0].params.message"}
    assert 'vars has no "x"' in found[f"{BODY}.nodes[0].params.message"]
    assert "item" not in found[f"{BODY}.nodes[0].params.message"]


def test_a_stored_body_loads_whatever_the_rules_say_now() -> None:
    stored = document(
        [mapped("each", body([node("a", "gone")], arrows("a>a,a>b")))], settings={"max_concurrent_runs": 0}
    )
    made = load_workflow(stored, KINDS)
    assert made.nodes[0].body is not None
    assert [inside.type for inside in made.nodes[0].body.nodes] == ["gone"]
    assert load_workflow(stored, {}).nodes[0].body == made.nodes[0].body
