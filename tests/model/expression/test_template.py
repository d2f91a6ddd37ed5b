"""Texts with expressions: values with their type, joined text, ends of expressions, errors."""

from __future__ import annotations

import pytest

from holdfast.model.expression import MAX_BYTES, Budget, ExpressionError, parse_template

SCOPE: dict[str, object] = {
    "name": "Ada",
    "n": 3,
    "x": 1.5,
    "whole": 2.0,
    "yes": True,
    "none": None,
    "items": [1, "é\n", None, {"k": [True, 2.5]}],
    "empty": {},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{ not one }", "{ not one }"),
        ("}} plain", "}} plain"),
        ("{{ n }}", 3),
        ("{{n}}", 3),
        ("{{ x }}", 1.5),
        ("{{ yes }}", True),
        ("{{ none }}", None),
        ("{{ items }}", SCOPE["items"]),
        ("{{ name }} ", "Ada "),
        (" {{ n }}", " 3"),
        ("{{ n }}{{ n }}", "33"),
        ("Hi {{ name }}, {{ n + 1 }} new", "Hi Ada, 4 new"),
        ("[{{ none }}]", "[]"),
        ("is {{ yes }}", "is true"),
        ("{{ x }}/{{ whole }}", "1.5/2"),
        ("list: {{ items }}", 'list: [1,"é\\n",null,{"k":[true,2.5]}]'),
        ("map: {{ empty }}{{ [] }}", "map: {}[]"),
        ("made: {{ {'a': [n, timestamp(0), b'hi']} }}", 'made: {"a":[3,"1970-01-01T00:00:00Z","aGk="]}'),
        ("at {{ timestamp(0) }} for {{ duration('90s') }}", "at 1970-01-01T00:00:00Z for 90s"),
        ('{{ "{{" }}', "{{"),
        ('a {{ "{{" }} b {{ "}}" }}', "a {{ b }}"),
        ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{ '}}' }}", "}}"),
        ("{{ '''}}''' + r'}}' }}", "}}}}"),
        ("{{ n // }} comment\n }}", 3),
        ("{{ items.map(i, i) == items }}", True),
    ],
)
def test_evaluate(text: str, expected: object) -> None:
    result = parse_template(text).evaluate(SCOPE)
    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "kind", "position"),
    [
        ("Hi {{ name", "syntax", 3),
        ("Hi {{", "syntax", 3),
        ("Hi {{ }}", "syntax", 5),
        ("Hi {{ n + }}", "syntax", 10),
        ("Hi {{ n = 1 }}", "syntax", 8),
        ("Hi {{ n } }", "syntax", 8),
        ("Hi {{ 'n }}", "syntax", 6),
        ("{{ n }} {{ nn }}", "unknown_name", 11),
        ("{{ n }} {{ n.size( }}", "syntax", 19),
        ("{{ " + "1 + " * 2000 + "1 }}", "limit", 0),
        ("{{ " + "(" * 100 + "1" + ")" * 100 + " }}", "limit", 36),
        ("{{ 1 }} " * 501, "limit", 8 * 500),
    ],
)
def test_parse_errors_point_into_the_text(text: str, kind: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(text, ["n", "name"])
    error = caught.value
    assert (error.kind, error.position) == (kind, position)
    assert error.source == text


@pytest.mark.parametrize(
    ("text", "kind", "position"),
    [
        ("{{ n / 0 }}", "division_by_zero", 5),
        ("Hi {{ n / 0 }}", "division_by_zero", 8),
        ("Hi {{ name }} {{ none.x }}", "type", 22),
        ("Hi {{ 0.0 / 0.0 }}", "invalid", 5),
    ],
)
def test_evaluation_errors_point_into_the_text(text: str, kind: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(text).evaluate(SCOPE)
    error = caught.value
    assert (error.kind, error.source) == (kind, text)
    assert error.position == position


def test_expressions_and_reads() -> None:
    template = parse_template("{{ a.b }} and {{ a.c + d }}")
    assert [part.source for part in template.expressions] == [" a.b ", " a.c + d "]
    assert template.reads == {("a", "b"), ("a", "c"), ("d",)}
    assert template.source == "{{ a.b }} and {{ a.c + d }}"


def test_one_budget_for_all_parts() -> None:
    half = {"t": "x" * (MAX_BYTES // 2 + 10)}
    assert len(str(parse_template("a{{ t }}").evaluate(half))) == MAX_BYTES // 2 + 11
    with pytest.raises(ExpressionError) as caught:
        parse_template("a{{ t }}{{ t }}").evaluate(half)
    assert caught.value.kind == "limit"


def test_literal_text_is_charged() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template("x" * (MAX_BYTES + 1) + "{{ n }}").evaluate(SCOPE)
    assert caught.value.kind == "limit"


def test_text_of_data_is_charged() -> None:
    budget = Budget({"rows": [{"n": n} for n in range(1000)]})
    text = parse_template("rows: {{ rows }}").evaluate_within(budget)
    assert isinstance(text, str)
    assert MAX_BYTES - budget.bytes >= len(text) // 2


@pytest.mark.parametrize("value", [[float("nan")], {"a": float("inf")}, ["\x00"], [10**400]])
def test_data_that_json_lacks_has_no_text(value: object) -> None:
    with pytest.raises(ExpressionError):
        parse_template("a {{ v }}").evaluate({"v": value})


def test_circular_data_has_no_text() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(ExpressionError) as caught:
        parse_template("a {{ v }}").evaluate({"v": value})
    assert caught.value.kind == "limit"


def test_a_long_plain_text_is_no_work() -> None:
    text = "x" * 1_000_000
    assert parse_template(text).evaluate({}) is text
