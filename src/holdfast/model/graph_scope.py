"""The names that expressions see: one mapping, built for one evaluation.

``nodes`` holds only the nodes that are read: ``output`` is null for a node that didn't succeed, ``error`` is null for
one that didn't fail. ``now`` is a timestamp; a retry passes the same instant again and so fills the same values.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.model.expression.values import Timestamp
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON, JSONObject

# What `run` and `workflow` hold; validation refuses any other name below them.
RUN_FIELDS: Final = ("id", "created_at", "version", "workflow", "correlation_id")
WORKFLOW_FIELDS: Final = ("name", "version")
NODE_FIELDS: Final = ("output", "error")
ROOTS: Final = ("input", "trigger", "vars", "nodes", "run", "workflow", "now")
TRIGGER_ROOTS: Final = ("trigger", "vars")

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
) -> dict[str, object]:
    """The scope of an expression in a run. ``outputs`` and ``errors`` hold what there is of the nodes in ``reads``."""
    return {
        "input": run_input,
        "trigger": trigger,
        "vars": variables,
        "nodes": {node: {"output": outputs.get(node), "error": errors.get(node)} for node in reads},
        "run": {
            "id": run_id,
            "created_at": format_instant(created_at),
            "version": version,
            "workflow": workflow,
            "correlation_id": correlation_id,
        },
        "workflow": {"name": workflow, "version": version},
        "now": Timestamp(now * _NANOS_PER_MICRO),
    }
