"""Whether a node that isn't decided may run: its join, told by the states of the nodes before it."""

from collections.abc import Mapping
from enum import Enum, auto

from holdfast.model.graph import Graph
from holdfast.model.run import NodeState, NodeView


class Verdict(Enum):
    RUN = auto()
    SKIP = auto()
    WAIT = auto()


def verdict_of(graph: Graph, nodes: Mapping[str, NodeView], node_id: str) -> Verdict:
    """RUN when the join is met, SKIP when it can't be met any more, else WAIT. A root always runs."""
    edges = graph.in_edges[node_id]
    if not edges:
        return Verdict.RUN
    taken = undecided = 0
    for edge in edges:
        source = nodes.get(edge.source)
        if source is None or source.state is NodeState.ACTIVE:
            undecided += 1
        elif edge.port in source.ports:
            taken += 1
    join = graph.nodes[node_id].join
    if join.mode == "all":
        return _when_all(taken, undecided)
    return _when_enough(taken, undecided, join.needed)


def _when_all(taken: int, undecided: int) -> Verdict:
    if undecided:
        return Verdict.WAIT
    return Verdict.RUN if taken else Verdict.SKIP


def _when_enough(taken: int, undecided: int, needed: int) -> Verdict:
    if taken >= needed:
        return Verdict.RUN
    return Verdict.WAIT if taken + undecided >= needed else Verdict.SKIP
