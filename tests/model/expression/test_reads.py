"""The static reads of expressions, and names checked against the roots."""

from __future__ import annotations

import pytest

from holdfast.model.expression import ExpressionError, parse


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("1", set()),
        ("input", {("input",)}),
        ("input.email", {("input", "email")}),
        ("input['email'].x", {("input", "email", "x")}),
        ("input.`odd-name`", {("input", "odd-name")}),
        (
            "nodes.enrich.output.json.score > vars.threshold",
            {("nodes", "enrich", "output", "json", "score"), ("vars", "threshold")},
        ),
        ("nodes.a.output[0].b", {("nodes", "a", "output")}),
        ("nodes[input.which].output", {("nodes",), ("input", "which")}),
        ("nodes.a.output.items.map(i, i.x + input.y)", {("nodes", "a", "output", "items"), ("input", "y")}),
        ("[1].map(input, input.x)", set()),
        ("[1].map(input, .input.x)", {("input", "x")}),
        ("[1].map(x, x) + x", {("x",)}),
        ("[[1]].map(x, x.map(y, x)).exists(z, z == y)", {("y",)}),
        ("has(nodes.a.output)", {("nodes", "a", "output")}),
        ("[input].all(x, has(x.y))", {("input",)}),
        ("input.text.trim().size()", {("input", "text")}),
        ("type(input) == map", {("input",)}),
        ("math.greatest(input.a, 1)", {("input", "a")}),
        ("type(now) == google.protobuf.Timestamp", {("now",)}),
        ("{'a': input.b}.a", {("input", "b")}),
        ("true ? input.a : input.b", {("input", "a"), ("input", "b")}),
    ],
)
def test_reads(source: str, reads: set[tuple[str, ...]]) -> None:
    assert parse(source).reads == reads


@pytest.mark.parametrize("source", ["other", "other.x", "[1].map(x, other)", "has(other.x)", ".other"])
def test_names_beyond_the_roots_are_refused(source: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source, {"input", "vars"})
    assert caught.value.kind == "unknown_name"


@pytest.mark.parametrize("source", ["input.x", "[1].map(other, other)", "int(input.x) == 1", "type(1)"])
def test_names_within_the_roots_are_taken(source: str) -> None:
    assert parse(source, {"input"}).source == source


def test_a_root_may_have_the_name_of_a_type_or_namespace() -> None:
    expression = parse("string.a + math.b", {"string", "math"})
    assert expression.reads == {("string", "a"), ("math", "b")}
    assert expression.evaluate({"string": {"a": 1}, "math": {"b": 2}}) == 3


def test_any_mapping_is_a_scope() -> None:
    from collections import ChainMap
    from types import MappingProxyType

    scope = ChainMap({"a": MappingProxyType({"b": (1, 2)})})
    assert parse("a.b[1]").evaluate(scope) == 2
    assert parse("a.b.map(x, x + 1)").evaluate(scope) == [2, 3]
    assert parse("a").evaluate(scope) == {"b": [1, 2]}
