"""Equality, order and membership over all values.

Equality never fails: values of different types are unequal, numbers compare by size whatever their
type, NaN equals nothing. It walks nested data with its own stack, so depth can't exhaust Python's,
and charges a step for each pair and for the length of texts, so data that shares its parts (and
would take exponential time) meets the step limit. Order exists among numbers, and within string,
bytes, bool, timestamp and duration; anything else is a `type` fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, cast

from .budget import Budget
from .errors import Fault
from .values import LISTS, NUMBERS, BoolKey, Duration, Timestamp, map_key, shown

_TEXTS: Final = frozenset({str, bytes})
_ORDERED: Final = frozenset({str, bytes, bool, Timestamp, Duration})


def equal(budget: Budget, a: object, b: object) -> bool:
    flat = _flat(budget, a, b)
    if flat is not None:
        return flat
    pending = [(a, b)]
    while pending:
        a, b = pending.pop()
        budget.charge(1)
        flat = _flat(budget, a, b)
        if flat is False or (flat is None and not _unfold(budget, a, b, pending)):
            return False
    return True


def _flat(budget: Budget, a: object, b: object) -> bool | None:
    """The answer for two values of which at most one is a container, else None."""
    kind = type(a)
    if kind is type(b):
        if kind in _TEXTS:
            text, other = cast(str, a), cast(str, b)
            if len(text) != len(other):
                return False
            budget.charge_scan(text)
            return text == other
        if kind in NUMBERS or a is None or kind is bool:
            return a == b
    elif kind in NUMBERS and type(b) in NUMBERS:
        return a == b
    if isinstance(a, (*LISTS, Mapping)):
        return None
    return type(a) is type(b) and a == b


def _unfold(budget: Budget, a: object, b: object, pending: list[tuple[object, object]]) -> bool:
    """Lay two containers' pairs on the stack; False when their shapes differ already."""
    if isinstance(a, LISTS):
        if not isinstance(b, LISTS) or len(a) != len(b):
            return False
        budget.charge(len(a))
        pending.extend(zip(a, b, strict=True))
        return True
    if not isinstance(a, Mapping) or not isinstance(b, Mapping) or len(a) != len(b):
        return False
    budget.charge(len(a))
    for key, value in a.items():
        if key not in b:
            return False
        pending.append((value, b[key]))
    return True


def less(budget: Budget, a: object, b: object) -> bool:
    """Whether a < b."""
    first, second = _ordered(budget, a, b)
    return first < second


def less_or_equal(budget: Budget, a: object, b: object) -> bool:
    """Whether a <= b; not the same as `not b < a`, because of NaN."""
    first, second = _ordered(budget, a, b)
    return first <= second


def _ordered(budget: Budget, a: object, b: object) -> tuple[float, float]:
    """The operands as Python orders them (float stands for any ordered type here)."""
    kind, other = type(a), type(b)
    if kind in NUMBERS and other in NUMBERS:
        if kind is not other and float in (kind, other):
            return _double(cast(float, a)), _double(cast(float, b))
        return cast(float, a), cast(float, b)
    if kind is not other or kind not in _ORDERED:
        raise no_order(a, b)
    if kind in _TEXTS:
        budget.charge_scan(min(cast(str, a), cast(str, b), key=len))
    return cast(float, a), cast(float, b)


def _double(number: float) -> float:
    """An integer beside a double is ordered as a double, so very big neighbours are level."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def no_order(a: object, b: object) -> Fault:
    hint = None
    if {shown(a), shown(b)} == {"string", "int"}:
        hint = "convert the text with int() or double()"
    elif a is None or b is None:
        hint = "test for null first, as in x != null && x > 1"
    return Fault("type", f"can't order {shown(a)} and {shown(b)}", hint=hint)


def contains(budget: Budget, item: object, container: object) -> bool:
    """`item in container`: an element of a list, or a key of a map."""
    if isinstance(container, LISTS):
        for element in container:
            budget.charge(1)
            if equal(budget, item, element):
                return True
        return False
    if isinstance(container, Mapping):
        return has_key(container, item)
    hint = "use text.contains(part)" if isinstance(container, str) else None
    raise Fault("type", f"'in' needs a list or a map, not {shown(container)}", hint=hint)


def has_key(mapping: Mapping[object, object], item: object) -> bool:
    """Whether a map has a key; what can't be a key is in no map."""
    try:
        key = map_key(item)
    except Fault:
        return False
    return key in mapping


def lookup(container: object, key: object) -> object:
    """`container[key]`."""
    if isinstance(container, Mapping):
        return _value_at(container, key)
    if isinstance(container, LISTS):
        return _element_at(container, key)
    raise Fault("type", f"{shown(container)} can't be indexed")


def _value_at(mapping: Mapping[object, object], key: object) -> object:
    found = map_key(key)
    try:
        return mapping[found]
    except KeyError:
        raise Fault("no_such_key", f"no such key{_named(found)}") from None


def _named(key: object) -> str:
    """Keys that the data gave aren't told: only the type of a computed key is."""
    return f" (a {shown(key.value if isinstance(key, BoolKey) else key)})"


def _element_at(items: list[object] | tuple[object, ...], key: object) -> object:
    if type(key) not in NUMBERS:
        raise Fault("type", f"a list is indexed by int, not {shown(key)}")
    number = cast(float, key)
    if number != number or number != (number // 1):
        raise Fault("type", "a list is indexed by whole numbers")
    if not 0 <= number < len(items):
        raise Fault("out_of_range", "the index is outside the list", hint="lists begin at 0")
    return items[int(number)]
