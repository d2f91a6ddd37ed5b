"""Rates: at most so many starts in so much time, as a token bucket in whole numbers.

A bucket holds ``count`` tokens and refills evenly, ``count`` in ``per``. Its level is kept as *credit*, tokens times
``per``, so that a microsecond adds exactly ``count`` and a start costs exactly ``per``: no rounding, on any store, in
any process. A new bucket is full.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from holdfast.model.instant import DAY, Instant, Micros, format_duration, parse_duration

MOST: Final = 1_000_000
LONGEST: Final[Micros] = 30 * DAY
_RATE: Final = re.compile(r"(\d{1,7})/(.+)", re.ASCII)
_EXPECTED: Final = "expected a rate such as 10/1s or 600/1m"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` starts in ``per`` microseconds. Raises ``ValueError`` for an impossible one."""

    count: int
    per: Micros

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise ValueError(f"a rate's count must lie between 1 and {MOST}")
        if not 0 < self.per <= LONGEST:
            raise ValueError(f"a rate's time must be longer than nothing and at most {format_duration(LONGEST)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The rate of ``10/1s`` or ``600/1m``. Raises ``ValueError`` with the way out."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError(_EXPECTED)
        return cls(int(match[1]), parse_duration(match[2]))

    def __str__(self) -> str:
        return f"{self.count}/{format_duration(self.per)}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket's level at one moment. ``credit`` is tokens times the rate's ``per``."""

    rate: Rate
    credit: int
    at: Instant

    @classmethod
    def full(cls, rate: Rate, at: Instant) -> Self:
        return cls(rate, rate.count * rate.per, at)

    @property
    def tokens(self) -> int:
        """How many starts are free at this moment; less than nothing while more were taken than there were."""
        return self.credit // self.rate.per

    def refilled(self, now: Instant) -> Self:
        """The bucket at ``now``; a clock that went back refills nothing and takes nothing away."""
        earned = max(0, now - self.at) * self.rate.count
        return replace(self, credit=min(self.credit + earned, self.rate.count * self.rate.per), at=max(now, self.at))

    def taken(self, starts: int) -> Self:
        return replace(self, credit=self.credit - starts * self.rate.per)

    def when(self, tokens: int) -> Instant:
        """The first moment at which so many tokens (at most ``count``) will be there, if none is taken meanwhile."""
        missing = min(tokens, self.rate.count) * self.rate.per - self.credit
        return self.at if missing <= 0 else self.at + -(-missing // self.rate.count)
