"""Params against the node type's schema, the input schema and its defaults."""

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from tests.model.definitions import SCHEMAS, SPECS, document, node, problems, read


def request(**params: JSON) -> JSON:
    return document([node("a", "http.request", params={"url": "https://example.com", **params})])


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"url": 3}, "nodes[0].params.url"),
        ({"url": "short"}, "nodes[0].params.url"),
        ({"method": "BREW"}, "nodes[0].params.method"),
        ({"headers": []}, "nodes[0].params.headers"),
        ({"options": {"limit": "x"}}, "nodes[0].params.options.limit"),
    ],
)
def test_constant_params_obey_the_schema(params: JSONObject, path: str) -> None:
    assert list(problems(request(**params))) == [path]


def test_missing_and_unknown_params() -> None:
    found = problems(document([node("a", "log", params={"massage": "x"})]))
    assert any("massage" in path or "massage" in message for path, message in found.items())
    assert any("message" in message for message in found.values())


@pytest.mark.parametrize(
    "params",
    [
        {"method": "{{ input.method }}"},
        {"headers": "{{ input.headers }}"},
        {"url": "{{ 1 }}"},
        {"options": {"limit": "{{ input.n }}", "only_if": "input.n > 3"}},
        {"options": {"only_if": True}},
    ],
)
def test_a_place_with_an_expression_is_checked_when_it_is_filled(params: JSONObject) -> None:
    assert read(request(**params))


def test_an_expression_excuses_only_its_own_place() -> None:
    found = problems(request(method="{{ input.m }}", options={"limit": "{{ input.n }}", "max": 3}))
    assert all(path.startswith("nodes[0].params.options") for path in found)
    assert found


def test_a_bare_place_takes_text_only_as_an_expression() -> None:
    found = problems(document([node("a", "if", params={"condition": 3})]))
    assert list(found) == ["nodes[0].params.condition"]


def test_a_nested_bare_place_is_an_expression() -> None:
    assert "at character" in problems(request(options={"only_if": "1 +"}))["nodes[0].params.options.only_if"]
    assert SPECS["http.request"].expression_paths == (("options", "only_if"),)
    assert SPECS["http.request"].secret_paths == (("headers",),)


def test_a_task_name_is_constant() -> None:
    found = problems(document([node("a", "task", params={"name": "{{ input.x }}"})]))
    assert found == {"nodes[0].params.name": "the name of a task can't be an expression"}
    assert read(document([node("a", "task", params={"name": "bill", "args": {"n": "{{ input.n }}"}})]))


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "objekt"}, "input.type"),
        ({"properties": {"a": {"minLength": -1}}}, "input.properties.a.minLength"),
        ({"properties": {"a": {"type": "integer", "default": "x"}}}, "input.properties.a.default"),
        (
            {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n", "default": 1.5}}},
            "input.properties.a.default",
        ),
        (
            {"properties": {"a": {"properties": {"b": {"type": "null"}}, "default": {"b": 1}}}},
            "input.properties.a.default.b",
        ),
    ],
)
def test_a_wrong_input_schema(schema: JSON, path: str) -> None:
    assert list(problems(document(input=schema))) == [path]


def test_a_default_is_checked_alone() -> None:
    schema: JSON = {
        "required": ["b"],
        "properties": {"a": {"type": "integer", "default": 3}, "b": {"type": "string"}},
        "allOf": [{"required": ["b"]}],
    }
    assert read(document(input=schema))


def test_the_problems_of_a_hostile_definition_are_bounded() -> None:
    keys: JSONObject = {f"key{index}": index for index in range(20_000)}
    with pytest.raises(Invalid) as caught:
        read({**document(), **keys})
    assert len(caught.value.problems) == 1_001
    assert caught.value.problems[-1].message == "19000 more problems are not shown"


def test_the_schemas_of_the_test_kinds_are_schemas() -> None:
    assert [SCHEMAS.check_is_schema(spec.params) for spec in SPECS.values()] == [[] for _ in SPECS]
