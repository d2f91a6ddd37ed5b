"""The workflows of a simulated cluster, and the database that every seed begins with: migrated, with them in it.

Each node's script comes with the run's input. The shapes: a diamond, joins of each sort behind branches of different
speed, handled and unhandled failures, a drain, a run with a timeout.
"""

import sqlite3
from functools import cache
from random import Random
from typing import Final

from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.validate import read_workflow
from holdfast.ports import NewVersion
from holdfast.schema import JsonSchemas
from holdfast.stores.sqlite.connection import connect_writer
from tests.simulation.database import Database, Fate, SimulatedStore
from tests.simulation.loop import simulated_loop
from tests.simulation.machine import START, SeededEntropy
from tests.simulation.scripted import QUICK, WORK, specs

TENANTS: Final = ("default", "acme")
# Running jobs of the second tenant, and of the queue ``narrow``, everywhere together.
ACME_LIMIT: Final = 2
NARROW_LIMIT: Final = 1

_ADD_TENANT: Final = "INSERT INTO tenants (id, name, max_running, created_at) VALUES ('acme', 'acme', ?, 0)"
_ADD_QUEUE: Final = "INSERT INTO queues (name, concurrency, created_at) VALUES ('narrow', ?, 0)"
# Seen by no part of the engine: a worker that was declared dead must stay so, whatever a statement says.
_WATCH: Final = """
CREATE TABLE revived (id TEXT);
CREATE TRIGGER watch_workers AFTER UPDATE ON workers WHEN OLD.state <> 'ALIVE' AND NEW.state = 'ALIVE'
BEGIN INSERT INTO revived VALUES (NEW.id); END;
"""


def _node(node_id: str, kind: str = WORK, **more: JSON) -> JSON:
    return {"id": node_id, "type": kind, "params": {"script": "{{ input." + node_id + " }}"}, **more}


def _edges(*arrows: str) -> JSON:
    return [dict(zip(("from", "to"), arrow.split(" > "), strict=True)) for arrow in arrows]


def _workflow(name: str, nodes: list[JSON], edges: JSON, **settings: JSON) -> JSONObject:
    return {"holdfast": 1, "name": name, "nodes": nodes, "edges": edges, "settings": settings}


DEFINITIONS: Final[tuple[JSONObject, ...]] = (
    _workflow(
        "diamond",
        [_node("a", QUICK), _node("b"), _node("c"), _node("d", QUICK)],
        _edges("a > b", "a > c", "b > d", "c > d"),
    ),
    _workflow(
        "wide",
        [_node("a"), _node("b"), _node("c"), _node("d", QUICK), _node("e", join={"at_least": 2}),
         _node("f", QUICK, join="any")],
        _edges("a > e", "b > e", "c > e", "b > f", "c > f", "a > d", "b > d", "c > d"),
    ),
    _workflow(
        "handled",
        [_node("a"), _node("b", on_error="continue"), _node("c"), _node("d"), {"id": "e", "type": "delay",
         "params": {"for": "2s"}}],
        _edges("a > b", "a.error > c", "b > d", "c > d", "a > e"),
    ),
    _workflow(
        "drained",
        [_node("a"), _node("b"), _node("c"), _node("d")],
        _edges("a > c", "b > c", "b > d"),
        on_failure="drain",
    ),
    _workflow("hasty", [_node("a"), _node("b"), _node("c")], _edges("a > c", "b > c"), timeout="6s"),
)  # fmt: skip


@cache
def _graphs() -> dict[str, Graph]:
    schemas = JsonSchemas()
    return {str(one["name"]): Graph.of(read_workflow(one, specs(), schemas)) for one in DEFINITIONS}


def nodes_of(workflow: str) -> dict[str, str]:
    """The nodes of a workflow that take a script, with their kinds."""
    found = next(one for one in DEFINITIONS if one["name"] == workflow)
    nodes = found["nodes"]
    assert isinstance(nodes, list)
    kinds = {str(node["id"]): str(node["type"]) for node in nodes if isinstance(node, dict)}
    return {node: kind for node, kind in kinds.items() if kind in (WORK, QUICK)}


def may_start(workflow: str, node_id: str, decided: set[str]) -> bool:
    """Whether enough of the nodes before this one are decided for it to start, as its join says."""
    found = next(one for one in DEFINITIONS if one["name"] == workflow)
    nodes, edges = found["nodes"], found["edges"]
    assert isinstance(nodes, list)
    assert isinstance(edges, list)
    before = {str(edge["from"]).partition(".")[0] for edge in edges if isinstance(edge, dict) and edge["to"] == node_id}
    join = next(node.get("join") for node in nodes if isinstance(node, dict) and node["id"] == node_id)
    match join:
        case "any":
            return bool(before & decided)
        case {"at_least": int(least)}:
            return len(before & decided) >= least
        case _:
            return before <= decided


def graph_of(definition: JSONObject) -> Graph:
    """Compiled once for all seeds: definitions never change."""
    return _graphs()[str(definition["name"])]


@cache
def _template() -> sqlite3.Connection:
    random = Random(0)
    loop, entropy = simulated_loop(random), SeededEntropy(random)
    database = Database(loop, connect_writer(None), random, [])
    store = SimulatedStore(
        database,
        loop.world,
        lambda: Fate.WELL,
        lambda: START,
        graph_of=lambda _, definition: graph_of(definition),
        new_id=entropy.new_id,
    )

    async def fill() -> None:
        await store.migrate()
        for tenant in TENANTS:
            for one in DEFINITIONS:
                ids = (entropy.new_id(START), entropy.new_id(START))
                await store.create_workflow(NewVersion(tenant, *ids, str(one["name"]), one, {}), START, None)

    loop.run_until_complete(fill())
    loop.bury()
    database.db.execute(_ADD_TENANT, (ACME_LIMIT,))
    database.db.execute(_ADD_QUEUE, (NARROW_LIMIT,))
    database.db.executescript(_WATCH)
    return database.db


def fresh_database() -> sqlite3.Connection:
    """A migrated database in memory with the workflows in it."""
    db = connect_writer(None)
    _template().backup(db)
    return db
