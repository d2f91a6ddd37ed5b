"""Clocks: which nominal times a trigger has, and what becomes of those that are due. Pure.

``Times`` answers for the nominal times of one clock. ``every`` counts from the trigger's first save, ``at`` is one
time, and cron comes through ``CronPort``, whose adapter lies outside. Bounds hold for all of them.

``plan`` is what one look at a clock gives. A time that comes later than its grace (its jitter counted) was missed, and
the misfire policy speaks of all that are due: ``skip`` fires none that was missed, ``once`` the last, ``all`` the
newest ``misfire_limit``. Where none was missed all fire. The grace is half of the time to the next, from
``LEAST_GRACE`` to ``MISFIRE_GRACE``. Counting what was skipped costs days, not times, and a plan holds at most
``MOST_FIRES``: the next look, at once, goes on where it ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.trigger import LEAST_GRACE, MISFIRE_GRACE, ClockSpec, TriggerRecord

MOST_FIRES: Final = 1_000
# With a jitter longer than the pause between two times, so many are looked at in one go.
_MOST_LOOKS: Final = 10_000
# Walking through so many times more than are wanted costs less than counting again.
_FEW: Final = 100


class Times(Protocol):
    """The nominal times of a clock, each once, in ascending order."""

    def after(self, instant: Instant) -> Instant | None:
        """The first one later than ``instant``; None when there is none."""
        ...

    def count(self, start: Instant, end: Instant) -> int:
        """How many lie in [``start``, ``end``), without walking through them."""
        ...


class CronPort(Protocol):
    """Cron expressions as the model needs them."""

    def check(self, text: str, timezone: str) -> str | None:
        """What is wrong with an expression, with the way out; None: nothing. The zone is known to exist."""
        ...


TimesOf = Callable[[ClockSpec, Instant], Times]
"""The times of a clock, by its spec and the instant of its first save."""


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """What to do now: start ``fires`` (oldest first), record the skipped, then move to ``next_at`` and ``due_at``.

    ``next_at`` is the next nominal time (None: none to come); ``due_at`` is when to look again (None: never). The
    skipped times lie in [``skipped_from``, ``skipped_to``], which are the first and the last of them.
    """

    fires: tuple[Instant, ...]
    next_at: Instant | None
    due_at: Instant | None
    skipped_count: int = 0
    skipped_from: Instant | None = None
    skipped_to: Instant | None = None


@dataclass(frozen=True, slots=True)
class EveryTimes:
    """``anchor`` + n × ``every``, n from 1 on."""

    anchor: Instant
    every: Micros

    def after(self, instant: Instant) -> Instant | None:
        return self.anchor + max(1, (instant - self.anchor) // self.every + 1) * self.every

    def count(self, start: Instant, end: Instant) -> int:
        return max(0, self._up_to(end - 1) - self._up_to(start - 1))

    def _up_to(self, instant: Instant) -> int:
        return max(0, (instant - self.anchor) // self.every)


@dataclass(frozen=True, slots=True)
class AtTimes:
    """One time."""

    at: Instant

    def after(self, instant: Instant) -> Instant | None:
        return self.at if self.at > instant else None

    def count(self, start: Instant, end: Instant) -> int:
        return int(start <= self.at < end)


@dataclass(frozen=True, slots=True)
class BoundedTimes:
    """Those of ``times`` that lie in [``starts_at``, ``ends_at``]."""

    times: Times
    starts_at: Instant | None
    ends_at: Instant | None

    def after(self, instant: Instant) -> Instant | None:
        least = instant if self.starts_at is None else max(instant, self.starts_at - 1)
        found = self.times.after(least)
        return None if found is None or (self.ends_at is not None and found > self.ends_at) else found

    def count(self, start: Instant, end: Instant) -> int:
        first = start if self.starts_at is None else max(start, self.starts_at)
        last = end if self.ends_at is None else min(end, self.ends_at + 1)
        return self.times.count(first, last) if first < last else 0


def upcoming(times: Times, instant: Instant, count: int) -> list[Instant]:
    """The next ``count`` times after ``instant``, or as many as there are."""
    found: list[Instant] = []
    at = times.after(instant)
    while at is not None and len(found) < count:
        found.append(at)
        at = times.after(at)
    return found


def newest(times: Times, start: Instant, end: Instant, count: int) -> list[Instant]:
    """The last ``count`` times in [``start``, ``end``), or as many as there are, in ascending order."""
    if count < 1 or start >= end:
        return []
    low, high, width, found = end, end, SECOND, 0
    while found < count and low > start:
        low, width = max(start, end - width), 2 * width
        found = times.count(low, end)
    while found > count + _FEW:  # as many as are wanted lie from ``low`` on, and fewer from ``high`` on
        middle = (low + high) // 2
        there = times.count(middle, end)
        low, high, found = (middle, high, there) if there >= count else (low, middle, found)
    return upcoming(times, low - 1, found)[-count:]


def jitter_of(row: str, at: Instant, jitter: Micros) -> Micros:
    """How much later than ``at`` the trigger fires: in [0, ``jitter``), always the same for this row and time."""
    if jitter == 0:
        return 0
    return int.from_bytes(blake2b(f"{row} {at}".encode(), digest_size=8).digest()) % jitter


def plan(spec: ClockSpec, times: Times, record: TriggerRecord, now: Instant) -> ClockPlan:
    """What becomes of the clock's times up to ``now``. A clock without a next time begins after ``since``."""
    first = record.next_at if record.next_at is not None else times.after(record.since)
    return ClockPlan((), None, None) if first is None else _Planning(spec, times, record.row, now).plan(first)


