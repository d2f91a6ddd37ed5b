"""A run as JSON: alone with every node of its version, in lists without nodes.

Nodes stand in graph order. One that was not reached is ``PENDING`` without a job, ``SKIPPED`` once its run has ended.
"""

from collections.abc import Sequence
from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import format_instant
from holdfast.model.records import RunNodeRecord, RunRecord
from holdfast.model.run import RUN_ENDED


class RunNodeShape(TypedDict):
    """A node of a run; `attempts` is a count."""

    state: str
    attempts: int
    output: JsonValue
    error: JsonValue
    job_id: str | None
    started_at: str | None
    finished_at: str | None


class RunShape(TypedDict):
    """A run. `nodes` is absent in lists."""

    id: str
    workflow: str
    version: int
    state: str
    input: JsonValue
    output: JsonValue
    error: JsonValue
    trigger: JsonValue
    parent: str | None
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
        "state": str(run.state),
        "input": run.input,
        "output": run.output,
        "error": run.error,
        "trigger": run.trigger,
        "parent": run.parent,
        "correlation_id": run.correlation_id,
        "created_at": format_instant(run.created_at),
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
    }


def _node(node: RunNodeRecord) -> RunNodeShape:
    return {
        "state": str(node.state),
        "attempts": node.attempts,
        "output": node.output,
        "error": node.error,
        "job_id": node.job_id,
        "started_at": moment(node.started_at),
        "finished_at": moment(node.finished_at),
    }


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
