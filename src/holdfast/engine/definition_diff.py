"""What changed between two definitions, as a list that people and programs can read. Pure.

Objects are compared key by key. A list whose members all have an ``id`` (nodes, triggers) is compared by those ids, and
edges by what they join, so that moving a node up in the file is no change. Any other list is compared as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from holdfast.model.json import JSON

Kind = Literal["added", "removed", "changed"]
_EDGES: Final = "edges"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs: ``nodes.enrich.params.url``, ``edges.enrich -> hot``, ``settings.timeout``."""

    path: str
    kind: Kind
    before: JSON = None
    after: JSON = None


def differences(before: JSON, after: JSON) -> list[Difference]:
    """In the order of the documents: what was changed and removed, then what was added, at each level."""
    return list(_between("", before, after))


def _between(path: str, before: JSON, after: JSON) -> Iterator[Difference]:
    old, new = _by_name(path, before), _by_name(path, after)
    if old is None or new is None:
        if before != after or type(before) is not type(after):
            yield Difference(path, "changed", before, after)
        return
    for name, value in old.items():
        place = f"{path}.{name}" if path else name
        if name in new:
            yield from _between(place, value, new[name])
        else:
            yield Difference(place, "removed", before=value)
    for name, value in new.items():
        if name not in old:
            yield Difference(f"{path}.{name}" if path else name, "added", after=value)


def _by_name(path: str, value: JSON) -> dict[str, JSON] | None:
    """The named parts of a value; None for what has none."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    named: dict[str, JSON] = {}
    for member in value:
        name = _edge(member) if path.rpartition(".")[2] == _EDGES else _id(member)
        if name is None or name in named:
            return None
        named[name] = member
    return named


def _id(member: JSON) -> str | None:
    found = member.get("id") if isinstance(member, dict) else None
    return found if isinstance(found, str) else None


def _edge(member: JSON) -> str | None:
    if not isinstance(member, dict) or not isinstance(member.get("from"), str) or not isinstance(member.get("to"), str):
        return None
    return f"{member['from']} -> {member['to']}"
