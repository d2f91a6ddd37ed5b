"""The closures of `all`, `exists`, `exists_one`, `filter` and `map`.

Each pays for one element before it runs the body on it: the body's fixed cost and one step more, so
nested macros meet the step limit however they are arranged. `all` and `exists` absorb errors of
single elements when another element settles the result; the others fail at the first error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .budget import ELEMENT_BYTES, Budget, too_many_bytes, too_many_steps
from .closures import Closure, not_bool
from .errors import Fault
from .values import LISTS, MadeList, MadeMap, keys, shown


@dataclass(frozen=True, slots=True)
class Macro:
    """What a comprehension compiles to; `cost` is paid for each element."""

    kind: str
    position: int
    source: Closure
    slot: int
    cost: int
    condition: Closure | None
    transform: Closure | None

    def closure(self) -> Closure:
        if self.kind in ("all", "exists"):
            return _quantifier(self, settles=self.kind == "exists")
        if self.kind == "exists_one":
            return _exists_one(self)
        return _collect(self)

    def elements(self, budget: Budget) -> Iterable[object]:
        value = self.source(budget)
        if isinstance(value, LISTS):
            return value
        if isinstance(value, MadeMap):
            return keys(value)
        if isinstance(value, Mapping):
            return value
        hint = "test for null first" if value is None else None
        message = f"{self.kind}() needs a list or a map, not {shown(value)}"
        raise Fault("type", message, hint=hint, position=self.position)


def _quantifier(macro: Macro, settles: bool) -> Closure:
    elements, slot, cost, condition = macro.elements, macro.slot, macro.cost, macro.condition
    assert condition is not None

    def run(budget: Budget) -> object:
        failed: Fault | None = None
        slots = budget.slots
        for element in elements(budget):
            budget.steps -= cost
            if budget.steps < 0:
                raise too_many_steps().at(macro.position)
            slots[slot] = element
            try:
                value = condition(budget)
            except Fault as fault:
                if not fault.absorbable:
                    raise
                failed = failed or fault
                continue
            if value is settles:
                return settles
            if value is not True and value is not False:
                failed = failed or not_bool(f"{macro.kind}()", value).at(macro.position)
        if failed is not None:
            raise failed
        return not settles

    return run


def _exists_one(macro: Macro) -> Closure:
    holds = _condition(macro)

    def run(budget: Budget) -> object:
        return sum(1 for element in macro.elements(budget) if holds(budget, element)) == 1

    return run


def _condition(macro: Macro) -> Callable[[Budget, object], bool]:
    """Pay for an element, bind it, and tell whether the condition holds for it."""
    slot, cost, condition = macro.slot, macro.cost, macro.condition

    def holds(budget: Budget, element: object) -> bool:
        budget.steps -= cost
        if budget.steps < 0:
            raise too_many_steps().at(macro.position)
        budget.slots[slot] = element
        value = True if condition is None else condition(budget)
        if value is True or value is False:
            return value
        raise not_bool(f"{macro.kind}()", value).at(macro.position)

    return holds


def _collect(macro: Macro) -> Closure:
    """`filter` keeps elements, `map` keeps what its transform makes of them."""
    holds, transform = _condition(macro), macro.transform

    def run(budget: Budget) -> object:
        made = MadeList()
        for element in macro.elements(budget):
            if holds(budget, element):
                budget.bytes -= ELEMENT_BYTES
                if budget.bytes < 0:
                    raise too_many_bytes().at(macro.position)
                made.append(element if transform is None else transform(budget))
        return made

    return run
