"""Cron expressions for the model's ``CronPort``, over ``cronsim``, and the nominal times of every sort of clock.

``cronsim`` walks local times that know no zone; what a zone does to them is decided here, as Vixie cron does:

* An expression whose second, minute and hour all name their values is for certain times of the day. Each comes once:
  one that the clocks go forward over comes at the change, and one that they go back over comes the first time only.
* One with a ``*`` (or all values) in any of these fields follows real time: what the clocks go forward over doesn't
  come, and what they go back over comes twice.

Times are whole seconds. An expression that no date fits never fires, and is refused.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from holdfast.cron_text import CronText, read_cron
from holdfast.model.clock import AtTimes, BoundedTimes, EveryTimes, Times
from holdfast.model.instant import DAY, Instant, Micros
from holdfast.model.trigger import ClockSpec
from holdfast.model.zones import instant_of, is_ambiguous, is_imaginary, local_of, zone_of

_SECOND: Final = timedelta(seconds=1)
_MICRO: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_START: Final = datetime(2000, 1, 1)  # noqa: DTZ001 — local time, of no zone
_SATURDAY: Final = 5
_NEVER: Final = "never fires: there is no such day in any of these months"


class Crons:
    """The adapter; it keeps nothing."""

    def check(self, text: str, timezone: str) -> str | None:
        """What is wrong with an expression; None: nothing. All zones take all expressions."""
        try:
            return _problem(text)
        except ValueError as error:
            return str(error)

    def times_of(self, spec: ClockSpec, created_at: Instant) -> Times:
        """The nominal times of a clock first saved then. Raises ``ValueError`` for one that can't be understood."""
        times = self._times(spec, created_at)
        if spec.starts_at is None and spec.ends_at is None:
            return times
        return BoundedTimes(times, spec.starts_at, spec.ends_at)

    def _times(self, spec: ClockSpec, created_at: Instant) -> Times:
        if spec.every is not None:
            return EveryTimes(created_at, spec.every)
        if spec.at is not None:
            return AtTimes(spec.at)
        zone = zone_of(spec.timezone)
        if spec.cron is None or zone is None:
            raise ValueError(f'there is no time zone "{spec.timezone}"' if zone is None else "the clock has no times")
        return CronTimes(spec.cron, zone)


@lru_cache(maxsize=1_000)
def _problem(text: str) -> str | None:
    return None if _Walk(read_cron(text)).fires() else _NEVER


class CronTimes:
    """The times of an expression in a zone. Raises ``ValueError`` for an expression with something wrong in it."""

    def __init__(self, text: str, zone: ZoneInfo) -> None:
        self._walk = _Walk(read_cron(text))
        self._zone = zone

    def after(self, instant: Instant) -> Instant | None:
        try:
            return self._certain(instant) if self._walk.certain else self._real(instant)
        except OverflowError:  # past the year 9999
            return None

    def count(self, start: Instant, end: Instant) -> int:
        if start >= end:
            return 0
        changes = list(self._changes(start, end))
        return self._count_certain(start, end, changes) if self._walk.certain else self._count_real(start, end, changes)

    # -- certain times of the day ------------------------------------------------------------------------------------

    def _certain(self, instant: Instant) -> Instant | None:
        local: datetime | None = self._local(instant)
        while local is not None:
            local = self._walk.after(local)
            if local is not None and (found := self._once(local)) > instant:
                return found
        return None

    def _once(self, local: datetime) -> Instant:
        """When a local time comes, that in truth may come never or twice."""
        found = instant_of(local, self._zone)
        if is_imaginary(local, self._zone):
            return self._change(instant_of(local.replace(fold=1), self._zone), found)
        return found

    def _count_certain(self, start: Instant, end: Instant, changes: list[Instant]) -> int:
        found = self._walk.count(self._first(start), self._first(end))
        for change in changes:
            skipped, resumed = self._before(change), self._local(change)
            if skipped < resumed:  # all of what was skipped comes at the change, together with what is due then
                found -= max(0, self._walk.count(skipped, resumed + _SECOND) - 1)
        return found

    def _first(self, instant: Instant) -> datetime:
        """The first local time that doesn't come before ``instant``."""
        local = self._local(instant)
        if local.fold:
            change = self._change(instant_of(local.replace(fold=0), self._zone), instant)
            return self._before(change)
        return min(local, self._before(instant))

    # -- real time ---------------------------------------------------------------------------------------------------

    def _real(self, instant: Instant) -> Instant | None:
        local = self._local(instant)
        if not local.fold and is_ambiguous(local, self._zone):
            again = self._change(instant, instant_of(local.replace(fold=1), self._zone))
            found = self._walk.after(local)
            if found is not None and instant_of(found, self._zone) < again:
                return instant_of(found, self._zone)
            instant, local = again - 1, self._local(again) - _SECOND
        return self._real_after(instant, local)

    def _real_after(self, instant: Instant, local: datetime) -> Instant | None:
        """The first time after ``instant``, whose local time is ``local``, with no change between that counts."""
        found = self._walk.after(local)
        while found is not None and is_imaginary(found, self._zone):
            found = self._walk.after(self._local(self._once(found)) - _SECOND)
        if found is None:
            return None
        first = instant_of(found, self._zone)
        return first if first > instant else instant_of(found.replace(fold=1), self._zone)

    def _count_real(self, start: Instant, end: Instant, changes: list[Instant]) -> int:
        edges = [start, *(change for change in changes if change > start), end]
        return sum(self._walk.count(self._local(low), self._before(high)) for low, high in pairwise(edges))

    # -- the zone ----------------------------------------------------------------------------------------------------

    def _local(self, instant: Instant) -> datetime:
        return local_of(instant, self._zone)

    def _before(self, instant: Instant) -> datetime:
        """The local time that ``instant`` has by the clocks as they go right before it."""
        return (self._local(instant - 1) + _MICRO).replace(fold=0)

    def _offset(self, instant: Instant) -> Micros:
        return (self._local(instant) - local_of(instant, _UTC)) // _MICRO

    def _change(self, low: Instant, high: Instant) -> Instant:
        """The instant in (``low``, ``high``] at which the clocks change; there is one."""
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high

    def _changes(self, start: Instant, end: Instant) -> Iterator[Instant]:
        """The changes in [``start``, ``end``). No zone changes its clocks twice a day."""
        low = start - 1
        while low < end - 1:
            high = min(low + DAY, end - 1)
            if self._offset(low) != self._offset(high):
                yield self._change(low, high)
            low = high


