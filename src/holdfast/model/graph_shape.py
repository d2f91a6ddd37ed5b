"""The shape of a graph: its edges indexed, its nodes in topological order, and what follows what. Pure functions."""

from collections import deque
from collections.abc import Iterable, Mapping

from holdfast.model.workflow import EdgeDef

Edges = Mapping[str, tuple[EdgeDef, ...]]


def grouped(nodes: Iterable[str], edges: Iterable[tuple[str, EdgeDef]]) -> Edges:
    """The edges by key; a node without any has an empty tuple."""
    groups: dict[str, list[EdgeDef]] = {node: [] for node in nodes}
    for key, edge in edges:
        groups[key].append(edge)
    return {key: tuple(group) for key, group in groups.items()}


def topological(in_edges: Edges, out_edges: Edges) -> tuple[str, ...]:
    """Every node after all that lead to it."""
    waits = {node: len(edges) for node, edges in in_edges.items()}
    ready = deque(node for node, count in waits.items() if count == 0)
    order: list[str] = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for edge in out_edges[node]:
            waits[edge.target] -= 1
            if waits[edge.target] == 0:
                ready.append(edge.target)
    return tuple(order)


def following(out_edges: Edges, nodes: Iterable[str]) -> frozenset[str]:
    """All that a path of edges leads to from one of ``nodes``."""
    found: set[str] = set()
    stack = list(nodes)
    while stack:
        for edge in out_edges[stack.pop()]:
            if edge.target not in found:
                found.add(edge.target)
                stack.append(edge.target)
    return frozenset(found)
