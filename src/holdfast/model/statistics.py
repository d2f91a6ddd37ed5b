"""Figures of what went on: counts and times by minute, and what a chart asks of them.

*Figures* are a flat row of numbers in the order of ``COLUMNS``: what happened to jobs and runs, and two histograms, of
how long jobs waited for their first start and of how long attempts ran. Rows of any processes and minutes add up number
by number. A histogram's buckets double: the first is below a millisecond, the ``n``-th from 2ⁿ⁻¹ to 2ⁿ milliseconds,
the last has no end. What is read out of one (``percentile``) is exact to the bucket and even inside it.

Counted are runs that somebody started; those that another run called, and bodies, are part of that one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from holdfast.model.instant import DAY, HOUR, MINUTE, Instant, Micros

JOB_COUNTS: Final = ("started", "succeeded", "failed", "dead", "cancelled", "retried")
RUN_COUNTS: Final = ("runs_started", "runs_succeeded", "runs_failed", "runs_cancelled")
COUNTS: Final = (*JOB_COUNTS, *RUN_COUNTS)
BUCKETS: Final = 24
COLUMNS: Final = (
    *COUNTS,
    *(f"wait_{bucket}" for bucket in range(BUCKETS)),
    *(f"ran_{bucket}" for bucket in range(BUCKETS)),
)
PLACE: Final[Mapping[str, int]] = {name: place for place, name in enumerate(COLUMNS)}
FIRST_WAIT: Final = PLACE["wait_0"]
FIRST_RAN: Final = PLACE["ran_0"]
NOTHING: Final[tuple[int, ...]] = (0,) * len(COLUMNS)
# In place of a queue's name: what is said of runs.
NO_QUEUE: Final = ""
# How long figures and depths of queues are kept, and how long every minute's: older ones by the quarter of an hour,
# figures of its minutes added up, of depths the first. No chart that reaches back that far has finer steps.
KEEP: Final[Micros] = 14 * DAY
KEEP_MINUTES: Final[Micros] = 25 * HOUR
LATER: Final[Micros] = 15 * MINUTE


class Count(NamedTuple):
    """One thing that happened: ``what`` is one of ``COUNTS``; the queue of a job, or ``NO_QUEUE`` of a run."""

    tenant: str
    queue: str
    what: str


class FigureRow(NamedTuple):
    """Figures to add to those of a minute."""

    tenant: str
    at: Instant
    queue: str
    numbers: Sequence[int]


class Point(NamedTuple):
    """The figures of one step of a chart."""

    at: Instant
    numbers: Sequence[int] = NOTHING

    def count(self, name: str) -> int:
        return self.numbers[PLACE[name]]

    @property
    def waits(self) -> Sequence[int]:
        return self.numbers[FIRST_WAIT : FIRST_WAIT + BUCKETS]

    @property
    def times(self) -> Sequence[int]:
        """How long attempts ran."""
        return self.numbers[FIRST_RAN : FIRST_RAN + BUCKETS]


class Depth(NamedTuple):
    """What lay in a queue: the most that any sample of the step found. ``oldest``: how long due work waited."""

    at: Instant
    queue: str
    pending: int = 0
    running: int = 0
    scheduled: int = 0
    oldest: Micros = 0


class Window(NamedTuple):
    """A stretch of time that a chart shows, in steps."""

    length: Micros
    step: Micros

    def begins(self, now: Instant) -> Instant:
        """The first step's begin: the last step is the one that ``now`` lies in."""
        return (now // self.step + 1) * self.step - self.length

    def steps(self, now: Instant) -> range:
        first = self.begins(now)
        return range(first, first + self.length, self.step)


WINDOWS: Final[Mapping[str, Window]] = {
    "1h": Window(HOUR, MINUTE),
    "6h": Window(6 * HOUR, 5 * MINUTE),
    "24h": Window(DAY, 15 * MINUTE),
    "7d": Window(7 * DAY, 2 * HOUR),
}


def bucket_of(micros: Micros) -> int:
    """The bucket of a time; one before its begin counts as none."""
    return min((micros // 1_000).bit_length(), BUCKETS - 1) if micros > 0 else 0


def percentile(buckets: Sequence[int], share: float) -> float | None:
    """The time in milliseconds that this share of what was counted lay below; None when nothing was counted."""
    wanted, passed = share * sum(buckets), 0
    for bucket, count in enumerate(buckets):
        if count and passed + count >= wanted:
            low = 0 if bucket == 0 else 1 << (bucket - 1)
            return low + ((1 << bucket) - low) * (wanted - passed) / count
        passed += count
    return None


def dense(points: Iterable[Point], window: Window, now: Instant) -> list[Point]:
    """One point for each step, without figures where nothing happened."""
    known = {point.at: point for point in points}
    return [known.get(at) or Point(at) for at in window.steps(now)]


def total(points: Iterable[Point], at: Instant) -> Point:
    """All of them in one."""
    rows = [point.numbers for point in points]
    return Point(at, tuple(map(sum, zip(*rows, strict=True))) if rows else NOTHING)


def dense_depths(depths: Iterable[Depth], window: Window, now: Instant) -> Iterator[tuple[str, list[Depth]]]:
    """By the name of each queue that had something in it, one depth for each step: nothing where none was found."""
    queues: dict[str, dict[Instant, Depth]] = {}
    for depth in depths:
        queues.setdefault(depth.queue, {})[depth.at] = depth
    for name in sorted(queues):
        yield name, [queues[name].get(at) or Depth(at, name) for at in window.steps(now)]
