"""Which nodes of an ended run keep what they came to when the run is repeated. Pure.

A node *runs again* when it failed without anything that handled it, was stopped, was never reached, was undone, isn't
in the version that runs now, or has another type there; and so does every node that follows one of these. What else
ended is kept, with its state, ports, output and error. A node that the run's own rules skipped is decided anew, from
what is kept before it, and makes nothing that follows it run again. No compensator is ever kept.
"""

from collections.abc import Mapping
from typing import Final

from holdfast.model.advance_join import Verdict, verdict_of
from holdfast.model.graph import Graph
from holdfast.model.run import NodeState, NodeView

FROM_START: Final = "start"
FROM_FAILED: Final = "failed"


def kept_nodes(before: Graph, graph: Graph, nodes: Mapping[str, NodeView], start: str) -> frozenset[str]:
    """The nodes that aren't run again. ``before`` is the ended run's graph, ``nodes`` its nodes; ``graph`` runs now.

    ``start``: ``start`` (nothing is kept), ``failed``, or a node's id: that node and all that follow it run, whatever
    became of them. Raises ``ValueError`` when ``graph`` has no such node in its flow.
    """
    if start == FROM_START:
        return frozenset()
    kept = {node_id for node_id in graph.nodes if _can_stay(before, graph, nodes, node_id)}
    again = {
        node_id
        for node_id in graph.nodes
        if node_id not in kept and node_id not in graph.undoing and not _was_skipped(before, nodes, node_id)
    }
    if start != FROM_FAILED:
        if start not in graph.nodes or start in graph.undoing:
            raise ValueError(f'the workflow has no node "{start}" to start from')
        again.add(start)
    return frozenset(kept - again - graph.descendants(again))


def _can_stay(before: Graph, graph: Graph, nodes: Mapping[str, NodeView], node_id: str) -> bool:
    """Whether the node ended well, or its failure was handled, and it is still what it was and wasn't undone."""
    node = nodes.get(node_id)
    if node is None or node_id in graph.undoing or node_id not in before.nodes:
        return False
    if graph.nodes[node_id].type != before.nodes[node_id].type:
        return False
    undone = nodes.get(before.compensators.get(node_id, ""))
    if undone is not None and undone.state is NodeState.SUCCEEDED:
        return False
    return node.state is NodeState.SUCCEEDED or bool(node.ports)


def _was_skipped(before: Graph, nodes: Mapping[str, NodeView], node_id: str) -> bool:
    """Whether the run's rules skipped the node, rather than the end of the run.

    A node whose join was met and that has a guard counts as skipped by it. If the end came first after all, then what
    follows and yet succeeded didn't need it: its join was met by others.
    """
    node = nodes.get(node_id)
    if node is None or node.state is not NodeState.SKIPPED or node_id not in before.nodes:
        return False
    return before.nodes[node_id].when is not None or verdict_of(before, nodes, node_id) is Verdict.SKIP
