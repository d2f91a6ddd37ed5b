"""Keeps this process's clock on the store's, so that every process of an instance agrees on the time."""

from collections.abc import Callable

import structlog

from holdfast.engine.loop import Loop
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.clock")
_EVERY: Micros = 30 * SECOND
# A round trip longer than this says too little about when the store read its clock.
_SLOW: Micros = 200 * MILLISECOND
_NOTABLE: Micros = SECOND


class ClockKeeper(Loop):
    """``ticks`` is time that is never adjusted; ``follow(store's time, asked, answered)`` adjusts the clock."""

    name = "clock"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        ticks: Callable[[], Micros],
        follow: Callable[[Instant, Micros, Micros], Micros],
    ) -> None:
        super().__init__(clock, entropy, _EVERY)
        self._store = store
        self._ticks = ticks
        self._follow = follow

    async def run_once(self) -> bool:
        asked = self._ticks()
        stores = await self._store.clock()
        answered = self._ticks()
        if answered - asked <= _SLOW:
            moved = self._follow(stores, asked, answered)
            if abs(moved) > _NOTABLE:
                _log.warning("this host's clock differs from the store's", by_ms=moved // MILLISECOND)
        return False
