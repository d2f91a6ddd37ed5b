"""Reading a graph: its nodes, its steps, its edges, and the graphs inside its maps and loops.

The same reading serves the whole workflow and a body, so that every rule holds on every level.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast.model.graph import value_at
from holdfast.model.json import JSON, Path, pointer
from holdfast.model.node_spec import OUT_PORT
from holdfast.model.validate.compensation import link_compensators, with_compensators
from holdfast.model.validate.edges import Ends, read_edges
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.marks import Kinds
from holdfast.model.validate.nodes import read_node
from holdfast.model.validate.problems import Problems
from holdfast.model.validate.reading import Allowance, ReadGraph, ReadNode
from holdfast.model.validate.steps import STEPS, Compiled, compile_steps
from holdfast.model.workflow import MAX_BODY_DEPTH, MAX_NODES, EdgeDef, Settings

BODY_KEYS = ("nodes", "edges", "steps", "output")


@dataclass(frozen=True, slots=True)
class GraphReader:
    """Reads the graphs of one document."""

    kinds: Kinds
    settings: Settings
    problems: Problems
    allowance: Allowance

    def read(self, fields: Fields, what: str, depth: int = 0) -> ReadGraph:
        """The graph that ``fields`` hold; ``what`` it is in words, ``depth`` how many bodies it lies in."""
        steps = self._steps(fields)
        all_nodes = [self._node(path, item, depth) for path, item in self._items(fields, what, steps)]
        nodes = first_of_each(all_nodes)
        edges = read_edges(fields, Ends(nodes, inside(all_nodes), depth > 0), self.problems, self.allowance)
        edges += self._step_edges(steps, nodes)
        undoes = link_compensators(nodes, edges, self.problems)
        if undoes or any(read.node.compensate is not None for read in all_nodes):
            all_nodes = with_compensators(all_nodes, undoes)
            nodes = first_of_each(all_nodes)
        return ReadGraph(fields.path, tuple(all_nodes), nodes, tuple(dict.fromkeys(edges)), fields.raw("output"))

    # -- nodes -------------------------------------------------------------------------------------------------------

    def _items(self, fields: Fields, what: str, steps: Compiled) -> list[tuple[Path, JSON]]:
        """The nodes as they were written, each with its place; what is beyond the most is a problem and isn't read."""
        listed = fields.items("nodes", MAX_NODES)
        if not listed and not steps.nodes and not steps.problems:
            self._tell_empty(fields, what)
        items = [((*fields.at("nodes"), index), item) for index, item in enumerate(listed)] + steps.nodes
        left = self.allowance.nodes
        if len(items) > left:
            message = f"the workflow has more than {MAX_NODES} nodes, those of bodies and steps included"
            fields.add("nodes" if listed else STEPS, message)
        self.allowance.nodes = max(left - len(items), 0)
        return items[:left]

    def _tell_empty(self, fields: Fields, what: str) -> None:
        for key in ("nodes", STEPS):
            if key in fields and fields.raw(key) == []:
                fields.add(key, f"{what} needs at least one node")
                return

    def _node(self, path: Path, item: JSON, depth: int) -> ReadNode:
        read = read_node(path, item, self.kinds, self.settings, self.problems)
        if read.marks.body is None:
            return read
        return self._with_body(read, read.marks.body, depth)

    def _with_body(self, read: ReadNode, place: Path, depth: int) -> ReadNode:
        path, kind = (*read.path, "params", *place), read.node.type
        given = value_at(read.params, place)
        named = read.marks.body_or_workflow and value_at(read.params, (*place[:-1], "workflow")) is not None
        if given is None and not named:
            other = ", or the name of a workflow" if read.marks.body_or_workflow else ""
            self.problems.add(path, f"a {kind} needs a body{other}")
        elif given is not None and named:
            self.problems.add((*path[:-1], "workflow"), f"a {kind} has either a body or a workflow, not both")
        if given is None:
            return read
        if depth == MAX_BODY_DEPTH:
            self.problems.add(path, f"bodies are nested deeper than {MAX_BODY_DEPTH} levels")
            return read
        body = self._body(given, path, depth + 1)
        return replace(read, node=replace(read.node, body=body.as_body()), body=body)

    def _body(self, given: JSON, path: Path, depth: int) -> ReadGraph:
        fields = Fields(given, path, self.problems, BODY_KEYS)
        if STEPS not in fields:
            fields.require("nodes")
        return self.read(fields, "a body", depth)

    # -- steps -------------------------------------------------------------------------------------------------------

    def _steps(self, fields: Fields) -> Compiled:
        compiled = compile_steps(fields.items(STEPS, MAX_NODES), fields.at(STEPS))
        for path, message in compiled.problems:
            self.problems.add(path, message)
        return compiled

    def _step_edges(self, steps: Compiled, nodes: Mapping[str, ReadNode]) -> Sequence[EdgeDef]:
        """The edges of steps; a step without the port ``out`` can only be the last one."""
        told: set[str] = set()
        edges: list[EdgeDef] = []
        for source, target in steps.edges:
            if source not in nodes or target not in nodes or source == target:
                continue
            node = nodes[source].node
            if OUT_PORT in node.ports:
                edges.append(EdgeDef(source, OUT_PORT, target))
            elif nodes[source].spec is not None and source not in told:
                told.add(source)
                message = f'"{source}" ({node.type}) has no port out: say with nodes and edges what follows it'
                self.problems.add(nodes[source].path, message)
        return edges


def inside(reads: Iterable[ReadNode]) -> dict[str, str]:
    """The nodes in the bodies of ``reads``, by the id of the one that has the body."""
    bodies = ((read.node.id, read.body) for read in reads if read.body is not None)
    return {inner.node.id: name for name, body in bodies for inner in body.walk()}


def first_of_each(reads: Sequence[ReadNode]) -> dict[str, ReadNode]:
    """The nodes by id, in the document's order; of several with one id the first."""
    nodes: dict[str, ReadNode] = {}
    for read in reads:
        nodes.setdefault(read.node.id, read)
    return nodes


def refuse_twins(graph: ReadGraph, problems: Problems) -> None:
    """Ids are unique in the whole document, bodies included."""
    first: dict[str, Path] = {}
    for read in graph.walk():
        if read.node.id and read.node.id in first:
            problems.add((*read.path, "id"), f'"{read.node.id}" is already the id of {pointer(first[read.node.id])}')
        first.setdefault(read.node.id, read.path)
