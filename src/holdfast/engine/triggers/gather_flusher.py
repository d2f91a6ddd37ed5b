"""Gathered events start their trigger together once they are due: after quiet, after a while, or when there are enough.

What is due is closed by the store and comes again, unchanged and under the same id, until it is dropped; the start
commits under that id. So a process that dies between the start and the drop starts nothing twice, and any process may
run this beside any other. What can't be started is on record like any start, and is dropped as well.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from holdfast.engine.loop import WokenLoop, jittered
from holdfast.engine.starts import Starts
from holdfast.engine.triggers.event_starts import EventStarts
from holdfast.engine.triggers.listening import Listening
from holdfast.engine.wakeups import GATHERED, TRIGGERS, Wakeups
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.trigger import Gathering
from holdfast.ports import Clock, Entropy, Store

# How soon events are seen that were put aside by a process whose news don't arrive; with them, only a backstop.
_POLL: Final[Micros] = 500 * MILLISECOND
_BACKSTOP: Final[Micros] = 2 * SECOND
_SOONEST: Final[Micros] = 10 * MILLISECOND
_BATCH: Final = 100


class GatherFlusher(WokenLoop):
    """Sleeps until the next handful is due, or events were put aside."""

    name = "gather-flusher"
    topics = (GATHERED, TRIGGERS)

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        listening: Listening,
        starts: Starts,
        every: Micros = _POLL,
    ) -> None:
        super().__init__(clock, entropy, wakeups, every, max(every, _BACKSTOP))
        self._store = store
        self._listening = listening
        self._starts = EventStarts(store, clock, entropy, starts)
        self._next: Instant | None = None

    async def run_once(self) -> bool:
        self._next = None
        due = await self._store.due_gatherings(self._clock.now(), _BATCH)
        if due:
            await self._flush(due)
        self._next = await self._store.next_gathering()
        return len(due) >= _BATCH

    async def _pause(self) -> None:
        every = jittered(self._bridged if self._wakeups.bridged else self._every, self._entropy.random())
        if self._next is not None:
            every = min(every, max(self._next - self._clock.now(), _SOONEST))
        await self._news.wait(every)

    async def _flush(self, due: Sequence[Gathering]) -> None:
        """Drops what has started, also when something else of the batch could not be."""
        index = await self._listening.newest()
        known = [(index.rows[each.trigger_row], each) for each in due if each.trigger_row in index.rows]
        ended = await asyncio.gather(
            *(self._starts.start_gathering(record, each) for record, each in known), return_exceptions=True
        )
        done = [each.id for (_, each), end in zip(known, ended, strict=True) if not isinstance(end, BaseException)]
        if done:
            await self._store.drop_gatherings(done)
        for end in ended:
            if isinstance(end, BaseException):
                raise end
