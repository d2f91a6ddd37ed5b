"""Instants and durations as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import (
    DAY,
    HOUR,
    LATEST,
    MILLISECOND,
    MINUTE,
    SECOND,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("500ms", 500 * MILLISECOND),
        ("0s", 0),
        ("30s", 30 * SECOND),
        ("5m", 5 * MINUTE),
        ("1h", HOUR),
        ("1.5h", 90 * MINUTE),
        ("2d", 2 * DAY),
        ("3650d", 3650 * DAY),
        ("0.001ms", 1),
    ],
)
def test_durations(text: str, micros: int) -> None:
    assert parse_duration(text) == micros


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 s", "5S", "1h30m", "1e3s", "٣s", "5s\n", "1.s", ".5s", "9999999999999s", "3651d"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0ms"),
        (90 * SECOND, "90s"),
        (HOUR, "1h"),
        (2 * DAY, "2d"),
        (1_500, "1.5ms"),
        (1_000_001_000, "1000001ms"),
        (10_000, "10ms"),
        (25 * HOUR, "25h"),
    ],
)
def test_durations_as_text(micros: int, text: str) -> None:
    assert format_duration(micros) == text


@given(st.integers(0, 3650 * DAY))
def test_a_duration_survives_its_text(micros: int) -> None:
    assert parse_duration(format_duration(micros)) == micros


@given(st.integers(0, LATEST))
def test_an_instant_survives_its_text(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@given(st.integers(0, LATEST), st.integers(0, LATEST))
def test_texts_order_as_instants_do(one: int, two: int) -> None:
    assert (one < two) == (format_instant(one) < format_instant(two))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2023-11-14T22:13:20.000001Z", 1_700_000_000_000_001),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000_000_000),
        ("9999-12-31T00:00:00Z", LATEST),
    ],
)
def test_instants(text: str, instant: int) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tomorrow", "RFC 3339"),
        ("", "RFC 3339"),
        ("2023-11-14T22:13:20", "needs an offset"),
        ("1969-12-31T23:59:59Z", "between 1970 and 9999"),
        ("9999-12-31T00:00:01Z", "between 1970 and 9999"),
    ],
)
def test_what_is_no_instant(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_instant(text)
