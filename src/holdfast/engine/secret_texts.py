"""Secrets in texts: places for them while params are filled, and ``{{ secrets.NAME }}`` in the payloads of lone jobs.

No expression ever sees a value: it sees a mark that nobody can know before, and which stands for the value until the
params are filled. So an expression can put a secret into a text and choose between secrets, and can't take one apart,
compare it or have its error message quote it.

A lone job's payload has no expressions. In the params that its kind marks for secrets, ``{{ secrets.NAME }}`` stands
for the value, and everything else for itself.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import is_
from typing import Final

from holdfast.model.errors import Problem
from holdfast.model.graph_params import replaced, value_at
from holdfast.model.json import JSON, Path, pointer

_NAMED: Final = re.compile(r"\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}")
_MEANT: Final = re.compile(r"\{\{[^{}]{0,200}\bsecrets\b")


class Places:
    """The marks of one attempt."""

    def __init__(self, names: Collection[str], mark: str) -> None:
        self.scope: Mapping[str, str] = {
            name: f"\N{LEFT CORNER BRACKET}{mark}.{name}\N{RIGHT CORNER BRACKET}" for name in names
        }
        self._names = {place: name for name, place in self.scope.items()}
        self._pattern = re.compile("|".join(map(re.escape, self._names))) if names else None

    def filled(self, value: JSON, values: Mapping[str, str]) -> JSON:
        """The filled params with the values in their places."""
        pattern = self._pattern
        if pattern is None:
            return value
        return _mapped(value, lambda text: pattern.sub(lambda place: values[self._names[place[0]]], text))


def named_in(payload: JSON, places: Collection[Path]) -> frozenset[str]:
    """The secrets that a lone job's payload names."""
    return frozenset(
        name for place in places for text in _texts(value_at(payload, place)) for name in _NAMED.findall(text)
    )


def with_values(payload: JSON, places: Collection[Path], values: Mapping[str, str]) -> JSON:
    """The payload with the values of the secrets that it names."""
    for place in places:
        inner = value_at(payload, place)
        filled = _mapped(inner, lambda text: _NAMED.sub(lambda named: values[named[1]], text))
        if filled is not inner:
            payload = replaced(payload, place, filled)
    return payload


def problems_in(payload: JSON, places: Collection[Path]) -> list[Problem]:
    """What a lone job's payload says of secrets that can't be followed; at or below ``places`` they may stand."""
    found = []
    for path, text in _placed(payload, ("payload",)):
        if _MEANT.search(text) is None:
            continue
        if not any(path[1 : 1 + len(place)] == place for place in places):
            found.append(Problem(pointer(path), where_secrets_stand("payload", places)))
        elif _MEANT.search(_NAMED.sub("", text)) is not None:
            found.append(Problem(pointer(path), "write {{ secrets.NAME }}: a payload takes no other expressions"))
    return found


def names_secret(payload: JSON) -> bool:
    """Whether any text of it would stand for a secret where one may stand."""
    return any(_MEANT.search(text) for text in _texts(payload))


def holds_text(value: JSON, wanted: str) -> bool:
    """Whether a text of the value, or a key, holds that one."""
    return any(wanted in text for text in _texts(value)) or any(wanted in key for key in _keys(value))


def where_secrets_stand(root: str, places: Collection[Path]) -> str:
    """The sentence for a secret in a wrong place."""
    allowed = ", ".join(pointer((root, *place)) for place in places)
    return f"a secret can't stand here: it may stand only in {allowed}" if allowed else "a secret can't stand here"


def _texts(value: JSON) -> Iterator[str]:
    return (text for _, text in _placed(value, ()))


def _keys(value: JSON) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)


def _placed(value: JSON, path: Path) -> Iterator[tuple[Path, str]]:
    stack: list[tuple[Path, JSON]] = [(path, value)]
    while stack:
        at, part = stack.pop()
        match part:
            case str():
                yield at, part
            case dict():
                stack.extend(((*at, key), inner) for key, inner in reversed(part.items()))
            case list():
                stack.extend(((*at, index), part[index]) for index in reversed(range(len(part))))


def _mapped(value: JSON, change: Callable[[str], str]) -> JSON:
    """The value with each text changed; the same object where none was. Keys stay."""
    match value:
        case str():
            changed = change(value)
            return value if changed == value else changed
        case dict():
            inner = {key: _mapped(part, change) for key, part in value.items()}
            return value if all(inner[key] is value[key] for key in value) else inner
        case list():
            items = [_mapped(part, change) for part in value]
            return value if all(map(is_, items, value)) else items
    return value
