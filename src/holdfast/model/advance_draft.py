"""A plan in the making: what ``advance`` has decided so far about one event.

A draft lives inside one call of ``advance`` and is thrown away when outputs are missing; the view that it began with is
never changed. It knows how each decision is put down and told; which decisions follow from which is for
``advance_flow`` (forward through the graph) and ``advance_ending`` (how a run ends, and what is undone before).
"""

import heapq
from collections.abc import Iterable
from typing import Final, Literal

from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import (
    DRAFT,
    NodeDecision,
    NodeSettled,
    NodeStart,
    NodeState,
    NodeView,
    Plan,
    RunFact,
    RunView,
)

StopReason = Literal["run_failed", "run_cancelled"]
SkipReason = Literal["join", "when", "not_needed"] | StopReason

NO_PORTS: Final[frozenset[str]] = frozenset()


class Draft:
    """Collects decisions, starts and facts; ``answer`` makes them a plan."""

    def __init__(self, view: RunView, graph: Graph, now: Instant) -> None:
        self.before = view
        self.graph = graph
        self.state = view.state
        self.failure = view.failure
        self.ending = view.ending
        self.nodes = dict(view.nodes)
        self.needed: set[str] = set()
        self.starting: list[str] = []
        self.output: JSON = None
        self._now = now
        self._outputs = dict(view.outputs)
        self._errors = dict(view.errors)
        self._decisions: list[NodeDecision] = []
        self._stop: list[str] = []
        self._stop_reason: StopReason = "run_failed"
        self._facts: list[RunFact] = []
        self._heap: list[int] = []
        self._seen: set[int] = set()

    # -- what comes next ---------------------------------------------------------------------------------------------

    def look_later(self, nodes: Iterable[str]) -> None:
        """Remembers nodes that a decision may have set free."""
        for node in nodes:
            rank = self.graph.rank[node]
            if rank not in self._seen:
                self._seen.add(rank)
                heapq.heappush(self._heap, rank)

    def next_look(self) -> str | None:
        """The next of them in topological order, so that all that lead to it were looked at before."""
        return self.graph.order[heapq.heappop(self._heap)] if self._heap else None

    # -- what is known -----------------------------------------------------------------------------------------------

    def any_active(self) -> bool:
        # The newest nodes come last and are the ones that still run.
        return any(node.state is NodeState.ACTIVE for node in reversed(self.nodes.values()))

    def active(self) -> list[str]:
        return [name for name, node in self.nodes.items() if node.state is NodeState.ACTIVE]

    def missing(self, reads: Iterable[str]) -> set[str]:
        """The nodes among ``reads`` that have an output or an error which isn't loaded."""
        return {
            node
            for node in reads
            if node in self.nodes
            and self.nodes[node].state not in (NodeState.ACTIVE, NodeState.SKIPPED)
            and node not in self._outputs
            and node not in self._errors
        }

    def scope(self, reads: Iterable[str]) -> dict[str, object]:
        return self.graph.scope(self._view(), reads, self._now)

    def result(self) -> JSON:
        """The run's output, whose reads are known. A scope is made only where there is a template."""
        if self.graph.has_template:
            return self.graph.output(self.scope(self.graph.output_reads))
        return self.graph.collected(self._outputs)

    def output_of(self, node_id: str) -> JSON:
        """What the node gave, which is known; null if it failed."""
        return self._outputs.get(node_id)

    # -- decisions ---------------------------------------------------------------------------------------------------

    def fail_run(self, error: ErrorInfo) -> None:
        """The run itself failed; an earlier failure stays the one that is told."""
        self.failure = self.failure or error

    def start_nodes(self) -> None:
        for node_id in self.starting:
            self.nodes[node_id] = NodeView(NodeState.ACTIVE)

    def succeed(self, event: NodeSettled) -> None:
        self._outputs[event.node_id] = event.output
        self.fact("node.completed", event.node_id, port=event.port)
        self._decide(NodeDecision(event.node_id, event.state, frozenset({event.port}), output=event.output))

    def fail(self, node_id: str, state: NodeState, error: ErrorInfo, ports: frozenset[str], *, handled: bool) -> None:
        self._errors[node_id] = error.as_json()
        self.fact("node.failed", node_id, state=state.value, error=error.as_json(), handled=handled)
        self._decide(NodeDecision(node_id, state, ports, error=error))

    def skip(self, node_id: str, reason: SkipReason) -> None:
        self.fact("node.skipped", node_id, reason=reason)
        self._decide(NodeDecision(node_id, NodeState.SKIPPED))

    def stop(self, node_id: str, reason: StopReason) -> None:
        """Ends an active node, whatever its job is doing."""
        self._stop.append(node_id)
        self._stop_reason = reason
        why = "the run was cancelled" if reason == "run_cancelled" else "the run failed"
        error = ErrorInfo("cancelled", f"stopped because {why}")
        self.fail(node_id, NodeState.CANCELLED, error, NO_PORTS, handled=False)

    def _decide(self, decision: NodeDecision) -> None:
        known = self.nodes.get(decision.node_id)
        self.nodes[decision.node_id] = NodeView(decision.state, decision.ports, known.job_id if known else None)
        self._decisions.append(decision)
        self.look_later(edge.target for edge in self.graph.out_edges[decision.node_id])

    # -- the answer --------------------------------------------------------------------------------------------------

    def fact(self, event: str, node_id: str | None = None, /, **data: JSON) -> None:
        """Tells something. What a body's run as a whole comes to is its node's to tell; a test says that it is one."""
        if node_id is not None:
            self._facts.append(RunFact(event, node_id, data))
        elif self.before.body is None:
            told: JSONObject = {"workflow": self.before.workflow, **data}
            if self.before.version == DRAFT:
                told["test"] = True
            self._facts.append(RunFact(event, node_id, told))

    def answer(self) -> Plan:
        return Plan(
            view=self._view(),
            starts=tuple(NodeStart(node_id) for node_id in self.starting),
            decisions=tuple(self._decisions),
            stop=tuple(self._stop),
            stop_reason=self._stop_reason,
            output=self.output,
            facts=tuple(self._facts),
        )

    def _view(self) -> RunView:
        return self.before.advanced(self.state, self.failure, self.ending, self.nodes, self._outputs, self._errors)
