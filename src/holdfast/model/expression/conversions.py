"""`int() uint() double() string() bytes() bool() timestamp() duration() type() dyn()`, and how
values are written as text.

Texts are checked by pattern and length before they are converted, so giant digits cost nothing.
Faults: `type` for a pair of types without a conversion, `invalid` for a text that isn't one,
`overflow` for a number out of range.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from .budget import Budget
from .errors import Fault
from .moments import format_duration, format_timestamp, parse_duration, parse_timestamp
from .values import (
    INT_MAX,
    INT_MIN,
    NANOS,
    UINT_MAX,
    Duration,
    Timestamp,
    TypeValue,
    UInt,
    shown,
    type_name,
)

_INT: Final = re.compile(r"[+-]?[0-9]{1,40}")
_UINT: Final = re.compile(r"[0-9]{1,40}")
_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DOUBLE_LENGTH: Final = 400
_SPECIAL: Final = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "+Infinity": math.inf,
    "-Infinity": -math.inf,
    "inf": math.inf,
    "Inf": math.inf,
    "+Inf": math.inf,
    "-Inf": -math.inf,
    "-inf": -math.inf,
}
_BOOLS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def to_int(budget: Budget, value: object) -> object:
    if type(value) is int or isinstance(value, UInt):
        return _ranged(int(value), INT_MIN, INT_MAX)
    if isinstance(value, float):
        # 2**63 as a double is refused on both sides, as the specification's tests have it.
        if not -(2.0**63) < value < 2.0**63:
            raise _out_of_range("int")
        return int(value)
    if isinstance(value, Timestamp):
        return value.nanos // NANOS
    if isinstance(value, str):
        return _ranged(_digits(_INT, value, "int"), INT_MIN, INT_MAX)
    raise _no_conversion("int", value)


def to_uint(budget: Budget, value: object) -> object:
    if type(value) is int or isinstance(value, UInt):
        return UInt(_ranged(int(value), 0, UINT_MAX))
    if isinstance(value, float):
        if not 0.0 <= value < 2.0**64:
            raise _out_of_range("uint")
        return UInt(int(value))
    if isinstance(value, str):
        return UInt(_ranged(_digits(_UINT, value, "uint"), 0, UINT_MAX))
    raise _no_conversion("uint", value)


def _digits(pattern: re.Pattern[str], text: str, kind: str) -> int:
    if pattern.fullmatch(text) is None:
        raise Fault("invalid", f"the text is no {kind}")
    return int(text)


def _ranged(value: int, low: int, high: int) -> int:
    if low <= value <= high:
        return value
    raise _out_of_range("int" if low else "uint")


def _out_of_range(kind: str) -> Fault:
    return Fault("overflow", f"the number doesn't fit {'an' if kind == 'int' else 'a'} {kind}")


def to_double(budget: Budget, value: object) -> object:
    if isinstance(value, float):
        return value
    if type(value) is int or isinstance(value, UInt):
        return float(_ranged(value, INT_MIN, UINT_MAX))
    if isinstance(value, str):
        if value in _SPECIAL:
            return _SPECIAL[value]
        if len(value) > _DOUBLE_LENGTH or _DOUBLE.fullmatch(value) is None:
            raise Fault("invalid", "the text is no double")
        return float(value)
    raise _no_conversion("double", value)


def to_string(budget: Budget, value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        budget.charge_bytes(len(value))
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise Fault("invalid", "the bytes are no UTF-8 text") from None
    text = scalar_text(value)
    if text is None or value is None:
        hint = "null, lists and maps have no text; use them in {{ }} directly"
        raise Fault("type", f"no string() of {shown(value)}", hint=hint)
    budget.charge_text(text)
    return text


def scalar_text(value: object) -> str | None:
    """The text of a value without parts; None for strings, bytes and containers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(_ranged(int(value), INT_MIN, UINT_MAX))
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, Timestamp):
        return format_timestamp(value)
    if isinstance(value, Duration):
        return format_duration(value)
    return value.name if isinstance(value, TypeValue) else None


def double_text(value: float) -> str:
    """The shortest digits that give the same double; whole numbers stand without a point."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == math.trunc(value) and abs(value) < 1e21:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return repr(value)


def to_bytes(budget: Budget, value: object) -> object:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        budget.charge_text(value)
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            raise Fault("invalid", "the text holds a lone surrogate") from None
    raise _no_conversion("bytes", value)


def to_bool(budget: Budget, value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in _BOOLS:
            return _BOOLS[value]
        raise Fault("invalid", "the text is no bool", hint="it may be true or false")
    raise _no_conversion("bool", value)


def to_timestamp(budget: Budget, value: object) -> object:
    if isinstance(value, Timestamp):
        return value
    if isinstance(value, str):
        return parse_timestamp(value)
    if type(value) is int:
        return Timestamp(value * NANOS)
    raise _no_conversion("timestamp", value)


def to_duration(budget: Budget, value: object) -> object:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise _no_conversion("duration", value)


def to_type(budget: Budget, value: object) -> object:
    return TypeValue(type_name(value))


def to_dyn(budget: Budget, value: object) -> object:
    return value


def _no_conversion(kind: str, value: object) -> Fault:
    return Fault("type", f"no {kind}() of {shown(value)}")


CONVERSIONS: Final[dict[str, Callable[[Budget, object], object]]] = {
    "int": to_int,
    "uint": to_uint,
    "double": to_double,
    "string": to_string,
    "bytes": to_bytes,
    "bool": to_bool,
    "timestamp": to_timestamp,
    "duration": to_duration,
    "type": to_type,
    "dyn": to_dyn,
}
