"""A run as JSON: alone with every node of its version, in lists without nodes.

Nodes stand in graph order. One that was not reached is ``PENDING`` without a job, ``SKIPPED`` once its run has ended.
A node with children tells how far they are, a parked one what it waits for.
"""

from collections.abc import Sequence
from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.run_parts import ItemsShape, WaitShape, family_shape, wait_shape
from holdfast.http.shapes.times import moment
from holdfast.model.instant import format_instant
from holdfast.model.records import RunNodeRecord, RunRecord
from holdfast.model.run import RUN_ENDED


class RunNodeShape(TypedDict):
    """A node of a run; `attempts` is a count.

    `items`: the children of a `map`, `loop` or `workflow.call`; `waits`: what a parked node waits for.
    """

    state: str
    attempts: int
    output: JsonValue
    error: JsonValue
    job_id: str | None
    started_at: str | None
    finished_at: str | None
    items: NotRequired[ItemsShape]
    waits: NotRequired[WaitShape]


class RunShape(TypedDict):
    """A run. `nodes` is absent in lists.

    `test`: it tries a draft; its `version` is 0, and `trigger.test` says what was pinned.

    `parent_node` and `parent_index` say which child of its parent it is, `body` whose body it runs (null: a whole
    workflow), `rerun_of` which run it repeats.
    """

    id: str
    workflow: str
    version: int
    test: bool
    state: str
    input: JsonValue
    output: JsonValue
    error: JsonValue
    trigger: JsonValue
    parent: str | None
    parent_node: str | None
    parent_index: int | None
    body: str | None
    rerun_of: str | None
    correlation_id: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    nodes: NotRequired[dict[str, RunNodeShape]]


class RunsShape(TypedDict):
    """A page of runs, newest first."""

    items: list[RunShape]
    next: str | None


def run_shape(run: RunRecord, order: Sequence[str]) -> RunShape:
    """The run with its nodes in ``order``, the ids of all nodes of its version."""
    shape = run_summary(run)
    reached = run.nodes or {}
    unreached = _unreached("SKIPPED" if run.state in RUN_ENDED else "PENDING")
    shape["nodes"] = {node: _node(reached[node]) if node in reached else unreached for node in order}
    return shape


def run_summary(run: RunRecord) -> RunShape:
    return {
        "id": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "test": run.test,
        "state": str(run.state),
        "input": run.input,
        "output": run.output,
        "error": run.error,
        "trigger": run.trigger,
        "parent": run.parent,
        "parent_node": run.parent_node,
        "parent_index": run.parent_index,
        "body": run.body,
        "rerun_of": run.rerun_of,
        "correlation_id": run.correlation_id,
        "created_at": format_instant(run.created_at),
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
    }


def _node(node: RunNodeRecord) -> RunNodeShape:
    shape: RunNodeShape = {
        "state": str(node.state),
        "attempts": node.attempts,
        "output": node.output,
        "error": node.error,
        "job_id": node.job_id,
        "started_at": moment(node.started_at),
        "finished_at": moment(node.finished_at),
    }
    if node.family is not None:
        shape["items"] = family_shape(node.family)
    if node.waits is not None:
        shape["waits"] = wait_shape(node.waits)
    return shape


def _unreached(state: str) -> RunNodeShape:
    return {
        "state": state,
        "attempts": 0,
        "output": None,
        "error": None,
        "job_id": None,
        "started_at": None,
        "finished_at": None,
    }
