"""JSON values as the engine accepts them, and the one check at its edge.

Parsers disagree about NUL, lone surrogates, NaN and integers past 64 bits; a value that one of our stores, a worker in
another language or a browser would read otherwise is refused before anything is written.
"""

import math
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
JSONObject = dict[str, JSON]

MAX_DEPTH: Final = 64
_INT_LIMIT: Final = 1 << 63
# As many problems as anybody reads; the walk ends there.
_MOST: Final = 20

Path = tuple[str | int, ...]


def problems_of(value: object, path: Path = ()) -> list[tuple[Path, str]]:
    """Every place of ``value`` that isn't portable JSON, as (path, sentence); an empty list when all is well."""
    if _is_plain(value, MAX_DEPTH):
        return []
    found: list[tuple[Path, str]] = [(path, message) for message in _scalar(value)]
    stack: list[tuple[Path, object]] = [(path, value)]
    while stack and len(found) < _MOST:
        at, part = stack.pop()
        if len(at) - len(path) >= MAX_DEPTH:
            found.append((at, f"nested deeper than {MAX_DEPTH} levels"))
        elif isinstance(part, dict):
            wrong = ((at, f"key {message}") for key in part for message in _key(key))
            found.extend(islice(wrong, _MOST))
            _look_into(part.items(), at, found, stack)
        elif isinstance(part, list):
            _look_into(enumerate(part), at, found, stack)
    return found


def _is_plain(value: Any, depth: int) -> bool:
    """Whether ``value`` is portable for sure, by a quick look: nearly every value is, and each job has some."""
    kind = type(value)
    if kind is str:
        return value.isascii() and "\0" not in value
    if kind is dict:
        return depth > 1 and _are_plain_members(value, depth - 1)
    if kind is list:
        return depth > 1 and all(_is_plain(inner, depth - 1) for inner in value)
    if kind is int:
        return bool(-_INT_LIMIT <= value < _INT_LIMIT)
    return value is None or kind is bool or (kind is float and math.isfinite(value))


def _are_plain_members(value: dict[Any, Any], depth: int) -> bool:
    """Written out, texts first: every delivery passes here three times, with all of its headers."""
    for key, inner in value.items():
        if type(key) is not str or not key.isascii() or "\0" in key:
            return False
        if type(inner) is str:
            if not inner.isascii() or "\0" in inner:
                return False
        elif not _is_plain(inner, depth):
            return False
    return True


def _look_into(
    members: Iterable[tuple[str | int, object]],
    at: Path,
    found: list[tuple[Path, str]],
    stack: list[tuple[Path, object]],
) -> None:
    """Judges the scalars at once and leaves the containers for later: no path is built for what is in order."""
    for key, inner in members:
        if isinstance(inner, dict | list):
            stack.append(((*at, key), inner))
        elif messages := _scalar(inner):
            found.extend(((*at, key), message) for message in messages)
            if len(found) >= _MOST:
                return


def _key(key: object) -> list[str]:
    return _text(key) if isinstance(key, str) else [f"is not text but {type(key).__name__}"]


def _scalar(value: object) -> list[str]:
    match value:
        case str():
            return _text(value)
        case bool() | None | dict() | list():
            return []
        case int():
            inside = -_INT_LIMIT <= value < _INT_LIMIT
            return [] if inside else ["is an integer outside 64 bits; send it as a string"]
        case float():
            return [] if math.isfinite(value) else ["is not a finite number"]
        case _:
            return [f"is not JSON but {type(value).__name__}"]


def _text(value: str) -> list[str]:
    if value.isascii():
        return ["contains NUL"] if "\0" in value else []
    if "\0" in value:
        return ["contains NUL"]
    try:
        value.encode()
    except UnicodeEncodeError:
        return ["contains a lone surrogate"]
    return []


def pointer(path: Path) -> str:
    """A path as people read it: ``nodes[2].params.url``; the empty path is ``""``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
