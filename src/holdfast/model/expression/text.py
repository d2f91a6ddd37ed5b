"""Functions on strings (and the few that bytes share).

Positions count characters. What a function makes is charged before it is built, and reading
through a text is charged by its length. Wrong types are `type` faults; positions outside the text
are `out_of_range`. Splitting and replacing on the empty text follows the common extension: between
all characters.
"""

from __future__ import annotations

from typing import Final

from .budget import ELEMENT_BYTES, Budget
from .errors import Fault
from .values import LISTS, MadeList, shown

_SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _text(value: object, function: str) -> str:
    if isinstance(value, str):
        return value
    hint = "convert with string()" if isinstance(value, (int, float)) else None
    if value is None:
        hint = "the value is null, test for that first"
    raise Fault("type", f"{function}() needs a string, not {shown(value)}", hint=hint)


def _position(value: object, function: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Fault("type", f"{function}() needs an int position, not {shown(value)}")


def _made(budget: Budget, text: str) -> str:
    """Pay for a text that is at most as big as one that exists."""
    budget.charge_scan(text)
    budget.charge_text(text)
    return text


def has_part(budget: Budget, text: object, part: object) -> bool:
    where, what = _text(text, "contains"), _text(part, "contains")
    budget.charge_scan(where)
    return what in where


def starts_with(budget: Budget, text: object, part: object) -> bool:
    where, what = _text(text, "startsWith"), _text(part, "startsWith")
    budget.charge_scan(what)
    return where.startswith(what)


def ends_with(budget: Budget, text: object, part: object) -> bool:
    where, what = _text(text, "endsWith"), _text(part, "endsWith")
    budget.charge_scan(what)
    return where.endswith(what)


def lower(budget: Budget, text: object) -> str:
    return _made(budget, _text(text, "lowerAscii")).translate(_LOWER)


def upper(budget: Budget, text: object) -> str:
    return _made(budget, _text(text, "upperAscii")).translate(_UPPER)


def trim(budget: Budget, text: object) -> str:
    return _made(budget, _text(text, "trim")).strip(_SPACES)


def reverse(budget: Budget, text: object) -> str:
    return _made(budget, _text(text, "reverse"))[::-1]


def char_at(budget: Budget, text: object, position: object) -> str:
    where, at = _text(text, "charAt"), _position(position, "charAt")
    if not 0 <= at <= len(where):
        raise Fault("out_of_range", "the position is outside the text")
    budget.charge_bytes(ELEMENT_BYTES)
    return where[at : at + 1]


def index_of(budget: Budget, text: object, part: object, start: object = 0) -> int:
    where, what = _text(text, "indexOf"), _text(part, "indexOf")
    at = _position(start, "indexOf")
    if not 0 <= at <= len(where):
        raise Fault("out_of_range", "the position is outside the text")
    budget.charge_scan(where)
    return where.find(what, at)


def last_index_of(budget: Budget, text: object, part: object, end: object = None) -> int:
    where, what = _text(text, "lastIndexOf"), _text(part, "lastIndexOf")
    at = len(where) if end is None else _position(end, "lastIndexOf")
    if not 0 <= at <= len(where):
        raise Fault("out_of_range", "the position is outside the text")
    # Searching backwards isn't linear in Python, so it is charged for what it may compare.
    budget.charge_scan(where)
    budget.charge(len(where) * len(what) // 4096)
    return where.rfind(what, 0, at + len(what))


def substring(budget: Budget, text: object, start: object, end: object = None) -> str:
    where, first = _text(text, "substring"), _position(start, "substring")
    last = len(where) if end is None else _position(end, "substring")
    if not 0 <= first <= last <= len(where):
        raise Fault("out_of_range", "the positions are outside the text")
    budget.charge_bytes(last - first)
    return where[first:last]


def replace(budget: Budget, text: object, old: object, new: object, limit: object = -1) -> str:
    where, what, by = _text(text, "replace"), _text(old, "replace"), _text(new, "replace")
    most = _position(limit, "replace")
    budget.charge_scan(where)
    count = where.count(what)
    count = count if most < 0 else min(count, most)
    budget.charge(count)
    budget.charge_text(where)
    budget.charge_text(by, count)
    return where.replace(what, by, count)


def split(budget: Budget, text: object, separator: object, limit: object = -1) -> MadeList:
    where, by = _text(text, "split"), _text(separator, "split")
    most = _position(limit, "split")
    budget.charge_scan(where)
    if most == 0:
        return MadeList()
    count = where.count(by) + 1 if by else len(where)
    count = count if most < 0 else min(count, most)
    budget.charge_elements(count)
    budget.charge_text(where)
    if by:
        return MadeList(where.split(by, count - 1))
    if count < len(where):
        return MadeList([*where[: count - 1], where[count - 1 :]])
    return MadeList(where)


def join(budget: Budget, items: object, separator: object = "") -> str:
    by = _text(separator, "join")
    if not isinstance(items, LISTS):
        raise Fault("type", f"join() needs a list, not {shown(items)}")
    budget.charge(len(items))
    budget.charge_text(by, max(0, len(items) - 1))
    parts: list[str] = []
    for item in items:
        part = _text(item, "join")
        budget.charge_text(part)
        parts.append(part)
    return by.join(parts)


def quote(budget: Budget, text: object) -> str:
    """The text as a literal of this language, in double quotes."""
    plain = _made(budget, _text(text, "strings.quote"))
    budget.charge_bytes(len(plain) + 2)  # at worst every character gets a backslash
    return f'"{plain.translate(_QUOTED)}"'


_QUOTED: Final = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)
