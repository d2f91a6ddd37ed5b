"""`+ - * / %` and unary minus.

Both operands have the same numeric type; ints and uints are checked against 64 bits, doubles follow
IEEE 754. `+` also joins strings, bytes and lists (charged before they are built), and `+`/`-` work
on timestamps and durations. Division of ints cuts towards zero and `%` takes the sign of its left
operand. Faults: `type`, `overflow`, `division_by_zero`, `limit`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from .budget import Budget
from .errors import Fault
from .values import (
    INT_MAX,
    INT_MIN,
    LISTS,
    UINT_MAX,
    Duration,
    MadeList,
    Timestamp,
    UInt,
    shown,
)

Operation = Callable[[Budget, object, object], object]


def add(budget: Budget, a: object, b: object) -> object:
    if isinstance(a, str) and isinstance(b, str):
        budget.charge_text(a)
        budget.charge_text(b)
        return a + b
    if isinstance(a, LISTS) and isinstance(b, LISTS):
        budget.charge_elements(len(a) + len(b))
        return MadeList([*a, *b])
    if isinstance(a, bytes) and isinstance(b, bytes):
        budget.charge_bytes(len(a) + len(b))
        return a + b
    moment = _add_time(a, b)
    return _numeric("+", a, b) if moment is None else moment


def _add_time(a: object, b: object) -> Timestamp | Duration | None:
    if isinstance(a, Duration):
        if isinstance(b, Duration):
            return Duration(a.nanos + b.nanos)
        if isinstance(b, Timestamp):
            return Timestamp(a.nanos + b.nanos)
    if isinstance(a, Timestamp) and isinstance(b, Duration):
        return Timestamp(a.nanos + b.nanos)
    return None


def subtract(budget: Budget, a: object, b: object) -> object:
    if isinstance(a, Timestamp):
        if isinstance(b, Timestamp):
            return _between(a, b)
        if isinstance(b, Duration):
            return Timestamp(a.nanos - b.nanos)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(a.nanos - b.nanos)
    return _numeric("-", a, b)


def _between(later: Timestamp, earlier: Timestamp) -> Duration:
    nanos = later.nanos - earlier.nanos
    if not INT_MIN <= nanos <= INT_MAX:
        raise Fault("overflow", "the duration between the timestamps is out of range")
    return Duration(nanos)


def multiply(budget: Budget, a: object, b: object) -> object:
    return _numeric("*", a, b)


def divide(budget: Budget, a: object, b: object) -> object:
    return _numeric("/", a, b)


def remainder(budget: Budget, a: object, b: object) -> object:
    if isinstance(a, float):
        raise _no_operation("%", a, b)
    return _numeric("%", a, b)


def negate(value: object) -> object:
    if type(value) is int:
        return _fitted(-_checked(value), INT_MIN, INT_MAX)
    if isinstance(value, float):
        return -value
    raise Fault("type", f"can't negate {shown(value)}")


def _numeric(op: str, a: object, b: object) -> object:
    if type(a) is int and type(b) is int:
        return _fitted(_whole(op, _checked(a), _checked(b)), INT_MIN, INT_MAX)
    if isinstance(a, float) and isinstance(b, float):
        return _floating(op, a, b)
    if isinstance(a, UInt) and isinstance(b, UInt):
        return UInt(_fitted(_whole(op, int(a), int(b)), 0, UINT_MAX))
    raise _no_operation(op, a, b)


def _checked(value: int) -> int:
    """JSON data may hold integers of any size; arithmetic is over 64 bits only."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise Fault("overflow", "the integer in the data doesn't fit 64 bits")


def _fitted(value: int, low: int, high: int) -> int:
    if low <= value <= high:
        return value
    raise Fault("overflow", "the result doesn't fit 64 bits")


def _whole(op: str, a: int, b: int) -> int:
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    if op == "*":
        return a * b
    if b == 0:
        what = "division" if op == "/" else "remainder"
        raise Fault("division_by_zero", f"{what} by zero")
    quotient = abs(a) // abs(b)
    quotient = quotient if (a < 0) == (b < 0) else -quotient
    return quotient if op == "/" else a - b * quotient


def _floating(op: str, a: float, b: float) -> float:
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    if op == "*":
        return a * b
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _no_operation(op: str, a: object, b: object) -> Fault:
    kinds = {shown(a), shown(b)}
    hint = None
    if op == "+" and "string" in kinds:
        hint = "convert with string()"
    elif kinds == {"int", "double"}:
        hint = "convert one side with double() or int()"
    elif op == "*" and "string" in kinds:
        hint = "texts can't be repeated"
    return Fault("type", f"no '{op}' for {shown(a)} and {shown(b)}", hint=hint)


OPERATIONS: Final[dict[str, Operation]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}
