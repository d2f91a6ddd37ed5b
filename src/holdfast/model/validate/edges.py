"""Reading the edges of a definition, and what they make of its nodes: ports, cycles, reachability, joins.

``Order`` answers whether a node can have run before another. It costs one integer per node, used as a set of bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.model.json import JSON, Path, pointer
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.problems import Problems
from holdfast.model.validate.reading import Allowance, ReadGraph, ReadNode
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


@dataclass(frozen=True, slots=True)
class Ends:
    """What the edges of a graph can connect: its nodes. ``inside``: by each node in a body, the node that has it."""

    nodes: Mapping[str, ReadNode]
    inside: Mapping[str, str]
    is_body: bool

    def tell_unknown(self, fields: Fields, key: str, name: str) -> None:
        if name in self.inside:
            fields.add(
                key, f'"{name}" is inside the body of "{self.inside[name]}"; no edge leads into a body or out of it'
            )
        else:
            what = "in this body there is no node" if self.is_body else "there is no node"
            fields.problems.add_unknown(fields.at(key), what, name, self.nodes)


def read_edges(fields: Fields, ends: Ends, problems: Problems, allowance: Allowance) -> list[EdgeDef]:
    """The edges that connect two known nodes, each once."""
    edges: dict[EdgeDef, int] = {}
    path = fields.at("edges")
    for index, item in enumerate(_items(fields, allowance)):
        edge = _plain_edge(item, ends.nodes)
        if edge is None:
            edge = _read_edge(Fields(item, (*path, index), problems, ("from", "to")), ends)
        if edge is None:
            continue
        if edge in edges:
            problems.add((*path, index), f"is the same edge as {pointer((*path, edges[edge]))}")
        edges.setdefault(edge, index)
    return list(edges)


def _items(fields: Fields, allowance: Allowance) -> list[JSON]:
    items, left = fields.items("edges", MAX_EDGES), allowance.edges
    if len(items) > left:
        fields.add("edges", f"the workflow has more than {MAX_EDGES} edges, those of bodies included")
    allowance.edges = max(left - len(items), 0)
    return items[:left]


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


def _read_edge(fields: Fields, ends: Ends) -> EdgeDef | None:
    fields.require("from", "to")
    source, dot, port = fields.text("from").partition(".")
    target = fields.text("to")
    known = [_is_node(fields, "from", source, ends), _is_node(fields, "to", target, ends)]
    if known[0] and not _has_port(fields, ends.nodes[source], port if dot else OUT_PORT, bool(dot)):
        return None
    if not all(known):
        return None
    if source == target:
        fields.add("to", f'"{source}" can\'t lead to itself')
        return None
    return EdgeDef(source, port if dot else OUT_PORT, target)


def _is_node(fields: Fields, key: str, name: str, ends: Ends) -> bool:
    if name not in ends.nodes and isinstance(fields.raw(key), str):
        ends.tell_unknown(fields, key, name)
    return name in ends.nodes


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


def check_edges(graph: ReadGraph, problems: Problems) -> Order:
    """What the edges of a graph together break, and the order that they give."""
    nodes, edges = graph.nodes, graph.edges
    order = order_of(nodes, edges)
    if not order.complete:
        _refuse_cycle(graph, order, problems)
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


def _refuse_cycle(graph: ReadGraph, order: Order, problems: Problems) -> None:
    """Names one cycle, and every node that no root reaches and that isn't on it."""
    cycle = _cycle(graph.edges, order)
    message = f"the nodes {' → '.join([*cycle, cycle[0]])} are a cycle; a graph has none"
    problems.add((*graph.path, "edges"), message)
    reached = _reached(graph.nodes, graph.edges)
    for name, read in graph.nodes.items():
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
