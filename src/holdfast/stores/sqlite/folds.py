"""Runs as their settlement and their jobs need them: with their nodes, their graph and what surrounds a body."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from holdfast.model.errors import NotFound
from holdfast.model.json import JSONObject
from holdfast.model.records import RunContext
from holdfast.stores.codec import decode, decode_family, encode
from holdfast.stores.planning import Parent, RunFold
from holdfast.stores.rows import around_of, run_context, run_view
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.sql import runs as sql

Columns = dict[str, Any]
_rows: Final = msgspec.json.Decoder(list[list[Any]])


@dataclass(frozen=True, slots=True)
class Locked:
    """A run under its lock. The write transaction is the lock: there is one at a time."""

    fold: RunFold
    workflow_id: str
    depth: int


def load_runs(db: sqlite3.Connection, rules: Rules, run_ids: Iterable[str]) -> dict[str, Locked]:
    """Those of these runs that exist."""
    ids = id_list(run_ids)
    nodes: dict[str, list[Columns]] = {}
    for node in _rows.decode(db.execute(sql.LOCK_NODES, (ids,)).fetchone()[0]):
        nodes.setdefault(node[0], []).append(dict(zip(sql.NODES_OF, node, strict=True)))
    return {row["id"]: _locked(db, rules, row, nodes.get(row["id"], [])) for row in read_runs(db, ids)}


def read_runs(db: sqlite3.Connection, ids: str) -> list[Columns]:
    """The columns ``LOCKED`` of these runs (a JSON list): a row of the driver looks every name up from its first."""
    cursor = db.cursor()
    cursor.row_factory = None
    return [dict(zip(sql.LOCKED, row, strict=True)) for row in cursor.execute(sql.LOCK_RUNS, (ids,))]


def _locked(db: sqlite3.Connection, rules: Rules, row: Columns, nodes: list[Columns]) -> Locked:
    graph = rules.graph(db, row["version_id"])
    view = run_view(row, nodes, surroundings(db, rules, row))
    families = {node["nodes"][0]: family for node in nodes if (family := decode_family(node["family"])) is not None}
    child = row["parent_node"] is not None
    parent = Parent(row["parent_id"], row["parent_node"], row["parent_index"]) if child else None
    fold = RunFold(view, graph if view.body is None else graph.of_body(view.body), parent, families)
    return Locked(fold, row["workflow_id"], row["depth"])


def surroundings(db: sqlite3.Connection, rules: Rules, row: Columns) -> JSONObject | None:
    """What a run of a body sees of the run around it; ``row`` is the run with its item."""
    if row["body"] is None:
        return None
    closure = rules.closure(db, row["parent_id"], row["parent_node"])
    return around_of(closure, decode(row["item"]), row["parent_index"])


def contexts(db: sqlite3.Connection, rules: Rules, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[RunContext]:
    """For each run and nodes: its data with what these nodes gave. Raises ``NotFound``."""
    runs = {row["id"]: row for row in read_runs(db, id_list({run_id for run_id, _ in wanted}))}
    pairs = [(run_id, node_id) for run_id, nodes in wanted for node_id in nodes]
    values: dict[str, list[sqlite3.Row]] = {}
    for value in db.execute(sql.VALUES, (encode(pairs),)) if pairs else ():
        values.setdefault(value["run_id"], []).append(value)
    found = []
    for run_id, nodes in wanted:
        if run_id not in runs:
            raise NotFound(f"no run {run_id}")
        given = [value for value in values.get(run_id, ()) if value["node_id"] in nodes]
        found.append(run_context(runs[run_id], given, surroundings(db, rules, runs[run_id])))
    return found
