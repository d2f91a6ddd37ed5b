"""What an error tells: its kind, place, types and a way out, and never a value."""

from __future__ import annotations

import pickle

import pytest

from holdfast.model.expression import ExpressionError, parse

ROOTS = ("input", "trigger", "vars", "nodes", "item", "index", "run", "workflow", "now")


def error_of(source: str, scope: dict[str, object] | None = None) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(source, ROOTS if scope is None else None).evaluate(scope or {})
    return caught.value


@pytest.mark.parametrize(
    ("source", "position", "hint"),
    [
        ("input.a = 1", 8, "did you mean '=='?"),
        ("input.a === 1", 10, "did you mean '=='?"),
        ("true and false", 5, "use && for and"),
        ("true or false", 5, "use || for or"),
        ("not true", 4, "use ! for not"),
        ("true & false", 5, "use && for and"),
        ("true | false", 5, "use || for or"),
        ("input.a is null", 8, "use == for is"),
        ("if input.a", 0, "write condition ? value : otherwise"),
        ("“hi”", 0, "use straight quotes"),
        ("hello", 0, "texts need quotes"),
        ("hello world", 6, "texts need quotes"),
        ("inptu.email", 0, "did you mean 'input'?"),
        ("node.a.output", 0, "did you mean 'nodes'?"),
        ("True", 0, "write true"),
        ("None", 0, "write null"),
        ("nodes.my-node.output", 9, "a field with '-' is written nodes['my-node'] or nodes.`my-node`"),
        ("{{ input.a }}", 0, "this is an expression already, leave out the braces"),
        ("input?.a", 5, "optional access is not offered; use has(a.b) ? a.b : other"),
        ("Point{x: 1}", 5, "messages are not offered; a map is written {'key': value}"),
        ("len(input.a)", 0, "did you mean 'size'?"),
        ("input.a.length()", 8, "did you mean 'size'?"),
        ("input.a.startWith('x')", 8, "did you mean 'startsWith'?"),
        ("contains(input.a, 'x')", 0, "write value.contains(…)"),
        ("input.a.string()", 8, "write string(value)"),
        ("map(x, x)", 0, "write list.map(x, …)"),
        ("[1].map(1, x)", 8, "write .map(x, …)"),
        ("now()", 0, "the time is the name 'now', without brackets"),
        ("'a", 0, "a text that begins with a quote must end with the same one, on its line"),
        ("# note", 0, "a comment begins with //"),
        ("$input", 0, "names stand without '$'"),
    ],
)
def test_parsing_points_and_hints(source: str, position: int, hint: str) -> None:
    error = error_of(source)
    assert (error.position, error.hint) == (position, hint)
    assert error.source == source


LONG: list[object] = [1] * 50_000


@pytest.mark.parametrize(
    ("source", "scope", "position", "message"),
    [
        ("a + b", {"a": "x", "b": 1}, 2, "no '+' for string and int"),
        ("1 + a * b", {"a": 2, "b": None}, 6, "no '*' for int and null"),
        ("a.b.c", {"a": {"b": {}}}, 4, "no such key 'c'"),
        ("a.b.c", {"a": {"b": None}}, 4, "null has no field 'c'"),
        ("a.b.c", {"a": {"b": []}}, 4, "list has no field 'c'"),
        ("a['b']", {"a": {}}, 1, "no such key 'b'"),
        ("a[b]", {"a": [], "b": 0}, 1, "the index is outside the list"),
        ("b", {"a": 1}, 0, "unknown name 'b'"),
        ("1 < a", {"a": "x"}, 2, "can't order int and string"),
        ("1 + 2 + a", {"a": []}, 6, "no '+' for int and list"),
        ("int(a)", {"a": "x"}, 0, "the text is no int"),
        ("true && a", {"a": 1}, 5, "'&&' needs a bool, not int"),
        ("a ? 1 : 2", {"a": "x"}, 2, "'?' needs a bool, not string"),
        ("[1].filter(x, a)", {"a": 1}, 4, "filter() needs a bool, not int"),
        ("a.map(x, x)", {"a": 1}, 2, "map() needs a list or a map, not int"),
        ("a.trim()", {"a": 1}, 2, "trim() needs a string, not int"),
        ("!a", {"a": 1}, 0, "! needs a bool, not int"),
        ("1 in a", {"a": 1}, 2, "'in' needs a list or a map, not int"),
        ("{a: 1}", {"a": None}, 1, "a map has no keys of type null"),
        ("has(a.b.c)", {"a": {}}, 6, "no such key 'b'"),
        ("1 + size(a.map(x, [x]))", {"a": LONG}, 11, "the expression takes too many steps"),
        ("a.all(x, x == 1)", {"a": LONG}, 2, "the expression takes too many steps"),
        ("'' + a", {"a": "x" * 300_000}, 3, "the expression makes more than 256 KB of values"),
    ],
)
def test_evaluation_points(source: str, scope: dict[str, object], position: int, message: str) -> None:
    error = error_of(source, scope)
    assert (error.position, error.message) == (position, message)


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "source",
    ["a + 1", "int(a)", "a.b", "m[a + 'x']", "m.x", "a < 1", "timestamp(a)", "a.map(x, x)", "a.charAt(99)"],
)
def test_values_are_never_told(source: str) -> None:
    error = error_of(source, {"a": SECRET, "m": {SECRET: SECRET}})
    assert SECRET not in str(error) + error.pointer() + repr(error)


def test_pointer_shows_the_place() -> None:
    assert error_of("input.a = 1").pointer() == "input.a = 1\n        ^"


def test_pointer_shows_only_the_line() -> None:
    error = error_of("1 +\n  @ +\n 2")
    assert error.pointer() == "  @ +\n  ^"


def test_pointer_cuts_a_long_line() -> None:
    error = error_of("1 + " * 200 + "@")
    excerpt, caret = error.pointer().split("\n")
    assert len(excerpt) <= 72
    assert excerpt[len(caret) - 1] == "@"


def test_text_joins_message_and_hint() -> None:
    assert str(error_of("true and false")) == "unexpected name 'and' (use && for and)"


def test_errors_are_frozen() -> None:
    error = error_of("1 +")
    with pytest.raises(AttributeError):
        error.message = "other"
    assert error.position == 3


def test_errors_survive_pickling() -> None:
    error = error_of("true and false")
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.position, again.hint) == (error.kind, error.position, error.hint)


def test_expressions_are_frozen() -> None:
    expression = parse("1")
    with pytest.raises(AttributeError):
        expression.source = "2"  # type: ignore[misc]


def test_an_error_keeps_its_expression_and_place_and_of_a_long_one_the_part_around_it() -> None:
    broken = error_of("input.name + 1", {"input": {"name": "ada"}})
    assert broken.details() == {"expression": "input.name + 1", "position": 12}
    assert broken.under(("params", "rows", 2)).details()["path"] == "params.rows[2]"
    long = error_of("1 + " * 300 + "input.name" + " + 2" * 300, {"input": {"name": "ada"}}).details()
    assert isinstance(long["expression"], str)
    assert isinstance(long["position"], int)
    assert len(long["expression"]) == 500
    assert long["expression"][long["position"] - 1 :].startswith("+ input.name")
