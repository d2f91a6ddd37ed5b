"""The tree that the parser makes.

Every node knows the position that its errors point at and its height; the parser refuses trees
higher than `MAX_DEPTH`, so the closures made from one never call deeper than that. Chains of
operators of one rank (`a + b - c`, `a && b && c`, `x ? y : p ? q : r`) are one wide node, because
long chains are common and would otherwise be high.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    position: int
    height: int
    value: object


@dataclass(frozen=True, slots=True)
class Name:
    """A variable; `absolute` (`.name`) looks past comprehension variables."""

    position: int
    height: int
    name: str
    absolute: bool


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`; with `test` it is `has(operand.field)`."""

    position: int
    height: int
    operand: Node
    field: str
    test: bool


@dataclass(frozen=True, slots=True)
class Index:
    position: int
    height: int
    operand: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(args)`, or `target.name(args)`."""

    position: int
    height: int
    target: Node | None
    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListLiteral:
    position: int
    height: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral:
    position: int
    height: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`!` or `-`, `count` times."""

    position: int
    height: int
    op: str
    count: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one rank, applied from left to right: (operator, its position, operand)."""

    position: int
    height: int
    first: Node
    rest: tuple[tuple[str, int, Node], ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`&&` or `||` over all operands."""

    position: int
    height: int
    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? value : …` for each case, then the value when none holds."""

    position: int
    height: int
    cases: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A macro over a list or a map's keys: `all`, `exists`, `exists_one`, `filter` or `map`.

    `condition` is None only for a `map` without one, `transform` is set only for `map`.
    """

    position: int
    height: int
    kind: str
    source: Node
    variable: str
    condition: Node | None
    transform: Node | None


Node = (
    Literal
    | Name
    | Select
    | Index
    | Call
    | ListLiteral
    | MapLiteral
    | Unary
    | Chain
    | Logic
    | Conditional
    | Comprehension
)
