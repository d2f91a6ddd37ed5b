"""The view of a run that repeats an ended one and begins with what is kept of it. No I/O."""

from collections.abc import Mapping
from typing import Literal

from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.records import RunRecord
from holdfast.model.rerun import FROM_FAILED, FROM_START, kept_nodes
from holdfast.model.run import RUN_ENDED, NodeState, NodeView, RunView

Version = Literal["same", "newest"]


def check_can_be_repeated(run: RunRecord) -> None:
    """Raises ``Conflict``."""
    if run.body is not None:
        raise Conflict(f"this is one item or round of the node {run.body}; rerun the run around it, {run.parent}")
    if run.state not in RUN_ENDED:
        raise Conflict(f"the run is {run.state}; only one that has ended can be run again: wait for it, or cancel it")


def repeated_view(view: RunView, run: RunRecord, before: Graph, graph: Graph, start: str) -> RunView:
    """``view`` with what is kept of ``run``. Raises ``Invalid`` for a node that isn't there to start from."""
    records = run.nodes or {}
    ended = {node_id: NodeView(NodeState(one.state), frozenset(one.ports)) for node_id, one in records.items()}
    kept = _kept(before, graph, ended, start)
    return view._replace(
        nodes={node_id: ended[node_id] for node_id in kept},
        outputs={node_id: records[node_id].output for node_id in kept},
        errors={node_id: records[node_id].error for node_id in kept if records[node_id].error is not None},
    )


def _kept(before: Graph, graph: Graph, ended: Mapping[str, NodeView], start: str) -> frozenset[str]:
    try:
        return kept_nodes(before, graph, ended, start)
    except ValueError as error:
        known = ", ".join(node for node in graph.order if node not in graph.undoing)
        rule = f"{error}; give {FROM_START}, {FROM_FAILED} or one of {known}"
        raise Invalid([Problem("from", rule)], "The rerun is not valid") from error
