"""Conditions over ``event``, many of which are asked of the same event: taken apart, so that nothing is asked twice.

A condition is true when each part is that ``&&`` joins. Parts such as ``event.data.plan == "pro"`` and
``event.data.amount > 100`` are demands: they are compared here, and an index can pass over a whole heap of conditions
by one look. Every other part is evaluated, once for each event however many conditions share it. What can't be
evaluated isn't true, nor is a condition that can't be parsed (any more).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Final, Literal

from holdfast.model.expression import MAX_BYTES, MAX_STEPS, Budget, Expression
from holdfast.model.expression.compiler import compile_tree
from holdfast.model.expression.errors import Fault
from holdfast.model.expression.expression import check_source
from holdfast.model.expression.parser import parse_tree
from holdfast.model.expression.tree import Chain, Index, Logic, Name, Node, Select
from holdfast.model.expression.tree import Literal as Constant
from holdfast.model.json import JSON, JSONObject

Steps = tuple[str, ...]
Key = tuple[str, str | bool | int]
Side = Literal["above", "below"]

ROOT: Final = "event"
_SIDES: Final[dict[str, Side]] = {">": "above", ">=": "above", "<": "below", "<=": "below"}
_FLIPPED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "=="}
# Integers up to here are the same number as a double.
EXACT: Final = 1 << 53
_MOST_PARTS: Final = 50_000
# Where a part stands in its text doesn't make it another part.
_PLACES: Final = ("position", "height")


class Look:
    """One event while it is looked at: what was found in it, and which parts of conditions are true of it."""

    __slots__ = ("_budget", "_event", "_values", "parts")

    def __init__(self, event: JSONObject) -> None:
        self._event = event
        self._budget = Budget({ROOT: event})
        self._values: dict[Steps, JSON] = {}
        self.parts: dict[str, bool] = {}

    def value(self, steps: Steps) -> JSON:
        """What stands there; None when nothing does."""
        if steps not in self._values:
            value: JSON = self._event
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            self._values[steps] = value
        return self._values[steps]

    def evaluate(self, part: "Part") -> bool:
        """Whether it is true; kept in ``parts`` for whoever asks next."""
        self._budget.steps, self._budget.bytes = MAX_STEPS, MAX_BYTES  # for each part anew
        try:
            known = part.expression.run(self._budget) is True
        except Fault:
            known = False
        self.parts[part.key] = known
        return known


@dataclass(frozen=True, slots=True)
class Equal:
    """The field at ``steps`` below ``event`` must be equal to the value of ``key``."""

    steps: Steps
    key: Key

    def met(self, look: Look) -> bool:
        return key_of(look.value(self.steps)) == self.key


@dataclass(frozen=True, slots=True)
class Bound:
    """The number at ``steps`` below ``event`` must lie above, or below, ``limit``; or at it, if ``level`` will do."""

    steps: Steps
    side: Side
    limit: int | float
    level: bool

    def met(self, look: Look) -> bool:
        value, limit = look.value(self.steps), self.limit
        if type(value) is not int and type(value) is not float:
            return False
        if type(value) is not type(limit):
            value, limit = float(value), float(limit)
        if value == limit:
            return self.level
        return value > limit if self.side == "above" else value < limit


Demand = Equal | Bound


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition that must be evaluated; parts with the same ``key`` mean the same."""

    key: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Condition:
    """All of it must be so. ``wrong``: it can't be parsed."""

    demands: tuple[Demand, ...] = ()
    parts: tuple[Part, ...] = ()
    wrong: bool = False

    def holds(self, look: Look) -> bool:
        for demand in self.demands:
            if not demand.met(look):
                return False
        for part in self.parts:
            known = look.parts.get(part.key)
            if not (look.evaluate(part) if known is None else known):
                return False
        return not self.wrong

    def without(self, demand: Demand) -> "Condition | None":
        """The rest of it, if there is any."""
        rest = tuple(each for each in self.demands if each != demand)
        return Condition(rest, self.parts, self.wrong) if rest or self.parts or self.wrong else None


@lru_cache(maxsize=_MOST_PARTS)
def read_condition(text: str) -> Condition:
    demands: list[Demand] = []
    parts: list[Part] = []
    try:
        check_source(text)
        for tree in _joined(parse_tree(text)):
            demand = _demand(tree)
            if demand is None:
                parts.append(_PARTS.of(text, tree))
            else:
                demands.append(demand)
    except Fault:
        return Condition(wrong=True)
    return Condition(tuple(demands), tuple(parts))


def key_of(value: object) -> Key | None:
    """What equal values share, of those that can be looked up; None for the others."""
    if isinstance(value, str):
        return "text", value
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float) and abs(value) <= EXACT and value == int(value):
        return "number", int(value)
    return None


class _Parts:
    """Thousands of conditions share some parts; each is compiled once."""

    def __init__(self) -> None:
        self._known: dict[str, Part] = {}

    def of(self, source: str, tree: Node) -> Part:
        """Raises ``Fault``."""
        key = _shape(tree)
        part = self._known.get(key)
        if part is None:
            if len(self._known) >= _MOST_PARTS:
                self._known.clear()
            part = self._known[key] = Part(key, Expression(source, compile_tree(source, tree, None)))
        return part


_PARTS: Final = _Parts()


def _shape(tree: object) -> str:
    """What a tree means, whatever text it was read from."""
    if is_dataclass(tree):
        inner = (_shape(getattr(tree, each.name)) for each in fields(tree) if each.name not in _PLACES)
        return f"{type(tree).__name__}({','.join(inner)})"
    if isinstance(tree, tuple):
        # An operator stands in a tuple with its place and its operand.
        return f"({','.join(_shape(each) for each in tree if type(each) is not int)})"
    return f"{type(tree).__name__}:{tree!r}"


def _joined(tree: Node) -> Iterator[Node]:
    if isinstance(tree, Logic) and tree.op == "&&":
        for operand in tree.operands:
            yield from _joined(operand)
    else:
        yield tree


def _demand(tree: Node) -> Demand | None:
    if not isinstance(tree, Chain) or len(tree.rest) != 1:
        return None
    (op, _, second), first = tree.rest[0], tree.first
    if op not in _FLIPPED:
        return None
    if isinstance(first, Constant):
        first, second, op = second, first, _FLIPPED[op]
    steps = _steps(first)
    if steps is None or not isinstance(second, Constant):
        return None
    return _of_value(steps, op, second.value)


def _of_value(steps: Steps, op: str, value: object) -> Demand | None:
    if op == "==":
        key = key_of(value) if type(value) in (str, bool, int) else None
        return None if key is None else Equal(steps, key)
    if type(value) is int or type(value) is float:
        return Bound(steps, _SIDES[op], value, op.endswith("="))
    return None


def _steps(tree: Node) -> Steps | None:
    """The path of ``event.data.plan`` or ``event.data["plan"]`` below ``event``; None for anything else."""
    steps: list[str] = []
    while not isinstance(tree, Name):
        if isinstance(tree, Select) and not tree.test:
            steps.append(tree.field)
            tree = tree.operand
        elif isinstance(tree, Index) and isinstance(tree.key, Constant) and isinstance(tree.key.value, str):
            steps.append(tree.key.value)
            tree = tree.operand
        else:
            return None
    return tuple(reversed(steps)) if tree.name == ROOT and steps else None
