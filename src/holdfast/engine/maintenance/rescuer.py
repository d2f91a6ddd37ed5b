"""Rescue: jobs of workers that died, attempts that hang past their time, deadlines that passed.

A worker whose lease expired is declared dead by a compare-and-set that it can't undo; its jobs go back with the attempt
recorded as lost. Jobs and runs whose own deadline passed end. Work that a concurrency key keeps back although it has a
place for it is let through. All of it is idempotent.
"""

from typing import Final

import structlog

from holdfast.engine.loop import Loop
from holdfast.engine.wakeups import Wakeups
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Finished, Observer, Store

_log = structlog.get_logger("holdfast.engine.rescuer")

# A worker ends its own attempts at their timeout; only one that failed to is hung. This is the allowance.
HUNG_GRACE: Final[Micros] = 15 * SECOND
_BATCH: Final = 500
_RUNS: Final = 100


class Rescuer(Loop):
    """One round every few seconds; again at once while rounds come back full."""

    name = "rescuer"

    def __init__(
        self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, observer: Observer, every: Micros
    ) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._wakeups = wakeups
        self._observer = observer

    async def run_once(self) -> bool:
        now = self._clock.now()
        more = False
        for name, step, batch in (
            ("rescue", self._rescue, _BATCH),
            ("deadlines of jobs", self._store.fail_overdue_jobs, _BATCH),
            ("deadlines of runs", self._store.expire_runs, _RUNS),
            ("concurrency keys", self._admit, _BATCH),
        ):
            try:
                done = await step(now, batch)
            except Unavailable:
                raise
            except Exception:  # what one of them stumbles over must not keep the others
                _log.exception("part failed, going on", part=name)
            else:
                self._tell(done)
                more = more or done.ended >= batch
        return more

    async def _rescue(self, now: Instant, limit: int) -> Finished:
        """``ended`` counts the rescued jobs."""
        rescued = await self._store.rescue(now, hung_grace=HUNG_GRACE, limit=limit)
        if rescued.workers or rescued.jobs:
            self._observer.rescued(rescued.workers, rescued.jobs)
            _log.warning("rescued", workers=rescued.workers, jobs=rescued.jobs)
        # A job that ends for having been lost too often may end its run, which may be a child or hold a place.
        moved = rescued.jobs > 0
        return Finished(
            frozenset(), rescued.queues, rescued.stopped, rescued.jobs, mail=moved, freed=moved, counts=rescued.counts
        )

    async def _admit(self, now: Instant, limit: int) -> Finished:
        return Finished(frozenset(), await self._store.admit(now, limit))

    def _tell(self, done: Finished) -> None:
        if done.ended or done.queues or done.stopped:
            self._wakeups.tell(done)
