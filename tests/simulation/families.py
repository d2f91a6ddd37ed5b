"""What must hold of runs that have children, wait, are undone or repeated, once all has settled. One sentence each."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from holdfast.model.event import Event
from tests.simulation.definitions import compensators_of
from tests.simulation.flows import ONE_AT_A_TIME

_ENDS: Final = frozenset({"node.completed", "node.failed", "node.skipped"})
_NODES: Final = "SELECT run_id, node_id, state, job_id FROM run_nodes"
_CHILDREN: Final = """
SELECT c.run_id, c.node_id, c.idx, c.state, c.child_id, r.state AS child_state, n.state AS node_state
FROM run_children c LEFT JOIN runs r ON r.id = c.child_id
JOIN run_nodes n ON n.run_id = c.run_id AND n.node_id = c.node_id"""
_RUNS: Final = "SELECT id, workflow, state, body, parent_id, parent_node FROM runs"
_LEFT: Final = """
SELECT (SELECT count(*) FROM inbox) AS mails, (SELECT count(*) FROM waits) AS waits"""


def kept_nodes(db: sqlite3.Connection) -> dict[str, set[str]]:
    """The nodes that a rerun took from the run it repeats: they never had a job there."""
    kept: dict[str, set[str]] = {}
    for row in db.execute(_NODES):
        if row["job_id"] is None and row["state"] != "SKIPPED":
            kept.setdefault(row["run_id"], set()).add(row["node_id"])
    return kept


def wrong_with_families(db: sqlite3.Connection, events: Sequence[Event], cut_short: set[str]) -> Iterator[str]:
    """``db`` is the settled database, ``events`` all there are, ``cut_short``: runs that somebody tried to cancel."""
    yield from _left_behind(db)
    yield from _told_twice(events)
    yield from _children_unlike_their_runs(db)
    yield from _begun_while_paused(events)
    yield from _without_a_place(db, events)
    states: dict[str, dict[str, str]] = {}
    for row in db.execute(_NODES):
        states.setdefault(row["run_id"], {})[row["node_id"]] = row["state"]
    for run in db.execute(_RUNS):
        if run["id"] not in cut_short:
            yield from _not_undone(run, states.get(run["id"], {}))


def _left_behind(db: sqlite3.Connection) -> Iterator[str]:
    row = db.execute(_LEFT).fetchone()
    if row["mails"] or row["waits"]:
        yield f"{row['mails']} mails and {row['waits']} waits are left although every run has ended"


def _told_twice(events: Sequence[Event]) -> Iterator[str]:
    """A node ends once, and so does a run."""
    ends = Counter((event.run_id, event.node_id) for event in events if event.type in _ENDS)
    ends.update((event.run_id, None) for event in events if event.type == "workflow.finished")
    for (run_id, node_id), count in ends.items():
        if count > 1:
            yield f"node {node_id} of run {run_id} ended {count} times"


def _begun_while_paused(events: Sequence[Event]) -> Iterator[str]:
    """Between its pause and its resume no node of a run starts; a cancel that undoes ends the pause."""
    paused: set[str] = set()
    for event in events:
        if event.run_id is None:
            continue
        if event.type == "workflow.paused":
            paused.add(event.run_id)
        elif event.type in ("workflow.resumed", "workflow.compensating", "workflow.finished"):
            paused.discard(event.run_id)
        elif event.type == "node.started" and event.run_id in paused:
            yield f"node {event.node_id} started while its run {event.run_id} was paused"


def _without_a_place(db: sqlite3.Connection, events: Sequence[Event]) -> Iterator[str]:
    """Of a workflow with one place for runs, one run goes at a time."""
    workflows = {row["id"]: row["workflow"] for row in db.execute(_RUNS) if row["workflow"] in ONE_AT_A_TIME}
    going: dict[tuple[str, str], str] = {}
    for event in events:
        workflow = workflows.get(event.run_id or "")
        if workflow is None or event.run_id is None:
            continue
        place = (event.tenant, workflow)
        if event.type == "workflow.finished" and going.get(place) == event.run_id:
            del going[place]
        elif event.type == "workflow.started":
            if place in going:
                yield f"run {event.run_id} of {workflow} started while {going[place]} had the only place"
            going[place] = event.run_id


def _children_unlike_their_runs(db: sqlite3.Connection) -> Iterator[str]:
    """What a parent knows of a child is what became of it, once the child has ended and its mail was read."""
    for row in db.execute(_CHILDREN):
        child = f"child {row['idx']} of node {row['node_id']} of run {row['run_id']}"
        if row["state"] in ("NEW", "LIVE"):
            yield f"{child} is {row['state']} although its node is {row['node_state']}"
        if row["child_id"] is not None and row["child_state"] is not None and row["state"] != row["child_state"]:
            yield f"{child} is {row['state']}, but its run is {row['child_state']}"
        if row["state"] == "SUCCEEDED" and row["child_state"] not in ("SUCCEEDED", None):
            yield f"{child} counts as done, but its run is {row['child_state']}"


def _not_undone(run: sqlite3.Row, nodes: Mapping[str, str]) -> Iterator[str]:
    """Whatever succeeded in a run that failed was undone, and nothing else was."""
    if run["body"] is not None:
        return
    for node_id, undoing in compensators_of(run["workflow"]).items():
        done, undone = nodes.get(node_id) == "SUCCEEDED", nodes.get(undoing)
        if run["state"] == "FAILED" and done and undone in (None, "SKIPPED"):
            yield f"node {node_id} of the failed run {run['id']} was never undone ({undoing} is {undone})"
        if undone not in (None, "SKIPPED") and (run["state"] == "SUCCEEDED" or not done):
            yield f"node {node_id} of run {run['id']} is {nodes.get(node_id)}, but was undone"
