"""Backfills: a clock's times of a range in the past, started oldest first, so many at once.

One process leads while there are any. A step starts as many times as have a place and then moves the backfill on from
where it was seen; a process that dies between the two leaves starts that the next one finds by their key, so each time
starts once. What has started counts as going until it has ended, whoever started it.

A backfill goes on while its trigger is paused (a person asked for it) and waits while its owner is switched off. It is
cancelled when the trigger is gone, or can't be read any more. Times that start nothing (an input refused, conditions
not met) take no place; they are on record as a clock's are.
"""

from contextlib import suppress
from typing import Final

import structlog

from holdfast.engine.loop import WokenLoop, jittered
from holdfast.engine.started import Started
from holdfast.engine.triggers.clock_starts import ClockStarts, Fire
from holdfast.engine.triggers.clocks import Clocks
from holdfast.engine.triggers.leads import Lead
from holdfast.engine.wakeups import ENDS, EVENTS, TRIGGERS, Wakeups
from holdfast.model.clock import BoundedTimes, Times, upcoming
from holdfast.model.errors import Conflict, NotFound, Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.trigger import Backfill, TriggerRecord
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.backfills")

LEAD: Final = "backfills"
# How late a new backfill of another process is seen: without its news, and as a backstop for lost ones.
_POLL: Final[Micros] = SECOND
_BACKSTOP: Final[Micros] = 5 * SECOND
# While one goes on: how late an end is seen that no news told of, and how close rounds may be.
_LOOK_AGAIN: Final[Micros] = SECOND
_REST: Final[Micros] = 20 * MILLISECOND
# News come with every event: a round that counts much has this many times as long to rest, up to the longest rest.
_SHARE: Final = 4
_LONGEST_REST: Final[Micros] = SECOND
# Backfills that are read in one go.
_OPEN: Final = 100
# Times that one step looks at, should most of them start nothing.
_PAGE: Final = 200
_STARTED: Final = ("started", "duplicate")


class Backfills(WokenLoop):
    """Starts the times of all tenants' backfills."""

    name = "backfills"
    topics = (TRIGGERS,)

    def __init__(
        self, store: Store, clocks: Clocks, starts: ClockStarts, clock: Clock, entropy: Entropy, wakeups: Wakeups
    ) -> None:
        super().__init__(clock, entropy, wakeups, _POLL, _BACKSTOP)
        self._store = store
        self._clocks = clocks
        self._starts = starts
        self._lead = Lead(LEAD, store, clock, entropy)
        self._ends = wakeups.subscribe(TRIGGERS, ENDS, EVENTS)  # ends of runs, and of a rule's jobs
        self._leading = False
        self._took: Micros = 0

    async def run(self) -> None:
        try:
            with self._ends:
                await super().run()
        finally:
            await self._lead.let_go()

    async def run_once(self) -> bool:
        began = self._clock.now()
        try:
            return await self._round()
        finally:
            self._took = self._clock.now() - began

    async def _round(self) -> bool:
        """One step of each: those that wait for a place, or for their owner, hold up no others."""
        self._leading, moved, after = False, False, None
        while backfills := await self._store.open_backfills(_OPEN, after):
            self._leading = await self._lead.take()
            if not self._leading:
                return False
            for backfill in backfills:
                moved |= await self._step(backfill)
            if len(backfills) < _OPEN:
                break
            after = backfills[-1].id
        return moved

    async def _pause(self) -> None:
        if not self._leading:
            await super()._pause()
            return
        await self._ends.wait(jittered(_LOOK_AGAIN, self._entropy.random()))
        await self._clock.sleep(max(_REST, min(self._took * _SHARE, _LONGEST_REST)))

    async def _step(self, backfill: Backfill) -> bool:
        """True when the backfill was moved on."""
        try:
            if backfill.next_at is None:
                return await self._finish(backfill)
            if backfill.going >= backfill.concurrency:
                return False
            return await self._go_on(backfill, backfill.next_at)
        except Unavailable:
            raise
        except Exception:  # the others go on
            _log.exception("a backfill can't go on", backfill=backfill.id)
            return False

    async def _finish(self, backfill: Backfill) -> bool:
        if backfill.going:
            return False
        await self._store.move_backfill(backfill.id, None, None, 0, self._clock.now())
        return True

    async def _go_on(self, backfill: Backfill, next_at: Instant) -> bool:
        record = await self._trigger_of(backfill)
        if record is not None and not record.enabled:
            return False
        times = None if record is None else self._times_of(record)
        if record is None or times is None:
            with suppress(Conflict, NotFound):
                await self._store.cancel_backfill(backfill.tenant, backfill.id, self._clock.now())
            return True
        left = BoundedTimes(times, next_at, backfill.to_at)
        at, started = await self._start_some(backfill, record, left, next_at - 1)
        await self._store.move_backfill(backfill.id, next_at, left.after(at), started, self._clock.now())
        return True

    async def _start_some(
        self, backfill: Backfill, record: TriggerRecord, left: Times, at: Instant
    ) -> tuple[Instant, int]:
        """Starts times after ``at`` while there is a place: the last of them, and how many started.

        How many places a rule's firing takes is known only when it has fired, so its times come one by one.
        """
        free, started, looked = backfill.concurrency - backfill.going, 0, 0
        while free > 0 and looked < _PAGE:
            some = upcoming(left, at, 1 if record.owner.kind == "rule" else min(free, _PAGE))
            if not some:
                break
            ended = await self._starts.start([Fire(record, nominal, backfill.id) for nominal in some])
            at, looked = some[-1], looked + len(some)
            started += sum(end.verdict in _STARTED for end in ended)
            free -= sum(_places(record, end) for end in ended)
        return at, started

    async def _trigger_of(self, backfill: Backfill) -> TriggerRecord | None:
        """None when nothing of it is left to fire."""
        try:
            record = await self._store.get_trigger(backfill.tenant, backfill.trigger_row)
        except NotFound:
            return None
        return record if record.present else None

    def _times_of(self, record: TriggerRecord) -> Times | None:
        try:
            return self._clocks.of(record).times
        except Exception:
            _log.exception("a clock can't be read", trigger=record.id, owner=record.owner_name)
            return None


def _places(record: TriggerRecord, end: Started) -> int:
    """How many of a backfill's places a start takes."""
    if end.verdict not in _STARTED:
        return 0
    return len(end.job_ids) + end.walked if record.owner.kind == "rule" else 1
