"""The order in which a run's nodes are shown: along the edges, as the definition lists them where edges leave it
open. The run of a body shows the nodes of that body.

Read from the stored document itself, which never fails: a definition that today's rules would refuse still shows its
runs.
"""

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from holdfast.model.json import JSON, JSONObject
from holdfast.model.validate.steps import compile_steps

_KEEP: Final = 2_000


class NodeOrders:
    """The orders of the graphs shown lately, by version and body: versions never change, so neither do they."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str | None], tuple[str, ...]] = OrderedDict()

    def get(self, version_id: str, body: str | None) -> tuple[str, ...] | None:
        return self._known.get((version_id, body))

    def keep(self, version_id: str, body: str | None, order: tuple[str, ...]) -> tuple[str, ...]:
        self._known[version_id, body] = order
        while len(self._known) > _KEEP:
            self._known.popitem(last=False)
        return order


def node_order(definition: JSONObject, body: str | None = None) -> tuple[str, ...]:
    """The ids of all nodes of the definition, or of one node's body, each after those that lead to it."""
    graph = definition if body is None else _body_in(definition, body)
    return () if graph is None else _ordered(graph)


def executed(definition: JSONObject, body: str | None) -> JSONObject:
    """The graph that a run executes as a definition: the whole, or a node's body with the name and vars around it."""
    if body is None:
        return definition
    around: JSONObject = {name: definition[name] for name in ("holdfast", "name", "vars") if name in definition}
    return {**around, **(_body_in(definition, body) or {})}


def _body_in(graph: JSONObject, owner: str) -> JSONObject | None:
    """The body of the node ``owner``, which may itself stand in a body."""
    for node in nodes_of(graph):
        params = node.get("params")
        body = params.get("body") if isinstance(params, dict) else None
        if isinstance(body, dict):
            found = body if node.get("id") == owner else _body_in(body, owner)
            if found is not None:
                return found
    return None


def nodes_of(graph: JSONObject) -> Iterator[JSONObject]:
    """The nodes of a definition or a body, those of its steps first."""
    steps = graph.get("steps")
    if isinstance(steps, list):
        yield from _objects([node for _, node in compile_steps(steps, ()).nodes])
    yield from _objects(graph.get("nodes"))


def _edges_of(graph: JSONObject) -> Iterator[tuple[str, str]]:
    """(from, to) of every edge, without its port."""
    steps = graph.get("steps")
    if isinstance(steps, list):
        yield from compile_steps(steps, ()).edges
    for edge in _objects(graph.get("edges")):
        yield str(edge.get("from")).partition(".")[0], str(edge.get("to"))


def _ordered(graph: JSONObject) -> tuple[str, ...]:
    listed = [str(node["id"]) for node in nodes_of(graph) if "id" in node]
    place = {node: index for index, node in enumerate(listed)}
    follows: dict[str, list[str]] = {node: [] for node in listed}
    waits = dict.fromkeys(listed, 0)
    for source, target in _edges_of(graph):
        if source in place and target in place:
            follows[source].append(target)
            waits[target] += 1
    ready = [place[node] for node, count in waits.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        node = listed[heappop(ready)]
        order.append(node)
        for target in follows[node]:
            waits[target] -= 1
            if waits[target] == 0:
                heappush(ready, place[target])
    return tuple(order)


def _objects(value: JSON) -> Iterator[JSONObject]:
    yield from (item for item in (value if isinstance(value, list) else []) if isinstance(item, dict))
