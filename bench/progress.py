"""Progress: how many jobs an engine has finished, told by the engine itself and never asked of the store.

It listens where the metrics do, at the engine's observer: a finish is counted once its commit has been answered. So a
measurement costs the store nothing while it runs, and whoever waits for a count wakes at the commit that reaches it.
"""

import asyncio
from time import perf_counter
from typing import Final

from holdfast.engine.engine import Engine
from holdfast.model.instant import Micros

# One wait in so many is kept.
_SAMPLED: Final = 16


class Progress:
    """Counts from its making on. ``finished`` and ``at`` belong together: the count, and when it was reached.

    With a list in ``waits`` or ``commits`` it also keeps a sample of the waits from insert to claim, or how long each
    commit of finished jobs took.
    """

    def __init__(self, engine: Engine) -> None:
        self.finished = 0
        self.at = perf_counter()
        self.waits: list[Micros] | None = None
        self.commits: list[Micros] | None = None
        self.claimed = 0
        self._target: int | None = None
        self._reached = asyncio.Event()
        observer = engine.metrics
        self._metrics_committed = observer.committed  # type: ignore[attr-defined]
        self._metrics_claimed = observer.claimed  # type: ignore[attr-defined]
        observer.committed = self._committed  # type: ignore[attr-defined]
        observer.claimed = self._was_claimed  # type: ignore[attr-defined]

    async def reach(self, target: int) -> tuple[int, float]:
        """The first count that is at least ``target``, and when it was there."""
        if self.finished < target:
            self._reached.clear()
            self._target = target
            await self._reached.wait()
        return self.finished, self.at

    def _committed(self, what: str, size: int, took: Micros) -> None:
        self._metrics_committed(what, size, took)
        if what != "finish":
            return
        self.finished += size
        self.at = perf_counter()
        if self.commits is not None:
            self.commits.append(took)
        if self._target is not None and self.finished >= self._target:
            self._target = None
            self._reached.set()

    def _was_claimed(self, queue: str, waited: Micros) -> None:
        self._metrics_claimed(queue, waited)
        self.claimed += 1
        if self.waits is not None and self.claimed % _SAMPLED == 0:
            self.waits.append(waited)
