"""What an expression can fail with.

`ExpressionError` is the one error that leaves this package; `ExpressionErrors` carries all of them
for a nested value, each with its path. `Fault` is its inner form while an expression runs: it has
no source text and often no position until the operation that raised it adds one, and `&&`, `||`
and the macros may absorb it unless it is a passed limit. No message ever holds a value, because
values may be secrets; only types and names are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from holdfast.model.json import JSON, pointer

EXCERPT: Final = 72
KEPT: Final = 500
Step = str | int


class Fault(Exception):
    """A failed operation inside a running expression; `position` is -1 until it is known."""

    __slots__ = ("hint", "kind", "message", "position")

    def __init__(self, kind: str, message: str, *, hint: str | None = None, position: int = -1) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.position = position

    def at(self, position: int) -> Fault:
        """The same fault, placed unless an inner operation placed it already."""
        if self.position < 0:
            self.position = position
        return self

    @property
    def absorbable(self) -> bool:
        """Whether `&&`, `||`, `all` and `exists` may outweigh it; a passed limit always ends."""
        return self.kind != "limit"


class ExpressionError(ValueError):
    """An expression that can't be parsed or evaluated.

    `kind` is one of `syntax`, `limit`, `unknown_name`, `unknown_function`, `type`, `no_such_key`,
    `out_of_range`, `overflow`, `division_by_zero`, `invalid`. `position` is a character offset in
    `source`. `path` names the place inside a compiled value, else it is empty.
    """

    kind: str
    message: str
    source: str
    position: int
    hint: str | None
    path: tuple[Step, ...]

    def __init__(
        self,
        kind: str,
        message: str,
        source: str,
        position: int,
        hint: str | None = None,
        path: tuple[Step, ...] = (),
    ) -> None:
        super().__init__(kind, message, source, position, hint, path)
        place = max(0, min(position, len(source)))
        fields = {"kind": kind, "message": message, "source": source, "hint": hint, "path": path}
        self.__dict__.update(fields, position=place)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ExpressionError.__annotations__:
            raise AttributeError(f"{name} can't be changed")
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[object, ...]]:
        return ExpressionError, self.args

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def under(self, path: tuple[Step, ...]) -> ExpressionError:
        """The same error, told for a place inside a nested value."""
        return ExpressionError(self.kind, self.message, self.source, self.position, self.hint, path)

    def details(self) -> dict[str, JSON]:
        """What is kept beside the message: the expression (of a long one the part with the error), and where in it."""
        begin = max(0, self.position - KEPT // 2) if len(self.source) > KEPT else 0
        details: dict[str, JSON] = {
            "expression": self.source[begin : begin + KEPT],
            "position": self.position - begin + 1,
        }
        return {**details, "path": pointer(self.path)} if self.path else details

    def pointer(self) -> str:
        """Two lines: an excerpt of the source and a caret under the position."""
        begin = self.source.rfind("\n", 0, self.position) + 1
        end = self.source.find("\n", self.position)
        end = len(self.source) if end < 0 else end
        begin = max(begin, self.position - EXCERPT // 2)
        excerpt = self.source[begin : min(end, begin + EXCERPT)]
        shown = "".join(c if c.isprintable() else " " for c in excerpt)
        return f"{shown}\n{' ' * (self.position - begin)}^"


class ExpressionErrors(ValueError):
    """Every error of one nested value, each with the path of the text that holds it."""

    errors: tuple[tuple[tuple[Step, ...], ExpressionError], ...]

    def __init__(self, errors: list[tuple[tuple[Step, ...], ExpressionError]]) -> None:
        super().__init__(errors)
        self.errors = tuple(errors)

    def __iter__(self) -> Iterator[tuple[tuple[Step, ...], ExpressionError]]:
        return iter(self.errors)

    def __len__(self) -> int:
        return len(self.errors)

    def __str__(self) -> str:
        return "; ".join(f"{'.'.join(map(str, path))}: {error}" for path, error in self.errors)
