"""An expression or a template that somebody tries: its value with its type, or its error with its place.

What is evaluated, and within which bounds, is the same as anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from .budget import MAX_BYTES, MAX_STEPS, Budget
from .errors import ExpressionError, Fault
from .expression import Expression, located, parse
from .result import to_json
from .template import Template, parse_template
from .values import shown

Form = Literal["expression", "template"]
# A word, a quoted text on one line, or whatever single sign stands there.
_TOKEN: Final = re.compile(r"""\w+|"[^"\n]*"|'[^'\n]*'|\S""")


@dataclass(frozen=True, slots=True)
class Tried:
    """The value as JSON data; ``type`` is that of the value in the language, such as ``int`` or ``timestamp``."""

    value: object
    type: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a source: characters from ``offset`` up to ``end``; ``line`` and ``column`` count from 1."""

    offset: int
    end: int
    line: int
    column: int


def read_source(source: str, form: Form) -> Expression | Template:
    """Raises ``ExpressionError``."""
    return parse(source) if form == "expression" else parse_template(source)


def try_out(read: Expression | Template, scope: Mapping[str, object]) -> Tried:
    """Raises ``ExpressionError``."""
    if isinstance(read, Expression):
        return _typed(read, scope, read.source, 0)
    if len(read.parts) == 1 and not isinstance(read.parts[0], str):
        expression, offset = read.parts[0]
        return _typed(expression, scope, read.source, offset)
    return Tried(read.evaluate(scope), "string")


def _typed(expression: Expression, scope: Mapping[str, object], source: str, offset: int) -> Tried:
    budget = Budget(scope, MAX_STEPS, MAX_BYTES)
    try:
        value = expression.run(budget)
        return Tried(to_json(budget, value), shown(value))
    except Fault as fault:
        raise located(fault, source, offset) from None


def spot_of(error: ExpressionError) -> Spot:
    """Where the error is: from its position to the end of the word or sign that stands there."""
    found = _TOKEN.match(error.source, error.position)
    begin = error.source.rfind("\n", 0, error.position) + 1
    line = error.source.count("\n", 0, error.position) + 1
    end = error.position if found is None else found.end()
    return Spot(error.position, end, line, error.position - begin + 1)
