"""What holds for every text and all data.

Only `ExpressionError` comes out; the budget's bounds hold; data stays as it was; equal data is
equal; and the arithmetic of the language agrees with exact arithmetic wherever that fits 64 bits.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.model.expression import (
    MAX_STEPS,
    Budget,
    ExpressionError,
    ExpressionErrors,
    compile_value,
    parse,
    parse_template,
)
from tests.support.examples import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
PIECES = st.sampled_from(
    (
        *("a", "b", "input", "x", ".", "[", "]", "(", ")", "{", "}", ",", ":", "?", "&&", "||"),
        *("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "!", "in", "1", "0", "2.5"),
        *("7u", "'a'", '"b"', "b'c'", "true", "null", "has", "all", "exists_one", "filter", "map"),
        *("size", "string", "int", ".map(x,", ".all(x,", ".filter(x,", ".size()", "[0]", ".b"),
        *("['b']", "timestamp(0)", "duration('1s')", ".getHours()", ".split('')", ".join(',')"),
        *(".replace('a',", ".format([", "{'a':", "'%s'", "{{", "}}", "\\", "'", '"', "'''", "r'"),
        *("//", "@", "é"),
    )
)
SOURCES = st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60)


LEAVES = st.sampled_from(
    (
        *("a", "b", "a.k", "a[0]", "b['k']", "b[1.0]", "has(a.k)", "1", "0", "-3", "2.5", "7u"),
        *("'a'", "'%s'", "''", "b'x'", "true", "false", "null", "[]", "{}", "[1, 2]", "{'k': 1}"),
        *("timestamp(5)", "duration('1s')", "9223372036854775807", "double('NaN')", "type(a)"),
    )
)
OPERATORS = st.sampled_from(("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"))
CALLS = st.sampled_from(("size", "int", "uint", "double", "string", "bytes", "bool", "type", "timestamp", "duration"))
METHODS = {
    0: st.sampled_from(("size", "trim", "lowerAscii", "reverse", "join", "getHours", "getDate")),
    1: st.sampled_from(("split", "join", "contains", "indexOf", "format", "charAt", "matches")),
    2: st.sampled_from(("replace", "substring", "split", "lastIndexOf")),
}
MACROS = st.sampled_from(("all", "exists", "exists_one", "filter", "map"))


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.builds("({} {} {})".format, inner, OPERATORS, inner)
        | st.builds("{}({})".format, CALLS, inner)
        | st.builds("({}).{}()".format, inner, METHODS[0])
        | st.builds("({}).{}({})".format, inner, METHODS[1], inner)
        | st.builds("({}).{}({}, {})".format, inner, METHODS[2], inner, inner)
        | st.builds("({}).{}(x, {})".format, inner, MACROS, inner | st.just("x == 1"))
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
        | st.builds("({})[{}]".format, inner, inner)
        | st.builds("[{}, {}]".format, inner, inner)
        | st.builds("{{'p': {}, {}: 2}}".format, inner, inner)
        | st.builds("!({})".format, inner)
    )


EXPRESSIONS = st.recursive(LEAVES, _grow, max_leaves=8)
SCOPES = st.fixed_dictionaries({"a": JSON, "b": JSON})


def attempt(work: Callable[[], object]) -> object:
    try:
        return work()
    except (ExpressionError, ExpressionErrors) as error:
        return error


@given(SOURCES)
@settings(max_examples=examples(400))
@example("\\")
@example("'''")
@example("{{")
@example("\x00")
@example("1e999999999")
def test_any_text_parses_or_is_an_expression_error(source: str) -> None:
    for entry in (parse, parse_template, compile_value):
        result = attempt(lambda entry=entry: entry(source))  # type: ignore[misc]
        if isinstance(result, ExpressionError):
            assert 0 <= result.position <= len(result.source)
            assert result.message
            assert result.pointer().count("\n") == 1


@given(EXPRESSIONS, SCOPES)
@settings(max_examples=examples(600))
def test_any_expression_gives_json_or_an_expression_error(source: str, scope: dict[str, object]) -> None:
    expression = parse(source)
    before = copy.deepcopy(scope)
    budget = Budget(scope)
    result = attempt(lambda: expression.evaluate_within(budget))
    assert scope == before
    if isinstance(result, ExpressionError):
        assert result.source == source
    else:
        json.dumps(result, allow_nan=False)
        assert 0 <= budget.steps < MAX_STEPS
        assert budget.bytes >= 0


@given(EXPRESSIONS, SCOPES, st.integers(0, 40))
def test_few_steps_only_stop_it(source: str, scope: dict[str, object], steps: int) -> None:
    """With fewer steps an expression gives the same, or the limit error."""
    expression = parse(source)
    full = attempt(lambda: expression.evaluate(scope))
    short = attempt(lambda: expression.evaluate(scope, steps=steps))
    if isinstance(short, ExpressionError) and short.kind == "limit":
        return
    assert repr(short) == repr(full)


@given(JSON)
def test_data_equals_its_copy(value: object) -> None:
    scope = {"a": value, "b": copy.deepcopy(value)}
    assert parse("a == b").evaluate(scope) is True
    assert parse("a != b").evaluate(scope) is False
    assert parse("a in [b]").evaluate(scope) is True


@given(JSON, JSON)
def test_equality_is_symmetric(a: object, b: object) -> None:
    equal = parse("a == b")
    assert equal.evaluate({"a": a, "b": b}) is equal.evaluate({"a": b, "b": a})


@given(JSON)
def test_a_template_gives_data_back(value: object) -> None:
    assert parse_template("{{ a }}").evaluate({"a": value}) is value


@given(JSON)
def test_text_of_data_is_its_json(value: object) -> None:
    text = attempt(lambda: parse_template("{{ [a] }};").evaluate({"a": value}))
    if isinstance(text, str):
        assert json.loads(text[:-1]) == [value]
    else:
        assert isinstance(text, ExpressionError)
        assert "\\u0000" in json.dumps(value)


INTS = st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 10)


@given(INTS, INTS, st.sampled_from("+-*/%"))
def test_whole_numbers_are_exact_or_fail(a: int, b: int, op: str) -> None:
    result = attempt(lambda: parse(f"a {op} b").evaluate({"a": a, "b": b}))
    if op in "/%" and b == 0:
        assert isinstance(result, ExpressionError)
        assert result.kind == "division_by_zero"
        return
    exact = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
        "%": lambda: abs(a) % abs(b) * (-1 if a < 0 else 1),
    }[op]()
    if -(2**63) <= exact < 2**63:
        assert result == exact
    else:
        assert isinstance(result, ExpressionError)
        assert result.kind == "overflow"


@given(st.floats() | INTS, st.floats() | INTS)
def test_order_agrees_with_doubles(a: float, b: float) -> None:
    scope: dict[str, object] = {"a": a, "b": b}
    mixed = type(a) is not type(b)
    x, y = (float(a), float(b)) if mixed else (a, b)
    assert parse("a < b").evaluate(scope) is (x < y)
    assert parse("a >= b").evaluate(scope) is (x >= y)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_survives_its_text(number: float) -> None:
    again = parse("double(string(a))").evaluate({"a": number})
    assert isinstance(again, float)
    assert again == number
    assert math.copysign(1, again) == math.copysign(1, number)


@given(st.text())
def test_a_text_survives_quoting(text: str) -> None:
    quoted = attempt(lambda: parse("strings.quote(a)").evaluate({"a": text}))
    if isinstance(quoted, str):
        assert attempt(lambda: parse(quoted).evaluate({})) == text


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_a_timestamp_survives_its_text(seconds: int) -> None:
    scope: dict[str, object] = {"a": seconds}
    assert parse("int(timestamp(string(timestamp(a))))").evaluate(scope) == seconds
