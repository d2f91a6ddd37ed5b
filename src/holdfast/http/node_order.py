"""The order in which a run's nodes are shown: along the edges, as the definition lists them where edges leave it
open.

Read from the stored document itself, which never fails: a definition that today's rules would refuse still shows its
runs.
"""

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from holdfast.model.json import JSON, JSONObject

_KEEP: Final = 2_000


class NodeOrders:
    """The orders of the versions shown lately: versions never change, so neither do they."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def get(self, version_id: str) -> tuple[str, ...] | None:
        return self._known.get(version_id)

    def keep(self, version_id: str, order: tuple[str, ...]) -> tuple[str, ...]:
        self._known[version_id] = order
        while len(self._known) > _KEEP:
            self._known.popitem(last=False)
        return order


def node_order(definition: JSONObject) -> tuple[str, ...]:
    """The ids of all nodes, each after those that lead to it."""
    listed = [str(node["id"]) for node in _objects(definition.get("nodes")) if "id" in node]
    place = {node: index for index, node in enumerate(listed)}
    follows: dict[str, list[str]] = {node: [] for node in listed}
    waits = dict.fromkeys(listed, 0)
    for edge in _objects(definition.get("edges")):
        source, target = str(edge.get("from")).partition(".")[0], str(edge.get("to"))
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
