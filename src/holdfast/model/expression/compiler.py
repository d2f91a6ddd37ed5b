"""A tree to closures, with names resolved and calls checked.

Names are resolved once: comprehension variables to slots, types and namespaces to constants, the
rest to the scope. Every body (the whole expression, or a macro's for each element) gets a fixed cost,
the number of its closures, that is paid when the body starts; what isn't run because of `&&` or `?:`
is paid all the same, which keeps the count off the hot path. The static reads of the expression are
gathered on the way. Faults: `unknown_name`, `unknown_function`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Final

from . import closures
from .closures import Closure
from .errors import Fault
from .functions import NAMESPACES, Implementation, find_function
from .macros import Macro
from .pattern import found
from .pattern_syntax import read_pattern
from .tree import (
    Call,
    Chain,
    Comprehension,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
)
from .values import TYPE_NAMES, TypeValue

_WELL_KNOWN: Final[dict[tuple[str, ...], TypeValue]] = {
    ("protobuf", "Timestamp"): TypeValue("google.protobuf.Timestamp"),
    ("protobuf", "Duration"): TypeValue("google.protobuf.Duration"),
}
_CONSTANTS: Final = {
    "True": "write true",
    "False": "write false",
    "None": "write null",
    "nil": "write null",
    "undefined": "use has(a.b) to test for a field",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression: `slots` places for comprehension variables, `cost` steps to begin."""

    run: Closure
    cost: int
    slots: int
    reads: frozenset[tuple[str, ...]]


def compile_tree(source: str, tree: Node, roots: Collection[str] | None) -> Program:
    compiler = _Compiler(source, roots)
    run = compiler.compile(tree)
    return Program(run, compiler.cost, compiler.slots, frozenset(compiler.reads))