class _Planning:
    def __init__(self, spec: ClockSpec, times: Times, row: str, now: Instant) -> None:
        self._spec = spec
        self._times = times
        self._row = row
        self._now = now

    def plan(self, first: Instant) -> ClockPlan:
        # Whatever its jitter, a time before this one was missed.
        old = self._now - MISFIRE_GRACE - self._spec.jitter
        missed, fires, following = self._recent(first if first >= old else self._times.after(old - 1))
        if self._spec.misfire != "skip" and (missed or first < old):
            missed, fires = sorted((*missed, *fires)), []
        keep = {"skip": 0, "once": 1, "all": self._spec.misfire_limit}[self._spec.misfire]
        # One more than is kept: the last that is skipped.
        tail = [*newest(self._times, first, old, keep + 1 - len(missed)), *missed]
        skipped, kept = tail[: max(0, len(tail) - keep)], tail[max(0, len(tail) - keep) :]
        fires = sorted((*kept, *fires))
        if len(fires) > MOST_FIRES:
            fires, following = fires[:MOST_FIRES], fires[MOST_FIRES]
        gone = self._times.count(first, old) if first < old else 0
        return ClockPlan(
            fires=tuple(fires),
            next_at=following,
            due_at=None if following is None else self._due(following),
            skipped_count=gone + len(missed) - len(kept),
            skipped_from=(first if gone else skipped[0]) if skipped else None,
            skipped_to=skipped[-1] if skipped else None,
        )

    def _recent(self, at: Instant | None) -> tuple[list[Instant], list[Instant], Instant | None]:
        """From ``at`` on: what was missed, what fires, and the time after them. Times act in their order, so that one
        whose jitter is long holds up those after it."""
        missed: list[Instant] = []
        fires: list[Instant] = []
        while at is not None and self._due(at) <= self._now and len(missed) + len(fires) < _MOST_LOOKS:
            following = self._times.after(at)
            (missed if self._due(at) < self._now - _grace(at, following) else fires).append(at)
            at = following
        return missed, fires, at

    def _due(self, at: Instant) -> Instant:
        return at + jitter_of(self._row, at, self._spec.jitter)


def _grace(at: Instant, following: Instant | None) -> Micros:
    """How late ``at`` may come and just fire."""
    return MISFIRE_GRACE if following is None else min(max((following - at) // 2, LEAST_GRACE), MISFIRE_GRACE)
