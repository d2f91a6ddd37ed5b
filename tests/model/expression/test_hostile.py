"""Hostile expressions end as they must, within their steps and bytes, and change no data.

Bounds are counted in steps and bytes, not in time: both are what the budget holds.
"""

from __future__ import annotations

import copy

import pytest

from holdfast.model.expression import (
    MAX_BYTES,
    MAX_STEPS,
    Budget,
    ExpressionError,
    parse,
)

from .cases import Fails
from .hostile import HOSTILE, Hostile


def outcome(case: Hostile, budget: Budget) -> object:
    try:
        return parse(case.source).evaluate_within(budget)
    except ExpressionError as error:
        return Fails(error.kind)


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_ends_as_it_must(case: Hostile) -> None:
    budget = Budget(case.scope)
    ended = outcome(case, budget)
    assert ended == case.ending
    if ended != Fails("limit"):
        assert 0 <= budget.steps <= MAX_STEPS
        assert 0 <= budget.bytes <= MAX_BYTES


def test_there_are_enough_kinds() -> None:
    assert len({case.name for case in HOSTILE}) == len(HOSTILE) >= 23


@pytest.mark.parametrize("steps", [0, 1, 10, 1000])
def test_a_smaller_budget_holds(steps: int) -> None:
    scope: dict[str, object] = {"data": list(range(1000))}
    budget = Budget(scope, steps)
    with pytest.raises(ExpressionError) as caught:
        parse("data.all(x, data.all(y, x + y >= 0))").evaluate_within(budget)
    assert caught.value.kind == "limit"
    # The last charge, which was refused, is one body's fixed cost.
    assert -10 <= budget.steps < 0


def test_each_element_is_charged() -> None:
    source = parse("data.all(x, x >= 0)")
    used = []
    for count in (10, 20, 30):
        budget = Budget({"data": list(range(count))})
        source.evaluate_within(budget)
        used.append(MAX_STEPS - budget.steps)
    assert used[1] - used[0] == used[2] - used[1] >= 20


def test_equality_is_charged_for_all_it_compares() -> None:
    scope: dict[str, object] = {"a": list(range(5000)), "b": list(range(5000))}
    budget = Budget(scope)
    assert parse("a == b").evaluate_within(budget) is True
    assert MAX_STEPS - budget.steps >= 5000


def test_references_cost_no_bytes() -> None:
    document = {"text": "x" * 10_000_000, "rows": list(range(100_000))}
    budget = Budget({"doc": document})
    result = parse("[doc.text, doc.rows]").evaluate_within(budget)
    assert isinstance(result, list)
    assert result[0] is document["text"]
    assert result[1] is document["rows"]
    assert MAX_BYTES - budget.bytes < 100


def test_a_whole_document_passes_through_untouched() -> None:
    document = {"rows": [{"n": n} for n in range(100_000)]}
    budget = Budget({"doc": document})
    assert parse("doc.rows").evaluate_within(budget) is document["rows"]
    assert MAX_STEPS - budget.steps < 10


def test_data_is_never_changed() -> None:
    sources = [
        "data.map(x, x.n)",
        "data + [1]",
        "[data, data][0]",
        "{'a': data}.a",
        "data.filter(x, x.n > 0) + data",
    ]
    scope: dict[str, object] = {"data": [{"n": 1, "m": {"k": [1]}}, {"n": 2}]}
    before = copy.deepcopy(scope)
    for source in sources:
        parse(source).evaluate(scope)
    assert scope == before


def test_made_lists_are_fresh_each_time() -> None:
    expression = parse("[1, 2]")
    first = expression.evaluate({})
    assert isinstance(first, list)
    first.append(3)
    assert expression.evaluate({}) == [1, 2]
