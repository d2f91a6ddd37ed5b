"""The workflows of a simulated cluster, and the database that every seed begins with: migrated, with them in it.

Each node's script comes with the run's input. The shapes: a diamond, joins of each sort behind branches of different
speed, handled and unhandled failures, a drain, a run with a timeout.
"""

import sqlite3
from functools import cache
from random import Random
from typing import Final

from holdfast.cron import Crons
from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.model.validate import read_workflow
from holdfast.ports import NewVersion
from holdfast.schema import JsonSchemas
from holdfast.stores.sqlite.connection import connect_writer
from tests.simulation.database import Database, Fate, SimulatedStore
from tests.simulation.flows import FLOWS, edges, node, workflow
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


DEFINITIONS: Final[tuple[JSONObject, ...]] = (
    workflow(
        "diamond",
        [node("a", QUICK), node("b"), node("c"), node("d", QUICK)],
        edges("a > b", "a > c", "b > d", "c > d"),
    ),
    workflow(
        "wide",
        [node("a"), node("b"), node("c"), node("d", QUICK), node("e", join={"at_least": 2}),
         node("f", QUICK, join="any")],
        edges("a > e", "b > e", "c > e", "b > f", "c > f", "a > d", "b > d", "c > d"),
    ),
    workflow(
        "handled",
        [node("a"), node("b", on_error="continue"), node("c"), node("d"), {"id": "e", "type": "delay",
         "params": {"for": "2s"}}],
        edges("a > b", "a.error > c", "b > d", "c > d", "a > e"),
    ),
    workflow(
        "drained",
        [node("a"), node("b"), node("c"), node("d")],
        edges("a > c", "b > c", "b > d"),
        on_failure="drain",
    ),
    workflow("hasty", [node("a"), node("b"), node("c")], edges("a > c", "b > c"), timeout="6s"),
)  # fmt: skip


@cache
def _graphs() -> dict[str, Graph]:
    schemas = JsonSchemas()
    return {str(one["name"]): Graph.of(read_workflow(one, specs(), schemas, Crons())) for one in (*DEFINITIONS, *FLOWS)}


def nodes_of(name: str) -> dict[str, str]:
    """The nodes that take a script from the input of a run of this workflow, with their kinds; of bodies too."""
    graph = _graphs()[name]
    kinds = {node_id: node.type for part in (graph, *graph.bodies.values()) for node_id, node in part.nodes.items()}
    found = {node_id: kind for node_id, kind in kinds.items() if kind in (WORK, QUICK)}
    # It passes its input on.
    return {**found, **nodes_of("diamond"), **nodes_of("one_by_one")} if name == "calling" else found


def may_start(name: str, node_id: str, decided: set[str]) -> bool:
    """Whether enough of the nodes before this one are decided for it to start, as its join says."""
    graph = _graphs()[name].containing(node_id)
    before = {edge.source for edge in graph.in_edges[node_id]}
    join = graph.nodes[node_id].join
    match join.mode:
        case "any":
            return bool(before & decided)
        case "at_least":
            return len(before & decided) >= join.needed
        case _:
            return before <= decided


def compensators_of(name: str) -> dict[str, str]:
    """The nodes that undo nodes, by these."""
    return dict(_graphs()[name].compensators)


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
            for one in (*DEFINITIONS, *FLOWS):
                ids = (entropy.new_id(START), entropy.new_id(START))
                await store.create_workflow(NewVersion(tenant, *ids, str(one["name"]), one), START, None)

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
