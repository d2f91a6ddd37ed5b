"""`text.format([…])`: `%s %d %f %e %x %X %b %o %%`, with `%.Nf` and `%.Ne`.

Each clause takes the next argument. The precision is bounded, and every piece is charged before the
pieces are joined. Lists and maps under `%s` are written with their parts, keys in order. Faults:
`invalid` for a broken clause or a wrong count of arguments, `type` for an argument of a wrong type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from .budget import MAX_DATA_DEPTH, Budget
from .conversions import double_text, scalar_text
from .errors import Fault
from .values import LISTS, keys, map_key, shown

_CLAUSE: Final = re.compile(r"%(?:\.([0-9]{1,3}))?(.|\Z)", re.DOTALL)
_MAX_PRECISION: Final = 100
_DEFAULT_PRECISION: Final = 6


def format_text(budget: Budget, template: object, items: object) -> str:
    if not isinstance(template, str) or not isinstance(items, LISTS):
        raise Fault("type", "format() needs a string and a list of arguments")
    budget.charge_scan(template)
    budget.charge_text(template)
    pieces: list[str] = []
    used = last = 0
    for match in _CLAUSE.finditer(template):
        budget.charge(1)
        pieces.append(template[last : match.start()])
        last = match.end()
        if match[2] == "%":
            pieces.append("%")
            continue
        if used >= len(items):
            raise Fault("invalid", "format() has more clauses than arguments")
        piece = _clause(budget, match[2], match[1], items[used])
        budget.charge_text(piece)
        pieces.append(piece)
        used += 1
    if used < len(items):
        raise Fault("invalid", "format() has more arguments than clauses")
    return "".join([*pieces, template[last:]])


def _joined(budget: Budget, pieces: list[str]) -> str:
    budget.charge(len(pieces))
    for piece in pieces:
        budget.charge_text(piece)
    return "".join(pieces)


def _clause(budget: Budget, kind: str, precision: str | None, value: object) -> str:
    digits = _DEFAULT_PRECISION if precision is None else int(precision)
    if digits > _MAX_PRECISION:
        raise Fault("limit", f"format() has at most {_MAX_PRECISION} digits")
    if kind in ("f", "e"):
        return _fixed(kind, digits, value)
    write = _CLAUSES.get(kind)
    if write is None:
        raise Fault("invalid", "format() knows %s %d %f %e %x %X %b %o and %%")
    return write(budget, value)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fixed(kind: str, digits: int, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(kind, value)
    number = _as_double(value)
    return f"{number:.{digits}{kind}}" if math.isfinite(number) else double_text(number)


def _as_double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Fault("overflow", "the integer in the data doesn't fit a double") from None


def _decimal(budget: Budget, value: object) -> str:
    if _is_int(value) or isinstance(value, float):
        return scalar_text(value) or ""
    raise _wrong("d", value)


def _binary(budget: Budget, value: object) -> str:
    return _digits("b", int(value) if isinstance(value, bool) else value)


def _octal(budget: Budget, value: object) -> str:
    return _digits("o", value)


def _hexadecimal(budget: Budget, value: object) -> str:
    if isinstance(value, str):
        budget.charge_text(value, 2)
        return value.encode("utf-8", "replace").hex()
    if isinstance(value, bytes):
        budget.charge_bytes(len(value) * 2)
        return value.hex()
    return _digits("x", value)


def _digits(kind: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(kind, value)
    scalar_text(value)  # refuses integers beyond 64 bits
    return f"{int(value):{kind}}"


def _wrong(kind: str, value: object) -> Fault:
    return Fault("type", f"%{kind} can't write {shown(value)}")


def _plain(budget: Budget, value: object, depth: int = 0) -> str:
    budget.charge(1)
    if depth > MAX_DATA_DEPTH:
        raise Fault("limit", f"the data is nested deeper than {MAX_DATA_DEPTH} levels")
    if isinstance(value, str):
        budget.charge_text(value)
        return value
    if isinstance(value, bytes):
        budget.charge_bytes(len(value))
        return value.decode("utf-8", "replace")
    if isinstance(value, LISTS):
        return f"[{_joined(budget, _commas([_plain(budget, v, depth + 1) for v in value]))}]"
    if isinstance(value, Mapping):
        return f"{{{_joined(budget, _commas(sorted(_entries(budget, value, depth + 1))))}}}"
    text = scalar_text(value)
    if text is None:
        raise _wrong("s", value)
    return text


def _entries(budget: Budget, mapping: Mapping[object, object], depth: int) -> list[str]:
    made: list[str] = []
    for key in keys(mapping):
        value = _plain(budget, mapping[map_key(key)], depth)
        made.append(_joined(budget, [_plain(budget, key, depth), ": ", value]))
    return made


def _commas(pieces: list[str]) -> list[str]:
    return [part for piece in pieces for part in (", ", piece)][1:]


_CLAUSES: Final[dict[str, Callable[[Budget, object], str]]] = {
    "s": _plain,
    "d": _decimal,
    "b": _binary,
    "o": _octal,
    "x": _hexadecimal,
    "X": lambda budget, value: _hexadecimal(budget, value).upper(),
}
