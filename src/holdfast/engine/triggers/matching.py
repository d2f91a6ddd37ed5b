"""Which listeners take an event, among tens of thousands, without asking each of them.

They are kept by tenant and type, and within a type by one demand of their condition: a value that a field must be equal
to (by hash), or a bound of a number (by bisection). What an event can't meet is never looked at; what is left is
evaluated in full, so that the index may only ever let too much through. Immutable once built.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from holdfast.engine.triggers.event_conditions import (
    EXACT,
    Bound,
    Condition,
    Equal,
    Key,
    Look,
    Side,
    Steps,
    key_of,
)
from holdfast.model.event import Event
from holdfast.model.instant import Instant
from holdfast.model.wait import fits

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Listener(Generic[Subject]):
    """Something that wants events of ``types`` with fields that are ``equal`` to something, and a ``condition``."""

    subject: Subject
    types: tuple[str, ...]
    since: Instant
    equal: tuple[Equal, ...] = ()
    condition: Condition | None = None

    def takes(self, event: Event, look: Look) -> bool:
        if event.at < self.since:
            return False
        for equal in self.equal:
            if not equal.met(look):
                return False
        return self.condition is None or self.condition.holds(look)

    def without(self, demand: Equal | Bound) -> "Listener[Subject]":
        """What is left to ask of events that meet the demand."""
        equal = tuple(each for each in self.equal if each != demand)
        condition = None if self.condition is None else self.condition.without(demand)
        return Listener(self.subject, self.types, self.since, equal, condition)


class _Heap(Generic[Subject]):
    """Listeners of one type of events, each under the demand that the fewest others share.

    Whoever is found under a demand isn't asked for it again.
    """

    def __init__(self, listeners: Iterable[Listener[Subject]]) -> None:
        self._any: list[Listener[Subject]] = []
        self._equal: dict[Steps, defaultdict[Key, list[Listener[Subject]]]] = {}
        bounds: defaultdict[tuple[Steps, Side, bool], list[tuple[float, Listener[Subject]]]] = defaultdict(list)
        all_of_them = list(listeners)
        shared = Counter(equal for each in all_of_them for equal in _equals(each))
        for each in all_of_them:
            if equals := _equals(each):
                rarest = min(equals, key=shared.__getitem__)
                self._equal.setdefault(rarest.steps, defaultdict(list))[rarest.key].append(each.without(rarest))
            elif bound := _bound(each):
                bounds[bound.steps, bound.side, bound.level].append((float(bound.limit), each.without(bound)))
            else:
                self._any.append(each)
        self._bounds = [_Bounds(*place, limited) for place, limited in bounds.items()]

    def within(self, look: Look) -> list[Listener[Subject]]:
        """Those that may take the event."""
        found = list(self._any)
        for steps, by_key in self._equal.items():
            key = key_of(look.value(steps))
            if key is not None:
                found += by_key.get(key, ())
        for bounds in self._bounds:
            found += bounds.within(look.value(bounds.steps))
        return found


class _Bounds(Generic[Subject]):
    """Listeners that a number must be big, or small, enough for; by their limits."""

    def __init__(self, steps: Steps, side: Side, level: bool, limited: list[tuple[float, Listener[Subject]]]) -> None:
        limited.sort(key=lambda pair: pair[0])
        self.steps = steps
        self._above = side == "above"
        # Limits that the number is level with are among those on its left, or aren't.
        self._bisect = bisect_right if self._above == level else bisect_left
        self._limits = [limit for limit, _ in limited]
        self._listeners = [listener for _, listener in limited]

    def within(self, value: object) -> list[Listener[Subject]]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return []
        place = self._bisect(self._limits, float(value))
        return self._listeners[:place] if self._above else self._listeners[place:]


class _Types(Generic[Subject]):
    """One tenant's listeners by the types that they want."""

    def __init__(self, listeners: Iterable[Listener[Subject]]) -> None:
        by_type: defaultdict[str, list[Listener[Subject]]] = defaultdict(list)
        for listener in listeners:
            for wanted in dict.fromkeys(listener.types):
                by_type[wanted].append(listener)
        self._exact = {wanted: _Heap(those) for wanted, those in by_type.items() if not wanted.endswith("*")}
        self._open = {wanted: _Heap(those) for wanted, those in by_type.items() if wanted.endswith("*")}

    def by(self, event: Event, look: Look) -> Iterator[Listener[Subject]]:
        if event.type in self._exact:
            yield from self._exact[event.type].within(look)
        for wanted, heap in self._open.items():
            if fits(wanted, event.type):
                yield from heap.within(look)


class Matcher(Generic[Subject]):
    """Listeners of all tenants."""

    def __init__(self, listeners: Iterable[tuple[str, Listener[Subject]]]) -> None:
        """``listeners``: each with its tenant."""
        by_tenant: defaultdict[str, list[Listener[Subject]]] = defaultdict(list)
        for tenant, listener in listeners:
            by_tenant[tenant].append(listener)
        self._tenants = {tenant: _Types(those) for tenant, those in by_tenant.items()}

    def match(self, event: Event, look: Look) -> list[Subject]:
        """Those that take the event; each once, whichever of its types fits."""
        types = self._tenants.get(event.tenant)
        if types is None:
            return []
        found: dict[int, Subject] = {}
        for listener in types.by(event, look):
            if id(listener.subject) not in found and listener.takes(event, look):
                found[id(listener.subject)] = listener.subject
        return list(found.values())


def _equals(listener: Listener[Subject]) -> list[Equal]:
    demands = listener.condition.demands if listener.condition is not None else ()
    return [*listener.equal, *(demand for demand in demands if isinstance(demand, Equal))]


def _bound(listener: Listener[Subject]) -> Bound | None:
    """One whose limit is the same number as a double, and whatever is beyond it, too."""
    demands = listener.condition.demands if listener.condition is not None else ()
    return next((each for each in demands if isinstance(each, Bound) and abs(each.limit) < EXACT), None)
