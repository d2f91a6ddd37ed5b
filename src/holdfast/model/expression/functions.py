"""The table of functions: name, how it may be called, how many arguments it takes.

A function is a plain callable `(budget, *arguments)`; a method's target is its first argument. What
isn't in the table doesn't exist. The parser's macros (`has all exists exists_one filter map`) aren't
functions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Final

from . import text
from .budget import MAX_SOURCE, Budget
from .conversions import CONVERSIONS
from .errors import Fault
from .formatting import format_text
from .mathematics import MATHEMATICS, greatest, least
from .moments import PARTS, Part
from .pattern import matches
from .values import LISTS, shown

Implementation = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Function:
    """`plain` and `method` bound the count of arguments of either way to call; None forbids it."""

    run: Implementation
    plain: tuple[int, int] | None = None
    method: tuple[int, int] | None = None


def size(budget: Budget, value: object) -> int:
    if isinstance(value, (str, bytes, *LISTS, Mapping)):
        return len(value)
    hint = "test for null first" if value is None else None
    raise Fault("type", f"{shown(value)} has no size", hint=hint)


def encode(budget: Budget, value: object) -> str:
    if not isinstance(value, bytes):
        raise Fault("type", "base64.encode() needs bytes", hint="write bytes(text)")
    budget.charge_bytes(len(value) * 4 // 3 + 4)
    return base64.b64encode(value).decode("ascii")


def decode(budget: Budget, value: object) -> bytes:
    if not isinstance(value, str):
        raise Fault("type", f"base64.decode() needs a string, not {shown(value)}")
    budget.charge_bytes(len(value))
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Fault("invalid", "the text is no base64") from None


def _part(part: Part, budget: Budget, moment: object, zone: object = None) -> int:
    return part(budget, moment, zone)


FUNCTIONS: Final[dict[str, Function]] = {
    "size": Function(size, plain=(1, 1), method=(0, 0)),
    "contains": Function(text.has_part, method=(1, 1)),
    "startsWith": Function(text.starts_with, method=(1, 1)),
    "endsWith": Function(text.ends_with, method=(1, 1)),
    "lowerAscii": Function(text.lower, method=(0, 0)),
    "upperAscii": Function(text.upper, method=(0, 0)),
    "trim": Function(text.trim, method=(0, 0)),
    "reverse": Function(text.reverse, method=(0, 0)),
    "charAt": Function(text.char_at, method=(1, 1)),
    "indexOf": Function(text.index_of, method=(1, 2)),
    "lastIndexOf": Function(text.last_index_of, method=(1, 2)),
    "substring": Function(text.substring, method=(1, 2)),
    "replace": Function(text.replace, method=(2, 3)),
    "split": Function(text.split, method=(1, 2)),
    "join": Function(text.join, method=(0, 1)),
    "matches": Function(matches, method=(1, 1)),
    "format": Function(format_text, method=(1, 1)),
    "strings.quote": Function(text.quote, plain=(1, 1)),
    "base64.encode": Function(encode, plain=(1, 1)),
    "base64.decode": Function(decode, plain=(1, 1)),
    "math.greatest": Function(greatest, plain=(1, MAX_SOURCE)),
    "math.least": Function(least, plain=(1, MAX_SOURCE)),
    **{f"math.{name}": Function(run, plain=(1, 1)) for name, run in MATHEMATICS.items()},
    **{name: Function(run, plain=(1, 1)) for name, run in CONVERSIONS.items()},
    **{name: Function(partial(_part, part), method=(0, 1)) for name, part in PARTS.items()},
}
NAMESPACES: Final = frozenset(name.split(".")[0] for name in FUNCTIONS if "." in name)
_MACROS: Final = ("all", "exists", "exists_one", "filter", "map")
_ELSEWHERE: Final = {
    "len": "did you mean 'size'?",
    "length": "did you mean 'size'?",
    "str": "did you mean 'string'?",
    "float": "did you mean 'double'?",
    "lower": "did you mean 'lowerAscii'?",
    "toLowerCase": "did you mean 'lowerAscii'?",
    "upper": "did you mean 'upperAscii'?",
    "toUpperCase": "did you mean 'upperAscii'?",
    "strip": "did you mean 'trim'?",
    "includes": "did you mean 'contains'?",
    "any": "did you mean 'exists'?",
    "max": "did you mean 'math.greatest'?",
    "min": "did you mean 'math.least'?",
    "now": "the time is the name 'now', without brackets",
}


def find_function(name: str, method: bool, count: int, position: int) -> Function:
    """The function for a call; raises when there is none, or not with so many arguments."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise _unknown(name, method, position)
    bounds = function.method if method else function.plain
    if bounds is None:
        hint = f"write value.{name}(…)" if function.plain is None else f"write {name}(value)"
        message = f"{name}() isn't called this way"
        raise Fault("unknown_function", message, hint=hint, position=position)
    if not bounds[0] <= count <= bounds[1]:
        wanted = "" if bounds[0] == bounds[1] else f" to {bounds[1]}"
        message = f"{name}() takes {bounds[0]}{wanted} arguments here, not {count}"
        raise Fault("unknown_function", message, position=position)
    return function


def _unknown(name: str, method: bool, position: int) -> Fault:
    hint = _ELSEWHERE.get(name)
    if hint is None and not method and name in _MACROS:
        hint = f"write list.{name}(x, …)"
    if hint is None:
        close = get_close_matches(name, [*FUNCTIONS, *_MACROS, "has"], 1)
        hint = f"did you mean '{close[0]}'?" if close else None
    return Fault("unknown_function", f"unknown function '{name}'", hint=hint, position=position)
