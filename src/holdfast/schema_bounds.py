"""How much work a JSON Schema can make, known before it is used: references that multiply are refused.

A schema's cost is the number of rules that one value can meet when every reference is followed. References may only
lead inside their own schema (``#`` or ``#/…``). A schema may refer to itself below a value's parts (a tree); when it
does so more than once, the work grows with every level of the value, so that values may only be as deep as ``depth``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.json import JSON, Path

MOST_RULES: Final = 10_000
MOST_WORK: Final = 1_000_000
_MOST_NESTED: Final = 200

# Keywords that hold schemas: for the value itself, or for its parts (one level deeper).
_SAME: Final = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
_PARTS: Final = (
    "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames",
    "items", "prefixItems", "contains", "unevaluatedItems",
)  # fmt: skip
_BY_NAME: Final = ("dependentSchemas", "properties", "patternProperties")


class Unbounded(ValueError):
    """The schema can't be used; ``path`` leads to the place that says why."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Cost:
    """``rules`` met by a value, and how many of them are references back to where the walk came from."""

    rules: int = 1
    returns: int = 0

    @property
    def depth(self) -> int | None:
        """How deep a value may be; None for any."""
        if self.returns < 2:
            return None
        return max(int(math.log(MOST_WORK / self.rules, self.returns)), 1)


def cost_of(schema: JSON) -> Cost:
    """The cost of a well-formed schema. Raises ``Unbounded``."""
    return _Walk(schema).cost(schema, (), 0)


@dataclass(slots=True)
class _Walk:
    """``entered``: references being followed, with the level of the value at which each began."""

    root: JSON
    known: dict[str, Cost] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=lambda: {"#": 0})

    def cost(self, schema: JSON, path: Path, level: int) -> Cost:
        if not isinstance(schema, dict):
            return Cost()
        if len(path) > _MOST_NESTED or len(self.entered) > _MOST_NESTED:
            raise Unbounded(path[:10], f"is nested deeper than {_MOST_NESTED} levels")
        self._refuse_other_bases(schema, path)
        rules, returns = 1 + len(schema), 0
        for key, inner, deeper in _subschemas(schema):
            part = self.cost(inner, (*path, *key), level + deeper)
            rules, returns = rules + part.rules, returns + part.returns
        if "$ref" in schema:
            part = self._reference(schema["$ref"], (*path, "$ref"), level)
            rules, returns = rules + part.rules, returns + part.returns
        if rules > MOST_RULES:
            raise Unbounded(path[:10], f"leads to more than {MOST_RULES} rules when its references are followed")
        return Cost(rules, returns)

    def _reference(self, reference: JSON, path: Path, level: int) -> Cost:
        if not isinstance(reference, str) or (reference != "#" and not reference.startswith("#/")):
            raise Unbounded(path, "must lead inside this schema, as #/$defs/name does")
        if reference in self.entered:
            if self.entered[reference] == level:
                raise Unbounded(path, "leads back to itself for the same value")
            return Cost(1, 1)
        if reference not in self.known:
            self.entered[reference] = level
            self.known[reference] = self.cost(_target(self.root, reference, path), (), level)
            del self.entered[reference]
        return self.known[reference]

    def _refuse_other_bases(self, schema: dict[str, JSON], path: Path) -> None:
        for key in ("$dynamicRef", "$recursiveRef"):
            if key in schema:
                raise Unbounded((*path, key), "is not followed; use $ref")
        if "$id" in schema and schema is not self.root:
            raise Unbounded((*path, "$id"), "can stand at the top only")


def _subschemas(schema: dict[str, JSON]) -> Iterator[tuple[Path, JSON, int]]:
    """(path, schema, 1 for a part of the value or 0 for the value itself)."""
    for keywords, deeper in ((_SAME, 0), (_PARTS, 1)):
        for keyword in keywords:
            inner = schema.get(keyword)
            if isinstance(inner, list):
                yield from (((keyword, index), item, deeper) for index, item in enumerate(inner))
            elif isinstance(inner, dict) and keyword in _BY_NAME:
                yield from (((keyword, name), item, deeper) for name, item in inner.items())
            elif inner is not None:
                yield (keyword,), inner, deeper


def _target(root: JSON, reference: str, path: Path) -> JSON:
    at = root
    for part in reference.split("/")[1:]:
        name = part.replace("%25", "%").replace("~1", "/").replace("~0", "~")
        if isinstance(at, dict) and name in at:
            at = at[name]
        elif isinstance(at, list) and name.isdigit() and int(name) < len(at):
            at = at[int(name)]
        else:
            raise Unbounded(path, f"leads nowhere: there is no {reference[:100]}")
    return at


def depth_of(value: JSON) -> int:
    """How many levels of lists and objects ``value`` has."""
    depth, level = 0, [value]
    while level := [inner for part in level for inner in _inner(part)]:
        depth += 1
    return depth


def is_larger(value: JSON, limit: int) -> bool:
    """Whether ``value`` has more than ``limit`` parts; looks at no more than these."""
    count, stack = 0, [value]
    while stack:
        part = stack.pop()
        count += 1
        if count + len(stack) > limit:
            return True
        stack.extend(_inner(part))
    return False


def _inner(part: JSON) -> list[JSON]:
    return list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
