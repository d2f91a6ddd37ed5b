"""Deliveries that were refused, for the record. Anybody may send one, so the record is bounded everywhere.

At most 20 a minute are recorded for each trigger (the next one that is says how many weren't), 1,000 wait to be
written, once a second, and the store keeps the newest 100 of each trigger. Nothing of a refused request is kept but
the reason. It's a record for people and not the truth of anything: what waits when a process is killed is lost.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from holdfast.engine.loop import RousedWriterLoop
from holdfast.model.instant import MINUTE, SECOND, Micros
from holdfast.model.limits import Bucket, Rate
from holdfast.model.trigger import NewFiring, TriggerRecord
from holdfast.ports import Clock, Entropy, Store

RATE: Final = Rate(20, MINUTE)
KEEP: Final = 100
_WAITING: Final = 1_000
_TRIGGERS: Final = 10_000
_LONGEST: Final = 500
_EVERY: Final[Micros] = SECOND


@dataclass(slots=True)
class _Budget:
    """What may still be recorded for a trigger, and how much wasn't since the last record."""

    bucket: Bucket
    left_out: int = 0


class RejectionWriter(RousedWriterLoop):
    """``add`` never waits; the loop writes what came together."""

    name = "rejection-writer"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, every: Micros = _EVERY) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._waiting: list[NewFiring] = []
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()

    def add(self, record: TriggerRecord, reason: str) -> None:
        """``reason`` is for the trigger's owner."""
        now = self._clock.now()
        budget = self._budget(record.row)
        budget.bucket = budget.bucket.refilled(now)
        if budget.bucket.tokens < 1 or len(self._waiting) >= _WAITING:
            budget.left_out += 1
            return
        budget.bucket = budget.bucket.taken(1)
        firing = NewFiring.of(
            record,
            self._entropy.new_id(now),
            now,
            "rejected",
            reason=reason[:_LONGEST],
            detail={"left_out": budget.left_out} if budget.left_out else None,
        )
        budget.left_out = 0
        self._waiting.append(firing)
        self._some.set()

    async def run_once(self) -> bool:
        """Writes what waits. What can't be written yet is kept, within bounds."""
        firings, self._waiting = self._waiting, []
        self._some.clear()
        if firings:
            try:
                await self._store.record_firings(firings, keep=KEEP)
            except BaseException:
                self._waiting = (firings + self._waiting)[:_WAITING]
                self._some.set()
                raise
        return False

    def _budget(self, row: str) -> _Budget:
        budget = self._budgets.get(row)
        if budget is None:
            budget = self._budgets[row] = _Budget(Bucket.full(RATE, self._clock.now()))
            if len(self._budgets) > _TRIGGERS:
                self._budgets.popitem(last=False)
        else:
            self._budgets.move_to_end(row)
        return budget
