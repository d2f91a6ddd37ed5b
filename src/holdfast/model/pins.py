"""What a test run of a draft is given before it begins: nodes that count as done, and the one that alone runs. Pure.

A *pinned* node has succeeded with an output that somebody gave; it never runs, and nothing undoes it. Of a node tried
*alone* all others are decided beforehand, pinned or ``SKIPPED``; its join and its guard aren't asked, and its output is
the run's. ``trigger.test`` of the run says so, in the run and in every one that repeats it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT
from holdfast.model.run import DRAFT, NodeDecision, NodeState, NodeView, RunView
from holdfast.model.workflow import NodeDef

TEST: Final = "test"
_IF: Final = ("true", "false")
_APPROVAL: Final = ("approved", "rejected")
_DEFAULT: Final = "default"

Given = Mapping[str, NodeDecision]


def pinned(node: NodeDef, output: JSON) -> NodeDecision:
    """The node as if it had given this output. Raises ``ValueError`` when that can't tell which port it took."""
    return NodeDecision(node.id, NodeState.SUCCEEDED, frozenset({_port_of(node, output)}), output=output)


def _port_of(node: NodeDef, output: JSON) -> str:
    found = output if isinstance(output, dict) else {}
    if node.cases:
        return _case_of(node, found.get("case", ""))
    for ports, key in ((_IF, "result"), (_APPROVAL, "approved")):
        if set(ports) <= set(node.ports):
            told = found.get(key)
            if not isinstance(told, bool):
                raise ValueError(f'must be an object with "{key}": true or false, which says by which port it goes on')
            return ports[0] if told else ports[1]
    others = [port for port in node.ports if port != ERROR_PORT]
    return OUT_PORT if OUT_PORT in others or not others else others[0]


def _case_of(node: NodeDef, case: JSON) -> str:
    if case is None:
        return _DEFAULT
    if isinstance(case, str) and case in node.ports and case != ERROR_PORT:
        return case
    known = ", ".join(port for port in node.ports if port not in (_DEFAULT, ERROR_PORT))
    raise ValueError(f'must be an object with "case": null or one of {known}, which says by which port it goes on')


def beforehand(graph: Graph, given: Given, alone: str | None) -> dict[str, NodeDecision]:
    """Every node that is decided before the run begins: those ``given``, and what must not run because of them."""
    decided = dict(given)
    for node_id, decision in given.items():
        compensator = graph.compensators.get(node_id)
        if decision.state is NodeState.SUCCEEDED and compensator is not None:
            decided[compensator] = _skipped(compensator)
    if alone is not None:
        decided |= {node: _skipped(node) for node in graph.nodes if node not in decided}
        decided.pop(alone, None)
    return decided


def _skipped(node_id: str) -> NodeDecision:
    return NodeDecision(node_id, NodeState.SKIPPED)


def known_before(graph: Graph, node_id: str) -> frozenset[str]:
    """The nodes whose outputs a node may read: all that lead to it; for one that undoes another, the whole flow."""
    if node_id in graph.undoing:
        return frozenset(graph.nodes) - graph.undoing
    found: set[str] = set()
    left = [node_id]
    while left:
        sources = {edge.source for edge in graph.in_edges[left.pop()]} - found
        found |= sources
        left += sources
    return frozenset(found)


def with_given(view: RunView, decided: Given) -> RunView:
    """The run that doesn't exist yet, with these nodes decided."""
    return view._replace(
        nodes={node_id: NodeView(one.state, one.ports) for node_id, one in decided.items()},
        outputs={node_id: one.output for node_id, one in decided.items() if one.state is NodeState.SUCCEEDED},
        errors={node_id: one.error.as_json() for node_id, one in decided.items() if one.error is not None},
    )


def told_test(pinned_nodes: Iterable[str], alone: str | None) -> JSONObject:
    """What ``trigger.test`` says."""
    names: list[JSON] = [*sorted(pinned_nodes)]
    return {"pinned": names, "only": alone}


def pins_of(trigger: JSONObject) -> tuple[frozenset[str], str | None]:
    """The pinned nodes and the one that is tried alone, as ``told_test`` told them."""
    test = trigger.get(TEST)
    found = test if isinstance(test, dict) else {}
    pins, only = found.get("pinned"), found.get("only")
    named = pins if isinstance(pins, list) else []
    return frozenset(pin for pin in named if isinstance(pin, str)), only if isinstance(only, str) else None


def tried_alone(view: RunView) -> str | None:
    """The node that the run tries alone."""
    return pins_of(view.trigger)[1] if view.version == DRAFT else None
