"""The patterns of `matches()`: a part of RE2's syntax, read to a small program.

Offered: text, `.`, classes with ranges and `\\d \\w \\s`, groups, `|`, `^ $ \\A \\z`, `* + ? {n,m}` (also
lazy, which means the same to a test), escapes, and `(?i)` at the beginning. Not offered: `\\b`,
Unicode classes, other flags, and of course references and look-around. A program is a list of
states; its size is worked out before it is built and bounded, and so is the nesting of groups.
Faults: `invalid`, `limit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .errors import Fault

MAX_PATTERN: Final = 1000
MAX_STATES: Final = 1000
MAX_GROUPS: Final = 32
MAX_REPEAT: Final = 1000

Range = tuple[str, str]

_DIGITS: Final[tuple[Range, ...]] = (("0", "9"),)
_WORD: Final[tuple[Range, ...]] = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE: Final[tuple[Range, ...]] = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_SETS: Final = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CONTROLS: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_COUNTS: Final = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")
_HEX: Final = re.compile(r"x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})")
_GROUP: Final = re.compile(r"\?(?::|P?<[A-Za-z_][A-Za-z0-9_]*>)")
_SIMPLE_COUNTS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges, or out of none of them."""

    ranges: tuple[Range, ...]
    negated: bool = False
    fold: bool = False

    def takes(self, char: str) -> bool:
        chars = {char, char.lower(), char.upper()} if self.fold else (char,)
        found = any(low <= each <= high for each in chars for low, high in self.ranges)
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class State:
    """A step of a program: `char` takes one, `split` goes on in several ways, `match` ends it;
    `begin` and `end` hold only there."""

    kind: str
    chars: Chars
    onward: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    states: tuple[State, ...]
    start: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the pattern: how many states it takes, and what adds them before a following one."""

    size: int
    build: Callable[[list[State], int], int]


_NO_CHARS: Final = Chars(())


def read_pattern(text: str) -> Pattern:
    """The program of a pattern."""
    if len(text) > MAX_PATTERN:
        raise Fault("limit", f"the pattern is longer than {MAX_PATTERN} characters")
    reader = _Reader(text)
    whole = reader.whole()
    states = [State("match", _NO_CHARS, ())]
    start = whole.build(states, 0)
    return Pattern(tuple(states), start)


class _Reader:
    def __init__(self, text: str) -> None:
        self._fold = text.startswith("(?i)")
        self._text = text
        self._at = 4 if self._fold else 0
        self._level = 0

    def whole(self) -> _Part:
        part = self._alternatives()
        if self._at < len(self._text):
            raise _invalid("a ')' without its '('")
        return part

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise _invalid("it ends too early")
        self._at += 1
        return char

    def _alternatives(self) -> _Part:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _either(parts)

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._peek() not in ("", "|", ")"):
            part = self._repeated(self._one())
            parts.append(part)
        return _in_order(parts)

    def _repeated(self, part: _Part) -> _Part:
        """At most one count may follow a part (and a `?` that makes it lazy)."""
        counts = self._counts()
        if counts is None:
            return part
        if self._peek() == "?":
            self._at += 1
        if self._counts() is not None:
            raise _invalid("a repetition of a repetition")
        return _repeat(part, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        simple = _SIMPLE_COUNTS.get(self._peek())
        if simple is not None:
            self._at += 1
            return simple
        match = _COUNTS.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        low = int(match[1])
        high = low if match[2] is None else None if match[3] is None else int(match[3])
        if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
            raise _invalid(f"a count is at most {MAX_REPEAT}, the second not below the first")
        return low, high

    def _one(self) -> _Part:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return _take(self._class())
        if char == ".":
            return _take(Chars((("\n", "\n"),), negated=True))
        if char == "^":
            return _hold("begin")
        if char == "$":
            return _hold("end")
        if char in "*+?":
            raise _invalid("a repetition of nothing")
        return self._escape() if char == "\\" else self._literal(char)

    def _literal(self, char: str) -> _Part:
        return _take(Chars(((char, char),), fold=self._fold))

    def _group(self) -> _Part:
        if self._peek() == "?":
            match = _GROUP.match(self._text, self._at)
            if match is None:
                raise _invalid("flags and look-around are not offered, but (?i) at the beginning")
            self._at = match.end()
        self._level += 1
        if self._level > MAX_GROUPS:
            raise Fault("limit", f"the pattern has more than {MAX_GROUPS} nested groups")
        part = self._alternatives()
        self._next()  # the alternatives end only before a ')', or with the text, which is an error
        self._level -= 1
        return part

    def _escape(self) -> _Part:
        char = self._next()
        if char in "Az":
            return _hold("begin" if char == "A" else "end")
        if char.lower() in _SETS:
            return _take(Chars(_SETS[char.lower()], negated=char.isupper()))
        return self._literal(self._escaped(char))

    def _escaped(self, char: str) -> str:
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "x" and (match := _HEX.match(self._text, self._at - 1)) is not None:
            self._at = match.end()
            point = int(match[1] or match[2], 16)
            if point <= 0x10FFFF:
                return chr(point)
        if char.isascii() and not char.isalnum():
            return char
        raise _invalid("an escape that is not offered")

    def _class(self) -> Chars:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[Range] = []
        while self._peek() != "]" or not ranges:
            ranges.extend(self._class_part())
        self._at += 1
        return Chars(tuple(ranges), negated, self._fold)

    def _class_part(self) -> tuple[Range, ...]:
        low = self._next()
        if low == "[" and self._peek() == ":":
            raise _invalid("named classes are not offered")
        if low == "\\":
            low = self._next()
            if low in _SETS:
                return _SETS[low]
            low = self._escaped(low)
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return ((low, low),)
        self._at += 1
        high = self._next()
        high = self._escaped(self._next()) if high == "\\" else high
        if high < low:
            raise _invalid("a range whose end is before its beginning")
        return ((low, high),)


def _invalid(why: str) -> Fault:
    return Fault("invalid", f"the pattern isn't valid: {why}")


# -- parts; each is built backwards, before the state that follows it


def _sized(size: int, build: Callable[[list[State], int], int]) -> _Part:
    if size > MAX_STATES:
        raise Fault("limit", f"the pattern needs more than {MAX_STATES} states")
    return _Part(size, build)


def _add(states: list[State], kind: str, chars: Chars, onward: tuple[int, ...]) -> int:
    states.append(State(kind, chars, onward))
    return len(states) - 1


def _take(chars: Chars) -> _Part:
    return _sized(1, lambda states, after: _add(states, "char", chars, (after,)))


def _hold(kind: str) -> _Part:
    return _sized(1, lambda states, after: _add(states, kind, _NO_CHARS, (after,)))


def _in_order(parts: list[_Part]) -> _Part:
    def build(states: list[State], after: int) -> int:
        for part in reversed(parts):
            after = part.build(states, after)
        return after

    return _sized(sum(part.size for part in parts), build)


def _either(parts: list[_Part]) -> _Part:
    def build(states: list[State], after: int) -> int:
        ways = tuple(part.build(states, after) for part in parts)
        return _add(states, "split", _NO_CHARS, ways)

    return _sized(sum(part.size for part in parts) + 1, build)


def _repeat(part: _Part, low: int, high: int | None) -> _Part:
    extra = 1 if high is None else high - low

    def build(states: list[State], after: int) -> int:
        if high is None:
            loop = _add(states, "split", _NO_CHARS, ())
            states[loop] = State("split", _NO_CHARS, (part.build(states, loop), after))
            first = loop
        else:
            first = after
            for _ in range(extra):
                first = _add(states, "split", _NO_CHARS, (part.build(states, first), after))
        for _ in range(low):
            first = part.build(states, first)
        return first

    # A part of no states costs a turn of the loops all the same.
    return _sized((part.size + 1) * (low + extra), build)
