"""The workflows of the cluster's load: steps one after the other, a join, a map, a wait with an approval, starts by
events and by a clock; and a rule whose jobs stand in line by key. Every step of them tells the ledger.
"""

from typing import Any, Final, NamedTuple

SOON: Final = {"max_attempts": 4, "strategy": "fixed", "base_delay": "50ms", "jitter": "full"}
POSTED: Final = "cluster.posted"
LINED_UP: Final = "cluster.lined_up"
TICK: Final = 1.0
ITEMS: Final = 4

Document = dict[str, Any]


def mark(node_id: str, failures: int = 0, pause: float = 0.01) -> Document:
    args = {"number": "{{ input.number }}", "failures": failures, "pause": pause}
    return {"id": node_id, "type": "task", "params": {"name": "mark", "args": args}, "retry": SOON}


def arrows(*pairs: str) -> list[Document]:
    return [dict(zip(("from", "to"), pair.split(" > "), strict=True)) for pair in pairs]


def flow(name: str, nodes: list[Document], edges: list[Document], **rest: Any) -> Document:
    return {"holdfast": 1, "name": name, "nodes": nodes, "edges": edges, **rest}


STEPS: Final = flow(
    "steps",
    [mark("first"), mark("second", failures=1), mark("third")],
    arrows("first > second", "second > third"),
    triggers=[{"id": "hook", "type": "webhook"}],
)
FORKED: Final = flow(
    "forked",
    [mark("first"), mark("left", pause=0.03), mark("right"), mark("middle", failures=1), mark("last")],
    arrows("first > left", "first > right", "first > middle", "left > last", "right > last", "middle > last"),
)
_EACH: Final = {"nodes": [mark("each"), mark("again")], "edges": arrows("each > again")}
_ALL: Final = {"items": list(range(ITEMS)), "concurrency": 3, "body": _EACH}
MAPPED: Final = flow("mapped", [{"id": "all", "type": "map", "params": _ALL}, mark("last")], arrows("all > last"))
WAITING: Final = flow(
    "waiting",
    [
        mark("first"),
        {"id": "pause", "type": "delay", "params": {"for": "300ms"}},
        {"id": "decision", "type": "approval", "params": {}},
        mark("last"),
    ],
    arrows("first > pause", "pause > decision", "decision.approved > last"),
)
STARTED: Final = flow(
    "started",
    [mark("first"), mark("second")],
    arrows("first > second"),
    triggers=[{"id": "event", "type": "event", "event": POSTED}],
)
TICKING: Final = flow(
    "ticking",
    [{"id": "only", "type": "task", "params": {"name": "mark", "args": {}}, "retry": SOON}],
    [],
    triggers=[{"id": "clock", "type": "every", "every": f"{TICK:g}s", "misfire": "all"}],
)
FLOWS: Final = (STEPS, FORKED, MAPPED, WAITING, STARTED, TICKING)
BY_API: Final = ("forked", "mapped", "waiting")


class Graph(NamedTuple):
    """Which nodes a run has, and which follows which."""

    nodes: tuple[str, ...]
    arrows: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, document: Document) -> "Graph":
        pairs = ((edge["from"].partition(".")[0], edge["to"]) for edge in document["edges"])
        return cls(tuple(node["id"] for node in document["nodes"]), tuple(pairs))


# By the name of the workflow, and by the node whose body it is.
GRAPHS: Final = {document["name"]: Graph.of(document) for document in FLOWS} | {"all": Graph.of(_EACH)}

# One job for each such event, in line behind those of the same key.
RULE: Final[Document] = {
    "name": "lined-up",
    "trigger": {"type": "event", "event": LINED_UP},
    "jobs": [
        {
            "kind": "task:mark",
            "payload": {"number": "{{ event.data.number }}", "pause": 0.005},
            "concurrency_key": "{{ event.data.key }}",
        }
    ],
}
