"""Reading the edges of a definition, and what they make of its nodes: ports, cycles, reachability, joins.

``Order`` answers whether a node can have run before another. It costs one integer per node, used as a set of bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.model.json import JSON, Path
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.nodes import ReadNode
from holdfast.model.validate.problems import Problems
from holdfast.model.workflow import MAX_EDGES, EdgeDef


@dataclass(frozen=True, slots=True)
class Order:
    """Who comes before whom. ``complete`` is False when a cycle leaves nodes without a place: then nothing is told."""

    place: Mapping[str, int]
    before: Mapping[str, int]
    complete: bool

    def precedes(self, earlier: str, later: str) -> bool:
        """Whether a path of edges leads from ``earlier`` to ``later``."""
        return bool(self.before[later] >> self.place[earlier] & 1)


def read_edges(top: Fields, nodes: Mapping[str, ReadNode], problems: Problems) -> list[EdgeDef]:
    """The edges that connect two known nodes, each once."""
    edges: dict[EdgeDef, int] = {}
    for index, item in enumerate(top.items("edges", MAX_EDGES)):
        edge = _plain_edge(item, nodes)
        if edge is None:
            edge = _read_edge(Fields(item, ("edges", index), problems, ("from", "to")), nodes)
        if edge is None:
            continue
        if edge in edges:
            problems.add(("edges", index), f"is the same edge as edges[{edges[edge]}]")
        edges.setdefault(edge, index)
    return list(edges)


def _plain_edge(item: JSON, nodes: Mapping[str, ReadNode]) -> EdgeDef | None:
    """An edge with nothing wrong, as nearly all are; None sends it on to be read field by field."""
    if not isinstance(item, dict) or len(item) != 2:
        return None
    start, target = item.get("from"), item.get("to")
    if not isinstance(start, str) or not isinstance(target, str):
        return None
    source, dot, port = start.partition(".")
    edge = EdgeDef(source, port if dot else OUT_PORT, target)
    fits = source in nodes and target in nodes and source != target and edge.port in nodes[source].node.ports
    return edge if fits else None


def _read_edge(fields: Fields, nodes: Mapping[str, ReadNode]) -> EdgeDef | None:
    fields.require("from", "to")
    source, dot, port = fields.text("from").partition(".")
    target = fields.text("to")
    known = [_is_node(fields, "from", source, nodes), _is_node(fields, "to", target, nodes)]
    if known[0] and not _has_port(fields, nodes[source], port if dot else OUT_PORT, bool(dot)):
        return None
    if not all(known):
        return None
    if source == target:
        fields.add("to", f'"{source}" can\'t lead to itself')
        return None
    return EdgeDef(source, port if dot else OUT_PORT, target)


def _is_node(fields: Fields, key: str, name: str, nodes: Mapping[str, ReadNode]) -> bool:
    if name not in nodes and isinstance(fields.raw(key), str):
        fields.problems.add_unknown(fields.at(key), "there is no node", name, nodes)
    return name in nodes


def _has_port(fields: Fields, source: ReadNode, port: str, given: bool) -> bool:
    if source.spec is None or port in source.node.ports:
        return True
    node, ports = source.node, source.node.ports
    if given:
        fields.add("from", f'"{node.id}" ({node.type}) has no port "{port}"; its ports are {", ".join(ports)}')
    else:
        choices = " or ".join(f"{node.id}.{choice}" for choice in ports)
        fields.add("from", f'"{node.id}" ({node.type}) has no port "out"; write {choices}')
    return False


def check_edges(nodes: Mapping[str, ReadNode], edges: Sequence[EdgeDef], problems: Problems) -> Order:
    """What the edges together break, and the order that they give."""
    order = order_of(nodes, edges)
    if not order.complete:
        _refuse_cycle(nodes, edges, order, problems)
    into: dict[str, int] = dict.fromkeys(nodes, 0)
    handled = {edge.source for edge in edges if edge.port == ERROR_PORT}
    for edge in edges:
        into[edge.target] += 1
    for name, read in nodes.items():
        _check_join(read, into[name], problems)
        if name in handled and read.node.on_error == "continue":
            message = "can't be continue while an edge leaves from the port error; keep one of the two"
            problems.add((*read.path, "on_error"), message)
    return order


def _check_join(read: ReadNode, edges: int, problems: Problems) -> None:
    path: Path = (*read.path, "join")
    if not read.joins:
        return
    if edges == 0:
        problems.add(path, "no edge leads to this node, so that there is nothing to join")
    elif read.node.join.needed > edges:
        problems.add((*path, "at_least"), f"is more than the {edges} edges that lead to this node")


def order_of(nodes: Mapping[str, ReadNode], edges: Sequence[EdgeDef]) -> Order:
    follow: dict[str, list[str]] = {name: [] for name in nodes}
    waits: dict[str, int] = dict.fromkeys(nodes, 0)
    for edge in edges:
        follow[edge.source].append(edge.target)
        waits[edge.target] += 1
    ready = [name for name, count in waits.items() if count == 0]
    place: dict[str, int] = {}
    before: dict[str, int] = dict.fromkeys(nodes, 0)
    for name in ready:  # grows while it is walked
        place[name] = len(place)
        seen = before[name] | 1 << place[name]
        for target in follow[name]:
            before[target] |= seen
            waits[target] -= 1
            if waits[target] == 0:
                ready.append(target)
    return Order(place, before, complete=len(place) == len(nodes))


def _refuse_cycle(nodes: Mapping[str, ReadNode], edges: Sequence[EdgeDef], order: Order, problems: Problems) -> None:
    """Names one cycle, and every node that no root reaches and that isn't on it."""
    cycle = _cycle(edges, order)
    problems.add(("edges",), f"the nodes {' → '.join([*cycle, cycle[0]])} are a cycle; a graph has none")
    reached = _reached(nodes, edges)
    for name, read in nodes.items():
        if name not in reached and name not in cycle:
            problems.add(read.path, f'"{name}" can\'t be reached: every way to it begins in a cycle')


def _cycle(edges: Sequence[EdgeDef], order: Order) -> list[str]:
    """One cycle in the edges' direction. Every node without a place has a predecessor without one: walk back."""
    behind = {edge.target: edge.source for edge in edges if edge.source not in order.place}
    walk: dict[str, None] = {}
    name = next(iter(behind))
    while name not in walk:
        walk[name] = None
        name = behind[name]
    trail = list(walk)
    return trail[trail.index(name) :][::-1]


def _reached(nodes: Mapping[str, ReadNode], edges: Sequence[EdgeDef]) -> set[str]:
    follow: dict[str, list[str]] = {name: [] for name in nodes}
    for edge in edges:
        follow[edge.source].append(edge.target)
    roots = set(nodes) - {edge.target for edge in edges}
    reached, stack = set(roots), list(roots)
    while stack:
        for target in follow[stack.pop()]:
            if target not in reached:
                reached.add(target)
                stack.append(target)
    return reached
