"""`matches`: a table of patterns, agreement with Python's `re` where both have a syntax, linear cost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.expression import MAX_STEPS, Budget, ExpressionError, parse
from tests.support.examples import examples

SEARCH = parse("text.matches(pattern)")


def found(pattern: str, text: str) -> bool:
    result = SEARCH.evaluate({"text": text, "pattern": pattern})
    assert isinstance(result, bool)
    return result


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("", ["", "a"], []),
        ("ubb", ["hubba"], ["ub", "bub b"]),
        ("gr(a|e)y", ["grey", "gray"], ["gry", "graey"]),
        ("^a", ["ab"], ["ba", ""]),
        ("a$", ["ba"], ["ab", "a\n"]),
        ("^$", [""], ["a"]),
        (r"\Aab\z", ["ab"], ["xab", "abx"]),
        ("a+", ["a", "baa"], ["", "b"]),
        ("^a*$", ["", "aaa"], ["ab"]),
        ("^a?b$", ["b", "ab"], ["aab"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaa"], ["a"]),
        ("^a{1,2}$", ["a", "aa"], ["", "aaa"]),
        ("^a{0}b$", ["b"], ["ab"]),
        ("^(ab){2}?$", ["abab"], ["ab"]),
        ("a{x}", ["a{x}"], ["a"]),
        ("^.$", ["a", "é", "🐱"], ["", "\n", "ab"]),
        ("^[a-c_]$", ["a", "c", "_"], ["d", "-"]),
        ("^[^a-c]$", ["d", "\n"], ["b"]),
        ("^[]a]$", ["]", "a"], ["b"]),
        ("^[a-]$", ["a", "-"], ["b"]),
        (r"^[\d\-x]+$", ["12-x"], ["y"]),
        (r"^\d\D\w\W\s\S$", ["1aa- a"], ["aaaaaa"]),
        (r"^\x41\x{1F431}\.\\\t$", ["A🐱.\\\t"], ["A🐱x\\\t"]),
        ("(?i)straße", ["STRAßE", "Straße"], ["strase"]),
        ("(?i)[a-c]x", ["BX"], ["DX"]),
        ("(?:ab)+(?P<name>c)(?<other>d)", ["ababcd"], ["abab"]),
        ("a|b|", ["", "c"], []),
        ("^(a|ab)(c|bcd)$", ["abcd", "ac", "abc"], ["abd"]),
        ("^[^@ ]+@[^@ ]+[.][a-z]{2,}$", ["ada@example.com"], ["ada@example", "a b@c.de"]),
        ("mañana+", ["mañanaaa"], ["manana"]),
    ],
)
def test_pattern(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not found(pattern, text)] == []
    assert [text for text in no if found(pattern, text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "(a", "a)", "[a", "[", "[]", "*", "a**", "a+*", "+a", "a{2,1}", "a{1001}"),
        *("\\", r"\b", r"\1", r"\pL", r"\x{110000}", r"\xg", "(?=a)", "(?!a)", "(?<=a)", "(?i:a)"),
        *("a(?i)", "[b-a]", "[[:alpha:]]", "(?P=a)", "[\\"),
    ],
)
def test_what_is_no_pattern_is_found_when_parsing(pattern: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(f"'a'.matches(r'''{pattern} '''.trim())").evaluate({})
    assert caught.value.kind == "invalid"
    if not pattern.endswith("\\"):
        with pytest.raises(ExpressionError) as caught:
            parse(f"x.matches(r'''{pattern}''')")
        assert (caught.value.kind, caught.value.position) == ("invalid", 10)


@pytest.mark.parametrize("source", ["matches('a', 'b')", "x.matches('a', 'b')"])
def test_what_is_no_call_is_found_when_parsing(source: str) -> None:
    with pytest.raises(ExpressionError):
        parse(source)


@pytest.mark.parametrize(
    "source", ["1.matches('a')", "(1).matches(p)", "'a'.matches(1)", "'a'.matches(null)", "null.matches(p)"]
)
def test_other_types_have_no_patterns(source: str) -> None:
    with pytest.raises(ExpressionError):
        parse(source).evaluate({"p": "a"})


ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "^", "$", "()", r"\w", r"\n", "é"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map("".join)
        | st.builds("({}|{})".format, inner, inner)
        | st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"]))
    ),
    max_leaves=8,
)


@given(PATTERNS, st.lists(st.sampled_from("abcé\n"), max_size=8).map("".join))
@settings(max_examples=examples(500))
def test_agrees_with_another_engine(pattern: str, text: str) -> None:
    other = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    assert found(pattern, text) is (other.search(text) is not None)


def steps_used(pattern: str, text: str) -> int:
    budget = Budget({"text": text, "pattern": pattern})
    SEARCH.evaluate_within(budget)
    return MAX_STEPS - budget.steps


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*(a*)*c", "a?a?a?a?aaaa$"])
def test_cost_grows_no_faster_than_the_text(pattern: str) -> None:
    small = steps_used(pattern, "a" * 1000 + "!")
    large = steps_used(pattern, "a" * 10_000 + "!")
    assert large <= small * 10
