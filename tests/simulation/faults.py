"""What happens to a simulated cluster, drawn from the seed: its own mix of faults, in many only one sort."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulation.database import Fate
from tests.simulation.workload import WINDOW

# How long each sort lasts, in seconds, from and to: some freezes and jumps outlast a lease, some don't.
SORTS: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "crash": ((0.0, 0.5), (0.5, 6.0), (6.0, 14.0)),
    "freeze": ((0.1, 3.0), (9.0, 14.0), (12.0, 16.0)),
    "jump": ((0.5, 6.0),),
    "outage": ((0.1, 1.0), (1.0, 6.0), (7.0, 12.0)),
    "calls": ((0.0, 0.0),),
    "post": ((0.0, 0.0),),
    "end": ((0.0, 0.0),),
    "deaf": ((0.5, 3.0),),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``when`` in seconds; ``place`` picks the process; ``steps``: how many callbacks later it strikes."""

    sort: str
    when: float
    place: float
    steps: int
    lasts: float
    amount: float


class Weather:
    """``fate`` draws what becomes of a call; it is fair once ``clear`` was called."""

    def __init__(self, random: Random) -> None:
        self._random = random
        # One sort alone in many seeds, all at once in some: single causes are as important as storms.
        known = list(SORTS)
        sorts = random.sample(known, 1 if random.random() < 0.4 else random.randint(2, len(known)))
        self.rough_post = "post" in sorts
        self._trouble = random.choice((0.03, 0.15)) if "calls" in sorts else 0.0
        self.faults = sorted(
            (self._fault(sort) for sort in sorts for _ in range(random.randint(1, 4))),
            key=lambda fault: fault.when,
        )
        self._outages: dict[str, float] = {}

    def _fault(self, sort: str) -> Fault:
        random = self._random
        lasts = random.uniform(*random.choice(SORTS[sort]))
        when, place, steps = random.random() * WINDOW, random.random(), random.randint(0, 60)
        return Fault(sort, when, place, steps, lasts, random.uniform(-1, 1))

    def fate(self, process: str, now: float) -> Fate:
        if now < self._outages.get(process, 0.0):
            return Fate.LOST
        if not self._trouble or self._random.random() >= self._trouble:
            return Fate.WELL
        return self._random.choice((Fate.LOST, Fate.ANSWER_LOST, Fate.LATE))

    def cut_off(self, process: str, until: float) -> None:
        self._outages[process] = until

    def clear(self) -> None:
        self._outages.clear()
        self._trouble = 0.0
