"""The names that expressions see: one mapping, built for one evaluation.

``nodes`` holds only the nodes that are read: ``output`` is null for a node that didn't succeed, ``error`` is null for
one that didn't fail. ``now`` is a timestamp; a retry passes the same instant again and so fills the same values.

Inside the body of a map or loop, ``around`` is what its run knows of its surroundings: the closure of the node
(``{"input"?, "trigger"?, "nodes": {id: {"output", "error"}}}``, only what the body reads) with ``item`` and ``index``.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.model.expression.values import Timestamp
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import CLOCKS

# What `run` and `workflow` hold; validation refuses any other name below them.
RUN_FIELDS: Final = ("id", "created_at", "version", "workflow", "correlation_id")
WORKFLOW_FIELDS: Final = ("name", "version")
NODE_FIELDS: Final = ("output", "error")
ROOTS: Final = ("input", "trigger", "vars", "nodes", "run", "workflow", "now")
TRIGGER_ROOTS: Final = ("trigger", "vars")
# What `trigger` holds, by the trigger's type, and what an event holds. A field may be absent (`backfill`, `events`).
TRIGGER_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "manual": ("type", "id", "at"),
    "webhook": ("type", "id", "at", "method", "path", "rest", "query", "headers", "body", "replay_of"),
    **dict.fromkeys(CLOCKS, ("type", "id", "at", "fire_at", "backfill")),
    "event": ("type", "id", "at", "event", "events"),
}
EVENT_FIELDS: Final = ("id", "type", "data", "subject", "at", "run", "node", "job", "attributes")

_NANOS_PER_MICRO: Final = 1_000


def scope_of(
    *,
    run_id: str,
    workflow: str,
    version: int,
    correlation_id: str,
    created_at: Instant,
    run_input: JSON,
    trigger: JSONObject,
    variables: JSONObject,
    reads: Iterable[str],
    outputs: Mapping[str, JSON],
    errors: Mapping[str, JSON],
    now: Instant,
    around: JSONObject | None = None,
    callbacks: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """The scope of an expression in a run. ``outputs`` and ``errors`` hold what there is of the nodes in ``reads``.

    ``callbacks``: the addresses at which outsiders can end the run's ``wait.callback`` nodes, by node id.
    """
    run: dict[str, object] = {
        "id": run_id,
        "created_at": format_instant(created_at),
        "version": version,
        "workflow": workflow,
        "correlation_id": correlation_id,
    }
    if callbacks is not None:
        run["callbacks"] = callbacks
    nodes: dict[str, object] = {node: {"output": outputs.get(node), "error": errors.get(node)} for node in reads}
    scope: dict[str, object] = {
        "input": run_input,
        "trigger": trigger,
        "vars": variables,
        "nodes": nodes,
        "run": run,
        "workflow": {"name": workflow, "version": version},
        "now": Timestamp(now * _NANOS_PER_MICRO),
    }
    return scope if around is None else _inside(scope, nodes, around)


def _inside(scope: dict[str, object], nodes: dict[str, object], around: JSONObject) -> dict[str, object]:
    """The scope of a body: its own nodes beside those around it, whose input and trigger it shares."""
    outer = around.get("nodes")
    scope["nodes"] = {**outer, **nodes} if isinstance(outer, dict) else nodes
    scope["input"] = around.get("input")
    scope["trigger"] = around.get("trigger")
    scope["item"] = around.get("item")
    scope["index"] = around.get("index")
    return scope
