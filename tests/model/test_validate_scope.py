"""Which names an expression sees, by the place where it stands."""

import pytest

from holdfast.model.json import JSON
from tests.model.definitions import arrows, document, node
from tests.model.validate_kinds import body, looped, mapped, problems, read, say

INNER = "nodes[1].params.body.nodes[0].params.message"


def inside(text: str) -> JSON:
    """``first`` leads to the map ``each``, that to ``last``; ``beside`` stands alone. ``text`` is in the body."""
    inner = body([say("reader", text), node("sibling"), node("before")], arrows("before>reader"))
    nodes = [node("first"), mapped("each", inner), node("last"), node("beside")]
    return document(nodes, arrows("first>each,each>last"), vars={"a": 1})


@pytest.mark.parametrize(
    "text",
    [
        "{{ item }} {{ index }} {{ item.name }}",
        "{{ nodes.before.output }} {{ nodes.first.output.x }}",
        "{{ input.a }} {{ trigger.body }} {{ vars.a }} {{ run.id }} {{ workflow.name }} {{ now }}",
    ],
)
def test_a_body_sees_its_item_its_nodes_and_those_before_the_map(text: str) -> None:
    assert read(inside(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ nodes.sibling.output }}", 'the node "sibling", which can\'t have run before "reader"'),
        ("{{ nodes.last.output }}", 'the node "last", which can\'t have run before "each"'),
        ("{{ nodes.beside.output }}", 'the node "beside", which can\'t have run before "each"'),
        ("{{ nodes.each.output }}", 'reads the node "each", whose body this is: its output is not there yet'),
        ("{{ nodes.frist.output }}", 'there is no node "frist"; did you mean "first"?'),
        ("{{ nodes.before.result }}", "read nodes.before.output or nodes.before.error"),
        ("{{ event.data }}", "event"),
        ("{{ vars.b }}", 'vars has no "b"'),
    ],
)
def test_what_a_body_can_not_see(text: str, message: str) -> None:
    found = problems(inside(text))
    assert list(found) == [INNER]
    assert message in found[INNER]


def test_a_body_in_a_body_sees_what_precedes_each_of_the_two() -> None:
    deep = body([say("reader", "{{ nodes.first.output }} {{ nodes.mid.output }} {{ nodes.late.output }} {{ item }}")])
    inner = body([node("mid"), looped("again", deep), node("late")], arrows("mid>again,again>late"))
    found = problems(document([node("first"), mapped("each", inner)], arrows("first>each")))
    (message,) = found.values()
    assert message == 'reads the node "late", which can\'t have run before "again": no path of edges leads there'


def test_what_is_in_a_body_is_read_through_the_node_that_has_it() -> None:
    nodes = [mapped("each", body([node("a")])), say("after", "{{ nodes.a.output }}")]
    found = problems(document(nodes, arrows("each>after"), output="{{ nodes.a.error }}"))
    assert found == {
        "nodes[1].params.message": 'the node "a" is inside the body of "each": read nodes.each.output',
        "output": 'the node "a" is inside the body of "each": read nodes.each.output',
    }


def test_item_is_only_there_where_a_list_is_gone_through() -> None:
    nodes = [mapped("each", body([node("a")])), say("after", "{{ item }}", when="index > 1")]
    found = problems(document(nodes, arrows("each>after"), output="{{ item }}"))
    assert set(found) == {"nodes[1].params.message", "nodes[1].when", "output"}
    assert all("exists only inside a map or a loop" in message for message in found.values())
    found = problems(document([mapped("each", body([node("a")]), items="{{ item }}")]))
    assert set(found) == {"nodes[0].params.items"}


def test_a_guard_and_an_output_in_a_body_see_the_item() -> None:
    assert read(document([mapped("each", body([node("a", when="item > 1")], output={"n": "{{ index }}"}))]))


# -- addresses of callbacks ----------------------------------------------------------------------------------------


def calling(text: str, **fields: JSON) -> JSON:
    nodes = [say("mail", text), node("answer", "wait.callback"), node("other")]
    return document(nodes, arrows("mail>answer,mail>other"), **fields)


def test_the_address_of_a_callback_may_be_read_before_it_waits() -> None:
    assert read(calling("{{ run.callbacks.answer }}"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ run.callbacks }}", "name the wait.callback node whose address it is"),
        ("{{ run.callbacks.anwser }}", 'this graph has no wait.callback node "anwser"; did you mean "answer"?'),
        ("{{ run.callbacks.other }}", '"other" (noop) has no address: only a wait.callback node has one'),
    ],
)
def test_only_a_callback_has_an_address(text: str, message: str) -> None:
    found = problems(calling(text))
    assert list(found) == ["nodes[0].params.message"]
    assert message in found["nodes[0].params.message"]


def test_the_address_of_a_callback_exists_only_in_params() -> None:
    nodes = [node("a", when="run.callbacks.wait != ''"), node("wait", "wait.callback")]
    found = problems(document(nodes, output="{{ run.callbacks.wait }}"))
    assert found == dict.fromkeys(("nodes[0].when", "output"), "run.callbacks exists only in the params of nodes")


def test_a_body_has_callbacks_of_its_own_only() -> None:
    inner = body([say("a", "{{ run.callbacks.own }}"), node("own", "wait.callback")])
    assert read(document([mapped("each", inner), node("outside", "wait.callback")]))
    inner = body([say("a", "{{ run.callbacks.outside }}")])
    found = problems(document([mapped("each", inner), node("outside", "wait.callback")]))
    assert list(found) == ["nodes[0].params.body.nodes[0].params.message"]
    found = problems(
        document([say("b", "{{ run.callbacks.own }}"), mapped("each", body([node("own", "wait.callback")]))])
    )
    assert list(found) == ["nodes[0].params.message"]
