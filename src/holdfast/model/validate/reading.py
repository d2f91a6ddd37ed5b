"""What reading gives: nodes and graphs, each with its place in the document, for the checks that come after.

A graph is the whole workflow's, or that of a map's or loop's body. ``Allowance`` bounds all of them together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.node_spec import NodeSpec
from holdfast.model.validate.marks import Marks
from holdfast.model.workflow import MAX_EDGES, MAX_NODES, Body, EdgeDef, NodeDef


@dataclass(frozen=True, slots=True)
class ReadNode:
    """A node as read; ``spec`` is None for an unknown type, about which nothing can be said.

    ``params`` are those of the document; the node's own lack the body.
    """

    path: Path
    node: NodeDef
    spec: NodeSpec | None
    marks: Marks
    params: JSONObject
    joins: bool = False
    body: "ReadGraph | None" = None


@dataclass(frozen=True, slots=True)
class ReadGraph:
    """A graph as read. ``all_nodes`` has also those that share an id; ``nodes`` has the first of each id."""

    path: Path
    all_nodes: tuple[ReadNode, ...]
    nodes: dict[str, ReadNode]
    edges: tuple[EdgeDef, ...]
    output: JSON = None

    def walk(self) -> Iterator[ReadNode]:
        """All nodes in the document's order, those of a body after the node that has it."""
        for read in self.all_nodes:
            yield read
            if read.body is not None:
                yield from read.body.walk()

    def as_body(self) -> Body:
        return Body(tuple(read.node for read in self.nodes.values()), self.edges, self.output)


@dataclass(slots=True)
class Allowance:
    """How many nodes and edges a document may still have."""

    nodes: int = MAX_NODES
    edges: int = MAX_EDGES
