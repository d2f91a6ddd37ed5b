"""Whether a node that isn't decided may run: its join, told by the states of the nodes before it."""

from collections.abc import Mapping
from enum import Enum, auto

from holdfast.model.graph import Graph
from holdfast.model.run import NodeState, NodeView
from holdfast.model.workflow import EdgeDef


class Verdict(Enum):
    RUN = auto()
    SKIP = auto()
    WAIT = auto()


def verdict_of(graph: Graph, nodes: Mapping[str, NodeView], node_id: str) -> Verdict:
    """RUN when the join is met, SKIP when it can't be met any more, else WAIT. A root always runs."""
    edges = graph.in_edges[node_id]
    if not edges:
        return Verdict.RUN
    join = graph.nodes[node_id].join
    return _all(edges, nodes) if join.mode == "all" else _enough(edges, nodes, join.needed)


def _all(edges: tuple[EdgeDef, ...], nodes: Mapping[str, NodeView]) -> Verdict:
    taken = False
    # Ends at the first source that isn't decided; branches mostly end in their order, so it is among the last.
    for edge in reversed(edges):
        source = nodes.get(edge.source)
        if source is None or source.state is NodeState.ACTIVE:
            return Verdict.WAIT
        taken = taken or edge.port in source.ports
    return Verdict.RUN if taken else Verdict.SKIP


def _enough(edges: tuple[EdgeDef, ...], nodes: Mapping[str, NodeView], needed: int) -> Verdict:
    taken = undecided = 0
    for edge in edges:
        source = nodes.get(edge.source)
        if source is None or source.state is NodeState.ACTIVE:
            undecided += 1
        elif edge.port in source.ports:
            taken += 1
    if taken >= needed:
        return Verdict.RUN
    return Verdict.WAIT if taken + undecided >= needed else Verdict.SKIP
