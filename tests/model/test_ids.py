"""Ids: UUIDs of version 7, ordered by time."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.ids import is_id, uuid7
from holdfast.model.instant import LATEST, MILLISECOND

BITS = st.integers(0, (1 << 74) - 1)


@given(st.integers(0, LATEST), BITS)
def test_an_id_is_a_uuid_of_version_7(now: int, bits: int) -> None:
    text = uuid7(now, bits)
    parsed = UUID(text)
    assert str(parsed) == text
    assert parsed.version == 7
    assert parsed.variant == "specified in RFC 4122"
    assert parsed.int >> 80 == now // MILLISECOND
    assert is_id(text)


@given(st.integers(0, LATEST), st.integers(0, LATEST), BITS, BITS)
def test_ids_order_by_the_millisecond_then_by_their_bits(one: int, two: int, first: int, second: int) -> None:
    keys = (one // MILLISECOND, first), (two // MILLISECOND, second)
    assert (keys[0] < keys[1]) == (uuid7(one, first) < uuid7(two, second))


@pytest.mark.parametrize("bits", [-1, 1 << 74])
def test_bits_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="74 bits"):
        uuid7(0, bits)


GOOD = "018bcfe5-6800-7000-8000-000000000001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-1],
        GOOD + "0",
        GOOD.replace("-", ""),
        "g" + GOOD[1:],
        "{" + GOOD[1:],
        "0-8bcfe5-6800-7000-8000-00000000001",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)
