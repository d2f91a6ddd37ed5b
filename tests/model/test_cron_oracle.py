"""Cron against a slow walk through real time, around the moments at which clocks change and anywhere else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.cron import Crons, CronTimes
from holdfast.model.clock import newest, upcoming
from holdfast.model.instant import DAY
from tests.model.cron_oracle import Drawn, Part, expressions, micros, times
from tests.support.examples import examples

# A zone, and a moment near which its clocks change (or something else is special there).
CHANGES: Final = (
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # by half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2017, 10, 15, 3, tzinfo=UTC)),  # midnight doesn't come
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),  # an evening comes twice
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("Europe/Dublin", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # summer is its standard time
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # by two hours
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 2, 28, 18, 15, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 18, 30, tzinfo=UTC)),  # forward by a quarter of an hour
    ("America/Caracas", datetime(2007, 12, 9, 7, tzinfo=UTC)),  # back by half an hour, for good
    ("UTC", datetime(2024, 2, 29, tzinfo=UTC)),
    ("UTC", datetime(2026, 12, 31, tzinfo=UTC)),
)
_MINUTE: Final = timedelta(minutes=1)
_SECOND: Final = timedelta(seconds=1)


def agree(drawn: Drawn, name: str, start: datetime, end: datetime, step: timedelta, ask: int) -> None:
    zone = ZoneInfo(name)
    if Crons().check(drawn.text, name) is not None:  # no day fits; the walk below must find none either
        assert times(drawn, zone, start, end, step) == []
        return
    expected = times(drawn, zone, start, end, step)
    clock, low, high = CronTimes(drawn.text, zone), micros(start), micros(end)
    found = [at for at in upcoming(clock, low - 1, len(expected) + 1) if at < high]
    assert found == expected
    assert clock.count(low, high) == len(expected)
    # From any moment on, and of any part.
    asked = low + ask % (high - low)
    later = [at for at in expected if at > asked]
    following = clock.after(asked)
    assert following == later[0] if later else following is None or following >= high
    assert clock.count(asked + 1, high) == len(later)
    assert clock.count(low, asked + 1) == len(expected) - len(later)
    assert newest(clock, low, asked + 1, 3) == [at for at in expected if at <= asked][-3:]


@given(
    expressions(),
    st.sampled_from(CHANGES),
    st.integers(-2 * 1440, 0),
    st.integers(60, 2 * 1440),
    st.integers(0, 1 << 62),
)
@settings(max_examples=examples(150), deadline=None)
def test_minutes_are_those_of_a_slow_walk(
    drawn: Drawn, change: tuple[str, datetime], start: int, length: int, ask: int
) -> None:
    zone, moment = change
    first = moment + start * _MINUTE
    agree(drawn, zone, first, first + length * _MINUTE, _MINUTE, ask)


@given(
    expressions(seconds=True),
    st.sampled_from(CHANGES),
    st.integers(-4000, 0),
    st.integers(60, 4000),
    st.integers(0, 1 << 62),
)
@settings(max_examples=examples(60), deadline=None)
def test_seconds_are_those_of_a_slow_walk(
    drawn: Drawn, change: tuple[str, datetime], start: int, length: int, ask: int
) -> None:
    zone, moment = change
    first = moment + start * _SECOND
    agree(drawn, zone, first, first + length * _SECOND, _SECOND, ask)


@given(
    expressions(),
    st.sampled_from(sorted({name for name, _ in CHANGES} | {"Asia/Tokyo", "Africa/Casablanca", "Asia/Tehran"})),
    st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 — made UTC below
    st.integers(0, 1 << 62),
)
@settings(max_examples=examples(60), deadline=None)
def test_any_day_is_that_of_a_slow_walk(drawn: Drawn, zone: str, day: datetime, ask: int) -> None:
    start = day.replace(second=0, microsecond=0, tzinfo=UTC)
    agree(drawn, zone, start, start + timedelta(days=1), _MINUTE, ask)


MIDNIGHT: Final = Part("0", frozenset({0}))


@given(expressions(), st.integers(1971, 2099), st.integers(0, 800))
@settings(max_examples=examples(150), deadline=None)
def test_the_dates_of_two_years_are_those_of_a_calendar(drawn: Drawn, year: int, ask: int) -> None:
    dates = replace(drawn, minute=MIDNIGHT, hour=MIDNIGHT)
    days = [datetime(year, 1, 1, tzinfo=UTC) + n * timedelta(days=1) for n in range(731)]
    expected = [micros(day) for day in days if dates.fits(day)]
    if Crons().check(dates.text, "UTC") is not None:
        assert expected == []
        return
    clock, low, high = CronTimes(dates.text, ZoneInfo("UTC")), micros(days[0]), micros(days[-1]) + 1
    assert [at for at in upcoming(clock, low - 1, len(expected) + 1) if at < high] == expected
    asked = low + ask * DAY - 7
    assert clock.count(asked, high) == len([at for at in expected if at >= asked])
