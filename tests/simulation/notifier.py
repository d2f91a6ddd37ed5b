"""Notifications between simulated processes: each may be lost, delayed or told twice, and none is ordered."""

from collections.abc import Callable, Collection
from random import Random
from typing import Final

from tests.simulation.loop import SimulatedLoop, Strand

Wake = Callable[[frozenset[str]], None]
_SOON: Final = 0.003
_LATE: Final = 4.0


class Post:
    """Carries notifications to every open notifier but the sender's. ``fair``: nothing happens to them."""

    def __init__(self, loop: SimulatedLoop, random: Random, rough: bool) -> None:
        self._loop = loop
        self._random = random
        self._wakes: dict[Strand, Wake] = {}
        self.rough = rough

    def open(self, strand: Strand, wake: Wake) -> None:
        self._wakes[strand] = wake

    def close(self, strand: Strand) -> None:
        self._wakes.pop(strand, None)

    def send(self, sender: Strand, topics: Collection[str]) -> None:
        told = frozenset(topics)
        for strand, wake in self._wakes.items():
            if strand is not sender and not strand.dead:
                for delay in self._delays():
                    self._loop.call_later(delay, wake, told, context=strand.context)

    def _delays(self) -> tuple[float, ...]:
        drawn = self._random.random()
        soon = _SOON * self._random.random()
        if not self.rough or drawn < 0.5:
            return (soon,)
        if drawn < 0.7:
            return ()
        late = _LATE * self._random.random()
        return (soon, late) if drawn < 0.85 else (late,)


class SimulatedNotifier:
    """One process's end of the post."""

    def __init__(self, post: Post, strand: Strand) -> None:
        self._post = post
        self._strand = strand
        self.healthy = True

    async def open(self, wake: Wake) -> None:
        self._post.open(self._strand, wake)

    def notify(self, topics: Collection[str]) -> None:
        self._post.send(self._strand, topics)

    async def close(self) -> None:
        self._post.close(self._strand)
