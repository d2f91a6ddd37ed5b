"""Rescue: jobs of workers that died, attempts that hang past their time, deadlines that passed.

A worker whose lease expired is declared dead by a compare-and-set that it can't undo; its jobs go back with the attempt
recorded as lost. Jobs and runs whose own deadline passed end. All of it is idempotent.
"""

from typing import Final

import structlog

from holdfast.engine.loop import Loop
from holdfast.engine.wakeups import CANCEL, EVENTS, Wakeups, queue_topic
from holdfast.model.instant import SECOND, Micros
from holdfast.ports import Clock, Entropy, Observer, Store

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
        rescued = await self._store.rescue(now, hung_grace=HUNG_GRACE, limit=_BATCH)
        overdue = await self._store.fail_overdue_jobs(now, _BATCH)
        expired = await self._store.expire_runs(now, _RUNS)
        if rescued.workers or rescued.jobs:
            self._observer.rescued(rescued.workers, rescued.jobs)
            _log.warning("rescued", workers=rescued.workers, jobs=rescued.jobs)
        queues = rescued.queues | overdue.queues | expired.queues
        stopped = rescued.stopped + overdue.stopped + expired.stopped
        if rescued.jobs or overdue.ended or expired.ended or queues or stopped:
            self._wakeups.notify({queue_topic(queue) for queue in queues} | {EVENTS} | ({CANCEL} if stopped else set()))
        return rescued.jobs >= _BATCH or overdue.ended >= _BATCH or expired.ended >= _RUNS
