"""Text with its escapes undone, and where each part of it stood. Pure.

What JSON, Python, addresses and HTML write in the place of a character can be chosen freely (``a``, ``\\u0061``,
``%61``, ``&#97;``), so that no list of forms would ever be whole. Here a text is read with the escapes of one way
undone instead, and what is found there is told by its place in the text as it was written.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

Span = tuple[int, int]
# What a match stands for: each character with how many of the match's characters it took, in order.
_Read = Callable[[str], list[tuple[str, int]]]

_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_SIGNS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Way(NamedTuple):
    """One way to escape. ``sign``: no escape without it."""

    sign: str
    pattern: re.Pattern[str]
    read: _Read


class Unescaped:
    """A text read one way; ``spans`` of it are told as spans of the text as it was written."""

    __slots__ = ("_at", "_from", "_plain", "_until", "text")

    def __init__(self, written: str, way: Way) -> None:
        self._at: list[int] = []
        self._from: list[int] = []
        self._until: list[int] = []
        self._plain: list[bool] = []
        parts: list[str] = []
        size = 0
        for text, begin, end, plain in _parts(written, way):
            self._at.append(size)
            self._from.append(begin)
            self._until.append(end)
            self._plain.append(plain)
            parts.append(text)
            size += len(text)
        self.text = "".join(parts)

    def written(self, span: Span) -> Span:
        """Where the span stands in the text as it was written."""
        begin, last = span[0], span[1] - 1
        first = bisect_right(self._at, begin) - 1
        end = bisect_right(self._at, last) - 1
        start = self._from[first] + (begin - self._at[first] if self._plain[first] else 0)
        stop = self._from[end] + last - self._at[end] + 1 if self._plain[end] else self._until[end]
        return start, stop


def _parts(written: str, way: Way) -> Iterator[tuple[str, int, int, bool]]:
    """The text's pieces: what is read, from where to where it stands, and whether it is written as it is."""
    done = 0
    for match in way.pattern.finditer(written):
        if match.start() > done:
            yield written[done : match.start()], done, match.start(), True
        place = match.start()
        for text, length in way.read(match[0]):
            yield text, place, place + length, False
            place += length
        done = match.end()
    if done < len(written):
        yield written[done:], done, len(written), True


def _backslash(escape: str) -> list[tuple[str, int]]:
    sign = escape[1]
    if sign in "uUx" and len(escape) > 2:
        if len(escape) == 12:  # a surrogate pair
            high, low = int(escape[2:6], 16), int(escape[8:], 16)
            return [(chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), 12)]
        code = int(escape[2:], 16)
        return [(chr(code) if code < 0x110000 else escape, len(escape))]
    return [(_SIGNS.get(sign, sign), 2)]


def _percent(run: str) -> list[tuple[str, int]]:
    raw = bytes.fromhex(run.replace("%", ""))
    try:
        return [(char, 3 * len(char.encode())) for char in raw.decode()]
    except UnicodeDecodeError:
        return [(char, 3) for char in raw.decode("latin-1")]


def _percent_or_plus(run: str) -> list[tuple[str, int]]:
    return [(" ", 1)] if run == "+" else _percent(run)


def _entity(entity: str) -> list[tuple[str, int]]:
    name = entity[1:-1]
    if not name.startswith("#"):
        return [(_NAMED[name], len(entity))]
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return [(chr(code) if code < 0x110000 else entity, len(entity))]


WAYS: Final = (
    Way(
        "\\",
        re.compile(
            r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
            r"|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[\"'\\/bfnrt])"
        ),
        _backslash,
    ),
    Way("%", re.compile("(?:%[0-9a-fA-F]{2})+"), _percent),
    Way("+", re.compile(r"\+|(?:%[0-9a-fA-F]{2})+"), _percent_or_plus),
    Way("&", re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);"), _entity),
)
