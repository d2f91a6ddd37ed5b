"""The event follower: ends nodes that wait for an event when one comes that fits, or came within their look-back.

While nothing waits for an event it costs one cheap look at a table every so often. Once something waits it follows the
event log from a cursor that it keeps in memory: at its start, and for each wait that it meets for the first time, it
reads back as far as that wait looks; from then on it reads what is new. A restart reads back again: an event that was
missed meanwhile is found. Any process may follow beside others; the store ends a wait once, whoever finds the event.

A condition that can't be evaluated for an event doesn't match it, and is logged; so is a wait that can't be ended.
One event ends every wait it fits.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import structlog

from holdfast.engine.graphs import Graphs
from holdfast.engine.loop import WokenLoop
from holdfast.engine.scopes import step_scope
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Conflict, NotFound, Unavailable
from holdfast.model.event import Event
from holdfast.model.expression import Expression, ExpressionError, ExpressionErrors, parse
from holdfast.model.instant import MILLISECOND, Instant, Micros, format_instant
from holdfast.model.json import JSONObject
from holdfast.model.records import WaitRecord
from holdfast.model.wait import Signal, fits
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.follower")

# How soon a wait is met for the first time, and an event is seen that no wake-up told of.
_POLL: Final[Micros] = 500 * MILLISECOND
# News come with every commit: under load, rounds aren't closer than this.
_REST: Final[Micros] = 50 * MILLISECOND
_PAGE: Final = 500
_BY: Final = "event"

Scopes = dict[str, dict[str, object]]


@dataclass(slots=True)
class _Followed:
    """Where the follower is: after ``cursor`` it has seen nothing yet. ``known``: waits by job id."""

    cursor: str
    known: dict[str, WaitRecord] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class _Wanted:
    """Waits by what they wait for, so that an event isn't held against each of thousands."""

    def __init__(self, waits: Iterable[WaitRecord]) -> None:
        self._exact: defaultdict[tuple[str, str], list[WaitRecord]] = defaultdict(list)
        self._open: defaultdict[str, list[WaitRecord]] = defaultdict(list)
        for wait in waits:
            pattern = wait.wait.event_type or ""
            if pattern.endswith("*"):
                self._open[wait.tenant].append(wait)
            else:
                self._exact[wait.tenant, pattern].append(wait)

    def by(self, event: Event) -> Iterator[WaitRecord]:
        """Those whose type and time the event has."""
        for wait in (*self._exact.get((event.tenant, event.type), ()), *self._open.get(event.tenant, ())):
            if event.at >= _since(wait) and fits(wait.wait.event_type or "", event.type):
                yield wait


