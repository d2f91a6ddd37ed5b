"""A parsed expression: immutable, reusable, safe to share between threads.

`parse` reads a text once and finds every error that needs no data; `Expression.evaluate` runs it
over a scope, which it never changes. Both raise `ExpressionError` and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .budget import MAX_BYTES, MAX_SOURCE, MAX_STEPS, Budget
from .compiler import Program, compile_tree
from .errors import ExpressionError, Fault
from .parser import parse_tree
from .result import to_json


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression; `source` is its text, `reads` the paths of data that it may look at.

    A read starts with a name of the scope and goes as far as its fields are constant:
    `nodes.a.output[i].b` reads `("nodes", "a", "output")`. Variables of macros are no reads.
    """

    source: str
    program: Program = field(repr=False)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        return self.program.reads

    def evaluate(self, scope: Mapping[str, object], *, steps: int = MAX_STEPS) -> object:
        """The result as JSON data; timestamps, durations and bytes are given as texts."""
        return self.evaluate_within(Budget(scope, steps, MAX_BYTES))

    def evaluate_within(self, budget: Budget) -> object:
        """The same on a budget that the caller made, so that what was used can be read from it."""
        try:
            return to_json(budget, self.run(budget))
        except Fault as fault:
            raise located(fault, self.source) from None

    def run(self, budget: Budget) -> object:
        """The result as a value of the language; raises `Fault`."""
        program = self.program
        budget.charge(program.cost)
        if program.slots:
            budget.slots = [None] * program.slots
        return program.run(budget)


def located(fault: Fault, source: str, offset: int = 0) -> ExpressionError:
    """A fault as an error of a text in which its expression begins at `offset`."""
    position = max(fault.position, 0) + offset
    return ExpressionError(fault.kind, fault.message, source, position, fault.hint)


def parse(source: str, roots: Collection[str] | None = None) -> Expression:
    """The expression of a text; `roots`, when given, are the only names that it may use.

    Raises `ExpressionError`: syntax, limits, unknown functions, wrong counts of arguments,
    unknown names.
    """
    try:
        return build(source, roots)
    except Fault as fault:
        raise located(fault, source[:MAX_SOURCE]) from None


def build(source: str, roots: Collection[str] | None) -> Expression:
    """`parse` with a bare fault."""
    check_source(source)
    return Expression(source, compile_tree(source, parse_tree(source), roots))


def check_source(source: str) -> None:
    if len(source) > MAX_SOURCE or len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        message = f"the expression is longer than {MAX_SOURCE // 1024} KB"
        raise Fault("limit", message, position=0)
