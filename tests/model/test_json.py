"""JSON at the edge: what every store, worker and browser reads alike, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model import json
from holdfast.model.json import MAX_DEPTH, Path, pointer, problems_of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


@given(VALUES)
def test_portable_values_pass(value: object) -> None:
    assert problems_of(value) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (-float("inf"), "finite"),
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        ("a\0b", "NUL"),
        ("é\0", "NUL"),
        ("\ud800", "lone surrogate"),
        ("é\udfff", "lone surrogate"),
        (b"bytes", "is not JSON but bytes"),
        ((1, 2), "is not JSON but tuple"),
        ({1, 2}, "is not JSON but set"),
    ],
)
def test_a_bad_value_is_told_at_its_path(bad: Any, message: str) -> None:
    assert message in problems_of(bad)[0][1]
    (found,) = problems_of({"a": [1, {"b": bad}]}, ("root",))
    assert found[0] == ("root", "a", 1, "b")
    assert message in found[1]


@pytest.mark.parametrize(
    ("key", "message"), [("a\0", "key contains NUL"), ("\ud800", "key contains a lone"), (3, "not text")]
)
def test_a_bad_key_is_told_at_its_object(key: Any, message: str) -> None:
    (found,) = problems_of({"a": {key: 1}})
    assert found[0] == ("a",)
    assert message in found[1]


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_bounded_without_recursion() -> None:
    assert problems_of(nested(MAX_DEPTH)) == []
    ((path, message),) = problems_of(nested(MAX_DEPTH + 1))
    assert (len(path), message) == (MAX_DEPTH, f"nested deeper than {MAX_DEPTH} levels")
    assert len(problems_of(nested(100_000))) == 1


def test_all_problems_are_told_up_to_a_bound() -> None:
    assert len(problems_of(["\0", float("nan")])) == 2
    assert 20 <= len(problems_of(["\0"] * 1_000)) < 40


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("nodes", 2, "params", "url"), "nodes[2].params.url"),
        ((0, "a"), "[0].a"),
        (("a",), "a"),
        (("a", 0, 1), "a[0][1]"),
    ],
)
def test_a_path_as_text(path: Path, text: str) -> None:
    assert pointer(path) == text


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\0", "\ud800", "ok"])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_the_quick_look_lets_nothing_pass_that_the_long_one_finds(value: object) -> None:
    quick = problems_of(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json, "_is_plain", lambda value, depth: False)
        assert problems_of(value) == quick
