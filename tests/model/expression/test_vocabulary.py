"""The functions in words are the functions that there are, each called as its signature says."""

from __future__ import annotations

import pytest

from holdfast.model.expression.functions import FUNCTIONS
from holdfast.model.expression.vocabulary import FUNCTIONS as WORDS
from holdfast.model.expression.vocabulary import MACROS, VOCABULARY, Word


def test_every_function_is_told_as_often_as_it_can_be_called() -> None:
    told = [(word.name, word.method) for word in WORDS]
    plain = {(name, False) for name, function in FUNCTIONS.items() if function.plain is not None}
    methods = {(name, True) for name, function in FUNCTIONS.items() if function.method is not None}
    assert set(told) == plain | methods
    assert len(told) == len(set(told))
    assert {word.name for word in MACROS} == {"has", "all", "exists", "exists_one", "filter", "map"}


@pytest.mark.parametrize("word", VOCABULARY, ids=lambda word: word.signature)
def test_a_signature_shows_the_call_and_the_type(word: Word) -> None:
    call, arrow, given = word.signature.partition(" -> ")
    assert arrow
    assert given
    assert f".{word.name}(" in call if word.method else call.startswith(f"{word.name}(")
    assert word.description.endswith(".")


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.signature)
def test_a_signature_shows_as_many_arguments_as_there_may_be(word: Word) -> None:
    function = FUNCTIONS[word.name]
    bounds = function.method if word.method else function.plain
    assert bounds is not None
    inner = word.signature.partition(f"{word.name}(")[2].partition(") ->")[0]
    least = [part for part in inner.partition("[")[0].split(",") if part.strip() not in ("", "…")]
    optional = inner.count("[")
    if "…" not in inner:
        assert (len(least), len(least) + optional) == bounds