class _Compiler:
    def __init__(self, source: str, roots: Collection[str] | None) -> None:
        self._source = source
        self._roots = roots
        self._variables: list[str] = []
        self.reads: set[tuple[str, ...]] = set()
        self.cost = 0
        self.slots = 0

    def compile(self, node: Node) -> Closure:
        self.cost += 1
        match node:
            case Literal():
                return closures.literal(node.value)
            case Name() | Select(test=False):
                return self._access(node)
            case Select():
                return self._has(node)
            case Index():
                return self._index(node)
            case Call():
                return self._call(node)
            case Comprehension():
                return self._comprehension(node)
            case _:
                return self._operator(node)

    def _operator(self, node: Node) -> Closure:
        match node:
            case Chain():
                return self._chain(node)
            case Logic():
                return closures.logic(node.op, node.position, self._all(node.operands))
            case Unary():
                operand = self.compile(node.operand)
                return closures.unary(node.op, node.count, node.position, operand)
            case Conditional():
                cases = tuple((self.compile(c), self.compile(v)) for c, v in node.cases)
                return closures.conditional(cases, self.compile(node.otherwise), node.position)
            case ListLiteral():
                return closures.list_literal(self._all(node.items), node.position)
            case _:
                assert isinstance(node, MapLiteral)
                entries = tuple((self.compile(key), self.compile(value), key.position) for key, value in node.entries)
                return closures.map_literal(entries, node.position)

    def _all(self, nodes: tuple[Node, ...]) -> tuple[Closure, ...]:
        return tuple(self.compile(node) for node in nodes)

    def _chain(self, node: Chain) -> Closure:
        first = self.compile(node.first)
        rest = tuple((op, position, self.compile(operand)) for op, position, operand in node.rest)
        self.cost += len(rest)
        if len(rest) > 1:
            return closures.chain(first, rest)
        op, position, operand = rest[0]
        return closures.binary(op, position, first, operand)

    # -- access

    def _access(self, node: Node, read: bool = True) -> Closure:
        """A name with fields, or fields of anything else."""
        base, keys = _fields(node)
        self.cost += len(keys)
        if not isinstance(base, Name):
            return closures.path(self.compile(base), keys)
        if self._is_variable(base):
            inner = self._variable(base)
            return closures.path(inner, keys) if keys else inner
        constant = self._constant(base, tuple(key for key, _ in keys))
        if constant is not None:
            return closures.literal(constant)
        if read:
            self._read(base, tuple(key for key, _ in keys))
        if keys:
            return closures.root_path(base.name, base.position, keys)
        return closures.root(base.name, base.position)

    def _index(self, node: Index) -> Closure:
        if _constant_key(node) is not None:
            return self._access(node)
        key = self.compile(node.key)
        return closures.index(self.compile(node.operand), key, node.position)

    def _has(self, node: Select) -> Closure:
        base, keys = _fields(node.operand)
        if isinstance(base, Name) and not self._is_variable(base):
            self._read(base, (*(key for key, _ in keys), node.field))
            operand = self._access(node.operand, read=False)
        else:
            operand = self.compile(node.operand)
        return closures.has_field(operand, node.field, node.position)

    def _is_variable(self, name: Name) -> bool:
        return not name.absolute and name.name in self._variables

    def _variable(self, name: Name) -> Closure:
        last = len(self._variables) - 1
        return closures.local(last - self._variables[::-1].index(name.name))

    def _constant(self, name: Name, keys: tuple[str, ...]) -> TypeValue | None:
        if self._roots is not None and name.name in self._roots:
            return None
        if name.name == "google":
            return _WELL_KNOWN.get(keys)
        return TypeValue(name.name) if name.name in TYPE_NAMES and not keys else None

    def _read(self, name: Name, keys: tuple[str, ...]) -> None:
        if self._roots is not None and name.name not in self._roots:
            message = f"unknown name '{name.name}'"
            hint = self._name_hint(name)
            raise Fault("unknown_name", message, hint=hint, position=name.position)
        self.reads.add((name.name, *keys))

    def _name_hint(self, name: Name) -> str | None:
        before = self._source[: name.position]
        if before.endswith("-") and before[-2:-1].isalnum():
            return "a field with '-' is written nodes['my-node'] or nodes.`my-node`"
        if name.name in _CONSTANTS:
            return _CONSTANTS[name.name]
        close = get_close_matches(name.name, [*(self._roots or ()), *self._variables], 1, 0.5)
        if close:
            return f"did you mean '{close[0]}'?"
        return "texts need quotes" if self._source.strip() == name.name else None

    # -- calls

    def _call(self, node: Call) -> Closure:
        target, name = node.target, node.name
        if isinstance(target, Name) and self._is_namespace(target):
            name, target = f"{target.name}.{name}", None
        function = find_function(name, target is not None, len(node.args), node.position)
        if name == "matches" and target is not None and isinstance(node.args[0], Literal):
            return self._matches(function.run, target, node.args[0], node.position)
        args = node.args if target is None else (target, *node.args)
        return closures.call(function.run, self._all(args), node.position)

    def _matches(self, run: Implementation, target: Node, pattern: Literal, position: int) -> Closure:
        """A pattern that stands in the source is read once, and its errors are found at once."""
        if not isinstance(pattern.value, str):
            return closures.call(run, (self.compile(target), self.compile(pattern)), position)
        try:
            program = read_pattern(pattern.value)
        except Fault as fault:
            fault.at(pattern.position)
            raise
        return closures.call(partial(found, program), (self.compile(target),), position)

    def _is_namespace(self, name: Name) -> bool:
        shadowed = self._is_variable(name) or (self._roots is not None and name.name in self._roots)
        return name.name in NAMESPACES and not shadowed

    def _comprehension(self, node: Comprehension) -> Closure:
        source = self.compile(node.source)
        slot, outer = len(self._variables), self.cost
        self._variables.append(node.variable)
        self.slots, self.cost = max(self.slots, slot + 1), 1
        condition = None if node.condition is None else self.compile(node.condition)
        transform = None if node.transform is None else self.compile(node.transform)
        cost, self.cost = self.cost, outer
        self._variables.pop()
        macro = Macro(node.kind, node.position, source, slot, cost, condition, transform)
        return macro.closure()


def _fields(node: Node) -> tuple[Node, closures.Keys]:
    """A chain of constant fields, and what it starts from."""
    keys: list[tuple[str, int]] = []
    while True:
        if isinstance(node, Select) and not node.test:
            keys.append((node.field, node.position))
            node = node.operand
        elif isinstance(node, Index) and (key := _constant_key(node)) is not None:
            keys.append((key, node.position))
            node = node.operand
        else:
            return node, tuple(reversed(keys))


def _constant_key(node: Index) -> str | None:
    key = node.key
    return key.value if isinstance(key, Literal) and isinstance(key.value, str) else None
