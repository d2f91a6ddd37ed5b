"""Random workflows with the fate of every node fixed beforehand, and an oracle that foretells where they end.

The oracle knows nothing of events or order: it asks, recursively and slowly, what each node must come to. That has one
answer as long as guards read only what is decided when they are evaluated, so a guard that reads a node stands behind
``join: all``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from hypothesis import strategies as st

from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.run import NodeState
from holdfast.model.workflow import NodeDef
from tests.model.definitions import edge, graph

OUTCOMES: Final = (NodeState.SUCCEEDED, NodeState.FAILED, NodeState.DEAD, NodeState.CANCELLED)


@dataclass(frozen=True)
class Fate:
    """How the node's job will end, if it ever gets one; a success takes ``port``."""

    state: NodeState
    port: str


@dataclass(frozen=True)
class Script:
    """A workflow and what will happen in it. ``guards`` say what ``when`` comes to: yes, no, wrong or read:<id>."""

    graph: Graph
    fates: Mapping[str, Fate]
    guards: Mapping[str, str]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    count = draw(st.integers(1, 9))
    nodes = [_Plan(f"n{index}", branches=draw(st.integers(0, 3)) == 0) for index in range(count)]
    edges = [found for index in range(1, count) for found in _edges_into(draw, nodes, index)]
    for plan in nodes:
        plan.finish(draw, [source for source, _, target in edges if target == plan.id], edges)
    settings: JSONObject = {"on_failure": draw(st.sampled_from(["cancel", "drain"]))}
    made = graph(
        [plan.as_json() for plan in nodes],
        [edge(f"{source}.{port}", target) for source, port, target in edges],
        settings=settings,
    )
    guards = {plan.id: plan.guard for plan in nodes}
    made = _with_compensators(made, draw(st.sets(st.sampled_from(sorted(guards)))))
    return Script(made, {name: draw(_fate(node)) for name, node in made.nodes.items()}, guards)


def _with_compensators(made: Graph, undone: set[str]) -> Graph:
    """The same graph with a compensator ``undo_<id>`` for each of these nodes."""
    nodes = [replace(node, compensate=f"undo_{node.id}") if node.id in undone else node for node in made.workflow.nodes]
    undoing = [NodeDef(f"undo_{name}", "noop", undoes=name) for name in sorted(undone)]
    return Graph.of(replace(made.workflow, nodes=(*undoing, *nodes)))


class _Plan:
    """A node while it is drawn."""

    def __init__(self, name: str, branches: bool) -> None:
        self.id = name
        self.branches = branches
        self.guard = "yes"
        self.fields: JSONObject = {}

    def finish(self, draw: st.DrawFn, sources: list[str], edges: list[tuple[str, str, str]]) -> None:
        joins: list[JSON] = ["all", "any", {"at_least": draw(st.integers(1, max(1, len(sources))))}]
        join = draw(st.sampled_from(joins)) if sources else "all"
        if sources and join != "all":
            self.fields["join"] = join
        reads = [f"read:{source}" for source in sources] if join == "all" else []
        self.guard = draw(st.sampled_from(["yes", "yes", "yes", "yes", "no", "wrong", *reads]))
        if self.guard != "yes":
            self.fields["when"] = _when(self.guard)
        handled = any(source == self.id and port == "error" for source, port, _ in edges)
        if not handled and not self.branches and draw(st.booleans()):
            self.fields["on_error"] = "continue"

    def as_json(self) -> JSON:
        if self.branches:
            return {**self.fields, "id": self.id, "type": "if", "params": {"condition": "true"}}
        return {**self.fields, "id": self.id, "type": "noop"}


def _when(guard: str) -> str:
    known = {"no": "false", "wrong": "vars"}
    return known.get(guard) or f"nodes.{guard.removeprefix('read:')}.output != null"


def _edges_into(draw: st.DrawFn, nodes: list[_Plan], index: int) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for source in nodes[:index]:
        if draw(st.integers(0, 2)) == 0:
            ports = ["true", "false"] if source.branches else ["out", "out", "error"]
            chosen = draw(st.sets(st.sampled_from(ports), min_size=1, max_size=2))
            found += [(source.id, port, nodes[index].id) for port in sorted(chosen)]
    return found


def _fate(made: NodeDef) -> st.SearchStrategy[Fate]:
    ports = [port for port in made.ports if port != "error"]
    states = st.sampled_from([NodeState.SUCCEEDED] * 5 + list(OUTCOMES[1:]))
    return st.builds(Fate, states, st.sampled_from(ports))


@dataclass(frozen=True)
class End:
    """What a node must come to: its state, the ports that it takes, and whether its failure fails the run."""

    state: NodeState
    ports: frozenset[str]
    fatal: bool = False


def foretell(script: Script) -> dict[str, End]:
    """The end of every node if no failure ever stopped the run: then nothing is undone."""
    made = script.graph

    @cache
    def end_of(name: str) -> End:
        edges = made.in_edges[name]
        taken = sum(edge.port in end_of(edge.source).ports for edge in edges)
        join = made.nodes[name].join
        needed = join.needed if join.mode == "at_least" else 1
        if edges and taken < needed:
            return End(NodeState.SKIPPED, frozenset())
        guard = script.guards[name]
        if guard == "no" or (guard.startswith("read:") and end_of(guard[5:]).state is not NodeState.SUCCEEDED):
            return End(NodeState.SKIPPED, frozenset())
        fate = Fate(NodeState.FAILED, "out") if guard == "wrong" else script.fates[name]
        return executed(name, fate)

    def executed(name: str, fate: Fate) -> End:
        if fate.state is NodeState.SUCCEEDED:
            return End(fate.state, frozenset({fate.port}))
        if any(edge.port == "error" for edge in made.out_edges[name]):
            return End(fate.state, frozenset({"error"}))
        if made.nodes[name].on_error == "continue":
            return End(fate.state, frozenset({"out"}))
        return End(fate.state, frozenset(), fatal=True)

    skipped = End(NodeState.SKIPPED, frozenset())
    return {name: skipped if name in made.undoing else end_of(name) for name in made.nodes}


def leads_to(graph: Graph, first: str, last: str) -> bool:
    """Whether a path of edges leads from one node to the other."""
    return any(edge.target == last or leads_to(graph, edge.target, last) for edge in graph.out_edges[first])
