"""``compensate``: which node undoes which. The one that undoes stands alone: no edges, no guard, one node to undo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from holdfast.model.json import Path
from holdfast.model.validate.problems import Problems
from holdfast.model.validate.reading import ReadNode
from holdfast.model.workflow import EdgeDef


def link_compensators(nodes: Mapping[str, ReadNode], edges: Sequence[EdgeDef], problems: Problems) -> dict[str, str]:
    """By the id of each node that undoes: the id of the one that it undoes. Wrong uses are problems and left out."""
    wanted = [(read, read.node.compensate) for read in nodes.values() if read.node.compensate is not None]
    if not wanted:
        return {}
    named = {name for _, name in wanted}
    connected = {edge.source for edge in edges} | {edge.target for edge in edges}
    undoes: dict[str, str] = {}
    for read, name in wanted:
        path: Path = (*read.path, "compensate")
        message = _fault(read.node.id, name, undoes, named, connected)
        if name not in nodes:
            problems.add_unknown(path, "there is no node", name, nodes)
        elif message:
            problems.add(path, message)
        else:
            undoes[name] = read.node.id
    _check_alone(nodes, undoes, problems)
    return undoes


def _fault(source: str, name: str, undoes: Mapping[str, str], named: set[str], connected: set[str]) -> str | None:
    if name == source:
        return "a node can't undo itself"
    if source in named:
        return f'"{source}" undoes another node; what undoes is not undone itself'
    if name in undoes:
        return f'"{name}" undoes "{undoes[name]}" already; each node needs one of its own'
    if name in connected:
        return f'"{name}" has edges; a node that undoes another stands alone and runs only then'
    return None


def _check_alone(nodes: Mapping[str, ReadNode], undoes: Mapping[str, str], problems: Problems) -> None:
    for name, source in undoes.items():
        read = nodes[name]
        if read.node.when is not None:
            problems.add((*read.path, "when"), f'"{name}" runs whenever "{source}" is undone: it can\'t have a when')
        if read.node.on_error == "continue":
            message = "when a node that undoes fails, the others go on anyway: it can't have on_error"
            problems.add((*read.path, "on_error"), message)


def with_compensators(nodes: Iterable[ReadNode], undoes: Mapping[str, str]) -> list[ReadNode]:
    """``nodes``, each told what it undoes, and free of a ``compensate`` that is none."""
    undone = {source: name for name, source in undoes.items()}
    return [_with_compensator(read, undoes, undone) for read in nodes]


def _with_compensator(read: ReadNode, undoes: Mapping[str, str], undone: Mapping[str, str]) -> ReadNode:
    node = read.node
    if node.compensate is None and node.id not in undoes:
        return read
    return replace(read, node=replace(node, compensate=undone.get(node.id), undoes=undoes.get(node.id)))
