"""Runs as their settlement needs them: loaded with their nodes, their graph and what surrounds a body."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.model.json import JSONObject
from holdfast.stores.codec import decode, decode_family
from holdfast.stores.planning import Parent, RunFold
from holdfast.stores.rows import around_of, run_view
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.sql import runs as sql


@dataclass(frozen=True, slots=True)
class Locked:
    """A run under its lock. The write transaction is the lock: there is one at a time."""

    fold: RunFold
    workflow_id: str
    depth: int


def load_runs(db: sqlite3.Connection, rules: Rules, run_ids: Iterable[str]) -> dict[str, Locked]:
    """Those of these runs that exist."""
    ids = id_list(run_ids)
    nodes: dict[str, list[sqlite3.Row]] = {}
    for node in db.execute(sql.LOCK_NODES, (ids,)):
        nodes.setdefault(node["run_id"], []).append(node)
    rows = db.execute(sql.LOCK_RUNS, (ids,)).fetchall()
    return {row["id"]: _locked(db, rules, row, nodes.get(row["id"], [])) for row in rows}


def _locked(db: sqlite3.Connection, rules: Rules, row: sqlite3.Row, nodes: list[sqlite3.Row]) -> Locked:
    graph = rules.graph(db, row["version_id"])
    view = run_view(row, nodes, surroundings(db, rules, row))
    families = {node["node_id"]: family for node in nodes if (family := decode_family(node["family"])) is not None}
    child = row["parent_node"] is not None
    parent = Parent(row["parent_id"], row["parent_node"], row["parent_index"]) if child else None
    fold = RunFold(view, graph if view.body is None else graph.of_body(view.body), parent, families)
    return Locked(fold, row["workflow_id"], row["depth"])


def surroundings(db: sqlite3.Connection, rules: Rules, row: sqlite3.Row) -> JSONObject | None:
    """What a run of a body sees of the run around it; ``row`` is the run with its item."""
    if row["body"] is None:
        return None
    closure = rules.closure(db, row["parent_id"], row["parent_node"])
    return around_of(closure, decode(row["item"]), row["parent_index"])
