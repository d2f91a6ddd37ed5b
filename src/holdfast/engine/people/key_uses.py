"""When and from where keys were last used: noted at once, written together, at most once a minute for each key.

For people to find keys that nobody uses. What waits when a process is killed is lost.
"""

from collections import OrderedDict
from typing import Final

from holdfast.engine.loop import RousedWriterLoop
from holdfast.model.access import KeyUse
from holdfast.model.instant import MINUTE, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Store

_EVERY: Final[Micros] = 2 * SECOND
_AGAIN: Final[Micros] = MINUTE
# So many keys are remembered; who is forgotten is written once more, which does no harm.
_KEYS: Final = 10_000


class KeyUseWriter(RousedWriterLoop):
    """``note`` never waits; the loop writes what came together."""

    name = "key-use-writer"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, every: Micros = _EVERY) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._waiting: dict[str, KeyUse] = {}
        self._noted: OrderedDict[str, Instant] = OrderedDict()

    def note(self, key_id: str, address: str, now: Instant) -> None:
        last = self._noted.get(key_id)
        if last is not None and now - last < _AGAIN:
            return
        self._noted[key_id] = now
        self._noted.move_to_end(key_id)
        if len(self._noted) > _KEYS:
            self._noted.popitem(last=False)
        self._waiting[key_id] = KeyUse(now, address)
        self._some.set()

    async def run_once(self) -> bool:
        """Writes what waits. What can't be written yet is kept."""
        uses, self._waiting = self._waiting, {}
        self._some.clear()
        if uses:
            try:
                await self._store.note_key_uses(uses)
            except BaseException:
                self._waiting = {**uses, **self._waiting}
                self._some.set()
                raise
        return False
