"""Who goes first: weighted shares of a queue's started jobs among the tenants that wait in it.

Stride scheduling. Each lane (queue, tenant) keeps a *pass*: started jobs divided by weight. The lane with the least
pass goes next. A lane that was idle comes in at the least pass of the busy ones, so that idleness saves up no credit.
Of what it had started beyond that, one job at most is held against it: a tenant that ran alone for long isn't kept out
afterwards, and one that always has just one job doesn't go first each time.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
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
    """How many of the slots the tenant gets (none when it only came in), and its pass afterwards."""

    tenant: str
    slots: int
    passed: float


def shares(lanes: Sequence[Lane], slots: int) -> list[Share]:
    """Divides ``slots`` among the lanes; answers those that changed, in the order given.

    A lane that came in and got nothing is answered with 0 slots and its pass: kept, and not idle any more, it is the
    next one in. Forgotten, it would come in anew behind each claim, and never be served.
    """
    if slots <= 0:
        return []
    passes = _entries(lanes)
    came_in = {index: 0 for index in passes if lanes[index].idle}
    given = {**came_in, **Counter(_dealt(lanes, passes, slots))}
    return [Share(lanes[index].tenant, count, passes[index]) for index, count in sorted(given.items())]


def turns(lanes: Sequence[Lane], slots: int) -> list[str]:
    """Whose jobs the next ``slots`` are, one after another: ``shares`` of any number of them are the first so many."""
    if len(lanes) == 1:
        return [lanes[0].tenant] * min(slots, _limit(lanes[0]))
    return [lanes[index].tenant for index in _dealt(lanes, _entries(lanes), slots)]


def _dealt(lanes: Sequence[Lane], passes: dict[int, float], slots: int) -> Iterator[int]:
    """The place in ``lanes`` of the one that each slot goes to; moves their passes."""
    heap = [(passed, index, _limit(lanes[index])) for index, passed in passes.items()]
    heapq.heapify(heap)
    while heap and slots > 0:
        _, index, left = heapq.heappop(heap)
        passes[index] += 1 / lanes[index].weight
        slots -= 1
        if left > 1:
            heapq.heappush(heap, (passes[index], index, left - 1))
        yield index


def _entries(lanes: Sequence[Lane]) -> dict[int, float]:
    """The pass at which each lane that can start a job takes part, by its place in ``lanes``."""
    everyone = (lane.passed for lane in lanes)
    floor = min((lane.passed for lane in lanes if not lane.idle), default=min(everyone, default=0.0))
    return {
        index: min(max(lane.passed, floor), floor + 1 / lane.weight) if lane.idle else lane.passed
        for index, lane in enumerate(lanes)
        if _limit(lane) > 0
    }


def _limit(lane: Lane) -> int:
    return lane.ready if lane.room is None else min(lane.ready, lane.room)
