"""What changed between two definitions of a workflow, as a list that people and programs can read. Pure and total.

Nodes and triggers are matched by their ids and edges by their ends, wherever they stand in their lists, in bodies too;
steps are compared by the nodes and edges that they give. Any other list is one value. In paths names stand in the place
of numbers: ``nodes.enrich.params.url``, ``edges.hot.true -> mail``. JSON's types are told apart: 1 is neither true nor
1.0. The order of keys means nothing, but for the cases of a ``switch``, of which the first true one is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import OUT_PORT
from holdfast.model.validate.steps import STEPS, expanded

Kind = Literal["added", "removed", "changed"]
Way = tuple[str, ...]

_EDGES: Final = "edges"
# The lists of a definition or a body that are compared by names; a missing one is an empty one.
_NAMED: Final = ("nodes", _EDGES, "triggers")
_BODY: Final = ("params", "body")
_CASES: Final = ("params", "cases")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs. ``before`` is null where something was added, ``after`` where it was removed."""

    path: str
    kind: Kind
    before: JSON = None
    after: JSON = None


def differences(before: JSON, after: JSON) -> list[Difference]:
    """What leads from one definition to the other; empty when they are the same workflow.

    In the order of the documents: what was changed and removed, then what was added, on each level.
    """
    return list(_between((), before, after))


def _between(way: Way, before: JSON, after: JSON) -> Iterator[Difference]:
    old, new = _parts(way, before), _parts(way, after)
    if old is None or new is None:
        if not _same(before, after):
            yield Difference(".".join(way), "changed", before, after)
        return
    if way[-2:] == _CASES and list(old) != list(new) and old.keys() == new.keys():
        yield Difference(".".join(way), "changed", before, after)
        return
    for name, value in old.items():
        if name in new:
            yield from _between((*way, name), value, new[name])
        else:
            yield Difference(".".join((*way, name)), "removed", before=value)
    for name, value in new.items():
        if name not in old:
            yield Difference(".".join((*way, name)), "added", after=value)


def _parts(way: Way, value: JSON) -> JSONObject | None:
    """The named parts of a value; None for what has none."""
    if isinstance(value, dict):
        return _graph(value) if _is_graph(way) else value
    if isinstance(value, list) and way and way[-1] in _NAMED and _is_graph(way[:-1]):
        return _by_name(value, is_edges=way[-1] == _EDGES)
    return None


def _is_graph(way: Way) -> bool:
    """Whether a definition or a body stands at this place."""
    return not way or (way[-2:] == _BODY and "nodes" in way)


def _graph(value: JSONObject) -> JSONObject:
    graph = expanded(value) if STEPS in value else value
    return {**graph, **{key: [] for key in _NAMED if key not in graph}}


def _by_name(members: list[JSON], *, is_edges: bool) -> JSONObject | None:
    named: JSONObject = {}
    for member in members:
        name, part = _edge(member) if is_edges else _thing(member)
        if name is None or name in named:
            return None
        named[name] = part
    return named


def _thing(member: JSON) -> tuple[str | None, JSON]:
    found = member.get("id") if isinstance(member, dict) else None
    return found if isinstance(found, str) else None, member


def _edge(member: JSON) -> tuple[str | None, JSON]:
    """An edge by what it joins; the port ``out`` may be said or not."""
    source, target = (member.get("from"), member.get("to")) if isinstance(member, dict) else (None, None)
    if not isinstance(source, str) or not isinstance(target, str):
        return None, member
    source = source.removesuffix(f".{OUT_PORT}")
    return f"{source} -> {target}", {"from": source, "to": target}


def _same(before: JSON, after: JSON) -> bool:
    """Equality that tells true from 1, and 1 from 1.0."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(inner, after[key]) for key, inner in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return type(before) is type(after) and before == after
