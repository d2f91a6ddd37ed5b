"""Random valid definitions: every field of a definition, in any order, with any text, bodies in bodies."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

WORDS = [
    "",
    "on",
    "yes",
    "null",
    "~",
    "0o17",
    "0x1f",
    "1e3",
    ".5",
    "+1",
    "-",
    "- a",
    "a: b",
    "#",
    "2026-01-31",
    "é\u2028",
]
TEXT = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.sampled_from(WORDS)
).filter(lambda text: "{{" not in text and "}}" not in text)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e300, 1e300)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KEYWORDS = ["for", "if", "map", "print", "wf", "set", "nodes", "item", "match", "Workflow", "None_", "_"]
PORTS = ["in", "out_", "set", "id", "then", "_x", "a-b", "large", "true"]
PLAIN = {"noop": ("out", "error"), "log": ("out", "error"), "approval": ("approved", "rejected", "timeout", "error")}


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    ids = iter(draw(st.permutations([*KEYWORDS, *(f"n{number}" for number in range(30))])))
    nodes, edges = draw(graphs(ids, depth=0))
    fields: dict[str, Any] = {"holdfast": 1, "name": draw(st.sampled_from(["a", "lead-followup", "7"])), "nodes": nodes}
    fields |= draw(st.fixed_dictionaries({}, optional=_TOP))
    explicit: bool = draw(st.booleans())
    if edges or explicit:
        fields["edges"] = edges
    if draw(st.booleans()):
        place = st.fixed_dictionaries({"x": st.integers(-999, 999), "y": st.floats(-9, 9)})
        fields["layout"] = {node["id"]: draw(place) for node in nodes[:3]}
    return _shuffled(draw, fields)


@st.composite
def graphs(draw: st.DrawFn, ids: Any, depth: int) -> tuple[list[Any], list[Any]]:
    """Nodes, and edges from earlier to later ones."""
    made = [draw(nodes(next(ids), ids, depth)) for _ in range(draw(st.integers(1, 5)))]
    edges: dict[tuple[str, str], dict[str, Any]] = {}
    for index, (_, start) in enumerate(made):
        for ports, end in made[index + 1 :]:
            if draw(st.booleans()):
                port = draw(st.sampled_from(["", *made[index][0]]))
                bare = "" if "out" in made[index][0] else made[index][0][0]
                source = f"{start['id']}.{port or bare}" if port or bare else start["id"]
                edges[source, end["id"]] = _shuffled(draw, {"from": source, "to": end["id"]}, often=False)
            assert ports
    return [node for _, node in made], list(edges.values())


@st.composite
def nodes(draw: st.DrawFn, name: str, ids: Any, depth: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    """A node and its ports."""
    kind = draw(st.sampled_from([*PLAIN, "switch", "delay", "map" if depth < 2 else "noop"]))
    ports, params = PLAIN.get(kind, ("out", "error")), draw(_PARAMS.get(kind, st.none()))
    if kind == "switch":
        ports = (*params["cases"], "default")
    elif kind == "map":
        inner, edges = draw(graphs(ids, depth + 1))
        body = {"nodes": inner, "edges": edges, "output": draw(JSON)}
        params = _shuffled(draw, {"items": [1, 2], "body": _shuffled(draw, body)})
    node = {"id": name, "type": kind, **({} if params is None else {"params": params})}
    return ports, _shuffled(draw, {**node, **draw(st.fixed_dictionaries({}, optional=_OPTIONS))}, often=False)


def _shuffled(draw: st.DrawFn, fields: dict[str, Any], often: bool = True) -> dict[str, Any]:
    keys = list(fields)
    if draw(st.integers(0, 1 if often else 3)) == 1:
        random.Random(draw(st.integers(0, 1000))).shuffle(keys)
    return {key: fields[key] for key in keys}


_PARAMS: dict[str, Any] = {
    "noop": st.none()
    | st.dictionaries(TEXT | st.sampled_from(["for", "for_", "self", "params", "class_"]), JSON, max_size=4),
    "log": st.fixed_dictionaries({"message": TEXT.filter(bool)}, optional={"data": JSON}),
    "approval": st.fixed_dictionaries({}, optional={"title": TEXT.filter(bool), "timeout": st.just("2d")}),
    "switch": st.lists(st.sampled_from(PORTS), min_size=1, unique=True).map(
        lambda ports: {"cases": dict.fromkeys(ports, "true")}
    ),
    "delay": st.just({"for": "5s"}),
}
_OPTIONS: dict[str, Any] = {
    "title": TEXT,
    "notes": TEXT,
    "retry": st.fixed_dictionaries({"max_attempts": st.integers(1, 9)}, optional={"jitter": st.just("none")}),
    "timeout": st.just("30s"),
    "when": st.just("true"),
    "queue": st.just("mail"),
    "priority": st.integers(-100, 100),
}
_TOP: dict[str, Any] = {
    "title": TEXT,
    "description": TEXT,
    "tags": st.lists(TEXT.filter(bool), max_size=3),
    "input": st.just({"type": "object", "properties": {"b": {}, "a": {"type": "string", "title": "Ä"}}}),
    "vars": st.dictionaries(st.sampled_from(["threshold", "for", "ü"]), JSON, max_size=3),
    "settings": st.fixed_dictionaries(
        {},
        optional={
            "timeout": st.just("1h"),
            "max_concurrent_runs": st.just({"limit": 2, "when_full": "reject"}),
            "on_failure": st.just("drain"),
        },
    ),
    "triggers": st.just([])
    | st.just([{"id": "hook", "type": "webhook", "respond": "now"}, {"type": "manual", "id": "by_hand"}])
    | st.just([{"id": "by-hand", "type": "manual"}]),
    "output": JSON,
}
