"""``compensate``: every wrong use has its own message."""

import pytest

from holdfast.model.json import JSON
from tests.model.definitions import arrows, document, node
from tests.model.validate_kinds import body, mapped, problems, read, say

BOOK = node("book", compensate="undo")


def test_both_nodes_know_each_other() -> None:
    book, undo, after = read(document([BOOK, node("undo"), node("after")], arrows("book>after"))).nodes
    assert (book.compensate, book.undoes) == ("undo", None)
    assert (undo.compensate, undo.undoes) == (None, "book")
    assert (after.compensate, after.undoes) == (None, None)


@pytest.mark.parametrize(
    ("nodes", "edges", "path", "message"),
    [
        ([node("book", compensate="undoo"), node("undo")], "", "nodes[0].compensate", 'did you mean "undo"?'),
        ([node("book", compensate=["undo"])], "", "nodes[0].compensate", "expected text, not a list"),
        ([node("book", compensate="book")], "", "nodes[0].compensate", "a node can't undo itself"),
        ([BOOK, node("undo"), node("x")], "undo>x", "nodes[0].compensate", '"undo" has edges'),
        ([BOOK, node("undo"), node("x")], "x.error>undo", "nodes[0].compensate", '"undo" has edges'),
        (
            [BOOK, node("undo"), node("pay", compensate="undo")],
            "book>pay",
            "nodes[2].compensate",
            '"undo" undoes "book" already; each node needs one of its own',
        ),
        (
            [BOOK, node("undo", compensate="redo"), node("redo")],
            "",
            "nodes[1].compensate",
            '"undo" undoes another node; what undoes is not undone itself',
        ),
        ([BOOK, node("undo", when="true")], "", "nodes[1].when", '"undo" runs whenever "book" is undone'),
        ([BOOK, node("undo", on_error="continue")], "", "nodes[1].on_error", "it can't have on_error"),
        ([BOOK, node("undo", join="any")], "", "nodes[1].join", "nothing to join"),
        (
            [BOOK, node("undo"), say("reader", "{{ nodes.undo.output }}")],
            "book>reader",
            "nodes[2].params.message",
            'reads the node "undo", which runs only when "book" is undone',
        ),
        (
            [node("other"), BOOK, say("undo", "{{ nodes.other.output }}")],
            "",
            "nodes[2].params.message",
            'which can\'t have run before "undo"',
        ),
        (
            [BOOK, say("undo", "{{ nodes.undo.output }}")],
            "",
            "nodes[1].params.message",
            'which can\'t have run before "undo"',
        ),
    ],
)
def test_a_wrong_use(nodes: list[JSON], edges: str, path: str, message: str) -> None:
    found = problems(document(nodes, arrows(edges)))
    assert list(found) == [path]
    assert message in found[path]


def test_two_that_undo_each_other_are_both_told() -> None:
    found = problems(document([node("a", compensate="b"), node("b", compensate="a")]))
    assert list(found) == ["nodes[0].compensate", "nodes[1].compensate"]


def test_what_undoes_may_read_what_it_undoes_and_what_came_before() -> None:
    text = "{{ nodes.book.output }} {{ nodes.first.output }} {{ input.a }} {{ vars.b }}"
    nodes = [node("first"), node("middle"), BOOK, say("undo", text)]
    assert read(document(nodes, arrows("first>middle,middle>book"), vars={"b": 1}))


def test_the_output_can_not_read_what_undoes() -> None:
    found = problems(document([BOOK, node("undo")], output="{{ nodes.undo.output }}"))
    assert found == {"output": 'reads the node "undo", which runs only when "book" is undone'}


def test_a_body_undoes_within_itself() -> None:
    inner = body([BOOK, say("undo", "{{ nodes.book.output }} {{ item }} {{ nodes.first.output }}")])
    made = read(document([node("first"), mapped("each", inner)], arrows("first>each")))
    assert made.nodes[1].body is not None
    assert made.nodes[1].body.nodes[1].undoes == "book"
    found = problems(document([mapped("each", body([BOOK])), node("undo")]))
    assert found == {"nodes[0].params.body.nodes[0].compensate": 'there is no node "undo"'}


def test_a_map_that_undoes_sees_the_same_in_its_body() -> None:
    inner = body([say("a", "{{ nodes.book.output }} {{ nodes.first.output }}")])
    assert read(document([node("first"), BOOK, mapped("undo", inner)], arrows("first>book")))
    inner = body([say("a", "{{ nodes.after.output }}")])
    found = problems(document([BOOK, mapped("undo", inner), node("after")], arrows("book>after")))
    assert list(found) == ["nodes[1].params.body.nodes[0].params.message"]
