"""JSON data with templates in its texts, compiled once and filled many times.

Texts that hold `{{` are templates, keys and everything else are literal. All errors are gathered,
each with its path. Filling a value shares its constant parts with the definition (nobody may change
them) and draws on one budget for the whole value. Failure to fill is an `ExpressionError` with the
path of its text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .budget import MAX_BYTES, MAX_DATA_DEPTH, MAX_STEPS, Budget
from .errors import ExpressionError, ExpressionErrors, Step
from .template import OPEN, read_template

Fill = Callable[[Budget], object]
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CompiledValue:
    """`constant` when no expression is in it; then `evaluate` gives the definition's own data."""

    value: object
    reads: frozenset[tuple[str, ...]]
    fill: Fill | None = field(repr=False)

    @property
    def constant(self) -> bool:
        return self.fill is None

    def evaluate(self, scope: Mapping[str, object], *, steps: int = MAX_STEPS) -> object:
        return self.evaluate_within(Budget(scope, steps, MAX_BYTES))

    def evaluate_within(self, budget: Budget) -> object:
        return self.value if self.fill is None else self.fill(budget)


def compile_value(value: object, roots: Collection[str] | None = None) -> CompiledValue:
    """Compile JSON data; raises `ExpressionErrors` with every error in it."""
    walk = _Walk(roots)
    fill = walk.compile(value, ())
    if walk.errors:
        raise ExpressionErrors(walk.errors)
    return CompiledValue(value, frozenset(walk.reads), fill)


class _Walk:
    """One pass over a value; a part without expressions compiles to None."""

    def __init__(self, roots: Collection[str] | None) -> None:
        self._roots = roots
        self.errors: list[tuple[Path, ExpressionError]] = []
        self.reads: set[tuple[str, ...]] = set()

    def compile(self, value: object, path: Path) -> Fill | None:
        if isinstance(value, str):
            return self._text(value, path) if OPEN in value else None
        if not isinstance(value, (dict, list)):
            return None
        if len(path) >= MAX_DATA_DEPTH:
            message = f"the value is nested deeper than {MAX_DATA_DEPTH} levels"
            self.errors.append((path, ExpressionError("limit", message, "", 0, None, path)))
            return None
        return self._map(value, path) if isinstance(value, dict) else self._list(value, path)

    def _text(self, text: str, path: Path) -> Fill | None:
        errors: list[ExpressionError] = []
        template = read_template(text, self._roots, errors)
        self.errors.extend((path, error.under(path)) for error in errors)
        self.reads |= template.reads

        def fill(budget: Budget) -> object:
            try:
                return template.evaluate_within(budget)
            except ExpressionError as error:
                raise error.under(path) from None

        return fill

    def _map(self, value: dict[str, object], path: Path) -> Fill | None:
        fills = {key: self.compile(part, (*path, key)) for key, part in value.items()}
        filled = [(key, fill) for key, fill in fills.items() if fill is not None]
        if not filled:
            return None

        def fill(budget: Budget) -> object:
            made = dict(value)
            for key, part in filled:
                made[key] = part(budget)
            return made

        return fill

    def _list(self, value: list[object], path: Path) -> Fill | None:
        fills = [self.compile(part, (*path, place)) for place, part in enumerate(value)]
        filled = [(place, fill) for place, fill in enumerate(fills) if fill is not None]
        if not filled:
            return None

        def fill(budget: Budget) -> object:
            made = list(value)
            for place, part in filled:
                made[place] = part(budget)
            return made

        return fill
