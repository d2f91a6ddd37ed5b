"""Text with expressions in it: `Score {{ nodes.a.output }} of {{ vars.total }}`.

A text that is exactly one `{{ … }}` gives the expression's value with its type; otherwise the parts
are joined as text. The end of an expression is found by reading its tokens, so `}}` inside a quoted
text or at the end of nested maps doesn't end it. `{{ "{{" }}` writes two braces. Errors tell the
position in the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from .budget import MAX_BYTES, MAX_SOURCE, MAX_STEPS, Budget
from .errors import ExpressionError, Fault
from .expression import Expression, build, located
from .lexer import tokens
from .result import to_json, to_text

OPEN: Final = "{{"
CLOSE: Final = "}}"
_BRACES: Final = {"{": 1, "}": -1}
# Nothing in which a }} could mean anything else: no quoted text, no map, no comment.
_PLAIN: Final = re.compile(r"""[^"'{}/]*""")
MAX_EXPRESSIONS: Final = 500
"""In one text."""

Part = str | tuple[Expression, int]
"""Literal text, or an expression and where it begins."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text; immutable, reusable, safe to share between threads."""

    source: str
    parts: tuple[Part, ...] = field(repr=False)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(part[0] for part in self.parts if not isinstance(part, str))

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        return frozenset(read for expression in self.expressions for read in expression.reads)

    def evaluate(self, scope: Mapping[str, object], *, steps: int = MAX_STEPS) -> object:
        return self.evaluate_within(Budget(scope, steps, MAX_BYTES))

    def evaluate_within(self, budget: Budget) -> object:
        """The same on a budget that the caller made, and that may serve several templates."""
        parts = self.parts
        if len(parts) == 1:
            only = parts[0]
            return only if isinstance(only, str) else self._value(budget, *only)
        try:
            return "".join(self._text(budget, part) for part in parts)
        except Fault as fault:
            raise located(fault, self.source) from None

    def _value(self, budget: Budget, expression: Expression, offset: int) -> object:
        try:
            return to_json(budget, expression.run(budget))
        except Fault as fault:
            raise located(fault, self.source, offset) from None

    def _text(self, budget: Budget, part: Part) -> str:
        if isinstance(part, str):
            budget.charge_text(part)
            return part
        expression, offset = part
        try:
            return to_text(budget, expression.run(budget))
        except Fault as fault:
            raise located(fault, self.source, offset) from None


def parse_template(text: str, roots: Collection[str] | None = None) -> Template:
    """The template of a text; raises the first `ExpressionError` in it."""
    errors: list[ExpressionError] = []
    template = read_template(text, roots, errors)
    if errors:
        raise errors[0]
    return template


def read_template(text: str, roots: Collection[str] | None, errors: list[ExpressionError]) -> Template:
    """The template of a text; adds all its errors to `errors`, and is good only without any."""
    parts: list[Part] = []
    count = last = 0
    try:
        while (opened := text.find(OPEN, last)) >= 0:
            if opened > last:
                parts.append(text[last:opened])
            begin = opened + len(OPEN)
            count += 1
            if count > MAX_EXPRESSIONS:
                message = f"the text has more than {MAX_EXPRESSIONS} expressions"
                raise Fault("limit", message, position=opened)
            end = _expression_end(text, opened)
            _add_expression(text, begin, end, roots, parts, errors)
            last = end + len(CLOSE)
    except Fault as fault:
        errors.append(located(fault, text))
        return Template(text, ())
    if last < len(text) or not parts:
        parts.append(text[last:])
    return Template(text, tuple(parts))


def _add_expression(
    text: str,
    begin: int,
    end: int,
    roots: Collection[str] | None,
    parts: list[Part],
    errors: list[ExpressionError],
) -> None:
    try:
        parts.append((build(text[begin:end], roots), begin))
    except Fault as fault:
        errors.append(located(fault, text, begin))


def _expression_end(text: str, opened: int) -> int:
    """Where the `}}` of the expression at `opened` stands; positions in faults are the text's."""
    begin = opened + len(OPEN)
    near = text.find(CLOSE, begin, begin + MAX_SOURCE)
    if near >= 0 and _PLAIN.fullmatch(text, begin, near):
        return near
    # An expression is at most MAX_SOURCE long: no more is read, however long the text is.
    window = text[begin : begin + MAX_SOURCE + 3 * len(CLOSE)]
    depth = 0
    try:
        for token in tokens(window):
            if token.text == "}" and token.kind == "op" and depth == 0:
                if window.startswith(CLOSE, token.position):
                    return begin + token.position
                raise Fault("syntax", "unexpected '}'", position=token.position)
            if token.kind == "op":
                depth += _BRACES.get(token.text, 0)
    except Fault as fault:
        fault.position += begin
        raise
    if begin + len(window) < len(text):
        message = f"the expression is longer than {MAX_SOURCE // 1024} KB"
        raise Fault("limit", message, position=opened)
    hint = "every {{ needs }}; two plain braces are written {{ '{{' }}"
    raise Fault("syntax", "the {{ has no end", hint=hint, position=opened)
