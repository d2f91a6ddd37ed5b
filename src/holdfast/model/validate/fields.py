"""One object of a document, read field by field.

Every getter answers a value of the promised type: the default when the field is missing or wrong. What was wrong is a
problem at the field's path. Unknown keys are problems.
"""

import re
from collections.abc import Collection
from typing import Final, TypeVar

from holdfast.model.expression import MAX_SOURCE
from holdfast.model.instant import Micros, format_duration, parse_duration
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.limits import Rate
from holdfast.model.validate.problems import Problems, kind_of

T = TypeVar("T", bound=str)

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
NODE_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
# A port that a definition names itself: it stands in edges after a dot.
PORT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", re.ASCII)
PRIORITY: Final = (-100, 100)
# The language of expressions can't select these after a dot, so that no node may be called so.
_KEYWORDS: Final = frozenset({"true", "false", "null", "in"})
_NAME_RULE: Final = "must be 1 to 100 letters, digits, _ or -, and begin with a letter or digit"
_ID_RULE: Final = "must be 1 to 63 letters, digits or _, and not begin with a digit"


class Fields:
    """The fields of ``value``, which stands at ``path``; anything but an object is a problem and has no fields."""

    def __init__(
        self,
        value: JSON,
        path: Path,
        problems: Problems,
        known: Collection[str],
    ) -> None:
        self.path = path
        self.problems = problems
        self._values = self._checked(value, path)
        self._is_object = isinstance(value, dict)
        for key in self._values:
            if key not in known:
                problems.add_unknown((*path, key), "unknown key", key, known)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def at(self, key: str) -> Path:
        return (*self.path, key)

    def add(self, key: str, message: str) -> None:
        self.problems.add(self.at(key), message)

    def raw(self, key: str) -> JSON:
        return self._values.get(key)

    def require(self, *keys: str) -> None:
        """Each of ``keys`` that is missing is a problem."""
        for key in keys:
            if self._is_object and key not in self._values:
                self.add(key, f"{key} is missing")

    def text(self, key: str, default: str = "", limit: int = 10_000) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.add(key, f"expected text, not {kind_of(value)}")
            return default
        if len(value) > limit:
            self.add(key, f"is longer than {limit} characters")
        return value

    def name(self, key: str, default: str) -> str:
        """A name, as of a workflow or a queue."""
        value = self.text(key, default)
        if isinstance(self._values.get(key), str) and NAME.fullmatch(value) is None:
            self.add(key, _NAME_RULE)
        return value

    def identifier(self, key: str) -> str:
        """The id of a node, which expressions can name."""
        value = self.text(key)
        if not isinstance(self._values.get(key), str):
            return value
        if NODE_ID.fullmatch(value) is None:
            self.add(key, _ID_RULE)
        elif value in _KEYWORDS:
            self.add(key, f'"{value}" is a word of the expression language; choose another id')
        return value

    def choice(self, key: str, options: tuple[T, ...], default: T) -> T:
        """One of a few words."""
        value = self._values.get(key, default)
        for option in options:
            if value == option:
                return option
        self.add(key, f"must be one of {', '.join(options)}")
        return default

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        value = self._values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.add(key, f"must be an integer between {low} and {high}")
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.add(key, f"must be true or false, not {kind_of(value)}")
            return default
        return value

    def duration(self, key: str, default: Micros, least: Micros = 0, most: Micros | None = None) -> Micros:
        """A length of time; ``least`` 1 refuses the empty one."""
        if key not in self._values:
            return default
        try:
            micros = parse_duration(self.text(key))
        except ValueError as error:
            if isinstance(self._values[key], str):
                self.add(key, str(error))
            return default
        if micros < least:
            self.add(key, "must be longer than nothing" if least == 1 else f"must be at least {format_duration(least)}")
            return default
        if most is not None and micros > most:
            self.add(key, f"must be at most {format_duration(most)}")
            return default
        return micros

    def rate(self, key: str) -> Rate | None:
        if key not in self._values:
            return None
        try:
            return Rate.parse(self.text(key))
        except ValueError as error:
            if isinstance(self._values[key], str):
                self.add(key, str(error))
            return None

    def expression(self, key: str) -> str | None:
        """An expression without braces, not parsed yet."""
        if key not in self._values:
            return None
        text = self.text(key, limit=MAX_SOURCE)
        return text if isinstance(self._values[key], str) else None

    def mapping(self, key: str) -> JSONObject:
        return self._checked(self._values.get(key, {}), self.at(key))

    def items(self, key: str, most: int = 10_000) -> list[JSON]:
        """A list; what lies beyond ``most`` is a problem and isn't read."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            self.add(key, f"expected a list, not {kind_of(value)}")
            return []
        if len(value) > most:
            self.add(key, f"has {len(value)} entries; at most {most} are allowed")
        return value[:most]

    def _checked(self, value: JSON, path: Path) -> JSONObject:
        if isinstance(value, dict):
            return value
        self.problems.add(path, f"expected an object, not {kind_of(value)}")
        return {}
