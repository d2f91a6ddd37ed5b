"""Events start what waits for them: each event once for each trigger, whatever happens to the process that looks.

One process leads and follows the log in commit order, page by page: it reads a page, makes sure that it knows every
trigger saved before that, starts all that matches, and only then moves the lead's cursor behind the page. A process
that is killed, or loses the lead without knowing, has its page done again: each start commits under a key made of the
trigger and the event, so it happens once. A trigger that was saved between two events gets the later one, because a
page is used only with an index that was the newest after the page was read.

Where nothing listens nobody leads and the log isn't read. The first listener is read for from its save on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import WokenLoop, jittered
from holdfast.engine.starts import Starts
from holdfast.engine.triggers.event_starts import Arrival, EventStarts
from holdfast.engine.triggers.leads import Lead
from holdfast.engine.triggers.listening import NODES, Index, Listening, Matched
from holdfast.engine.wakeups import EVENTS, GATHERED, TRIGGERS, Wakeups
from holdfast.model.errors import NotFound
from holdfast.model.event import Event
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.json import JSON
from holdfast.model.subscription import Subscription
from holdfast.ports import Clock, Entropy, NewJobs, Store

LEAD: Final = "events"
# How soon an event is seen that no wake-up told of, and how soon the lead of a dead process is asked for.
_POLL: Final[Micros] = 500 * MILLISECOND
_ASIDE: Final[Micros] = 2 * SECOND
# News come with every commit: under load, rounds aren't closer than this.
_REST: Final[Micros] = 20 * MILLISECOND
# How often a place in the log is written down that nobody was concerned by.
_WRITE: Final[Micros] = SECOND
# Starts that are under way at once; they share commits.
_AT_ONCE: Final = 200
# More starts than this aren't gathered from a page before they are made.
_MANY: Final = 2_000

Item = TypeVar("Item")

Deliveries = Callable[[Sequence[Subscription], Event], Iterable[NewJobs]]


class Dispatcher(WokenLoop):
    """``deliveries``: the jobs that take an event to subscriptions."""

    name = "dispatcher"
    topics = (EVENTS, TRIGGERS)

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        listening: Listening,
        starts: Starts,
        jobs: Jobs,
        deliveries: Deliveries,
        every: Micros = _POLL,
    ) -> None:
        super().__init__(clock, entropy, wakeups, every)
        self._store = store
        self._listening = listening
        self._starts = EventStarts(store, clock, entropy, starts)
        self._jobs = jobs
        self._deliveries = deliveries
        self._lead = Lead(LEAD, store, clock, entropy)
        self._changes = wakeups.subscribe(TRIGGERS)
        self._resting = False
        # Behind the lead's text while nothing there concerned anybody: not every look is worth a write.
        self._at: str | None = None
        self._written: Instant = 0

    async def run(self) -> None:
        try:
            with self._changes:
                await super().run()
        finally:
            await self._lead.let_go()

    async def run_once(self) -> bool:
        index = self._listening.last or await self._listening.newest()
        if not index:
            await self._rest()
            return False
        self._resting = False
        if not await self._lead.take():
            self._at = None
            return False
        return await self._follow(index)

    async def _stand_by(self) -> None:
        """What others do meanwhile with the place in the log isn't known here."""
        self._resting, self._at = False, None
        await super()._stand_by()

    async def _pause(self) -> None:
        """Who doesn't lead isn't woken by events, only by what may make it do so."""
        if self._lead.mine:
            await super()._pause()
            await self._clock.sleep(_REST)
        else:
            await self._changes.wait(jittered(max(self._every, _ASIDE), self._entropy.random()))

    async def _rest(self) -> None:
        """Nothing listens: whoever listens next is read for by the time of its save, not by an old cursor."""
        if self._resting or not await self._lead.take():
            return
        if self._lead.text:
            await self._lead.write("")
        await self._lead.let_go()
        self._resting, self._at = True, None

    async def _follow(self, index: Index) -> bool:
        """One page of the log; True when there is more to do at once."""
        after = self._at or self._lead.text or None
        feed = await self._store.event_feed(index.tenants, index.types, index.since, after)
        newest = await self._listening.newest()
        if not newest.wants_no_more_than(index):
            return True  # the page may lack what a new listener wants: it is read again
        if not await self._dispatch(newest, feed.events):
            return False
        self._at = feed.cursor
        return await self._moved(bool(feed.events)) and feed.more

    async def _moved(self, worth_it: bool) -> bool:
        """Writes down how far the log is done; False when the lead was lost."""
        now = self._clock.now()
        if self._at == self._lead.text or not (worth_it or now - self._written >= _WRITE):
            return True
        if not await self._lead.write(self._at or ""):
            self._at = None
            return False
        self._written = now
        return True

    async def _dispatch(self, index: Index, events: Sequence[Event]) -> bool:
        """Starts all that these events start; False when the lead was lost over it.

        Where they start very much, the place in the log is written down on the way.
        """
        if index.asks_for_workflows:
            events = await self._with_workflows(events)
        found: list[tuple[Event, Matched]] = []
        size = 0
        for event in events:
            matched = index.match(event)
            if matched:
                found.append((event, matched))
                size += matched.size
            if size >= _MANY:
                if not (await self._start_all(found) and await self._lead.write(event.cursor)):
                    return False
                found, size = [], 0
            await asyncio.sleep(0)  # others have their turn
        return await self._start_all(found)

    async def _start_all(self, found: Sequence[tuple[Event, Matched]]) -> bool:
        arrivals = await self._starts.arrivals((event, matched.triggers) for event, matched in found)
        await self._gather(arrivals)
        delivered = [
            new
            for event, matched in found
            if matched.subscriptions
            for new in self._deliveries(matched.subscriptions, event)
        ]
        return await self._all(delivered, self._jobs.commit) and await self._start(arrivals)

    async def _with_workflows(self, events: Sequence[Event]) -> list[Event]:
        """Events of nodes don't say themselves of which workflow they are."""
        names: dict[str | None, JSON] = {}
        for event in events:
            if event.run_id is not None and event.run_id not in names and event.type.startswith(NODES):
                with suppress(NotFound):  # pruned meanwhile
                    (context,) = await self._store.run_contexts([(event.run_id, frozenset())])
                    names[event.run_id] = context.workflow
        return [
            replace(event, data={"workflow": names[event.run_id], **event.data}) if event.run_id in names else event
            for event in events
        ]

    async def _gather(self, arrivals: Sequence[Arrival]) -> None:
        gathered = [made for arrival in arrivals if (made := arrival.gathered()) is not None]
        if gathered:
            await self._store.gather(gathered)
            self._wakeups.notify({GATHERED})

    async def _start(self, arrivals: Sequence[Arrival]) -> bool:
        """What has a higher priority starts before the rest of what its event starts."""
        waves: dict[int, list[Arrival]] = {}
        for arrival in arrivals:
            if arrival.spec.gather is None:
                waves.setdefault(arrival.wave, []).append(arrival)
        for _, wave in sorted(waves.items()):
            if not await self._all(wave, self._starts.start):
                return False
        return True

    async def _all(self, items: Sequence[Item], call: Callable[[Item], Awaitable[object]]) -> bool:
        """Calls for all of them, many at a time; False when the lead was lost on the way. Raises what a call raised,
        once those beside it have ended."""
        for first in range(0, len(items), _AT_ONCE):
            if not await self._lead.take():
                return False
            ended = await asyncio.gather(
                *(call(item) for item in items[first : first + _AT_ONCE]), return_exceptions=True
            )
            for end in ended:
                if isinstance(end, BaseException):
                    raise end
        return True
