"""The `math.` functions: `greatest least ceil floor round trunc abs sign isNaN isInf isFinite`.

`greatest` and `least` take one or more numbers, or one list of them, of any numeric types, and give
one of them back as it is. Rounding takes doubles only. Faults: `type`, `overflow`, `invalid`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, cast

from .arithmetic import negate
from .budget import Budget
from .compare import less
from .errors import Fault
from .values import LISTS, NUMBERS, UInt, shown


def greatest(budget: Budget, *values: object) -> object:
    return _extreme(budget, "greatest", values, lambda a, b: less(budget, a, b))


def least(budget: Budget, *values: object) -> object:
    return _extreme(budget, "least", values, lambda a, b: less(budget, b, a))


def _extreme(
    budget: Budget,
    name: str,
    values: tuple[object, ...],
    beaten: Callable[[object, object], bool],
) -> object:
    numbers = values[0] if len(values) == 1 and isinstance(values[0], LISTS) else values
    budget.charge(len(numbers))
    if not numbers:
        raise Fault("invalid", f"math.{name}() of an empty list")
    for value in numbers:
        if type(value) not in NUMBERS:
            raise Fault("type", f"math.{name}() needs numbers, not {shown(value)}")
    best = numbers[0]
    for value in numbers[1:]:
        if beaten(best, value):
            best = value
    return best


def _double(value: object, name: str) -> float:
    if isinstance(value, float):
        return value
    raise Fault("type", f"math.{name}() needs a double, not {shown(value)}")


def _rounding(name: str, cut: Callable[[float], float]) -> Callable[[Budget, object], object]:
    def rounded(budget: Budget, value: object) -> object:
        number = _double(value, name)
        return float(cut(number)) if math.isfinite(number) else number

    return rounded


def _half_away(number: float) -> float:
    whole = math.trunc(number)
    return whole + math.copysign(1, number) if abs(number - whole) >= 0.5 else whole


def _test(name: str, test: Callable[[float], bool]) -> Callable[[Budget, object], object]:
    return lambda budget, value: test(_double(value, name))


def absolute(budget: Budget, value: object) -> object:
    if isinstance(value, UInt):
        return value
    if type(value) not in NUMBERS:
        raise Fault("type", f"math.abs() needs a number, not {shown(value)}")
    return negate(value) if math.copysign(1, cast(float, value)) < 0 else value


def sign(budget: Budget, value: object) -> object:
    if type(value) not in NUMBERS:
        raise Fault("type", f"math.sign() needs a number, not {shown(value)}")
    number = cast(float, value)
    if number != number:
        return value
    made = (number > 0) - (number < 0)
    return UInt(made) if isinstance(value, UInt) else type(number)(made)


MATHEMATICS: Final[dict[str, Callable[[Budget, object], object]]] = {
    "ceil": _rounding("ceil", math.ceil),
    "floor": _rounding("floor", math.floor),
    "round": _rounding("round", _half_away),
    "trunc": _rounding("trunc", math.trunc),
    "abs": absolute,
    "sign": sign,
    "isNaN": _test("isNaN", math.isnan),
    "isInf": _test("isInf", math.isinf),
    "isFinite": _test("isFinite", math.isfinite),
}
