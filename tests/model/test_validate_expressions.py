"""Expressions in a definition: syntax, names, and reads of what can't be there."""

import pytest

from holdfast.model.json import JSON
from tests.model.definitions import arrows, document, node, problems, read


def with_text(text: JSON, **fields: JSON) -> JSON:
    """A definition whose second node writes ``text``; ``first`` runs before it, ``beside`` doesn't."""
    nodes = [node("first"), node("log", "log", params={"message": text}), node("beside")]
    return document(nodes, arrows("first>log"), **fields)


PATH = "nodes[1].params.message"


@pytest.mark.parametrize(
    "text",
    [
        "{{ nodes.first.output.a.b }}",
        "{{ nodes.first.error.type }} and {{ vars.limit }}",
        "{{ input.anything }}",
        "{{ trigger.body.x }} {{ run.id }} {{ workflow.version }} {{ now }}",
        "{{ [1, 2].map(x, x * vars.limit) }}",
        "no expression at all",
        "{{ '{{' }}",
    ],
)
def test_good_expressions(text: str) -> None:
    assert read(with_text(text, vars={"limit": 1}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 1 + }}", "at character"),
        ("x {{ input.a", "has no end"),
        ("{{ inputs.a }}", "inputs"),
        ("{{ nodes.frist.output }}", 'there is no node "frist"; did you mean "first"?'),
        ("{{ nodes.first }}", "read nodes.first.output or nodes.first.error"),
        ("{{ nodes.first.result }}", "read nodes.first.output or nodes.first.error"),
        ("{{ nodes }}", "name the node that is read"),
        ("{{ nodes['fir' + 'st'].output }}", "name the node that is read"),
        ("{{ nodes.beside.output }}", 'reads the node "beside", which can\'t have run before "log"'),
        ("{{ nodes.log.output }}", 'reads the node "log", which can\'t have run before "log"'),
        ("{{ vars.limits }}", 'vars has no "limits"; did you mean "limit"?'),
        ("{{ run.ident }}", 'run has no "ident"'),
        ("{{ workflow.title }}", 'workflow has no "title"'),
        ("{{ secrets.KEY }}", "a secret can't stand here"),
        ("{{ item }}", "only inside a map or a loop"),
        ("{{ index + 1 }}", "only inside a map or a loop"),
        ("{{ unknown_function(1) }}", "unknown_function"),
    ],
)
def test_a_wrong_expression_is_told_at_its_text(text: str, message: str) -> None:
    found = problems(with_text(text, vars={"limit": 1}))
    assert list(found) == [PATH]
    assert message in found[PATH]


def test_all_errors_of_one_text_are_told() -> None:
    found = problems(with_text("{{ 1 + }} {{ * }} {{ nodes.x.output }}"))
    assert found[PATH].count("at character") == 2


def test_a_nested_text_is_told_at_its_own_path() -> None:
    value: JSON = {"deep": [1, {"er": "{{ vars.x }}"}], "ok": "{{ input.a }}"}
    found = problems(document([node("a", "transform", params={"value": value})]))
    assert found == {"nodes[0].params.value.deep[1].er": 'vars has no "x"'}


def test_input_fields_are_checked_only_when_the_schema_closes_them() -> None:
    schema: JSON = {"type": "object", "properties": {"email": {}}, "additionalProperties": False}
    found = problems(with_text("{{ input.emial }}", input=schema))
    assert found == {PATH: 'the input schema has no property "emial"; did you mean "email"?'}
    assert isinstance(schema, dict)
    assert read(with_text("{{ input.emial }}", input={**schema, "additionalProperties": True}))
    assert read(with_text("{{ input.x_1 }}", input={**schema, "patternProperties": {"^x": {}}}))


def test_an_ancestor_may_be_far_away_and_the_output_may_read_any_node() -> None:
    nodes = [node("a"), node("b"), node("c", "log", params={"message": "{{ nodes.a.output }}"}), node("z")]
    assert read(document(nodes, arrows("a>b,b>c"), output="{{ nodes.z.output }} {{ nodes.c.output }}"))
    assert "no node" in problems(document(nodes, output={"x": "{{ nodes.y.output }}"}))["output.x"]


def test_in_a_cycle_reads_are_not_judged_by_order() -> None:
    nodes = [node("a", when="nodes.b.output == 1"), node("b")]
    assert list(problems(document(nodes, arrows("a>b,b>a")))) == ["edges"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("{{ input.a }}", "write it without {{ and }}"),
        ("input.a >", "at character"),
        ("nodes.beside.output", "can't have run before"),
        ("secrets.X == 'a'", "a secret can't stand here"),
    ],
)
def test_a_bare_expression(condition: str, message: str) -> None:
    nodes = [node("hot", "if", params={"condition": condition}), node("beside", when=condition)]
    found = problems(document(nodes))
    assert message in found["nodes[0].params.condition"]
    assert message in found["nodes[1].when"]


def test_secrets_stand_in_the_params_that_are_marked_for_them_and_at_no_other_place() -> None:
    params: JSON = {"url": "https://example.com/{{ secrets.A }}", "headers": {"X-Key": ["{{ secrets.B }}"]}}
    found = problems(document([node("a", "http.request", params=params)]))
    message = "a secret can't stand here: in this node it may stand only in params.headers"
    assert found == {"nodes[0].params.url": message}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("{{ secrets.A }}", True),
        ("Bearer {{ secrets.A }}{{ secrets.B }}", True),
        ("{{ 'Bearer ' + secrets.A }}", True),
        ("{{ input.live ? secrets.A : secrets.B }}", True),
        ("{{ {'a': [secrets.A, input.b]} }}", True),
        ("{{ secrets }}", False),
        ("{{ secrets.A.b }}", False),
        ("{{ secrets['A'] }}", True),
        ("{{ secrets[input.name] }}", False),
        ("{{ secrets['a b'] }}", False),
        ("{{ size(secrets.A) }}", False),
        ("{{ secrets.A.substring(1) }}", False),
        ("{{ base64.encode(bytes('me:' + secrets.A)) }}", False),
        ("{{ secrets.A == 'x' ? 1 : 2 }}", False),
        ("{{ has(secrets.A) }}", False),
        ("{{ [secrets.A][0] }}", False),
        ("{{ secrets.A[0] }}", False),
        ("{{ {secrets.A: 1} }}", False),
        ("{{ [1].map(x, secrets.A) }}", False),
        ("{{ secrets.A - 'b' }}", False),
    ],
)
def test_a_secret_is_named_and_used_whole(text: str, good: bool) -> None:
    given = document([node("a", "http.request", params={"url": "http://a", "headers": {"X": text}})])
    if good:
        assert read(given)
    else:
        assert list(problems(given)) == ["nodes[0].params.headers.X"]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("{{ trigger.body.email }}", True),
        ("{{ vars.a }}", True),
        ("{{ vars.b }}", False),
        ("{{ input.a }}", False),
        ("{{ nodes.a.output }}", False),
    ],
)
def test_a_trigger_input_sees_the_trigger_and_the_vars(text: str, good: bool) -> None:
    given = document(vars={"a": 1}, triggers=[{"id": "t", "type": "webhook", "input": {"x": text}}])
    if good:
        assert read(given)
    else:
        assert list(problems(given)) == ["triggers[0].input.x"]


def test_a_message_never_holds_more_than_the_name() -> None:
    text = "{{ nodes." + "x" * 500 + ".output }}"
    assert len(problems(with_text(text))[PATH]) < 200
