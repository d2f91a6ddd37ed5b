"""How a clock's nominal times start its owner: each once, whoever tries, for the clock and for each of its backfills.

A time that can't be started is on record with its reason, and holds up no other. Only a store that is away raises
(``Unavailable``), when every start of the call has come to its end: the same call made again starts what is left.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple
from uuid import UUID

from holdfast.engine.graphs import Graphs
from holdfast.engine.started import Started, derived_id
from holdfast.engine.starts import Starts
from holdfast.model.errors import Unavailable
from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSONObject
from holdfast.model.trigger import NewFiring, TriggerRecord, Verdict
from holdfast.ports import Clock, Entropy, Observer, Store

# Deciding what a run starts with takes the event loop; others have their turn between so many.
_AT_ONCE: Final = 25
# Definitions that are read in one go, while those before are starting.
_READ: Final = 250
_RANDOM_BITS: Final = 74


class Fire(NamedTuple):
    """A nominal time of a clock, of its own or of a backfill."""

    record: TriggerRecord
    at: Instant
    backfill: str | None = None


class ClockStarts:
    """Shared by the timekeeper and the backfills."""

    def __init__(
        self, starts: Starts, store: Store, graphs: Graphs, clock: Clock, entropy: Entropy, observer: Observer
    ) -> None:
        self._starts = starts
        self._store = store
        self._graphs = graphs
        self._clock = clock
        self._entropy = entropy
        self._observer = observer

    async def start(self, fires: Sequence[Fire]) -> list[Started]:
        """Starts all of them, together: they share commits."""
        going: list[asyncio.Task[Started]] = []
        try:
            for first in range(0, len(fires), _AT_ONCE):
                if first % _READ == 0:
                    await self._prepare(fires[first : first + _READ])
                going += [asyncio.create_task(self._start(fire)) for fire in fires[first : first + _AT_ONCE]]
                await asyncio.sleep(0)
            ended = await asyncio.gather(*going, return_exceptions=True)
        finally:
            for task in going:
                task.cancel()  # only those of a call that was cancelled itself still run
        return [_started(end) for end in ended]

    def told(self, record: TriggerRecord, verdict: Verdict, reason: str, at: Instant, key: str) -> NewFiring:
        """What to record of a time ``at`` that started nothing; the same for each ``key``, so it is recorded once."""
        firing = self._firing(Fire(record, at), verdict, self._clock.now())
        bits = UUID(derived_id(record.row, key, verdict)).int >> (128 - _RANDOM_BITS)
        return replace(firing, id=uuid7(at, bits), reason=reason)

    async def _prepare(self, fires: Sequence[Fire]) -> None:
        """Reads the definitions that these will need. If that fails, each start reads its own."""
        versions = {fire.record.version_id for fire in fires if fire.record.owner.kind == "workflow"}
        with suppress(Unavailable):
            await self._graphs.prepare(versions, self._store)

    async def _start(self, fire: Fire) -> Started:
        now = self._clock.now()
        started = await self._starts.start(
            fire.record,
            _trigger(fire),
            key=_key(fire),
            scope=f"fire:{fire.record.row}",
            at=now,
            firing=self._firing(fire, "started", now),
        )
        self._observer.accepted("clock" if fire.backfill is None else "backfill", started.verdict)
        return started

    def _firing(self, fire: Fire, verdict: Verdict, now: Instant) -> NewFiring:
        firing_id = self._entropy.new_id(now)
        return NewFiring.of(fire.record, firing_id, now, verdict, fire_at=fire.at, backfill=fire.backfill)


def _started(end: Started | BaseException) -> Started:
    if isinstance(end, BaseException):
        raise end
    return end


def _trigger(fire: Fire) -> JSONObject:
    trigger: JSONObject = {"type": fire.record.type, "id": fire.record.id, "fire_at": format_instant(fire.at)}
    return trigger if fire.backfill is None else {**trigger, "backfill": fire.backfill}


def _key(fire: Fire) -> str:
    at = format_instant(fire.at)
    return at if fire.backfill is None else f"{at}:{fire.backfill}"
