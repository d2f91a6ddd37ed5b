"""What the expressions of a graph can name: its own nodes, and around a body those that came before it.

A place says where an expression stands. The rules of reads, one each: a node must be able to have run before the one
that reads it; inside a body it may also be one that precedes the map or loop; what undoes a node may read that node and
what precedes it. A read that breaks one gets the sentence that says which.
"""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from holdfast.model.json import Path
from holdfast.model.validate.edges import Order
from holdfast.model.validate.problems import Problems
from holdfast.model.validate.reading import ReadGraph


@dataclass(frozen=True, slots=True)
class Names:
    """What the definition offers everywhere. ``inputs`` is None when any field may be there.

    ``homes``: by the id of each node in a body, the id of the map or loop that has the body.
    """

    vars: Collection[str]
    inputs: Collection[str] | None
    homes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """One graph. ``outer`` is the place of the node whose body it is; None for the whole workflow's graph."""

    graph: ReadGraph
    order: Order
    outer: "Place | None" = None
    # Its nodes that have an address (``run.callbacks``).
    callbacks: Collection[str] = ()

    def can_read(self, name: str, reader: str | None) -> bool:
        """Whether ``name`` can have run when ``reader`` does; None stands for the end of the graph."""
        undoes = self.graph.nodes[name].node.undoes is not None
        if reader is None:
            return not undoes
        if undoes or not self.order.complete:
            return not undoes
        undone = self.graph.nodes[reader].node.undoes
        if undone is None:
            return self.order.precedes(name, reader)
        return name == undone or self.order.precedes(name, undone)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands. ``reader`` is the node that it is of, None for the graph's output.

    ``items``: it is evaluated for each item of a list; ``is_param``: it is in a param, filled right before the node
    runs; ``secret``: the param may hold secrets; ``secrets``: where in the node they may stand; ``names``: what it sees
    besides, or (``only_names``) at all.
    """

    scope: Scope
    reader: str | None = None
    items: bool = False
    is_param: bool = False
    secret: bool = False
    secrets: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    only_names: bool = False

    @property
    def has_item(self) -> bool:
        return self.items or self.scope.outer is not None

    def around(self) -> Iterator["Place"]:
        """This place, then that of each map or loop around it, the innermost first."""
        place: Place | None = self
        while place is not None:
            yield place
            place = place.scope.outer


def homes_of(graph: ReadGraph) -> dict[str, str]:
    """By the id of each node in a body: the node that has the body."""
    homes: dict[str, str] = {}
    for read in graph.walk():
        if read.body is not None:
            homes.update(dict.fromkeys(read.body.nodes, read.node.id))
    return homes


def judge_read(name: str, place: Place, homes: Mapping[str, str], path: Path, problems: Problems) -> None:
    """A read of the node ``name``: a problem when it can't be there."""
    for around in place.around():
        nodes = around.scope.graph.nodes
        if name in nodes:
            if not around.scope.can_read(name, around.reader):
                problems.add(path, f'reads the node "{name}", {_why(name, around, place)}')
            return
    if name in homes:
        problems.add(path, _inside(name, homes[name], place))
    else:
        problems.add_unknown(path, "there is no node", name, _visible(place))


def _why(name: str, around: Place, place: Place) -> str:
    undone = around.scope.graph.nodes[name].node.undoes
    if undone is not None and name != around.reader:
        return f'which runs only when "{undone}" is undone'
    if around is not place and name == around.reader:
        return "whose body this is: its output is not there yet"
    return f'which can\'t have run before "{around.reader}": no path of edges leads there'


def _inside(name: str, home: str, place: Place) -> str:
    if place.reader == home:
        return f'the node "{name}" is inside the body of "{home}", which sees none of them'
    return f'the node "{name}" is inside the body of "{home}": read nodes.{home}.output'


def _visible(place: Place) -> Collection[str]:
    """All names, as a view: a hostile text can ask for it a million times."""
    return ChainMap(*(around.scope.graph.nodes for around in place.around()))
