"""Drives ``advance`` as a store does: keeps outputs aside, loads what is asked for, applies plans, counts what they do.

``apply`` checks what must hold for every plan, whatever the test is about.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.model.advance import advance
from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import (
    NodeDecision,
    NodeSettled,
    NodeState,
    NodeView,
    OutputsNeeded,
    Plan,
    RunEvent,
    RunFact,
    RunStarted,
    RunState,
    RunView,
)

NOW: Final = 1_700_000_000_000_000
BOOM: Final = ErrorInfo("boom", "it broke")


def new_view(graph: Graph, given: JSON = None) -> RunView:
    return RunView(
        id="018bcfe5-6800-7000-8000-000000000001",
        tenant="default",
        workflow=graph.workflow.name,
        version=3,
        version_id="018bcfe5-6800-7000-8000-000000000002",
        state=RunState.PENDING,
        input=given,
        trigger={"type": "manual", "id": "manual"},
        correlation_id="c-1",
        created_at=NOW,
    )


class Drive:
    """A run in the hands of a test. ``keeps_outputs``: all events come in one transaction.

    ``kept``: nodes that it has from an earlier run, whose decisions are ``earlier``.
    """

    def __init__(
        self,
        graph: Graph,
        given: JSON = None,
        kept: Iterable[str] = (),
        earlier: Mapping[str, NodeDecision] | None = None,
    ) -> None:
        self.keeps_outputs = False
        self.graph = graph
        self.kept = frozenset(kept)
        self.earlier = earlier or {}
        nodes = {name: NodeView(self.earlier[name].state, self.earlier[name].ports) for name in sorted(self.kept)}
        self.view = new_view(graph, given)._replace(nodes=nodes)
        self.decisions: dict[str, NodeDecision] = {}
        self.started: list[str] = []
        self.facts: list[RunFact] = []
        self.asked: list[frozenset[str]] = []
        self.output: JSON = None

    # -- what a test does --------------------------------------------------------------------------------------------

    def start(self) -> Plan:
        return self.apply(RunStarted())

    def succeed(self, node: str, output: JSON = None, port: str = "out") -> Plan:
        return self.apply(NodeSettled(node, NodeState.SUCCEEDED, port, output))

    def fail(self, node: str, state: NodeState = NodeState.FAILED, error: ErrorInfo | None = BOOM) -> Plan:
        return self.apply(NodeSettled(node, state, error=error))

    def apply(self, event: RunEvent) -> Plan:
        """One transaction: the view comes without outputs, what ``advance`` asks for is loaded, its plan is written."""
        view = self.view if self.keeps_outputs else self.view._replace(outputs={}, errors={})
        for _ in range(len(self.graph.nodes) + 2):
            answer = advance(view, event, self.graph, NOW)
            if isinstance(answer, Plan):
                self._write(answer)
                return answer
            view = self._loaded(view, answer)
        raise AssertionError("advance asks for outputs again and again")

    # -- what a test sees --------------------------------------------------------------------------------------------

    @property
    def active(self) -> list[str]:
        return [name for name, node in self.view.nodes.items() if node.state is NodeState.ACTIVE]

    @property
    def states(self) -> dict[str, str]:
        return {name: node.state.value for name, node in self.view.nodes.items()}

    def told(self, kind: str) -> list[str | None]:
        """The nodes of the facts of one type, in their order."""
        return [fact.node_id for fact in self.facts if fact.type == kind]

    # -- the store's part --------------------------------------------------------------------------------------------

    def _loaded(self, view: RunView, needed: OutputsNeeded) -> RunView:
        assert needed.nodes, "asks for nothing"
        assert not needed.nodes & (view.outputs.keys() | view.errors.keys()), "asks for what it has"
        self.asked.append(needed.nodes)
        decisions = {**self.earlier, **self.decisions}
        known = {name: decisions[name] for name in needed.nodes}
        errors = {name: decision.error.as_json() for name, decision in known.items() if decision.error}
        outputs = {name: decision.output for name, decision in known.items() if decision.error is None}
        return view._replace(outputs={**view.outputs, **outputs}, errors={**view.errors, **errors})

    def _write(self, plan: Plan) -> None:
        starts = [start.node_id for start in plan.starts]
        assert not set(starts) & set(self.started), "a node starts twice"
        for decision in plan.decisions:
            assert decision.node_id not in self.decisions.keys() | self.kept, "a node is decided twice"
            assert plan.view.nodes[decision.node_id].state is decision.state
            assert plan.view.nodes[decision.node_id].ports == decision.ports
            self.decisions[decision.node_id] = decision
        assert all(name in self.decisions and name in self.started for name in plan.stop)
        self.started += starts
        self.facts += plan.facts
        self.view = plan.view
        self.output = plan.output
        self._check(plan)

    def _check(self, plan: Plan) -> None:
        decided = self.decisions.keys() | self.kept
        if plan.ended:
            assert decided == self.graph.nodes.keys(), "the run ended with undecided nodes"
            assert not plan.starts
            assert not self.active
        elif plan.view.state is not RunState.PENDING:
            assert self.active, "the run is stuck"
        if plan.view.compensating:
            assert len(self.active) == 1, "not one compensator at a time"
            assert self.graph.undoing.issuperset(self.active), "more than compensators run"
        else:
            assert self.graph.undoing.isdisjoint(start.node_id for start in plan.starts), "undoes something too early"
            assert not (plan.view.failure and plan.starts), "a failing run starts a node"
