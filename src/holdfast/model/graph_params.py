"""A node's params, compiled: templates in place, and the marked expressions kept aside with their places.

What the marks mean is told in ``node_spec``. Filling raises ``ExpressionError`` and nothing else; a list that an
expression goes over is bounded by one budget for all its elements, so that no list holds up a worker.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from holdfast.model.expression import (
    Budget,
    CompiledValue,
    Expression,
    ExpressionError,
    ExpressionErrors,
    compile_value,
    parse,
)
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.workflow import NodeDef

# For all elements of a list together: enough for a short expression over 50,000 of them.
_EACH_STEPS: Final = 1_000_000
_EACH_BYTES: Final = 4 * 1024 * 1024

Read = tuple[str, ...]
Scope = Mapping[str, object]
# Gives a marked place's value, from the scope and the params filled so far; and what it reads.
_Fill = Callable[[Scope, JSON], JSON]
_Mark = tuple[_Fill, frozenset[Read]]


class CompiledParams:
    """``reads``: every path of data that filling may look at. ``later``: the expressions that are evaluated later."""

    __slots__ = ("_before", "_marks", "_rest", "later", "reads")

    def __init__(self, node: NodeDef, before: Iterable[str]) -> None:
        """``before``: the nodes with an edge to this one."""
        self._before = tuple(dict.fromkeys(before)) if node.gathers else ()
        texts = {path: text for path in node.later if (text := _text(node.params, path)) is not None}
        self.later: Mapping[Path, Expression] = {path: parse(text) for path, text in texts.items()}
        marks = {path: made for path, made in _marks_of(node) if made is not None}
        rest: JSON = node.params
        for path in (*self.later, *marks):
            rest = replaced(rest, path, None)
        self._rest = compiled(rest)
        self._marks = tuple((path, fill) for path, (fill, _) in marks.items())
        self.reads = self._rest.reads.union(*(reads for _, reads in marks.values()), _outputs(self._before))

    @property
    def later_reads(self) -> frozenset[Read]:
        return frozenset(read for expression in self.later.values() for read in expression.reads)

    def fill(self, scope: Scope) -> JSON:
        """The params with the values of their expressions. Those for later stand as they were."""
        filled = cast(JSON, self._rest.evaluate(scope))
        for path, expression in self.later.items():
            filled = replaced(filled, path, expression.source)
        for path, fill in self._marks:
            filled = replaced(filled, path, fill(scope, filled))
        if self._before:
            filled = replaced(filled, ("inputs",), self._gathered(scope))
        return filled

    def _gathered(self, scope: Scope) -> JSON:
        nodes = cast(dict[str, JSONObject], scope["nodes"])
        return {node: nodes[node]["output"] for node in self._before}


def _marks_of(node: NodeDef) -> Iterable[tuple[Path, _Mark | None]]:
    for path in node.bare:
        yield path, _bare(_text(node.params, path))
    for path, items in node.each:
        yield path, _each(_text(node.params, path), path, items)
    for path in node.cases:
        yield path, _cases(value_at(node.params, path), path)


def _bare(text: str | None) -> _Mark | None:
    if text is None:
        return None
    expression = parse(text)
    return lambda scope, _: cast(JSON, expression.evaluate(scope)), expression.reads


def _each(text: str | None, path: Path, items: Path) -> _Mark | None:
    """The list of what the expression gives for each element; a value that is no list is left to the schema."""
    if text is None:
        return None
    expression = parse(text)

    def fill(scope: Scope, filled: JSON) -> JSON:
        values = value_at(filled, items)
        return _mapped(expression, scope, values, path) if isinstance(values, list) else []

    return fill, frozenset(read for read in expression.reads if read[0] not in ("item", "index"))


def _mapped(expression: Expression, scope: Scope, values: list[JSON], path: Path) -> JSON:
    inner = dict(scope)
    budget = Budget(inner, _EACH_STEPS, _EACH_BYTES)
    made: list[JSON] = []
    for index, value in enumerate(values):
        inner["item"], inner["index"] = value, index
        try:
            made.append(cast(JSON, expression.evaluate_within(budget)))
        except ExpressionError as error:
            raise error.under((*path, index)) from None
    return made


def _cases(given: JSON, path: Path) -> _Mark | None:
    """The name of the first case that is true, in the document's order; null when none is."""
    if not isinstance(given, dict):
        return None
    cases = {name: parse(text) for name, text in given.items() if isinstance(text, str)}

    def fill(scope: Scope, _: JSON) -> JSON:
        return next((name for name, case in cases.items() if truth(case, scope, (*path, name))), None)

    return fill, frozenset(read for case in cases.values() for read in case.reads)


def truth(expression: Expression, scope: Scope, path: Path = ()) -> bool:
    """The value of an expression that must be true or false; anything else is an ``ExpressionError``."""
    try:
        value = expression.evaluate(scope)
    except ExpressionError as error:
        raise error.under(path) from None
    if not isinstance(value, bool):
        raise ExpressionError("type", "the expression must give true or false", expression.source, 0, None, path)
    return value


def compiled(value: JSON) -> CompiledValue:
    """A value with its templates compiled; raises the first error in it."""
    try:
        return compile_value(value)
    except ExpressionErrors as errors:
        raise errors.errors[0][1] from None


def nodes_in(reads: Iterable[Read]) -> frozenset[str]:
    """The ids of the nodes among access paths such as ``("nodes", "a", "output")``."""
    return frozenset(path[1] for path in reads if path[0] == "nodes" and len(path) > 1)


def value_at(value: JSON, path: Path) -> JSON:
    """What stands at a path of object keys; None when there is nothing."""
    for key in path:
        value = value.get(str(key)) if isinstance(value, dict) else None
    return value


def replaced(value: JSON, path: Path, new: JSON) -> JSON:
    """``value`` with ``new`` at a path of object keys; what lies beside the path is shared, nothing is mutated."""
    if not path:
        return new
    if not isinstance(value, dict):
        return value
    key = str(path[0])
    return {**value, key: replaced(value.get(key), path[1:], new)}


def _text(params: JSON, path: Path) -> str | None:
    value = value_at(params, path)
    return value if isinstance(value, str) else None


def _outputs(nodes: Iterable[str]) -> frozenset[Read]:
    return frozenset(("nodes", node, "output") for node in nodes)