class EventFollower(WokenLoop):
    """Follows for all tenants; ``graphs`` gives the variables that conditions may read."""

    name = "event-follower"
    topics = (EVENTS,)

    def __init__(
        self, store: Store, graphs: Graphs, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros = _POLL
    ) -> None:
        super().__init__(clock, entropy, wakeups, every)
        self._store = store
        self._graphs = graphs
        self._at: _Followed | None = None

    async def run_once(self) -> bool:
        waits = await self._store.waits_for_events()
        if not waits:
            self._at = None
            return False
        if self._at is None:  # before anything is read back, so that nothing lies between
            self._at = _Followed(await self._store.last_cursor())
        at = self._at
        now = {wait.job_id: wait for wait in waits}
        fresh = [wait for wait in waits if wait.job_id not in at.known]
        at.ended &= now.keys()
        await self._look_back(at, fresh)
        at.known = now  # only now: a look back that failed is made again
        return await self._follow(at)

    async def _pause(self) -> None:
        """Where nothing waits for events they are no news; where something does, they come in handfuls."""
        if self._at is None:
            await self._clock.sleep(self._every)
            return
        await super()._pause()
        await self._clock.sleep(_REST)

    async def _look_back(self, at: _Followed, fresh: Sequence[WaitRecord]) -> None:
        """Reads for new waits what was there before them, once for each tenant."""
        by_tenant: defaultdict[str, list[WaitRecord]] = defaultdict(list)
        for wait in fresh:
            if wait.wait.since is not None:
                by_tenant[wait.tenant].append(wait)
        for tenant, waits in by_tenant.items():
            since = min(_since(wait) for wait in waits)
            after: str | None = None
            while page := await self._store.recent_events(since, after, tenant=tenant, limit=_PAGE):
                await self._offer(at, page, waits)
                after = page[-1].cursor
                if len(page) < _PAGE:
                    break

    async def _follow(self, at: _Followed) -> bool:
        """Reads one page of what is new; True when there is more."""
        since = min((_since(wait) for wait in at.known.values()), default=self._clock.now())
        page = await self._store.recent_events(since, at.cursor, limit=_PAGE)
        if not page:
            return False
        await self._offer(at, page, list(at.known.values()))
        at.cursor = page[-1].cursor
        return len(page) >= _PAGE

    async def _offer(self, at: _Followed, events: Sequence[Event], waits: Sequence[WaitRecord]) -> None:
        """Ends each wait with the first of these events that fits it."""
        wanted = _Wanted(waits)
        scopes = await self._scopes(list(_looking(wanted, events, at.ended).values()))
        for event in events:
            for wait in wanted.by(event):
                if wait.job_id not in at.ended and _agrees(wait, event, scopes):
                    await self._end(wait, event)
                    at.ended.add(wait.job_id)

    async def _scopes(self, waits: Sequence[WaitRecord]) -> Scopes:
        """What the nodes' own expressions see, by job id: thousands may wait for one type of event, each for another of
        them, so many are read at once. What can't be read is logged and left out."""
        scopes: Scopes = {}
        for first in range(0, len(waits), _PAGE):
            some = waits[first : first + _PAGE]
            try:
                scopes |= await self._read_scopes(some)
            except Unavailable:
                raise
            except Exception:
                for wait in some:
                    scopes |= await self._scope_of(wait)
        return scopes

    async def _scope_of(self, wait: WaitRecord) -> Scopes:
        try:
            return await self._read_scopes([wait])
        except Unavailable:
            raise
        except Exception:
            _log.exception("a condition can't be evaluated", run=wait.run_id, node=wait.node_id)
            return {}

    async def _read_scopes(self, waits: Sequence[WaitRecord]) -> Scopes:
        contexts = await self._store.run_contexts([(wait.run_id, frozenset()) for wait in waits])
        graphs = [
            (await self._graphs.load(context.version_id, self._store)).containing(wait.node_id)
            for wait, context in zip(waits, contexts, strict=True)
        ]
        reads = [graph.later_reads(wait.node_id) for wait, graph in zip(waits, graphs, strict=True)]
        if any(reads):
            wanted = [(wait.run_id, nodes) for wait, nodes in zip(waits, reads, strict=True)]
            contexts = await self._store.run_contexts(wanted)
        now = self._clock.now()
        return {
            wait.job_id: step_scope(graph, context, nodes, now)
            for wait, graph, context, nodes in zip(waits, graphs, contexts, reads, strict=True)
        }

    async def _end(self, wait: WaitRecord, event: Event) -> None:
        signal = Signal(wait.wait.name, output=told(event), by=_BY, job_id=wait.job_id)
        try:
            _, done = await self._store.signal_run(wait.tenant, wait.run_id, signal, self._clock.now())
        except (Conflict, NotFound):  # the run ended meanwhile
            return
        except Unavailable:
            raise
        except Exception:  # this run alone can't go on: the other waits must not stand still behind it
            _log.exception("a wait can't be ended", run=wait.run_id, node=wait.node_id)
            return
        self._wakeups.tell(done)


def _looking(wanted: _Wanted, events: Iterable[Event], ended: Container[str]) -> dict[str, WaitRecord]:
    """The waits that one of these events may end and whose conditions read more than the event, by job id."""
    found: dict[str, WaitRecord] = {}
    for event in events:
        for wait in wanted.by(event):
            if wait.job_id not in found and wait.job_id not in ended and _looks_around(wait):
                found[wait.job_id] = wait
    return found


def _looks_around(wait: WaitRecord) -> bool:
    """Whether the wait's condition reads anything but the event."""
    if wait.wait.condition is None:
        return False
    try:
        return not _reads_only_the_event(_parsed(wait.wait.condition))
    except ExpressionError:  # told when an event meets it
        return False


def _agrees(wait: WaitRecord, event: Event, scopes: Scopes) -> bool:
    """Whether the wait's condition is true for the event."""
    if wait.wait.condition is None:
        return True
    try:
        expression = _parsed(wait.wait.condition)
        if not _reads_only_the_event(expression):
            scope = scopes.get(wait.job_id)
            return scope is not None and expression.evaluate({**scope, "event": told(event)}) is True
        return expression.evaluate({"event": told(event)}) is True
    except (ExpressionError, ExpressionErrors) as error:
        _log.warning("a condition can't be evaluated", run=wait.run_id, node=wait.node_id, reason=str(error))
    except Exception:
        _log.exception("a condition can't be evaluated", run=wait.run_id, node=wait.node_id)
    return False


def told(event: Event) -> JSONObject:
    """An event as conditions see it, and as the output of the node that waited for it."""
    return {
        "type": event.type,
        "data": event.data,
        "subject": event.subject,
        "attributes": event.attributes or {},
        "at": format_instant(event.at),
    }


def _since(wait: WaitRecord) -> Instant:
    return 0 if wait.wait.since is None else wait.wait.since


def _reads_only_the_event(expression: Expression) -> bool:
    return all(read[0] == "event" for read in expression.reads)


@lru_cache(maxsize=1_000)
def _parsed(condition: str) -> Expression:
    return parse(condition)
