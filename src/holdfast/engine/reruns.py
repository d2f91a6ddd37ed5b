"""The view of a run that repeats an ended one and begins with what is kept of it. No I/O.

A test is repeated with its own draft only, and with the same pins: what is pinned never runs.
"""

from collections.abc import Mapping
from typing import Literal

from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.pins import beforehand, pins_of
from holdfast.model.records import RunNodeRecord, RunRecord
from holdfast.model.rerun import FROM_FAILED, FROM_START, kept_nodes
from holdfast.model.run import RUN_ENDED, NodeDecision, NodeState, NodeView, RunView

Version = Literal["same", "newest"]


def check_can_be_repeated(run: RunRecord, version: Version) -> None:
    """Raises ``Conflict``."""
    if run.body is not None:
        raise Conflict(f"this is one item or round of the node {run.body}; rerun the run around it, {run.parent}")
    if run.state not in RUN_ENDED:
        raise Conflict(f"the run is {run.state}; only one that has ended can be run again: wait for it, or cancel it")
    if run.test and version == "newest":
        raise Conflict("the run is a test, whose pins aren't real; it can be repeated with its own definition only")


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


def repeated_test(view: RunView, run: RunRecord, graph: Graph) -> tuple[dict[str, NodeDecision], str | None]:
    """What is decided before a test is repeated, and the node that it tries alone: ``view`` has what else is kept."""
    records = run.nodes or {}
    pins, alone = pins_of(run.trigger)
    decided = beforehand(graph, {pin: as_it_was(records[pin]) for pin in pins if pin in records}, alone)
    if alone is None:
        decided = {**{node: as_it_was(records[node]) for node in view.nodes}, **decided}
    return decided, alone


def as_it_was(node: RunNodeRecord) -> NodeDecision:
    """A node that has ended, as it is given to another run."""
    error = node.error if isinstance(node.error, dict) else None
    return NodeDecision(
        node.node_id,
        NodeState(node.state),
        frozenset(node.ports),
        output=node.output,
        error=None if error is None else _error_of(error),
    )


def _error_of(error: JSONObject) -> ErrorInfo:
    details = {name: value for name, value in error.items() if name not in ("type", "message")}
    return ErrorInfo(str(error.get("type")), str(error.get("message")), details)


def _kept(before: Graph, graph: Graph, ended: Mapping[str, NodeView], start: str) -> frozenset[str]:
    try:
        return kept_nodes(before, graph, ended, start)
    except ValueError as error:
        known = ", ".join(node for node in graph.order if node not in graph.undoing)
        rule = f"{error}; give {FROM_START}, {FROM_FAILED} or one of {known}"
        raise Invalid([Problem("from", rule)], "The rerun is not valid") from error
