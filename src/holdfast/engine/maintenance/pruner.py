"""Retention: ended jobs, ended runs and events past the horizon are deleted in small chunks that never stall claims."""

from typing import Final

import structlog

from holdfast.engine.loop import Loop
from holdfast.model.instant import MINUTE, Micros
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.pruner")
_CHUNK: Final = 500


class Pruner(Loop):
    """Looks every few minutes; goes on at once while full chunks come back."""

    name = "pruner"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, keep: Micros, every: Micros = 5 * MINUTE) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._keep = keep

    async def run_once(self) -> bool:
        deleted = await self._store.prune(self._clock.now(), self._keep, _CHUNK)
        if deleted:
            _log.info("pruned", rows=deleted)
        return deleted >= _CHUNK
