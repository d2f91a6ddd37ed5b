"""A slow cron: it walks through real time, step by step, and looks at the local time of each step.

Expressions are drawn together with what they mean (``Drawn``), so that nothing of the reader that is tested decides it.
"""

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

Values = frozenset[int]
DayTest = Callable[[date], bool]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_NAMES: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Part:
    """A field: its text, and the values that it has."""

    text: str
    values: Values

    @property
    def is_star(self) -> bool:
        return self.text.startswith("*")


@dataclass(frozen=True)
class Days:
    """A field of days: its text, and whether a date has one of them."""

    text: str
    fits: DayTest

    @property
    def is_star(self) -> bool:
        return self.text.startswith("*")


@dataclass(frozen=True, repr=False)
class Drawn:
    """An expression and its meaning."""

    second: Part | None
    minute: Part
    hour: Part
    day: Days
    month: Part
    weekday: Days

    def __repr__(self) -> str:
        return f"Drawn({self.text!r})"

    @property
    def text(self) -> str:
        parts = (self.second, self.minute, self.hour, self.day, self.month, self.weekday)
        return " ".join(part.text for part in parts if part is not None)

    @property
    def certain(self) -> bool:
        """Whether it is for certain times of the day; else it follows real time."""
        clocks = ((self.second, 60), (self.minute, 60), (self.hour, 24))
        return not any(part is not None and (part.is_star or len(part.values) == most) for part, most in clocks)

    def fits(self, local: datetime) -> bool:
        seconds = frozenset({0}) if self.second is None else self.second.values
        if local.second not in seconds or local.minute not in self.minute.values or local.hour not in self.hour.values:
            return False
        return local.month in self.month.values and self._fits_day(local.date())

    def _fits_day(self, day: date) -> bool:
        if self.day.is_star or self.weekday.is_star:
            return self.day.fits(day) and self.weekday.fits(day)
        return self.day.fits(day) or self.weekday.fits(day)


def times(drawn: Drawn, zone: ZoneInfo, start: datetime, end: datetime, step: timedelta) -> list[int]:
    """Every time of the expression in [start, end), both UTC, for clocks that change by at most four hours."""
    found: list[int] = []
    seen: set[datetime] = set()
    at, before = start - timedelta(hours=4), None
    while at < end:
        local = at.astimezone(zone).replace(tzinfo=None, fold=0)
        due = drawn.fits(local) and not (drawn.certain and local in seen)
        if drawn.certain and before is not None:
            due = due or any(drawn.fits(skipped) for skipped in _between(before + step, local, step))
        if due and at >= start:
            found.append(micros(at))
        seen.add(local)
        at, before = at + step, local
    return found


def _between(low: datetime, high: datetime, step: timedelta) -> Iterable[datetime]:
    while low < high:
        yield low
        low += step


# -- drawing -----------------------------------------------------------------------------------------------------------


@st.composite
def _terms(draw: st.DrawFn, low: int, high: int, near: int | None = None) -> tuple[str, Values]:
    """``near``: single values and ranges lie no higher."""
    top = high if near is None else near
    sorts = ("one", "one", "range", "range step") if near is not None else ("star", "step", "one", "range", "from")
    match draw(st.sampled_from(sorts)):
        case "star":
            return "*", frozenset(range(low, high + 1))
        case "step":
            step = draw(st.integers(1, high))
            return f"*/{step}", frozenset(range(low, high + 1, step))
        case "from":
            first, step = draw(st.integers(low, high)), draw(st.integers(1, high))
            return f"{first}/{step}", frozenset(range(first, high + 1, step))
        case "one":
            one = draw(st.integers(low, top))
            return str(one), frozenset({one})
        case _:
            first = draw(st.integers(low, top - 1))
            last = draw(st.integers(first + 1, top))
            step = draw(st.integers(1, high))
            return f"{first}-{last}/{step}", frozenset(range(first, last + 1, step))


@st.composite
def _part(draw: st.DrawFn, low: int, high: int, near: int | None = None) -> Part:
    terms = draw(st.lists(_terms(low, high, near), min_size=1, max_size=3))
    return Part(",".join(text for text, _ in terms), frozenset().union(*(values for _, values in terms)))


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _weekdays(day: date) -> list[int]:
    return [n for n in range(1, _last(day) + 1) if day.replace(day=n).weekday() < 5]


def _nearest(day: date, wanted: int) -> int:
    """By looking at every weekday of the month."""
    return min((abs(n - wanted), n) for n in _weekdays(day))[1] if wanted <= _last(day) else 0


def _same_weekday(day: date) -> list[int]:
    return [n for n in range(1, _last(day) + 1) if day.replace(day=n).weekday() == day.weekday()]


@st.composite
def _month_day(draw: st.DrawFn) -> tuple[str, DayTest]:
    number = draw(st.integers(1, 31))
    back = draw(st.integers(1, 30))
    text, values = draw(_terms(1, 31))
    special: list[tuple[str, DayTest]] = [
        (text, lambda day: day.day in values),
        (text, lambda day: day.day in values),
        ("L", lambda day: day.day == _last(day)),
        ("LW", lambda day: day.day == _weekdays(day)[-1]),
        (f"{number}W", lambda day: day.day == _nearest(day, number)),
        (f"L-{back}", lambda day: day.day == _last(day) - back),
    ]
    return draw(st.sampled_from(special))


@st.composite
def _week_day(draw: st.DrawFn) -> tuple[str, DayTest]:
    number, place = draw(st.integers(0, 7)), draw(st.integers(1, 5))
    name = draw(st.sampled_from((str(number), _DAY_NAMES[number % 7])))
    text, values = draw(_terms(0, 7))
    is_day: DayTest = lambda day: day.isoweekday() % 7 == number % 7  # noqa: E731
    special: list[tuple[str, DayTest]] = [
        (text, lambda day: day.isoweekday() % 7 in {value % 7 for value in values}),
        (name, is_day),
        (f"{name}L", lambda day: is_day(day) and day.day == _same_weekday(day)[-1]),
        (f"{name}#{place}", lambda day: is_day(day) and day.day in _same_weekday(day)[place - 1 : place]),
    ]
    return draw(st.sampled_from(special))


@st.composite
def _days(draw: st.DrawFn, one: st.SearchStrategy[tuple[str, DayTest]]) -> Days:
    if draw(st.booleans()):
        return Days("*", lambda day: True)
    terms = draw(st.lists(one, min_size=1, max_size=3))
    return Days(",".join(text for text, _ in terms), lambda day: any(fits(day) for _, fits in terms))


@st.composite
def expressions(draw: st.DrawFn, *, seconds: bool = False) -> Drawn:
    any_month = Part("*", frozenset(range(1, 13)))
    return Drawn(
        second=draw(_part(0, 59)) if seconds else None,
        minute=draw(_part(0, 59)),
        hour=draw(st.one_of(_part(0, 23), _part(0, 23, near=4))),
        day=draw(_days(_month_day())),
        month=draw(st.one_of(st.just(any_month), _part(1, 12))),
        weekday=draw(_days(_week_day())),
    )
