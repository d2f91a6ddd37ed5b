"""JSON data with templates in it: filling, sharing, reads, all errors with their paths."""

from __future__ import annotations

from typing import cast

import pytest

from holdfast.model.expression import (
    MAX_BYTES,
    MAX_STEPS,
    Budget,
    ExpressionError,
    ExpressionErrors,
    compile_value,
)

SCOPE: dict[str, object] = {"a": 1, "b": {"c": [1, 2]}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (1, 1),
        ("text", "text"),
        ("{{ a }}", 1),
        ("a is {{ a }}", "a is 1"),
        (["{{ a }}", 2, "{{ b.c }}"], [1, 2, [1, 2]]),
        ({"x": {"y": ["{{ a + 1 }}"]}, "z": 1}, {"x": {"y": [2]}, "z": 1}),
        ({"{{ a }}": "{{ a }}"}, {"{{ a }}": 1}),
        ([], []),
    ],
)
def test_evaluate(value: object, expected: object) -> None:
    assert compile_value(value).evaluate(SCOPE) == expected


@pytest.mark.parametrize("value", [None, 1, "text", {"a": [1, {"b": "c"}]}, "{ }"])
def test_a_constant_is_given_as_it_is(value: object) -> None:
    compiled = compile_value(value)
    assert compiled.constant
    assert compiled.evaluate({}) is value
    assert compiled.reads == frozenset()


def test_constant_parts_are_shared() -> None:
    value: dict[str, object] = {"big": {"list": [1, 2, 3]}, "filled": ["{{ a }}"]}
    compiled = compile_value(value)
    filled = cast(dict[str, object], compiled.evaluate(SCOPE))
    assert not compiled.constant
    assert filled["big"] is value["big"]
    assert filled["filled"] == [1]
    assert value["filled"] == ["{{ a }}"]


def test_order_of_keys_stays() -> None:
    filled = compile_value({"z": "{{ a }}", "a": 0, "m": "{{ a }}"}).evaluate(SCOPE)
    assert list(cast(dict[str, object], filled)) == ["z", "a", "m"]


def test_reads_are_gathered() -> None:
    compiled = compile_value({"x": "{{ a }} {{ b.c }}", "y": ["{{ d['e'] }}"]})
    assert compiled.reads == {("a",), ("b", "c"), ("d", "e")}


def test_every_error_is_told_with_its_path() -> None:
    value = {
        "ok": "{{ a }}",
        "one": "{{ a + }}",
        "two": {"three": [0, "x {{ nope }} {{ 1 = 2 }}", "{{ a"]},
    }
    with pytest.raises(ExpressionErrors) as caught:
        compile_value(value, ["a"])
    found = [(path, error.kind, error.position) for path, error in caught.value]
    assert found == [
        (("one",), "syntax", 7),
        (("two", "three", 1), "unknown_name", 5),
        (("two", "three", 1), "syntax", 18),
        (("two", "three", 2), "syntax", 0),
    ]
    assert all(path == error.path for path, error in caught.value)
    assert len(caught.value) == 4
    assert str(caught.value).startswith("one: ")


def test_an_error_in_filling_tells_its_path() -> None:
    compiled = compile_value({"to": ["{{ a }}", "{{ b.missing }}"]})
    with pytest.raises(ExpressionError) as caught:
        compiled.evaluate(SCOPE)
    assert caught.value.path == ("to", 1)
    assert caught.value.kind == "no_such_key"
    assert caught.value.position == 5


def test_one_budget_for_the_whole_value() -> None:
    compiled = compile_value(["{{ t + t }}"] * 3)
    fits = {"t": "x" * (MAX_BYTES // 6)}
    assert len(cast(list[object], compiled.evaluate(fits))) == 3
    with pytest.raises(ExpressionError) as caught:
        compiled.evaluate({"t": "x" * (MAX_BYTES // 5)})
    assert caught.value.kind == "limit"


def test_steps_add_up() -> None:
    budget = Budget({"d": list(range(100))})
    compile_value(["{{ d.all(x, x >= 0) }}"] * 4).evaluate_within(budget)
    assert MAX_STEPS - budget.steps >= 4 * 200


def test_deep_values_are_refused() -> None:
    value: object = "{{ a }}"
    for _ in range(5000):
        value = [value]
    with pytest.raises(ExpressionErrors) as caught:
        compile_value(value)
    assert [error.kind for _, error in caught.value] == ["limit"]