_UTC: Final = ZoneInfo("UTC")


class _Walk(CronSim):
    """Local times that fit an expression, without any zone. Raises ``ValueError`` when no day can fit."""

    def __init__(self, text: CronText) -> None:
        try:
            super().__init__(" ".join(text.fields), _START)
        except CronSimError:
            raise ValueError(_NEVER) from None
        self.day_and = text.both
        if text.placeholder:
            self.days.discard(self.LAST)
        self._nearest = text.nearest
        self._before_last = text.before_last
        self._slots = tuple(sorted(values) for values in (self.hours, self.minutes, self.seconds))
        full = any(len(values) == most for values, most in zip(self._slots, (24, 60, 60), strict=True))
        self.certain = not full and not any(field.startswith("*") for field in text.fields[:3])

    def fires(self) -> bool:
        """Whether any date fits: after 28 years every month has had each of its forms."""
        months = ((year, month) for year in range(2000, 2028) for month in sorted(self.months))
        return any(self._fits(date(*month, day + 1)) for month in months for day in range(monthrange(*month)[1]))

    def after(self, local: datetime) -> datetime | None:
        """The first time after ``local``, or None when there is none in fifty years."""
        self.dt = local.replace(microsecond=0, fold=0)
        try:
            return next(self)
        except (StopIteration, OverflowError, ValueError):
            return None

    def count(self, low: datetime, high: datetime) -> int:
        """How many lie in [``low``, ``high``): days are walked through, the times of a day are not."""
        if low >= high:
            return 0
        first, last = low.date(), high.date()
        per_day = len(self._slots[0]) * len(self._slots[1]) * len(self._slots[2])
        days = sum(self._fits(first + n * _DAY) for n in range((last - first).days))
        found = days * per_day - (self._rank(low) if self._fits(first) else 0)
        return found + (self._rank(high) if self._fits(last) else 0)

    def match_dom(self, d: date) -> bool:
        if super().match_dom(d):
            return True
        if not self._nearest and not self._before_last:
            return False
        last = monthrange(d.year, d.month)[1]
        return last - d.day in self._before_last or any(_nearest(d, day, last) == d.day for day in self._nearest)

    def _fits(self, day: date) -> bool:
        return day.month in self.months and self.match_day(day)

    def _rank(self, local: datetime) -> int:
        """How many times of a day that fits come before that of ``local``."""
        hours, minutes, seconds = self._slots
        found = bisect_left(hours, local.hour) * len(minutes) * len(seconds)
        if local.hour not in self.hours:
            return found
        found += bisect_left(minutes, local.minute) * len(seconds)
        if local.minute not in self.minutes:
            return found
        return found + bisect_left(seconds, local.second + (local.microsecond > 0))


def _nearest(month: date, day: int, last: int) -> int:
    """The weekday nearest to that day in its month; 0 when the month has no such day."""
    if day > last:
        return 0
    beyond = month.replace(day=day).weekday() - _SATURDAY
    if beyond < 0:
        return day
    if beyond == 0:
        return day - 1 if day > 1 else day + 2
    return day + 1 if day < last else day - 2
