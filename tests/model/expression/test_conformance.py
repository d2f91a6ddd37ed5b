"""Every case of the conformance table, with the exact type of its result."""

from __future__ import annotations

import copy

import pytest

from holdfast.model.expression import ExpressionError, parse

from .cases import SCOPE, Case, Fails, containers, conversions, logic, moments, numbers, texts

TABLE: list[Case] = [
    *numbers.CASES,
    *texts.CASES,
    *containers.CASES,
    *logic.CASES,
    *conversions.CASES,
    *moments.CASES,
]


def outcome(source: str) -> object:
    try:
        return parse(source).evaluate(SCOPE)
    except ExpressionError as error:
        return Fails(error.kind)


def typed(value: object) -> object:
    """The value with the type of every part, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return [(key, typed(part)) for key, part in value.items()]
    if isinstance(value, list):
        return [typed(part) for part in value]
    return type(value), value


@pytest.mark.parametrize(("source", "expected"), TABLE)
def test_case(source: str, expected: object) -> None:
    assert typed(outcome(source)) == typed(expected)


def test_table_leaves_its_scope_alone() -> None:
    before = copy.deepcopy(SCOPE)
    for source, _ in TABLE:
        outcome(source)
    assert before == SCOPE


def test_no_case_stands_twice() -> None:
    sources = [source for source, _ in TABLE]
    assert len(sources) == len(set(sources))
