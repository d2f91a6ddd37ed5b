"""Several events of one run in one transaction, folded one after the other through ``advance`` into one set of writes.

``RunFold`` is used under the run's lock: ``feed`` events, then ``proceed`` until it answers no missing outputs (load
what it names, ``supply`` it, proceed again). Then ``starts``, ``stops``, ``decisions`` and ``facts`` are what must be
written together with ``view``. A node that one event starts and a later one stops was never there: no job is inserted.

When a run begins to fail but drains, only running attempts may go on: ``parked`` ends everything else. While it undoes
what was done (``view.ending`` is set), the nodes that undo are started and retried as in any run.

``families`` holds how far the run's nodes with children have come (``stores.families``).
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.advance import advance
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.job import JobState
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.model.run import (
    RUN_ENDED,
    NodeDecision,
    NodeSettled,
    NodeState,
    OutputsNeeded,
    Plan,
    RunEvent,
    RunFact,
    RunStarted,
    RunState,
    RunView,
)
from holdfast.model.spawn import Family
from holdfast.stores.history import EventRow, fact_row

NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Parent:
    """Whose child a run is."""

    run_id: str
    node_id: str
    index: int


class RunFold:
    """One run's events of one transaction. ``view`` is the run after all that was folded in so far."""

    def __init__(
        self,
        view: RunView,
        graph: Graph,
        parent: Parent | None = None,
        families: Mapping[str, Family] | None = None,
    ) -> None:
        self.before = view
        self.view = view
        self.graph = graph
        self.parent = parent
        self.families = dict(families or {})
        self._families_before = dict(self.families)
        self.started = False
        self.starts: dict[str, None] = {}
        self.stops: dict[str, Reason] = {}
        self.decisions: dict[str, NodeDecision] = {}
        self.facts: list[RunFact] = []
        self.output: JSON = None
        self.ended = False
        self._events: deque[RunEvent] = deque()

    @property
    def failing(self) -> bool:
        """The run has failed and drains: nothing new starts and nothing is retried."""
        return self.view.failure is not None and self.view.ending is None and not self.ended

    @property
    def refusing(self) -> bool:
        """A job of the run that would go on ends instead."""
        return self.ended or self.failing or self.view.state in RUN_ENDED

    @property
    def began_to_fail(self) -> bool:
        """What isn't running must be ended now (see ``parked``)."""
        return self.failing and self.before.failure is None

    @property
    def changed(self) -> bool:
        """Whether the run's own row must be written."""
        view, before = self.view, self.before
        return (view.state, view.failure, view.ending) != (before.state, before.failure, before.ending)

    @property
    def paused(self) -> bool:
        """Its jobs can't be claimed: new ones and those that park are held."""
        return self.view.state is RunState.PAUSED

    @property
    def was_paused(self) -> bool:
        """It is being paused: what could be claimed is to be held."""
        return self.paused and self.before.state is not RunState.PAUSED

    @property
    def was_resumed(self) -> bool:
        """It is paused no more and goes on: what is held is to be let go."""
        return self.before.state is RunState.PAUSED and not self.paused and not self.ended

    @property
    def changed_families(self) -> tuple[str, ...]:
        """The nodes whose families must be written."""
        before = self._families_before
        return tuple(node_id for node_id, family in self.families.items() if family != before.get(node_id))

    @property
    def forsaken(self) -> tuple[str, ...]:
        """Nodes that are decided here while children of theirs go on or haven't begun; a detached child goes on."""
        return tuple(
            node_id
            for node_id, family in self.families.items()
            if node_id in self.decisions and (family.new or (family.live and not family.detached))
        )

    def feed(self, event: RunEvent) -> None:
        self._events.append(event)

    def proceed(self, now: Instant) -> frozenset[str]:
        """Folds what was fed; answers nodes whose outputs must be supplied first, or nothing when all is folded."""
        while self._events:
            answer = advance(self.view, self._events[0], self.graph, now)
            if isinstance(answer, OutputsNeeded):
                return answer.nodes
            self.started |= isinstance(self._events.popleft(), RunStarted)
            self._take(answer)
        return NOTHING

    def supply(self, outputs: Mapping[str, JSON], errors: Mapping[str, JSON]) -> None:
        """Adds loaded outputs and errors to the view; nodes decided in this transaction are there already."""
        view = self.view
        self.view = view._replace(outputs={**outputs, **view.outputs}, errors={**errors, **view.errors})

    def parked(self, states: Mapping[str, JobState]) -> bool:
        """In a draining run, ends active nodes whose jobs aren't running; ``states`` holds live jobs by node id.

        True when that fed new events: proceed again.
        """
        if not self.failing:
            return False
        idle = [
            node_id
            for node_id, node in self.view.nodes.items()
            if node.state is NodeState.ACTIVE and states.get(node_id) is not JobState.RUNNING
        ]
        for node_id in idle:
            self._stop(node_id, Reason.RUN_FAILED)
            error = ErrorInfo("cancelled", "another node of the run failed")
            self.feed(NodeSettled(node_id, NodeState.CANCELLED, error=error))
        return bool(idle)

    def fact_rows(self, now: Instant) -> list[EventRow]:
        """The run's facts as event rows, with the jobs of nodes that were active before."""
        known = self.before.nodes
        rows: list[EventRow] = []
        for fact in self.facts:
            node = known.get(fact.node_id or "")
            rows.append(fact_row(self.view, fact, None if node is None else node.job_id, now))
        return rows

    def _take(self, plan: Plan) -> None:
        self.view = plan.view
        self.starts.update((start.node_id, None) for start in plan.starts)
        self.decisions.update((decision.node_id, decision) for decision in plan.decisions)
        self.facts.extend(plan.facts)
        for node_id in plan.stop:
            self._stop(node_id, Reason(plan.stop_reason))
        if plan.ended:
            self.ended = True
            self.output = plan.output

    def _stop(self, node_id: str, reason: Reason) -> None:
        if node_id in self.starts:
            del self.starts[node_id]
        else:
            self.stops.setdefault(node_id, reason)


def needed_by(folds: Iterable[RunFold], now: Instant) -> dict[str, frozenset[str]]:
    """Lets every fold proceed; for those that wait, run id → nodes whose outputs must be loaded."""
    missing: dict[str, frozenset[str]] = {}
    for fold in folds:
        nodes = fold.proceed(now)
        if nodes:
            missing[fold.view.id] = nodes
    return missing
