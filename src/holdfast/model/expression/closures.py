"""The closures that operators, access and calls become.

A closure takes the budget and gives a value or raises a fault that knows its position. They hold no
state, so one compiled expression serves many threads. Their fixed cost is charged by whoever runs a
whole body (see the compiler), so nothing is counted here but what depends on data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from .arithmetic import OPERATIONS, Operation, negate
from .budget import Budget
from .compare import contains, equal, less, less_or_equal, lookup
from .errors import Fault
from .functions import Implementation
from .values import LISTS, MadeList, MadeMap, map_key, shown

Closure = Callable[[Budget], object]

APPLY: Final[dict[str, Operation]] = {
    **OPERATIONS,
    "==": equal,
    "!=": lambda budget, a, b: not equal(budget, a, b),
    "<": less,
    "<=": less_or_equal,
    ">": lambda budget, a, b: less(budget, b, a),
    ">=": lambda budget, a, b: less_or_equal(budget, b, a),
    "in": contains,
}


def literal(value: object) -> Closure:
    return lambda budget: value


def local(slot: int) -> Closure:
    return lambda budget: budget.slots[slot]


def root(name: str, position: int) -> Closure:
    def run(budget: Budget) -> object:
        try:
            return budget.scope[name]
        except KeyError:
            raise Fault("unknown_name", f"unknown name '{name}'", position=position) from None

    return run


# -- access

Keys = tuple[tuple[str, int], ...]


def root_path(name: str, position: int, keys: Keys) -> Closure:
    """`name.key.key…`: plain dicts are walked at full speed, anything else a second time with care."""
    careful = path(root(name, position), keys)
    fields = tuple(key for key, _ in keys)

    def run(budget: Budget) -> object:
        try:
            value = budget.scope[name]
            for field in fields:
                if type(value) is not dict:
                    return careful(budget)
                value = value[field]
            return value
        except KeyError:
            return careful(budget)

    return run


def path(base: Closure, keys: Keys) -> Closure:
    def run(budget: Budget) -> object:
        value = base(budget)
        for field, position in keys:
            try:
                value = value[field] if type(value) is dict else _field(value, field)
            except KeyError:
                message = f"no such key '{field}'"
                hint = f"test with has(….{field}) first"
                raise Fault("no_such_key", message, hint=hint, position=position) from None
            except Fault as fault:
                fault.at(position)
                raise
        return value

    return run


def _field(value: object, field: str) -> object:
    if isinstance(value, Mapping):
        return value[field]
    hint = None
    if value is None:
        hint = "test for null first, as in a != null && a.b"
    elif isinstance(value, LISTS):
        hint = "take an element first, as in a[0].b"
    raise Fault("type", f"{shown(value)} has no field '{field}'", hint=hint)


def has_field(operand: Closure, field: str, position: int) -> Closure:
    def run(budget: Budget) -> object:
        value = operand(budget)
        if isinstance(value, Mapping):
            return field in value
        message = f"{shown(value)} has no field '{field}'"
        raise Fault("type", message, position=position)

    return run


def index(operand: Closure, key: Closure, position: int) -> Closure:
    def run(budget: Budget) -> object:
        container = operand(budget)
        wanted = key(budget)
        try:
            return lookup(container, wanted)
        except Fault as fault:
            fault.at(position)
            raise

    return run


# -- operators


def binary(op: str, position: int, left: Closure, right: Closure) -> Closure:
    quick = _QUICK.get(op)
    if quick is not None:
        return quick(left, right, position)
    apply = APPLY[op]

    def run(budget: Budget) -> object:
        a, b = left(budget), right(budget)
        try:
            return apply(budget, a, b)
        except Fault as fault:
            fault.at(position)
            raise

    return run


Quick = Callable[[Closure, Closure, int], Closure]


def _placed(op: str, position: int) -> Operation:
    apply = APPLY[op]

    def run(budget: Budget, a: object, b: object) -> object:
        try:
            return apply(budget, a, b)
        except Fault as fault:
            fault.at(position)
            raise

    return run


def _quick_equal(left: Closure, right: Closure, position: int) -> Closure:
    careful = _placed("==", position)

    def run(budget: Budget) -> object:
        a, b = left(budget), right(budget)
        kind = type(a)
        if kind is type(b) and (kind is int or kind is float or kind is bool):
            return a == b
        return careful(budget, a, b)

    return run


def _quick_less(left: Closure, right: Closure, position: int) -> Closure:
    careful = _placed("<", position)

    def run(budget: Budget) -> object:
        a, b = left(budget), right(budget)
        kind = type(a)
        if kind is type(b) and (kind is int or kind is float):
            return cast(float, a) < cast(float, b)
        return careful(budget, a, b)

    return run


def _quick_greater(left: Closure, right: Closure, position: int) -> Closure:
    careful = _placed(">", position)

    def run(budget: Budget) -> object:
        a, b = left(budget), right(budget)
        kind = type(a)
        if kind is type(b) and (kind is int or kind is float):
            return cast(float, a) > cast(float, b)
        return careful(budget, a, b)

    return run


_QUICK: Final[dict[str, Quick]] = {"==": _quick_equal, "<": _quick_less, ">": _quick_greater}


def chain(first: Closure, rest: tuple[tuple[str, int, Closure], ...]) -> Closure:
    """Several operators of one rank, from left to right, without calling deeper for each."""
    parts = tuple((_placed(op, position), operand) for op, position, operand in rest)

    def run(budget: Budget) -> object:
        value = first(budget)
        for apply, operand in parts:
            value = apply(budget, value, operand(budget))
        return value

    return run


def unary(op: str, count: int, position: int, operand: Closure) -> Closure:
    apply = _invert if op == "!" else negate

    def run(budget: Budget) -> object:
        value = operand(budget)
        try:
            for _ in range(count):
                value = apply(value)
        except Fault as fault:
            fault.at(position)
            raise
        return value

    return run


def _invert(value: object) -> object:
    if value is True:
        return False
    if value is False:
        return True
    raise not_bool("!", value)


def not_bool(what: str, value: object) -> Fault:
    hint = "compare it, as in x != '' or x != 0"
    if value is None:
        hint = "compare it, as in x != null"
    return Fault("type", f"{what} needs a bool, not {shown(value)}", hint=hint)


def logic(op: str, position: int, operands: tuple[Closure, ...]) -> Closure:
    """`&&` or `||`: one operand that settles the result outweighs errors on either side."""
    settles = op == "||"

    def run(budget: Budget) -> object:
        failed: Fault | None = None
        for operand in operands:
            try:
                value = operand(budget)
            except Fault as fault:
                if not fault.absorbable:
                    raise
                failed = failed or fault
                continue
            if value is settles:
                return settles
            if value is not True and value is not False:
                failed = failed or not_bool(f"'{op}'", value).at(position)
        if failed is not None:
            raise failed
        return not settles

    return run


def conditional(cases: tuple[tuple[Closure, Closure], ...], otherwise: Closure, position: int) -> Closure:
    def run(budget: Budget) -> object:
        for condition, value in cases:
            held = condition(budget)
            if held is True:
                return value(budget)
            if held is not False:
                raise not_bool("'?'", held).at(position)
        return otherwise(budget)

    return run


# -- literals and calls


def list_literal(items: tuple[Closure, ...], position: int) -> Closure:
    count = len(items)

    def run(budget: Budget) -> object:
        _pay_elements(budget, count, position)
        return MadeList([item(budget) for item in items])

    return run


def map_literal(entries: tuple[tuple[Closure, Closure, int], ...], place: int) -> Closure:
    count = len(entries) * 2

    def run(budget: Budget) -> object:
        _pay_elements(budget, count, place)
        made = MadeMap()
        for key, value, position in entries:
            found = _literal_key(key(budget), position)
            if found in made:
                raise Fault("invalid", "the map has a repeated key", position=position)
            made[found] = value(budget)
        return made

    return run


def _pay_elements(budget: Budget, count: int, position: int) -> None:
    try:
        budget.charge_elements(count)
    except Fault as fault:
        fault.at(position)
        raise


def _literal_key(key: object, position: int) -> object:
    if isinstance(key, float):
        raise Fault("type", "a map has no keys of type double", position=position)
    try:
        return map_key(key)
    except Fault as fault:
        fault.at(position)
        raise


def call(function: Implementation, args: tuple[Closure, ...], position: int) -> Closure:
    if len(args) == 1:
        return _call_one(function, args[0], position)

    def run(budget: Budget) -> object:
        values = [arg(budget) for arg in args]
        try:
            return function(budget, *values)
        except Fault as fault:
            fault.at(position)
            raise

    return run


def _call_one(function: Implementation, arg: Closure, position: int) -> Closure:
    def run(budget: Budget) -> object:
        value = arg(budget)
        try:
            return function(budget, value)
        except Fault as fault:
            fault.at(position)
            raise

    return run
