"""JSON text read strictly: what two parsers could read differently is refused before anyone relies on it.

``read_json`` refuses text that isn't UTF-8, isn't JSON, names a key twice or says ``NaN`` (``Malformed``, with line and
column where they are known), and values that aren't portable: integers past 64 bits, infinite numbers, NUL, lone
surrogates, more than ``model.json.MAX_DEPTH`` levels (``Invalid``, with the path of every one).
"""

import json
from typing import Any, Final, NoReturn

from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON, pointer, problems_of

# Longer than any 64-bit integer; such a literal isn't computed but marked as too large for problems_of.
_INT_DIGITS: Final = 20
_OUTSIDE_64_BITS: Final = 1 << 64


class Malformed(Invalid):
    """The text can't be read at all, so no path inside it can be named."""

    def __init__(self, message: str, title: str = "The JSON can't be read") -> None:
        super().__init__([Problem("", message)], title)


def read_json(data: bytes | str) -> JSON:
    """The value of a JSON text. Raises ``Malformed`` or ``Invalid``."""
    value = parse_json(data)
    check_portable(value)
    return value


def parse_json(data: bytes | str) -> JSON:
    """The value of a JSON text, its syntax checked only. Raises ``Malformed``."""
    text = data if isinstance(data, str) else text_of(data)
    try:
        value: JSON = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except RecursionError:
        raise Malformed("the JSON is nested too deeply") from None
    return value


def text_of(data: bytes) -> str:
    """The text of UTF-8 bytes, without a byte order mark. Raises ``Malformed``."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is not UTF-8", "The text is not UTF-8") from None


def check_portable(value: JSON) -> None:
    """Raises ``Invalid`` with every place of ``value`` that isn't portable JSON."""
    problems = problems_of(value)
    if problems:
        raise Invalid([Problem(pointer(path), message) for path, message in problems], "The JSON is not portable")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(f"the key {key[:100]!r} stands twice in one object")
            seen.add(key)
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _INT_DIGITS else _OUTSIDE_64_BITS


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
