"""Figures of what went on, as JSON: points of a chart, depths of queues, and all of it in one."""

from collections.abc import Iterable, Sequence

from typing_extensions import TypedDict

from holdfast.model.instant import MILLISECOND, Instant, format_duration, format_instant
from holdfast.model.statistics import Depth, Point, Window, dense, dense_depths, percentile, total


class QuantilesShape(TypedDict):
    """In milliseconds: half of them took at most `p50`, and all but the slowest twentieth at most `p95`."""

    p50: float
    p95: float


class RunFiguresShape(TypedDict):
    """Runs that somebody started; those that another run called are part of that one."""

    started: int
    succeeded: int
    failed: int
    cancelled: int


class FiguresShape(TypedDict):
    """What happened to jobs and runs.

    `wait_ms`: from when a job was due to its first start. `run_ms`: how long attempts ran. Null where there was none.
    """

    started: int
    succeeded: int
    failed: int
    dead: int
    cancelled: int
    retried: int
    wait_ms: QuantilesShape | None
    run_ms: QuantilesShape | None
    runs: RunFiguresShape


class PointShape(FiguresShape):
    at: str


class DepthShape(TypedDict):
    """The most that lay in the queue at any sample of the step; `oldest_ms`: how long due work had waited."""

    at: str
    pending: int
    running: int
    scheduled: int
    oldest_ms: int | None


class QueueDepthsShape(TypedDict):
    name: str
    points: list[DepthShape]


# "from" is a keyword, so this one can't be written as a class.
StatisticsShape = TypedDict(
    "StatisticsShape",
    {
        "from": str,
        "to": str,
        "step": str,
        "points": list[PointShape],
        "queues": list[QueueDepthsShape],
        "totals": FiguresShape,
    },
)


def statistics_shape(points: Iterable[Point], depths: Iterable[Depth], window: Window, now: Instant) -> StatisticsShape:
    """Every step has its point; the last one goes on."""
    steps = dense(points, window, now)
    return {
        "from": format_instant(window.begins(now)),
        "to": format_instant(now),
        "step": format_duration(window.step),
        "points": [{"at": format_instant(point.at), **_figures(point)} for point in steps],
        "queues": [
            {"name": name, "points": [_depth(depth) for depth in found]}
            for name, found in dense_depths(depths, window, now)
        ],
        "totals": _figures(total(steps, now)),
    }


def _figures(point: Point) -> FiguresShape:
    return {
        "started": point.count("started"),
        "succeeded": point.count("succeeded"),
        "failed": point.count("failed"),
        "dead": point.count("dead"),
        "cancelled": point.count("cancelled"),
        "retried": point.count("retried"),
        "wait_ms": _quantiles(point.waits),
        "run_ms": _quantiles(point.times),
        "runs": {
            "started": point.count("runs_started"),
            "succeeded": point.count("runs_succeeded"),
            "failed": point.count("runs_failed"),
            "cancelled": point.count("runs_cancelled"),
        },
    }


def _quantiles(buckets: Sequence[int]) -> QuantilesShape | None:
    half, most = percentile(buckets, 0.5), percentile(buckets, 0.95)
    return None if half is None or most is None else {"p50": round(half, 1), "p95": round(most, 1)}


def _depth(depth: Depth) -> DepthShape:
    return {
        "at": format_instant(depth.at),
        "pending": depth.pending,
        "running": depth.running,
        "scheduled": depth.scheduled,
        "oldest_ms": depth.oldest // MILLISECOND if depth.pending else None,
    }
