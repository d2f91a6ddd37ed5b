"""What runs of bodies see of the run around them: their node's closure, with the item and the index of each.

Neither changes once the child has begun, so both are read without a lock on the parent. Many children of one node share
one closure: it is read and decoded once.
"""

from collections.abc import Awaitable, Callable, Iterable

from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.stores.codec import decode, decode_object
from holdfast.stores.postgres.connection import Row
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.rows import around_of

Fetch = Callable[..., Awaitable[list[Row]]]
NodeKey = tuple[str, str]


async def surroundings(fetch: Fetch, runs: Iterable[Row]) -> dict[str, JSONObject]:
    """By run id, of those among these rows of ``runs`` that execute a body."""
    bodies = [row for row in runs if row["body"] is not None]
    if not bodies:
        return {}
    nodes = {row["id"]: (row["parent_id"], row["parent_node"]) for row in bodies}
    known = await closures(fetch, nodes.values())
    items = {row["child"]: decode(row["item"]) for row in await fetch(sql.ITEMS, list(nodes))}
    return {
        row["id"]: around_of(known.get(nodes[row["id"]], {}), items.get(row["id"]), row["parent_index"])
        for row in bodies
    }


def looks_around(graph: Graph) -> bool:
    """Whether deciding about a run of this graph may read what surrounds it: by a guard or its output's template. What
    its nodes' params read is the executor's to load."""
    if graph.owner is None:
        return False
    body = graph.containing(graph.owner).nodes[graph.owner].body
    return body is None or body.output is not None or any(node.when is not None for node in graph.nodes.values())


async def closures(fetch: Fetch, nodes: Iterable[NodeKey]) -> dict[NodeKey, JSONObject]:
    """The closures of these nodes, by run and node."""
    rows = await fetch(sql.CLOSURES, *columns(sorted(set(nodes)), 2))
    return {(row["run_id"], row["node_id"]): decode_object(row["closure"]) for row in rows}
