"""A plan in the making: what ``advance`` has decided so far about one event.

Modes: *open* (successors are looked at) and *failing* (``failure`` is set: nothing new starts, nodes that would have
started are left for the end, where they are skipped). A draft lives inside one call of ``advance`` and is thrown away
when outputs are missing; the view that it began with is never changed.
"""

import heapq
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from holdfast.model.advance_join import Verdict, verdict_of
from holdfast.model.expression import ExpressionError
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import (
    NodeDecision,
    NodeSettled,
    NodeStart,
    NodeState,
    NodeView,
    OutputsNeeded,
    Plan,
    RunFact,
    RunState,
    RunView,
)

SkipReason = Literal["join", "when", "run_failed", "run_cancelled"]
StopReason = Literal["run_failed", "run_cancelled"]

_NO_PORTS: Final[frozenset[str]] = frozenset()


class Draft:
    """Collects decisions, starts and facts; ``plan`` and ``finish`` turn them into the answer."""

    def __init__(self, view: RunView, graph: Graph, now: Instant) -> None:
        self._before = view
        self._graph = graph
        self._now = now
        self._state = view.state
        self._failure = view.failure
        self._nodes = dict(view.nodes)
        self._outputs = dict(view.outputs)
        self._errors = dict(view.errors)
        self._decisions: list[NodeDecision] = []
        self._starting: list[str] = []
        self._stop: list[str] = []
        self._stop_reason: StopReason = "run_failed"
        self._facts: list[RunFact] = []
        self._needed: set[str] = set()
        self._output: JSON = None
        self._heap: list[int] = []
        self._seen: set[int] = set()

    # -- events ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The run begins: every root is looked at."""
        self._state = RunState.RUNNING
        self._fact("workflow.started", workflow=self._before.workflow, version=self._before.version)
        self._look_later(self._graph.roots)

    def settle(self, event: NodeSettled) -> None:
        """An active node's job ended."""
        if self._state is not RunState.PAUSED:
            self._state = RunState.RUNNING
        if event.state is NodeState.SUCCEEDED:
            self._succeed(event)
        else:
            self._fail(event.node_id, event.state, event.error or _unexplained(event.state))

    def fail_run(self, error: ErrorInfo) -> None:
        """The run itself failed; an earlier failure stays the one that is told."""
        self._failure = self._failure or error

    # -- looking at nodes --------------------------------------------------------------------------------------------

    def propagate(self) -> None:
        """Looks at every node that the decisions so far may have set free, until there is none or the run fails."""
        while self._heap and self._failure is None:
            self._look_at(self._graph.order[heapq.heappop(self._heap)])

    def _look_later(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            rank = self._graph.rank[node]
            if rank not in self._seen:
                self._seen.add(rank)
                heapq.heappush(self._heap, rank)

    def _look_at(self, node_id: str) -> None:
        if node_id in self._nodes:
            return
        match verdict_of(self._graph, self._nodes, node_id):
            case Verdict.RUN:
                self._pass_guard(node_id)
            case Verdict.SKIP:
                self._skip(node_id, "join")
            case Verdict.WAIT:
                return

    def _pass_guard(self, node_id: str) -> None:
        if self._graph.nodes[node_id].when is None:
            self._starting.append(node_id)
            return
        try:
            reads = self._graph.guard_reads(node_id)
            if missing := self._missing(reads):
                self._needed |= missing
                return
            value = self._graph.guard(node_id, self._scope(reads))
        except ExpressionError as error:
            self._fail(node_id, NodeState.FAILED, _expression("when", error))
            return
        if value is True:
            self._starting.append(node_id)
        elif value is False:
            self._skip(node_id, "when")
        else:
            self._fail(node_id, NodeState.FAILED, _NOT_A_BOOL)

    def _missing(self, reads: Iterable[str]) -> set[str]:
        """The nodes among ``reads`` that have an output or an error which isn't loaded."""
        return {
            node
            for node in reads
            if node in self._nodes
            and self._nodes[node].state not in (NodeState.ACTIVE, NodeState.SKIPPED)
            and node not in self._outputs
            and node not in self._errors
        }

    def _scope(self, reads: Iterable[str]) -> dict[str, object]:
        view = replace(self._before, outputs=self._outputs, errors=self._errors)
        return self._graph.scope(view, reads, self._now)

    # -- decisions ---------------------------------------------------------------------------------------------------

    def _succeed(self, event: NodeSettled) -> None:
        self._outputs[event.node_id] = event.output
        self._fact("node.completed", event.node_id, port=event.port)
        self._decide(NodeDecision(event.node_id, event.state, frozenset({event.port}), output=event.output))

    def _fail(self, node_id: str, state: NodeState, error: ErrorInfo) -> None:
        ports = self._way_on(node_id)
        self._errors[node_id] = error.as_json()
        self._fact("node.failed", node_id, state=state.value, error=error.as_json(), handled=bool(ports))
        self._decide(NodeDecision(node_id, state, ports, error=error))
        if not ports:
            self.fail_run(replace(error, details={**error.details, "node": node_id}))

    def _way_on(self, node_id: str) -> frozenset[str]:
        """The port by which a failed node's run goes on; none when the failure isn't handled."""
        if self._graph.handles_error(node_id):
            return frozenset({ERROR_PORT})
        if self._graph.nodes[node_id].on_error == "continue":
            return frozenset({OUT_PORT})
        return _NO_PORTS

    def _skip(self, node_id: str, reason: SkipReason) -> None:
        self._fact("node.skipped", node_id, reason=reason)
        self._decide(NodeDecision(node_id, NodeState.SKIPPED))

    def _decide(self, decision: NodeDecision) -> None:
        known = self._nodes.get(decision.node_id)
        self._nodes[decision.node_id] = NodeView(decision.state, decision.ports, known.job_id if known else None)
        self._decisions.append(decision)
        self._look_later(edge.target for edge in self._graph.out_edges[decision.node_id])

    # -- endings -----------------------------------------------------------------------------------------------------

    def plan(self, *, at_once: bool = False) -> Plan | OutputsNeeded:
        """The answer once nothing is left to look at. ``at_once`` ends a failing run whatever its setting says."""
        if self._needed:
            return OutputsNeeded(frozenset(self._needed))
        if self._failure is not None:
            return self._failing(at_once)
        for node_id in self._starting:
            self._nodes[node_id] = NodeView(NodeState.ACTIVE)
        if len(self._nodes) == len(self._graph.nodes) and not self._active():
            return self._succeeded()
        return self._answer()

    def finish(self, state: RunState, reason: StopReason, **data: JSON) -> Plan:
        """Ends the run: active nodes are stopped, nodes never reached are skipped."""
        for node_id in self._active():
            self._stop_node(node_id, reason)
        for node_id in self._graph.nodes:
            if node_id not in self._nodes:
                self._skip(node_id, reason)
        return self._end(state, **data)

    def _failing(self, at_once: bool) -> Plan:
        drains = self._graph.workflow.settings.on_failure == "drain" and not at_once
        self._starting.clear()
        if drains and self._active():
            return self._answer()
        return self.finish(RunState.FAILED, "run_failed")

    def _succeeded(self) -> Plan | OutputsNeeded:
        try:
            reads = self._graph.output_reads
            if missing := self._missing(reads):
                return OutputsNeeded(frozenset(missing))
            self._output = self._graph.output(self._scope(reads))
        except ExpressionError as error:
            self.fail_run(_expression("output", error))
            return self._end(RunState.FAILED)
        return self._end(RunState.SUCCEEDED)

    def _stop_node(self, node_id: str, reason: StopReason) -> None:
        self._stop.append(node_id)
        self._stop_reason = reason
        why = "the run was cancelled" if reason == "run_cancelled" else "the run failed"
        error = ErrorInfo("cancelled", f"stopped because {why}")
        self._fact(
            "node.failed",
            node_id,
            state=NodeState.CANCELLED.value,
            error=error.as_json(),
            handled=False,
        )
        self._decide(NodeDecision(node_id, NodeState.CANCELLED, error=error))

    def _end(self, state: RunState, **data: JSON) -> Plan:
        self._state = state
        told: JSONObject = {"state": state.value, **data}
        if state is RunState.FAILED and self._failure is not None:
            told["error"] = {"type": self._failure.type, "message": self._failure.message}
        self._facts.append(RunFact("workflow.finished", None, told))
        return self._answer()

    def _active(self) -> list[str]:
        return [node for node, seen in self._nodes.items() if seen.state is NodeState.ACTIVE]

    def _answer(self) -> Plan:
        view = replace(
            self._before,
            state=self._state,
            failure=self._failure,
            nodes=self._nodes,
            outputs=self._outputs,
            errors=self._errors,
        )
        return Plan(
            view=view,
            starts=tuple(NodeStart(node_id) for node_id in self._starting),
            decisions=tuple(self._decisions),
            stop=tuple(self._stop),
            stop_reason=self._stop_reason,
            output=self._output,
            facts=tuple(self._facts),
        )

    def _fact(self, event: str, node_id: str | None = None, **data: JSON) -> None:
        self._facts.append(RunFact(event, node_id, data))


_NOT_A_BOOL: Final = ErrorInfo("expression", "when: the expression must give true or false")


def _expression(place: str, error: ExpressionError) -> ErrorInfo:
    return ErrorInfo("expression", f"{place}: {error}")


def _unexplained(state: NodeState) -> ErrorInfo:
    if state is NodeState.CANCELLED:
        return ErrorInfo("cancelled", "the node's job was cancelled")
    return ErrorInfo("failed", "the node's job failed")
