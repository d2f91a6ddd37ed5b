"""Graphs put together from values, for what a test wants to say beside the reading of definitions."""

from dataclasses import replace

from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.node_spec import OUT_PORT
from holdfast.model.workflow import Body, EdgeDef, NodeDef, Settings, Workflow


def edges(text: str) -> tuple[EdgeDef, ...]:
    """Edges as ``a > b, hot.true > c``."""
    found = []
    for arrow in text.replace(" ", "").split(","):
        if arrow:
            start, target = arrow.split(">")
            source, dot, port = start.partition(".")
            found.append(EdgeDef(source, port if dot else OUT_PORT, target))
    return tuple(found)


def steps(*names: str) -> list[NodeDef]:
    return [NodeDef(name, "noop") for name in names]


def flow(nodes: list[NodeDef], arrows: str = "", output: JSON = None, settings: Settings | None = None) -> Graph:
    """A workflow's graph; compensators learn what they undo."""
    undoes = {node.compensate: node.id for node in nodes if node.compensate}
    known = tuple(replace(node, undoes=undoes.get(node.id)) for node in nodes)
    workflow = Workflow(
        "sample", vars={"limit": 3}, nodes=known, edges=edges(arrows), output=output, settings=settings or Settings()
    )
    return Graph.of(workflow)


def body(nodes: list[NodeDef], arrows: str = "", output: JSON = None) -> Body:
    return Body(tuple(nodes), edges(arrows), output)


def undone(name: str, **fields: object) -> list[NodeDef]:
    """A node and its compensator, ``undo_<name>``."""
    return [NodeDef(name, "noop", compensate=f"undo_{name}"), NodeDef(f"undo_{name}", "noop", **fields)]  # type: ignore[arg-type]
