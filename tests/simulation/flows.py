"""The workflows of a simulated cluster whose runs wait, have children, are undone, or wait for a place.

Each node that works takes its script from the run's input, in bodies too. What waits always has a timeout, so that a
run ends whether or not somebody remembers it.
"""

from typing import Final

from holdfast.model.json import JSON, JSONObject
from tests.simulation.scripted import QUICK, WORK

CALLBACK: Final = "asked"
EVENT: Final = "sim.go"
ONE_AT_A_TIME: Final = frozenset({"one_by_one", "replaced"})
# How many items a map has at most.
ITEMS: Final = 4


def node(node_id: str, kind: str = WORK, **more: JSON) -> JSONObject:
    """A node that does what the run's input says for it."""
    return {"id": node_id, "type": kind, "params": {"script": "{{ input." + node_id + " }}"}, **more}


def edges(*arrows: str) -> JSON:
    return [dict(zip(("from", "to"), arrow.split(" > "), strict=True)) for arrow in arrows]


def workflow(name: str, nodes: list[JSON], arrows: JSON, **settings: JSON) -> JSONObject:
    return {"holdfast": 1, "name": name, "nodes": nodes, "edges": arrows, "settings": settings}


def _control(node_id: str, kind: str, **params: JSON) -> JSON:
    return {"id": node_id, "type": kind, "params": params}


def _body(*arrows: str, nodes: list[JSON]) -> JSON:
    return {"nodes": nodes, "edges": edges(*arrows)}


FLOWS: Final[tuple[JSONObject, ...]] = (
    workflow(
        "mapped",
        [
            node("a", QUICK),
            _control(
                "each", "map", items="{{ input.items }}", concurrency=2, on_item_error="continue",
                body=_body("x > y", nodes=[node("x"), node("y", QUICK)]),
            ),
            node("b", QUICK),
        ],
        edges("a > each", "each > b"),
    ),
    workflow(
        "strict",
        [
            node("a", compensate="ua"),
            _control(
                "each", "map", items="{{ input.items }}", concurrency=3, timeout="9s", body=_body(nodes=[node("x")])
            ),
            node("ua"),
        ],
        edges("a > each"),
    ),
    workflow(
        "calling",
        [
            _control("call", "workflow.call", workflow="diamond", input="{{ input }}"),
            _control("away", "workflow.call", workflow="one_by_one", input="{{ input }}", wait=False),
            node("e", QUICK),
        ],
        edges("call > e", "call.error > e", "away > e"),
    ),
    workflow(
        "undone",
        [node("a", QUICK, compensate="ua"), node("b", compensate="ub"), node("c"), node("ua"), node("ub", QUICK)],
        edges("a > b", "b > c"),
        timeout="8s",
    ),
    workflow(
        "waiting",
        [
            node("a", QUICK),
            _control(CALLBACK, "wait.callback", timeout="6s"),
            node("b", QUICK, join="any"),
            _control("heard", "wait.event", event=EVENT, timeout="5s", lookback="10s"),
            _control("tell", "event.emit", type=EVENT, data={}),
        ],
        edges(
            f"a > {CALLBACK}", f"{CALLBACK} > b", f"{CALLBACK}.timeout > b",
            "a > heard", "heard > tell", "heard.timeout > b",
        ),
    ),
    workflow(
        "looped",
        [
            _control(
                "rounds", "loop", until="index >= 2", max_iterations=5,
                body=_body(nodes=[node("x"), node("y", QUICK)]),
            ),
            node("b"),
        ],
        edges("rounds > b", "rounds.error > b"),
    ),
    workflow("one_by_one", [node("a"), node("b", QUICK)], edges("a > b"), max_concurrent_runs=1),
    workflow(
        "replaced", [node("a"), node("b", QUICK)], edges("a > b"),
        max_concurrent_runs={"limit": 1, "when_full": "replace"},
    ),
)  # fmt: skip
