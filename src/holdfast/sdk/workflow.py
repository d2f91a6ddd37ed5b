"""``holdfast.Workflow``: a workflow's definition, written in Python.

::

    wf = Workflow("lead-followup", vars={"threshold": 80})
    score = wf.http.request("score", method="POST", url="https://crm.example.com/score")
    hot = wf.if_("hot", condition="nodes.score.output.json.score > vars.threshold")
    score >> hot
    hot.true >> wf.email.send("mail", to="{{ input.email }}", subject="Hello", text="When may we call?")

It is the same document as YAML and JSON, no more and no less: what is set is written, in that order, and nothing else.
The server says what is wrong with it when it is applied; here only what can't be a graph is a ``ValueError``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self, TypeVar

from holdfast.definition_yaml import read_yaml
from holdfast.sdk.workflow_parts import Kind, Node, own, plain
from holdfast.sdk.workflow_yaml import write_yaml

FORMAT: Final = 1
G = TypeVar("G", bound="Graph")


class Graph:
    """Nodes and edges: a workflow's, or those of a body. Any attribute that isn't written here is a kind of node."""

    def __init__(self, /, **fields: Any) -> None:
        self._document: dict[str, Any] = {}
        self.set(**fields)

    def set(self, /, **fields: Any) -> Self:
        """Fields of the document beside its nodes and edges, such as ``output``."""
        self._document.update({name: own(value) for name, value in fields.items()})
        return self

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node(self, node_id: str, kind: str, /, **fields: Any) -> Node:
        """A node of any kind; ``params`` is one of its fields. ``wf.log("a", message="b")`` is short for
        ``wf.node("a", "log", params={"message": "b"})``."""
        return self.add({"id": node_id, "type": kind, **fields})

    def add(self, entry: Mapping[str, Any]) -> Node:
        """A node as the document writes it. Raises ``ValueError`` for an id that is taken."""
        made: dict[str, Any] = own(entry)
        if made.get("id") in self._ids():
            raise ValueError(f"there is a node {made['id']} already")
        self._document.setdefault("nodes", []).append(made)
        return Node(self, made)

    def __getitem__(self, node_id: str) -> Node:
        """The node of this id. Raises ``KeyError``."""
        for entry in self._entries():
            if entry.get("id") == node_id:
                return Node(self, entry)
        raise KeyError(node_id)

    def __getattr__(self, name: str) -> Kind:
        if name.startswith("_"):
            raise AttributeError(name)
        return Kind(self.node, plain(name))

    def body(self, /, **fields: Any) -> "Body":
        """A graph for the ``body`` of a map or loop: ``wf.map("each", items=…, body=body)``."""
        return Body(**fields)

    # -- edges -------------------------------------------------------------------------------------------------------

    def edge(self, fields: Mapping[str, Any]) -> Self:
        """An edge as the document writes it."""
        self._document.setdefault("edges", []).append(own(fields))
        return self

    def link(self, source: str, target: Node) -> None:
        """An edge; ``>>`` is the way to write it. Raises ``ValueError`` for a node of another graph."""
        if target._graph is not self:
            raise ValueError(f"{target!r} is in another graph")
        self.edge({"from": source, "to": target.id})

    def place(self, node: str, x: float, y: float) -> None:
        """Where a node stands on the canvas; ``Node.at`` is the way to write it."""
        self._document.setdefault("layout", {})[node] = {"x": x, "y": y}

    # -- the document ------------------------------------------------------------------------------------------------

    def reorder(self, *keys: str) -> Self:
        """The document's fields in this order. Raises ``ValueError`` unless they are all of them."""
        if sorted(keys) != sorted(self._document):
            raise ValueError(f"these are not its fields: {', '.join(self._document)}")
        self._document = {key: self._document[key] for key in keys}
        return self

    def to_dict(self) -> dict[str, Any]:
        """The document, as JSON has it."""
        made: dict[str, Any] = _written(self._document)
        return made

    def _ids(self) -> frozenset[Any]:
        return frozenset(entry.get("id") for entry in self._entries())

    def _entries(self) -> Iterator[dict[str, Any]]:
        """Every node of this graph, those of its steps too."""
        yield from nodes_in(self._document.get("nodes", ()))
        yield from nodes_in(self._document.get("steps", ()))


class Body(Graph):
    """The graph inside a map or loop."""

    def place(self, node: str, x: float, y: float) -> None:
        raise ValueError(f"{node} is in a body, which has no places on the canvas")


class Workflow(Graph):
    """A definition. ``fields`` are those of the document: ``title``, ``description``, ``tags``, ``input``, ``vars``,
    ``settings``, ``output``, ``layout``; nodes, edges and triggers have their own calls."""

    def __init__(self, name: str, /, **fields: Any) -> None:
        super().__init__(holdfast=FORMAT, name=name, **fields)

    @property
    def name(self) -> str:
        name: str = self._document["name"]
        return name

    def trigger(self, trigger_id: str, kind: str, /, **fields: Any) -> Self:
        """What starts it: ``wf.trigger("signup", "webhook")``."""
        self._document.setdefault("triggers", []).append(own({"id": trigger_id, "type": kind, **fields}))
        return self

    def to_yaml(self) -> str:
        """The document as YAML."""
        return write_yaml(self.to_dict())

    def to_python(self) -> str:
        """Python source that builds it again, as ``wf``."""
        from holdfast.sdk.workflow_source import source_of  # here: it builds graphs itself

        return source_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """A workflow to go on with. Raises ``ValueError`` for what can't be a definition."""
        if not isinstance(document, Mapping) or not isinstance(document.get("name"), str):
            raise ValueError("a definition is an object with a name")
        made = cls(document["name"])
        made._document = own(document)
        return made

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """The same from YAML. Raises ``holdfast.Invalid`` (a ``ValueError``) with line and column."""
        document: Any = read_yaml(text)
        return cls.from_dict(document)


def _written(value: Any) -> Any:
    """A copy without builders in it."""
    if isinstance(value, Graph):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    return [_written(inner) for inner in value] if isinstance(value, list) else value


def nodes_in(steps: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a list of steps, or of nodes."""
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, dict):
            continue
        inner = step.get("parallel", step.get("steps"))
        if inner is None:
            yield step
        else:
            yield from nodes_in(inner)
