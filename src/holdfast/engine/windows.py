"""Windows: how many offers of each queue may be out, from what the workers' seats tell.

Twice as many as there are free slots: what a worker takes next is there already, and a changed priority lags by no
more than that. Whoever serves a queue may read each of its offers, so only what all of them can run is offered; what
only some of them can run is *mixed*, and they are asked to claim it directly.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import reduce

from holdfast.model.job import ALL_QUEUES
from holdfast.ports import Seat


@dataclass(slots=True)
class Reach:
    """Queues of which all workers can run the same. ``windows`` has 0 for a queue that another reach has.

    ``mixed``: those of the queues whose workers can't all run the same.
    """

    kinds: frozenset[str]
    tags: frozenset[str]
    windows: dict[str, int] = field(default_factory=dict)
    mixed: set[str] = field(default_factory=set)

    def has(self, queue: str) -> bool:
        return self.windows.get(queue, self.windows.get(ALL_QUEUES, 0)) > 0

    def is_mixed(self, queue: str) -> bool:
        return (queue if queue in self.windows else ALL_QUEUES) in self.mixed


def reaches_of(seats: Collection[Seat]) -> list[Reach]:
    """The queues with free slots by what can be offered of them; ``ALL_QUEUES`` stands for those that no seat names."""
    everywhere = [seat for seat in seats if ALL_QUEUES in seat.queues]
    served: dict[str, list[Seat]] = {ALL_QUEUES: everywhere} if everywhere else {}
    for name in sorted({queue for seat in seats for queue in seat.queues} - {ALL_QUEUES}):
        served[name] = [seat for seat in seats if name in seat.queues or ALL_QUEUES in seat.queues]
    reaches: dict[tuple[frozenset[str], frozenset[str]], Reach] = {}
    for queue, workers in served.items():
        free = sum(max(seat.free, 0) for seat in workers)
        kinds, tags = _shared(seat.kinds for seat in workers), _shared(seat.tags for seat in workers)
        if free == 0:
            continue
        reach = reaches.setdefault((kinds, tags), Reach(kinds, tags))
        reach.windows[queue] = 2 * free
        if any(_differ(seat.kinds, kinds) or _differ(seat.tags, tags) for seat in workers):
            reach.mixed.add(queue)
    return _apart(list(reaches.values()))


def merged(reaches: Iterable[Reach]) -> dict[str, int]:
    """The window of each queue, over all reaches."""
    windows: defaultdict[str, int] = defaultdict(int)
    for reach in reaches:
        for queue, window in reach.windows.items():
            windows[queue] = max(windows[queue], window)
    return dict(windows)


def _apart(reaches: list[Reach]) -> list[Reach]:
    """A queue that one reach names is none of another's ``ALL_QUEUES``."""
    named = {queue for reach in reaches for queue in reach.windows}
    for reach in reaches:
        if ALL_QUEUES in reach.windows:
            for queue in named - reach.windows.keys():
                reach.windows[queue] = 0
    return reaches


def _shared(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """What is in all of them. Mostly they are one and the same, which costs nothing to see."""
    return reduce(lambda one, other: one & other if _differ(one, other) else one, sets)


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return one is not other and one != other
