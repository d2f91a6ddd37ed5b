"""Params that a kind's schema marks: named cases, an expression for each item, an expression for later."""

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import LATER_MARK, NodeSpec
from holdfast.model.validate import read_workflow
from holdfast.model.validate.marks import marks_of
from tests.model.definitions import CRONS, SCHEMAS, arrows, document, node
from tests.model.validate_kinds import KINDS, body, looped, mapped, problems, read


def switch(cases: JSON) -> JSON:
    return node("way", "switch", params={"cases": cases})


def test_the_places_are_in_the_definition() -> None:
    nodes = [
        switch({"big": "input.n > 3", "small": "input.n > 1"}),
        node("some", "filter", params={"items": "{{ input.list }}", "condition": "item > index"}),
        looped("again", body([node("a")]), until="item == 1"),
        node("all", "merge"),
    ]
    way, some, again, every = read(document(nodes)).nodes
    assert (way.cases, way.ports) == ((("cases",),), ("big", "small", "default"))
    assert some.each == ((("condition",), ("items",)),)
    assert again.later == (("until",),)
    assert every.gathers


def test_edges_leave_by_the_names_of_cases() -> None:
    nodes = [switch({"big": "true", "s-1": "false"}), node("a"), node("b"), node("c")]
    assert len(read(document(nodes, arrows("way.big>a,way.s-1>b,way.default>c"))).edges) == 3
    found = problems(document(nodes, arrows("way.bog>a,way>b,way.error>c")))
    assert found["edges[0].from"] == '"way" (switch) has no port "bog"; its ports are big, s-1, default'
    assert found["edges[1].from"].endswith("write way.big or way.s-1 or way.default")
    assert 'has no port "error"' in found["edges[2].from"]


@pytest.mark.parametrize(
    ("cases", "path", "message"),
    [
        ({}, "", "needs 1 to 100 cases, and has 0"),
        ({f"c{index}": "true" for index in range(101)}, "", "and has 101"),
        ("{{ input.cases }}", "", "expected an object of named expressions, not text"),
        (None, "", "expected an object of named expressions, not null"),
        ({"default": "true"}, ".default", '"default" is the name of another port'),
        ({"error": "true"}, ".error", '"error" is the name of another port'),
        ({"out": "true"}, ".out", '"out" is the name of another port'),
        ({"a.b": "true"}, ".a.b", "the name of a case must be"),
        ({"": "true"}, ".", "the name of a case must be"),
        ({"a": True}, ".a", "expected an expression, not true or false"),
        ({"a": None}, ".a", "expected an expression, not null"),
        ({"a": "1 +"}, ".a", "at character 4"),
        ({"a": "{{ input.n }}"}, ".a", "write it without {{ and }}"),
        ({"a": "nodes.x.output"}, ".a", 'there is no node "x"'),
        ({"a": "item > 1"}, ".a", "item exists only inside a map or a loop"),
    ],
)
def test_wrong_cases(cases: JSON, path: str, message: str) -> None:
    found = problems(document([switch(cases)]))
    assert list(found) == [f"nodes[0].params.cases{path}"]
    assert message in found[f"nodes[0].params.cases{path}"]


def test_missing_cases_are_told_by_the_schema() -> None:
    assert problems(document([node("way", "switch")])) == {"nodes[0].params.cases": "is required"}


def test_what_a_merge_gathers_is_not_given() -> None:
    found = problems(document([node("all", "merge", params={"inputs": {"a": 1}})]))
    assert found == {"nodes[0].params.inputs": "is filled with the outputs of the nodes before it: leave it out"}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("item >", "at character 7"),
        ("{{ item }}", "write it without {{ and }}"),
        (True, "expected an expression, not true or false"),
        ("nodes.some.output", "can't have run before"),
        ("itme > 1", "itme"),
        ("secrets.X == item", "a secret can't stand here"),
    ],
)
def test_a_wrong_expression_for_each_item(condition: JSON, message: str) -> None:
    found = problems(document([node("some", "filter", params={"items": [1], "condition": condition})]))
    assert list(found) == ["nodes[0].params.condition"]
    assert message in found["nodes[0].params.condition"]


def test_the_list_itself_sees_no_item() -> None:
    found = problems(document([node("some", "filter", params={"items": "{{ [item] }}", "condition": "true"})]))
    assert list(found) == ["nodes[0].params.items"]


def until(text: JSON) -> JSON:
    nodes = [node("first"), looped("again", body([node("a")]), until=text), node("wait", "wait.callback")]
    return document(nodes, arrows("first>again"))


def test_an_until_sees_the_rounds_output_and_what_came_before_the_loop() -> None:
    assert read(until("item.done || index > 3 || nodes.first.output == item"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item ==", "at character 8"),
        (3, "expected an expression, not a number"),
        ("nodes.a.output", 'the node "a" is inside the body of "again", which sees none of them'),
        ("nodes.again.output", 'reads the node "again", which can\'t have run before'),
        ("event.data", "event"),
        ("run.callbacks.wait == ''", "run.callbacks exists only in the params of nodes"),
    ],
)
def test_a_wrong_until(text: JSON, message: str) -> None:
    found = problems(until(text))
    assert list(found) == ["nodes[1].params.until"]
    assert message in found["nodes[1].params.until"]


def waiting(condition: str) -> JSON:
    return node("wait", "wait.event", params={"event": "order.paid", "condition": condition})


def test_the_condition_of_a_wait_sees_the_event() -> None:
    assert read(document([waiting("event.data.order == input.order")]))
    assert read(document([mapped("each", body([waiting("event.data.order == item")]))]))
    found = problems(document([waiting("event.data.order == item")]))
    assert list(found) == ["nodes[0].params.condition"]


def test_a_kind_may_say_which_names_alone_an_expression_for_later_sees() -> None:
    schema: JSONObject = {"properties": {"page": {"properties": {"next": {LATER_MARK: ["response", "input"]}}}}}
    kinds = {"fetch": NodeSpec("fetch", params=schema)}

    def fetch(text: str) -> JSON:
        return document([node("a", "fetch", params={"page": {"next": text}})], input={"additionalProperties": False})

    made = read_workflow(fetch("response.json.next + input.of_its_own"), kinds, SCHEMAS, CRONS)
    assert made.nodes[0].later == (("page", "next"),)
    with pytest.raises(Invalid, match=r"nodes\[0\].params.page.next: .*vars"):
        read_workflow(fetch("vars.a"), kinds, SCHEMAS, CRONS)


def test_a_kind_without_marks_has_none() -> None:
    assert marks_of(NodeSpec("plain").params) == marks_of({})
    assert marks_of(KINDS["map"].params).body == ("body",)
