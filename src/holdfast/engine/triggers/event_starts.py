"""How a matched event starts the owner of a trigger, at once or together with others that are gathered for it.

The key of a start is the event's cursor, which is the same for whoever reads the log, or the id of the gathering. How
many starts led to this one is told by what the event is about: a run or a job that was started so many starts deep.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.engine.started import Started
from holdfast.engine.starts import Starts
from holdfast.engine.triggers.listening import Trigger, told_event
from holdfast.model.event import Event
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import EventSpec, GatheredEvent, Gathering, NewFiring, TriggerRecord
from holdfast.ports import Clock, Entropy, Store


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event at a trigger that takes it. ``wave``: how many priorities of the same event come before."""

    event: Event
    told: JSONObject
    record: TriggerRecord
    spec: EventSpec
    hops: int
    wave: int

    def gathered(self) -> GatheredEvent | None:
        """How it is put aside, if its trigger gathers."""
        gather = self.spec.gather
        if gather is None:
            return None
        return GatheredEvent(
            trigger_row=self.record.row,
            event_id=self.event.cursor,
            event=self.told,
            at=self.event.at,
            quiet=gather.quiet,
            within=gather.within,
            size=gather.size,
            hops=self.hops,
        )


class EventStarts:
    """Shared by the dispatcher and the flusher of gatherings."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, starts: Starts) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._starts = starts

    async def arrivals(self, found: Iterable[tuple[Event, Sequence[Trigger]]]) -> list[Arrival]:
        """One for each event and trigger, in the events' order."""
        pairs = [(event, triggers) for event, triggers in found if triggers]
        about = {_about(event) for event, _ in pairs} - {None}
        hops = await self._store.hops_of([each for each in about if each is not None]) if about else {}
        arrivals: list[Arrival] = []
        for event, triggers in pairs:
            told, deep = told_event(event), hops.get(_about(event) or "", 0) + 1
            waves = {priority: wave for wave, priority in enumerate(_priorities(triggers))}
            arrivals += [Arrival(event, told, record, spec, deep, waves[record.priority]) for record, spec in triggers]
        return arrivals

    async def start(self, arrival: Arrival) -> Started:
        """Raises ``Unavailable``."""
        told: JSONObject = {"event": arrival.told}
        return await self._start(arrival.record, told, arrival.event.cursor, arrival.event.cursor, arrival.hops)

    async def start_gathering(self, record: TriggerRecord, gathering: Gathering) -> Started:
        """Starts with all events of a gathering. Raises ``Unavailable``."""
        events: list[JSON] = [*gathering.events]
        last = gathering.events[-1]
        event_id = last.get("id")
        told: JSONObject = {"event": last, "events": events}
        known = event_id if isinstance(event_id, str) else None
        return await self._start(record, told, gathering.id, known, gathering.hops)

    async def _start(
        self, record: TriggerRecord, told: JSONObject, key: str, event_id: str | None, hops: int
    ) -> Started:
        now = self._clock.now()
        firing = NewFiring.of(record, self._entropy.new_id(now), now, event_id=event_id, hops=hops)
        trigger: JSONObject = {"type": record.type, "id": record.id, **told}
        return await self._starts.start(record, trigger, key=key, scope=f"event:{record.row}", at=now, firing=firing)


def _about(event: Event) -> str | None:
    """The run or the lone job that an event tells of."""
    return event.run_id or event.job_id


def _priorities(triggers: Sequence[Trigger]) -> list[int]:
    return sorted({record.priority for record, _ in triggers}, reverse=True)
