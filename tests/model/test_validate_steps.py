"""``steps:``, the short way to write a graph: what it compiles to, and its problems at their own places."""

import pytest

from holdfast.model.json import JSON, JSONObject
from holdfast.model.validate.steps import expanded
from holdfast.model.workflow import EdgeDef
from tests.model.definitions import arrows, document, node
from tests.model.validate_kinds import looped, mapped, problems, read, say

A, B, C, D, E = (node(name) for name in "abcde")


def stepped(*steps: JSON, **fields: JSON) -> JSONObject:
    return {"holdfast": 1, "name": "sample", "steps": list(steps), **fields}


def parallel(*steps: JSON) -> JSONObject:
    return {"parallel": list(steps)}


def sequence(*steps: JSON) -> JSONObject:
    return {"steps": list(steps)}


@pytest.mark.parametrize(
    ("steps", "edges"),
    [
        ([A], ""),
        ([A, B, C], "a>b,b>c"),
        ([A, parallel(B, C), D], "a>b,a>c,b>d,c>d"),
        ([parallel(A, B), C], "a>c,b>c"),
        ([A, parallel(B, C)], "a>b,a>c"),
        ([parallel(A, B), parallel(C, D)], "a>c,b>c,a>d,b>d"),
        ([A, parallel(sequence(B, C), D), E], "a>b,b>c,a>d,c>e,d>e"),
        ([A, parallel(sequence(B, parallel(C, D))), E], "a>b,b>c,b>d,c>e,d>e"),
        ([A, parallel(parallel(B, C), D)], "a>b,a>c,a>d"),
    ],
)
def test_steps_compile_to_edges(steps: list[JSON], edges: str) -> None:
    made = read(stepped(*steps))
    assert {(arrow.source, arrow.port, arrow.target) for arrow in made.edges} == {
        (arrow[0], "out", arrow[2]) for arrow in edges.split(",") if arrow
    }
    assert made.document == stepped(*steps)


def test_the_nodes_of_steps_are_those_of_the_definition() -> None:
    made = read(stepped(say("first", "{{ input.a }}"), say("then", "{{ nodes.first.output }}", queue="slow")))
    assert [(step.id, step.type, step.queue) for step in made.nodes] == [
        ("first", "log", "default"),
        ("then", "log", "slow"),
    ]


def test_nodes_and_edges_beside_steps_add_what_a_list_can_not_say() -> None:
    book = node("book", compensate="undo")
    made = read(stepped(A, book, nodes=[node("undo"), node("sorry")], edges=arrows("book.error>sorry")))
    assert set(made.edges) == {EdgeDef("a", "out", "book"), EdgeDef("book", "error", "sorry")}
    assert {step.id: step.undoes for step in made.nodes}["undo"] == "book"


def test_a_body_may_be_written_in_steps() -> None:
    made = read(stepped(A, looped("again", sequence(B, parallel(C, D))), E))
    (_, again, _) = made.nodes
    assert again.body is not None
    assert again.body.edges == (EdgeDef("b", "out", "c"), EdgeDef("b", "out", "d"))


@pytest.mark.parametrize(
    ("steps", "path", "message"),
    [
        ([], "steps", "a workflow needs at least one node"),
        (["a"], "steps[0]", "expected an object, not text"),
        ([A, node("b", "nop")], "steps[1].type", "unknown node type"),
        ([A, node("a")], "steps[1].id", '"a" is already the id of steps[0]'),
        ([A, parallel()], "steps[1].parallel", "must be a list of at least one step"),
        ([A, {"parallel": {}}], "steps[1].parallel", "must be a list of at least one step"),
        ([A, {**parallel(B), "id": "x"}], "steps[1].id", "can't stand beside parallel"),
        ([A, sequence(B)], "steps[1]", "steps can stand only inside parallel"),
        ([A, parallel(sequence())], "steps[1].parallel[0].steps", "must be a list of at least one step"),
        ([A, parallel({**sequence(B), "when": "x"})], "steps[1].parallel[0].when", "can't stand beside steps"),
        ([A, parallel(B, say("c", "{{ ( }}"))], "steps[1].parallel[1].params.message", "at character"),
        (
            [A, parallel(sequence(B, say("c", "{{ nodes.d.output }}")), D)],
            "steps[1].parallel[0].steps[1].params.message",
            'the node "d", which can\'t have run before "c"',
        ),
        (
            [node("hot", "if", params={"condition": "true"}), parallel(B, C)],
            "steps[0]",
            '"hot" (if) has no port out: say with nodes and edges what follows it',
        ),
        (
            [A, mapped("each", sequence(B, node("c", "nop")))],
            "steps[1].params.body.steps[1].type",
            "unknown node type",
        ),
    ],
)
def test_wrong_steps(steps: list[JSON], path: str, message: str) -> None:
    found = problems(stepped(*steps))
    assert list(found) == [path]
    assert message in found[path]


def test_a_step_without_out_may_be_the_last() -> None:
    assert read(stepped(A, node("hot", "if", params={"condition": "true"})))


def test_a_cycle_through_an_edge_beside_steps_is_found() -> None:
    assert list(problems(stepped(A, B, C, edges=arrows("c>a")))) == ["edges"]


def test_the_bounds_hold_for_steps() -> None:
    wide = [parallel(*(node(f"{letter}{index}") for index in range(80))) for letter in "ab"]
    found = problems(stepped(*wide))
    assert found == {"steps": "gives more than 5000 edges; a step between two wide groups spares most of them"}
    found = problems(stepped(parallel(*(node(f"n{index}") for index in range(1001)))))
    assert found == {"steps": "the workflow has more than 1000 nodes, those of bodies and steps included"}


def test_expanding_gives_the_same_workflow_without_steps() -> None:
    given = stepped(A, parallel(B, looped("again", sequence(C, D))), nodes=[node("side")], edges=arrows("a.error>side"))
    plain = expanded(given)
    assert "steps" not in str(plain)
    made, same = read(given), read(plain)
    assert set(made.edges) == set(same.edges)
    assert sorted(made.nodes, key=lambda made: made.id) == sorted(same.nodes, key=lambda made: made.id)
    assert expanded(plain) == plain
    other = document([node("a", "transform", params={"value": 1, "body": {"nodes": 3}})])
    assert expanded(other) == other
