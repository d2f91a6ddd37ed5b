"""Who goes first: weighted shares of a queue's started jobs among the tenants that wait in it.

Stride scheduling. Each lane (queue, tenant) keeps a *pass*: started jobs divided by weight. The lane with the least
pass goes next. A lane that was idle comes in at the least pass of the busy ones, so that idleness saves up no credit.
Of what it had started beyond that, one job at most is held against it: a tenant that ran alone for long isn't kept out
afterwards, and one that always has just one job doesn't go first each time.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """A tenant's standing in one queue: ``ready`` jobs that could start, ``room`` under its running limit."""

    tenant: str
    weight: float
    passed: float
    ready: int
    room: int | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the slots the tenant gets, and its pass afterwards."""

    tenant: str
    slots: int
    passed: float


def shares(lanes: Sequence[Lane], slots: int) -> list[Share]:
    """Divides ``slots`` among the lanes; only lanes that got any are answered, in the order given."""
    everyone = (lane.passed for lane in lanes)
    floor = min((lane.passed for lane in lanes if not lane.idle), default=min(everyone, default=0.0))
    heap: list[tuple[float, int, int]] = []
    for index, lane in enumerate(lanes):
        limit = lane.ready if lane.room is None else min(lane.ready, lane.room)
        if limit > 0:
            start = _entry(lane, floor) if lane.idle else lane.passed
            heapq.heappush(heap, (start, index, limit))
    given: dict[int, tuple[int, float]] = {}
    while heap and slots > 0:
        passed, index, limit = heapq.heappop(heap)
        count, _ = given.get(index, (0, passed))
        after = passed + 1 / lanes[index].weight
        given[index] = (count + 1, after)
        slots -= 1
        if count + 1 < limit:
            heapq.heappush(heap, (after, index, limit))
    return [Share(lanes[i].tenant, n, passed) for i, (n, passed) in sorted(given.items())]


def _entry(lane: Lane, floor: float) -> float:
    """Where an idle lane comes in: at the floor, or up to one job behind it."""
    return min(max(lane.passed, floor), floor + 1 / lane.weight)
