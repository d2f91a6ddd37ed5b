"""Values of the language to plain JSON, and to text.

Referenced data (plain lists and dicts) is given as it is, never copied or walked; what the
expression made is rebuilt with plain types. A big part of the data that a made value refers to
again and again is charged for each repetition, because it would grow when written out. Text of
lists and maps is compact JSON, charged piece by piece. Faults: `invalid` for NaN, infinity and NUL,
which JSON storage doesn't hold, and `limit`.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Final

from .budget import MAX_DATA_DEPTH, Budget
from .conversions import scalar_text
from .errors import Fault
from .values import LISTS, BoolKey, Duration, MadeList, MadeMap, Timestamp, TypeValue, shown

_SHORT: Final = 64
"""Texts up to this length may repeat freely: 50,000 of them are still small."""
_MAX_BITS: Final = 1024


def to_json(budget: Budget, value: object) -> object:
    """The value as JSON data."""
    kind = type(value)
    if kind is dict or kind is list or kind is bool or kind is int or value is None:
        return value
    if isinstance(value, (LISTS, Mapping)):
        return _Rebuild(budget).value(value, 0)
    return _scalar(budget, value)


def _scalar(budget: Budget, value: object) -> object:
    if isinstance(value, str):
        if "\x00" in value:
            raise Fault("invalid", "the text holds the character NUL")
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise Fault("invalid", "the number is NaN or infinite")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        budget.charge_bytes(len(value) * 4 // 3 + 4)
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (Timestamp, Duration, TypeValue)):
        return scalar_text(value)
    raise Fault("type", "the data holds something that isn't JSON")


class _Rebuild:
    """Made containers to plain ones, once."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._seen: set[int] = set()

    def value(self, value: object, depth: int) -> object:
        if depth > MAX_DATA_DEPTH:
            raise _too_deep()
        if isinstance(value, (MadeMap, MadeList)) or not isinstance(value, (list, dict)):
            return self._made(value, depth)
        self._refer(value)
        return value

    def _made(self, value: object, depth: int) -> object:
        if isinstance(value, LISTS):
            self._budget.charge_elements(len(value))
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            self._budget.charge_elements(len(value) * 2)
            return self._map(value, depth)
        if isinstance(value, str) and len(value) > _SHORT:
            self._refer(value)
        return _scalar(self._budget, value)

    def _map(self, mapping: Mapping[object, object], depth: int) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in mapping.items():
            name = _key_text(key)
            if name in made:
                raise Fault("invalid", "two keys of the map are the same text")
            made[name] = self.value(value, depth + 1)
        return made

    def _refer(self, value: object) -> None:
        if id(value) in self._seen:
            weigh(self._budget, value)
        self._seen.add(id(value))


def _key_text(key: object) -> str:
    if isinstance(key, BoolKey):
        key = key.value
    name = key if isinstance(key, str) else scalar_text(key)
    if name is None or "\x00" in name:
        raise Fault("invalid", "the map has a key that isn't text")
    return name


def weigh(budget: Budget, value: object, depth: int = 0) -> None:
    """Pay for a value as if it were copied."""
    if depth > MAX_DATA_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        budget.charge_text(value)
    elif isinstance(value, LISTS):
        budget.charge_elements(len(value))
        for item in value:
            weigh(budget, item, depth + 1)
    elif isinstance(value, Mapping):
        budget.charge_elements(len(value) * 2)
        for key, item in value.items():
            weigh(budget, key, depth + 1)
            weigh(budget, item, depth + 1)


def _too_deep() -> Fault:
    return Fault("limit", f"the data is nested deeper than {MAX_DATA_DEPTH} levels")


# -- text


def to_text(budget: Budget, value: object) -> str:
    """The value inside a text: null is nothing, lists and maps are compact JSON."""
    if value is None:
        return ""
    if isinstance(value, (LISTS, Mapping)):
        pieces: list[str] = []
        _write(budget, value, pieces, 0)
        return "".join(pieces)
    plain = _scalar(budget, value)
    text = plain if isinstance(plain, str) else scalar_text(plain) or ""
    budget.charge_text(text)
    return text


def _write(budget: Budget, value: object, pieces: list[str], depth: int) -> None:
    if depth > MAX_DATA_DEPTH:
        raise _too_deep()
    if isinstance(value, LISTS):
        budget.charge_elements(len(value))
        for count, item in enumerate(value):
            pieces.append("," if count else "[")
            _write(budget, item, pieces, depth + 1)
        pieces.append("]" if value else "[]")
    elif isinstance(value, Mapping):
        budget.charge_elements(len(value) * 2)
        for count, (key, item) in enumerate(value.items()):
            pieces.append("," if count else "{")
            pieces += (_quoted(budget, _key_text(key)), ":")
            _write(budget, item, pieces, depth + 1)
        pieces.append("}" if value else "{}")
    else:
        pieces.append(_scalar_json(budget, value))


def _scalar_json(budget: Budget, value: object) -> str:
    plain = _scalar(budget, value)
    if isinstance(plain, str):
        return _quoted(budget, plain)
    if isinstance(plain, int) and plain.bit_length() > _MAX_BITS:
        raise Fault("overflow", f"an integer of the data is too big for text, {shown(plain)}")
    text = json.dumps(plain)
    budget.charge_text(text)
    return text


def _quoted(budget: Budget, text: str) -> str:
    budget.charge_text(text)
    quoted = json.dumps(text, ensure_ascii=False)
    budget.charge_bytes(len(quoted) - len(text))
    return quoted
