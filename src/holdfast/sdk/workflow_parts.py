"""What a workflow is built of: nodes, their ports, groups of nodes, and kinds to call.

A node is a handle on its entry in the document; ``>>`` and ``then`` write edges into the graph that it stands in. Names
that begin with an underscore are never ports or kinds.
"""

import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, overload

T = TypeVar("T", bound="Node | Group")


class Edges(Protocol):
    """The graph that nodes stand in."""

    def link(self, source: str, target: "Node") -> None: ...

    def place(self, node: str, x: float, y: float) -> None: ...


class Leads:
    """What edges can leave from. Subclasses say from where."""

    _graph: Edges

    def _sources(self) -> list[str]:
        raise NotImplementedError

    @overload
    def __rshift__(self, after: T) -> T: ...
    @overload
    def __rshift__(self, after: Sequence["Node"]) -> "Group": ...
    def __rshift__(self, after: "Node | Group | Sequence[Node]") -> "Node | Group":
        """An edge to each node of ``after``, which it gives back: ``a >> [b, c] >> d``."""
        if not isinstance(after, Node | Group):
            after = Group(self._graph, after)
        for source in self._sources():
            for target in [after] if isinstance(after, Node) else after.nodes:
                self._graph.link(source, target)
        return after

    def then(self, *after: "Node") -> "Node | Group":
        """The same as ``>>``; with several nodes they run beside each other."""
        return self >> (after[0] if len(after) == 1 else list(after))


class Node(Leads):
    """A node; its ports are its attributes: ``check.true >> pay``, ``call.error >> tell``."""

    def __init__(self, graph: Edges, entry: dict[str, Any]) -> None:
        self._graph = graph
        self._entry = entry

    @property
    def id(self) -> str:
        """What expressions call it: ``nodes.<id>.output``."""
        name: str = self._entry["id"]
        return name

    def set(self, /, **options: Any) -> "Node":
        """Options beside its params: ``title``, ``notes``, ``retry``, ``timeout``, ``join``, ``when``, ``on_error``,
        ``queue``, ``priority``, and ``compensate`` (a node or its id)."""
        self._entry.update({name: own(value) for name, value in options.items()})
        return self

    def at(self, x: float, y: float) -> "Node":
        """Its place on the canvas."""
        self._graph.place(self.id, x, y)
        return self

    def port(self, name: str) -> "Port":
        """A port by its name, for names that can't be attributes."""
        return Port(self._graph, f"{self.id}.{name}")

    def __getattr__(self, name: str) -> "Port":
        if name.startswith("_"):
            raise AttributeError(name)
        return self.port(name)

    def __rrshift__(self, before: Sequence[Leads]) -> "Node":
        """``[a, b] >> c``."""
        for each in before:
            each >> self
        return self

    def __repr__(self) -> str:
        return f"<node {self.id} ({self._entry['type']})>"

    def _sources(self) -> list[str]:
        return [self.id]


class Port(Leads):
    """One port of a node."""

    def __init__(self, graph: Edges, source: str) -> None:
        self._graph = graph
        self._source = source

    def __repr__(self) -> str:
        return f"<port {self._source}>"

    def _sources(self) -> list[str]:
        return [self._source]


class Group(Leads):
    """Nodes that run beside each other."""

    def __init__(self, graph: Edges, nodes: Iterable[Node]) -> None:
        self._graph = graph
        self.nodes = list(nodes)
        for node in self.nodes:
            if not isinstance(node, Node):
                raise TypeError(f"an edge leads to a node, not to {node!r}")

    def _sources(self) -> list[str]:
        return [node.id for node in self.nodes]


class Kind:
    """A kind of node: calling it makes a node, an attribute of it is a longer name (``wf.http.request``)."""

    def __init__(self, make: Callable[..., Node], name: str) -> None:
        self._make = make
        self._name = name

    def __call__(self, node_id: str, params: Mapping[str, Any] | None = None, /, **more: Any) -> Node:
        """A node with these params. A name that is a word of Python's ends with an underscore: ``for_="5m"``."""
        given = {**(params or {}), **{plain(name): value for name, value in more.items()}}
        return self._make(node_id, self._name, **({"params": given} if given else {}))

    def __getattr__(self, name: str) -> "Kind":
        if name.startswith("_"):
            raise AttributeError(name)
        return Kind(self._make, f"{self._name}.{plain(name)}")

    def __repr__(self) -> str:
        return f"<kind {self._name}>"


def plain(name: str) -> str:
    """``for`` of ``for_``, which can't be written without its underscore; any other name as it is."""
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name


def own(value: Any) -> Any:
    """A value as the document holds it: nodes by their ids, copies of what may be changed later."""
    if isinstance(value, Node):
        return value.id
    if isinstance(value, Mapping):
        return {key: own(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [own(inner) for inner in value]
    return value
