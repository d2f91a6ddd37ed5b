"""What can be known of a condition over ``event`` without evaluating it: values that its fields must be equal to, and
bounds that they must keep.

A condition that is true is true in each part that ``&&`` joins. Parts such as ``event.data.plan == "pro"`` and
``event.data.amount > 100`` let a whole heap of conditions be passed over by one look; everything else only evaluation
tells. Pure; a condition that can't be parsed demands nothing and is never true.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from holdfast.model.expression import Expression, ExpressionError, parse
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
_EXACT: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Equal:
    """The field at ``steps`` below ``event`` must be equal to the value of ``key``."""

    steps: Steps
    key: Key


@dataclass(frozen=True, slots=True)
class Bound:
    """The number at ``steps`` below ``event`` must lie above (or at), or below (or at), ``limit``."""

    steps: Steps
    side: Side
    limit: float


Demand = Equal | Bound


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to evaluate, with what it demands. ``wrong``: it can't be parsed (any more)."""

    text: str
    expression: Expression | None
    demands: tuple[Demand, ...]

    def holds(self, event: JSONObject) -> bool:
        """Whether it is true of the event; what can't be evaluated, or gives something else, isn't."""
        if self.expression is None:
            return False
        try:
            return self.expression.evaluate({ROOT: event}) is True
        except ExpressionError:
            return False


@lru_cache(maxsize=50_000)
def read_condition(text: str) -> Condition:
    try:
        return Condition(text, parse(text), tuple(_demands(parse_tree(text))))
    except ExpressionError:
        return Condition(text, None, ())


def key_of(value: object) -> Key | None:
    """What equal values share, of those that can be looked up; None for the others."""
    if isinstance(value, str):
        return "text", value
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float) and abs(value) <= _EXACT and value == int(value):
        return "number", int(value)
    return None


def value_at(event: JSONObject, steps: Steps) -> JSON:
    """What stands there; None when nothing does."""
    value: JSON = event
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _demands(tree: Node) -> list[Demand]:
    if isinstance(tree, Logic) and tree.op == "&&":
        return [demand for part in tree.operands for demand in _demands(part)]
    return _of_chain(tree) if isinstance(tree, Chain) else []


def _of_chain(chain: Chain) -> list[Demand]:
    if len(chain.rest) != 1:
        return []
    (op, _, second), first = chain.rest[0], chain.first
    if op not in _FLIPPED:
        return []
    if isinstance(first, Constant):
        first, second, op = second, first, _FLIPPED[op]
    steps = _steps(first)
    if steps is None or not isinstance(second, Constant):
        return []
    return _demand(steps, op, second.value)


def _demand(steps: Steps, op: str, value: object) -> list[Demand]:
    if op == "==":
        key = key_of(value) if not isinstance(value, float) else None
        return [] if key is None else [Equal(steps, key)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    return [Bound(steps, _SIDES[op], float(value))]


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
    return tuple(reversed(steps)) if tree.name == ROOT else None
