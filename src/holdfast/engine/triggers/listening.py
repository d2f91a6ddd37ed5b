"""Everything that events start, as the dispatcher asks it: the index of one version, and the keeper of the newest.

A version is read again when the store's has changed; what is the same in it is not read into anew. A definition that
can't be read any more is logged and left out.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from holdfast.engine.follower import told
from holdfast.engine.triggers.event_conditions import Condition, Equal, Look, read_condition
from holdfast.engine.triggers.matching import Listener, Matcher
from holdfast.model.event import Event
from holdfast.model.json import JSONObject
from holdfast.model.subscription import Subscription
from holdfast.model.trigger import EventSpec, TriggerRecord
from holdfast.model.validate.triggers import load_trigger
from holdfast.ports import Listeners, TriggerStore

_log = structlog.get_logger("holdfast.engine.listening")

# The engine's own words about triggers start nothing: what can't start would be started again and again.
_OWN: Final = "trigger."
NODES: Final = "node."
# More of them are read into in a thread: the event loop has other work.
_MANY: Final = 200

Trigger = tuple[TriggerRecord, EventSpec]
TriggerListener = Listener[Trigger]


@dataclass(frozen=True, slots=True)
class Matched:
    """What an event concerns; triggers of a higher priority first."""

    triggers: tuple[tuple[TriggerRecord, EventSpec], ...]
    subscriptions: tuple[Subscription, ...]

    @property
    def size(self) -> int:
        return len(self.triggers) + len(self.subscriptions)

    def __bool__(self) -> bool:
        return self.size > 0


class Index:
    """Everything that listens, as ``Listeners`` has it. What can't be read any more is logged and left out."""

    def __init__(self, listeners: Listeners, before: "Index | None" = None) -> None:
        """``before`` is an earlier one, of which the same things are taken over."""
        self.version = listeners.version
        self._known = {record.row: _of_trigger(record, before) for record in listeners.triggers}
        triggers = [(made.subject[0].tenant, made) for made in self._known.values() if made is not None]
        subscriptions = [(each.tenant, _of_subscription(each)) for each in listeners.subscriptions]
        self._triggers: Matcher[Trigger] = Matcher(triggers)
        self._subscriptions: Matcher[Subscription] = Matcher(subscriptions)
        self.rows: Mapping[str, TriggerRecord] = {record.row: record for record in listeners.triggers}
        self.tenants = frozenset(tenant for tenant, _ in (*triggers, *subscriptions))
        wanted = [*(each.types for _, each in triggers), *(each.types for _, each in subscriptions)]
        self.types = frozenset(each for types in wanted for each in types)
        self.asks_for_workflows = any(_asks_for_workflow(each) for _, each in triggers)
        begins = [*(each.since for _, each in triggers), *(each.since for _, each in subscriptions)]
        self.since = min(begins, default=0)

    def __bool__(self) -> bool:
        return bool(self.tenants)

    def known(self, record: TriggerRecord) -> TriggerListener | None:
        """How it listens here, if its definition was the same then."""
        known = self._known.get(record.row)
        return known if known is not None and known.subject[0].document == record.document else None

    def wants_no_more_than(self, other: "Index") -> bool:
        """Whether a page of the log that was read for ``other`` holds all that this one wants."""
        return self.tenants <= other.tenants and self.types <= other.types and self.since >= other.since

    def match(self, event: Event) -> Matched:
        look = Look(told_event(event))
        triggers = [] if event.type.startswith(_OWN) else self._triggers.match(event, look)
        triggers.sort(key=lambda pair: (-pair[0].priority, pair[0].row))
        return Matched(tuple(triggers), tuple(self._subscriptions.match(event, look)))


def told_event(event: Event) -> JSONObject:
    """An event as triggers and subscriptions see it: as waits do, with its id and what it is about."""
    return {
        "id": event.cursor,
        **told(event),
        "run": event.run_id,
        "node": event.node_id,
        "job": event.job_id,
    }


def _asks_for_workflow(listener: TriggerListener) -> bool:
    """Whether it chooses among events of nodes by their workflow."""
    spec = listener.subject[1]
    return spec.event.startswith(NODES) and any(name == "workflow" for name, _ in spec.where)


def _of_trigger(record: TriggerRecord, before: Index | None) -> TriggerListener | None:
    known = None if before is None else before.known(record)
    if known is not None:
        return Listener((record, known.subject[1]), known.types, record.since, known.equal, known.condition)
    try:
        spec = load_trigger(record.document).spec
    except Exception:
        _log.exception("a trigger can't be read", trigger=record.id, owner=record.owner_name)
        return None
    if not isinstance(spec, EventSpec):
        return None
    equal = tuple(Equal(("data", name), ("text", value)) for name, value in spec.where)
    return Listener((record, spec), (spec.event,), record.since, equal, _condition(spec.condition))


def _of_subscription(subscription: Subscription) -> Listener[Subscription]:
    return Listener(subscription, subscription.types, subscription.since, (), _condition(subscription.condition))


def _condition(text: str | None) -> Condition | None:
    return None if text is None else read_condition(text)


class Listening:
    """The newest index. Shared by the parts of one process."""

    def __init__(self, store: TriggerStore) -> None:
        self._store = store
        self._index: Index | None = None

    @property
    def last(self) -> Index | None:
        """The newest that was read so far."""
        return self._index

    async def newest(self) -> Index:
        """As the store had it after this call began. Raises ``Unavailable``."""
        version = await self._store.listener_version()
        index = self._index
        if index is None or index.version != version:
            index = self._index = await self._read(index)
        return index

    async def _read(self, before: Index | None) -> Index:
        listeners = await self._store.listeners()
        if len(listeners.triggers) + len(listeners.subscriptions) <= _MANY:
            return Index(listeners, before)
        return await asyncio.to_thread(Index, listeners, before)
