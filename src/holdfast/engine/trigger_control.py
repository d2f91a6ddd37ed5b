"""Triggers as callers see them: look at them, pause and resume them, renew addresses, ask for a clock's times, backfill
a range of them, and read what became of all firings.

A paused clock has no times: what would have come meanwhile never fires. A backfill fires them on purpose.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeVar

import structlog

from holdfast.engine.repeating import repeated
from holdfast.engine.triggers.clocks import Clocks, Known
from holdfast.engine.wakeups import TRIGGERS, Wakeups
from holdfast.model.clock import Times, upcoming
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON
from holdfast.model.records import Page
from holdfast.model.trigger import CLOCKS, MISFIRE_GRACE, Backfill, FiringFilter, FiringRecord, Owner, TriggerRecord
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, Store

_log = structlog.get_logger("holdfast.engine.triggers")

MOST_TIMES: Final = 1_000
MOST_BACKFILLED: Final = 10_000
MOST_AT_ONCE: Final = 1_000

Instants = list[Instant]
Answer = TypeVar("Answer")


class Triggers:
    """The entrance for triggers, whoever owns them."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, clocks: Clocks) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._clocks = clocks

    # -- triggers ----------------------------------------------------------------------------------------------------

    async def list(
        self,
        tenant: str,
        owner: Owner | None = None,
        types: Collection[str] = (),
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[TriggerRecord]:
        """Those of these types (none named: any), of one owner or of all, oldest first."""
        return await self._store.list_triggers(tenant, owner, types, cursor, limit)

    async def get(self, tenant: str, row: str) -> TriggerRecord:
        """Raises ``NotFound``."""
        return await self._store.get_trigger(tenant, row)

    async def pause(self, tenant: str, row: str) -> TriggerRecord:
        """Idempotent. Raises ``NotFound``."""
        return await self._set_paused(tenant, row, True)

    async def resume(self, tenant: str, row: str) -> TriggerRecord:
        """A clock's times count from now on again. Idempotent. Raises ``NotFound``."""
        return await self._set_paused(tenant, row, False)

    async def renew(self, tenant: str, row: str) -> TriggerRecord:
        """A new address for a webhook; the old one answers nothing any more. Raises ``NotFound``, ``Conflict``."""
        record = await self.get(tenant, row)
        if record.type != "webhook":
            raise Conflict(f"the trigger {record.id} is of type {record.type}; only a webhook has an address to renew")
        key = self._entropy.new_key()
        return await self._repeated(lambda: self._store.renew_key(tenant, row, key))

    async def _set_paused(self, tenant: str, row: str, paused: bool) -> TriggerRecord:
        now = self._clock.now()
        record = await self._repeated(lambda: self._store.pause_trigger(tenant, row, paused, now))
        self._wakeups.notify({TRIGGERS})
        return record

    # -- clocks ------------------------------------------------------------------------------------------------------

    async def next_times(self, tenant: str, row: str, count: int = 10) -> Instants:
        """The next nominal times, without jitter; of a clock that doesn't act, those it would have if it did.

        Raises ``NotFound``, ``Conflict`` (no clock, or one that can't be read any more), ``Invalid``.
        """
        _check_range("count", count, MOST_TIMES)
        record = await self._clock_of(tenant, row)
        known = self._known(record)
        now = self._clock.now()
        # One that is due but hasn't fired yet is still to come.
        least = record.next_at if record.active and record.next_at is not None else now
        after = least - 1 if least >= now - MISFIRE_GRACE - known.spec.jitter else now
        return await asyncio.to_thread(upcoming, known.times, after, count)

    async def preview(self, document: JSON, count: int = 10) -> Instants:
        """The next times of a clock that isn't saved, as if it were saved now. Raises ``Invalid``."""
        _check_range("count", count, MOST_TIMES)
        now = self._clock.now()
        return await asyncio.to_thread(upcoming, self._clocks.unsaved(document, now).times, now, count)

    # -- backfills ---------------------------------------------------------------------------------------------------

    async def backfill(
        self,
        tenant: str,
        row: str,
        from_at: Instant,
        to_at: Instant,
        concurrency: int = 1,
        dedupe: Dedupe | None = None,
    ) -> Accepted:
        """Fires the clock's times in [``from_at``, ``to_at``], ``concurrency`` at once, whether or not they fired.

        Raises ``NotFound``, ``Conflict`` (no clock, one that was removed or can't be read any more), ``Invalid``.
        """
        _check_range("concurrency", concurrency, MOST_AT_ONCE)
        now = self._clock.now()
        _check_span(from_at, to_at, now)
        record = await self._clock_of(tenant, row)
        if not record.present:
            raise Conflict(
                f"the trigger {record.id} was removed from its {record.owner.kind}; nothing can be backfilled"
            )
        times = self._known(record).times
        first, count = await asyncio.to_thread(_first_and_count, times, from_at, to_at)
        _check_amount(count)
        backfill = Backfill(self._entropy.new_id(now), tenant, row, from_at, to_at, concurrency, now, first)
        accepted = await self._repeated(lambda: self._store.create_backfill(backfill, dedupe, now))
        self._wakeups.notify({TRIGGERS})
        return accepted

    async def backfills(self, tenant: str, row: str, cursor: str | None = None, limit: int = 100) -> Page[Backfill]:
        """Newest first. Raises ``NotFound``."""
        await self.get(tenant, row)
        return await self._store.list_backfills(tenant, row, cursor, limit)

    async def get_backfill(self, tenant: str, backfill_id: str) -> Backfill:
        """Raises ``NotFound``."""
        return await self._store.get_backfill(tenant, backfill_id)

    async def cancel_backfill(self, tenant: str, backfill_id: str) -> Backfill:
        """Starts no more of it; what has started goes on. Raises ``NotFound``, ``Conflict`` when it has finished."""
        now = self._clock.now()
        return await self._repeated(lambda: self._store.cancel_backfill(tenant, backfill_id, now))

    # -- firings -----------------------------------------------------------------------------------------------------

    async def firings(
        self, tenant: str, wanted: FiringFilter, cursor: str | None = None, limit: int = 100
    ) -> Page[FiringRecord]:
        """What became of times, events and deliveries, newest first."""
        return await self._store.list_firings(tenant, wanted, cursor, limit)

    async def firing(self, tenant: str, firing_id: str) -> FiringRecord:
        """With what its expressions saw. Raises ``NotFound``."""
        return await self._store.get_firing(tenant, firing_id)

    # -- how ---------------------------------------------------------------------------------------------------------

    async def _clock_of(self, tenant: str, row: str) -> TriggerRecord:
        record = await self.get(tenant, row)
        if record.type not in CLOCKS:
            raise Conflict(f"the trigger {record.id} is of type {record.type}; only cron, every and at have times")
        return record

    def _known(self, record: TriggerRecord) -> Known:
        try:
            return self._clocks.of(record)
        except Exception as error:  # its zone is gone, or this version reads it otherwise
            _log.exception("a clock can't be read", trigger=record.id, owner=record.owner_name)
            raise Conflict(
                f"the clock {record.id} of the {record.owner.kind} {record.owner_name} can't be read any more; "
                "save its definition again"
            ) from error

    async def _repeated(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        return await repeated(call, self._clock, self._entropy)


def _first_and_count(times: Times, from_at: Instant, to_at: Instant) -> tuple[Instant | None, int]:
    return times.after(from_at - 1), times.count(from_at, to_at + 1)


def _check_range(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise Invalid([Problem(name, f"must lie in 1 to {most:,}")])


def _check_span(from_at: Instant, to_at: Instant, now: Instant) -> None:
    problems = []
    if to_at < from_at:
        problems.append(Problem("to", f"must not be before from ({format_instant(from_at)})"))
    if to_at > now:
        problems.append(Problem("to", f"must not lie in the future; it is {format_instant(now)} now"))
    if problems:
        raise Invalid(problems, "The backfill is not valid")


def _check_amount(count: int) -> None:
    problem = None
    if count == 0:
        problem = Problem("from", "the clock has no time in this range")
    elif count > MOST_BACKFILLED:
        rule = f"the clock has {count:,} times in this range, more than {MOST_BACKFILLED:,}; split it into several"
        problem = Problem("to", rule)
    if problem is not None:
        raise Invalid([problem], "The backfill is not valid")
