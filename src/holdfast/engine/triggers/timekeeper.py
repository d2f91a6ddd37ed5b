"""The timekeeper: fires clocks. It sleeps until the next clock is due, or a trigger changes, and costs one look now and
then while nothing is due.

One process leads while there is something to fire; the others look again later. A round takes a page of due clocks,
plans each (``model.clock``), starts what must fire, records in one firing what a downtime passed, and then moves all of
them on in one call. A process that dies on the way, or two that both believe to lead, repeat starts that are known by
their key: no time fires twice, and none is missed. A clock is moved only from where it was seen, so one that was saved
or paused meanwhile stays as that made it.

A clock that can't be read any more is recorded as failed, once, and looked at again later. While the store is away the
round is repeated.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from holdfast.engine.loop import WokenLoop
from holdfast.engine.triggers.clock_starts import ClockStarts, Fire
from holdfast.engine.triggers.clocks import Clocks
from holdfast.engine.triggers.leads import Lead
from holdfast.engine.wakeups import TRIGGERS, Wakeups
from holdfast.model.clock import ClockPlan, plan
from holdfast.model.instant import HOUR, MILLISECOND, SECOND, Instant, Micros, format_instant
from holdfast.model.trigger import ClockMove, NewFiring, TriggerRecord
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.timekeeper")

LEAD: Final = "clocks"
# How late a new trigger of another process is seen: without its news, and as a backstop for lost ones.
_POLL: Final[Micros] = 500 * MILLISECOND
_BACKSTOP: Final[Micros] = 5 * SECOND
# How often those that don't lead see whether somebody still does.
_STAND_BY: Final[Micros] = 2 * SECOND
# Enough that starts are decided while earlier ones commit.
_PAGE: Final = 2_000
_UNREADABLE: Final[Micros] = HOUR


class _Planned(NamedTuple):
    """What to do with a clock; ``told``: what to record of its times that start nothing."""

    record: TriggerRecord
    plan: ClockPlan
    told: NewFiring | None = None


class Timekeeper(WokenLoop):
    """Fires the clocks of all tenants."""

    name = "timekeeper"
    topics = (TRIGGERS,)

    def __init__(
        self, store: Store, clocks: Clocks, starts: ClockStarts, clock: Clock, entropy: Entropy, wakeups: Wakeups
    ) -> None:
        super().__init__(clock, entropy, wakeups, _POLL, _BACKSTOP)
        self._store = store
        self._clocks = clocks
        self._starts = starts
        self._lead = Lead(LEAD, store, clock, entropy)
        # When to look again, if not by the poll.
        self._again: Instant | None = None

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            await self._lead.let_go()

    async def run_once(self) -> bool:
        self._again = None
        due = await self._store.next_clock()
        now = self._clock.now()
        if due is None or due > now:
            self._again = due
            return False
        if not await self._lead.take():
            self._again = now + _STAND_BY
            return False
        records = await self._store.due_clocks(now, _PAGE)
        await self._round(records, now)
        return bool(records)

    async def _pause(self) -> None:
        if self._again is None:
            await super()._pause()
            return
        backstop = self._bridged if self._wakeups.bridged else self._every
        await self._news.wait(max(min(self._again - self._clock.now(), backstop), 0))

    # -- a round -----------------------------------------------------------------------------------------------------

    async def _round(self, records: Sequence[TriggerRecord], now: Instant) -> None:
        planned = [self._planned(record, now) for record in records]
        for fires in _waves(planned):
            for first in range(0, len(fires), _PAGE):
                await self._starts.start(fires[first : first + _PAGE])
                await self._lead.take()  # kept while a long round lasts
        if told := [each.told for each in planned if each.told is not None]:
            await self._store.record_firings(told)
        if planned:
            await self._store.move_clocks([_move(each) for each in planned])

    def _planned(self, record: TriggerRecord, now: Instant) -> _Planned:
        try:
            spec, times = self._clocks.of(record)
            made = plan(spec, times, record, now)
        except Exception as error:
            _log.exception("a clock can't be read", trigger=record.id, owner=record.owner_name)
            reason = f"the clock can't be read any more ({type(error).__name__}); save its definition again"
            at = record.since if record.next_at is None else record.next_at
            told = self._starts.told(record, "failed", reason, at, f"unreadable:{record.since}")
            return _Planned(record, ClockPlan((), record.next_at, now + _UNREADABLE), told)
        return _Planned(record, made, self._skipped(record, made))

    def _skipped(self, record: TriggerRecord, made: ClockPlan) -> NewFiring | None:
        first, last = made.skipped_from, made.skipped_to
        if first is None or last is None:
            return None
        if made.skipped_count == 1:
            reason = "this time was missed, and the misfire policy skips it"
        else:
            span = f"from {format_instant(first)} to {format_instant(last)}"
            reason = f"{made.skipped_count:,} times were missed, {span}, and the misfire policy skips them"
        # By the first: after a crash on the way, more were missed by the repeat.
        return self._starts.told(record, "skipped", reason, first, f"skipped:{first}")


def _waves(planned: Sequence[_Planned]) -> list[list[Fire]]:
    """What fires, by the priority of rules: the highest first."""
    waves: dict[int, list[Fire]] = {}
    for each in planned:
        waves.setdefault(each.record.priority, []).extend(Fire(each.record, at) for at in each.plan.fires)
    return [waves[priority] for priority in sorted(waves, reverse=True)]


def _move(done: _Planned) -> ClockMove:
    record, made = done.record, done.plan
    return ClockMove(record.row, record.since, record.next_at, made.next_at, made.due_at)
