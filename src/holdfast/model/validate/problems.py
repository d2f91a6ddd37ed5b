"""The problems found so far, each with its path, and the way out that a message can offer.

A hostile document can hold a problem in every byte: beyond ``MOST`` they are counted, not kept, and after the first
hundred no near name is looked for, because that is the only costly part.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from holdfast.model.errors import Problem
from holdfast.model.json import JSON, Path, pointer

MOST: Final = 1_000
_SUGGESTED: Final = 100
_SHOWN: Final = 64


class Problems:
    """Collects; never raises."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._uncounted = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: Path, message: str) -> None:
        if len(self._found) < MOST:
            self._found.append(Problem(pointer(path), message))
        else:
            self._uncounted += 1

    def add_unknown(self, path: Path, what: str, name: str, known: Collection[str]) -> None:
        """An unknown name of some sort, with the nearest known one when there is one."""
        self.add(path, f'{what} "{name[:_SHOWN]}"{self._hint(name, known)}')

    def _hint(self, name: str, known: Collection[str]) -> str:
        if len(self._found) >= _SUGGESTED or len(name) > _SHOWN:
            return ""
        near = get_close_matches(name, known, n=1)
        return f'; did you mean "{near[0]}"?' if near else ""

    def all(self) -> list[Problem]:
        if not self._uncounted:
            return self._found
        return [*self._found, Problem("", f"{self._uncounted} more problems are not shown")]


def kind_of(value: JSON) -> str:
    """The type of a value as messages say it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
