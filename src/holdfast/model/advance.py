"""What follows from one event of a run: the whole rule book of the graph, as a pure function.

``advance`` is called with the run under its lock. It never waits, reads or writes: it answers a ``Plan`` that the store
writes in the same transaction, or ``OutputsNeeded`` when a guard or the run's output reads nodes that weren't loaded;
the caller loads them into the view and asks again with the same event.

- An edge is *taken* when its source is decided and took its port, *dead* when its source is decided otherwise.
- Nodes are looked at in topological order, each once per plan, and without recursion: a chain of 1,000 skips is a loop.
- An event for a node that isn't active, or for a run that ended, is late: the plan is empty and the view unchanged.
- Once ``view.failure`` is set the run is failing: nothing starts, not even what the same event would have started.
- Once ``view.ending`` is set the run is compensating: only compensators start, one at a time, and their failures end
  nothing. Its timeout is over then. Who cancels it a second time ends it at once; the end of its parent, or a newer run
  that takes its place, doesn't: half of what was done would stay.
- A paused run decides as any other; its new jobs wait (``job_of``). The run of a body tells no ``workflow`` facts.
- Every plan leaves the run ended, or with at least one active node: no plan can strand it.
"""

from holdfast.model.advance_draft import Draft
from holdfast.model.advance_ending import cancel, conclude
from holdfast.model.advance_flow import begin, propagate, settle
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant, format_duration
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import (
    RUN_ENDED,
    NodeSettled,
    NodeState,
    OutputsNeeded,
    Plan,
    RunCancelled,
    RunEvent,
    RunPaused,
    RunResumed,
    RunStarted,
    RunState,
    RunTimedOut,
    RunView,
)


def advance(view: RunView, event: RunEvent, graph: Graph, now: Instant) -> Plan | OutputsNeeded:
    """Everything that follows from ``event``.

    ``graph`` is what the run executes (``Graph.of_body`` of its own version), ``now`` the transaction's time.
    """
    if is_late(view, event):
        return Plan(view)
    draft = Draft(view, graph, now)
    match event:
        case RunStarted(alone):
            begin(draft, alone)
        case NodeSettled():
            settle(draft, event)
        case RunPaused(by):
            return _turned(draft, RunState.PAUSED, "workflow.paused", by)
        case RunResumed(by):
            return _turned(draft, RunState.RUNNING, "workflow.resumed", by)
        case RunCancelled(by, compensate):
            return cancel(draft, by, compensate)
        case RunTimedOut():
            draft.fail_run(_timed_out(graph))
            return conclude(draft, at_once=True)
    propagate(draft)
    return conclude(draft)


def is_late(view: RunView, event: RunEvent) -> bool:
    """Whether the event comes after what it speaks of, or before the run can heed it: it changes nothing."""
    if view.state in RUN_ENDED:
        return True
    match event:
        case RunStarted():
            return view.state is not RunState.PENDING
        case NodeSettled():
            node = view.nodes.get(event.node_id)
            return node is None or node.state is not NodeState.ACTIVE
        case RunPaused():
            return view.state in (RunState.PENDING, RunState.PAUSED)
        case RunResumed():
            return view.state is not RunState.PAUSED
        case RunTimedOut():
            return view.ending is not None
        case RunCancelled():
            return False


def _turned(draft: Draft, state: RunState, fact: str, by: str) -> Plan:
    draft.state = state
    draft.fact(fact, by=by)
    return draft.answer()


def _timed_out(graph: Graph) -> ErrorInfo:
    timeout = graph.workflow.settings.timeout
    limit = "its timeout" if timeout is None else format_duration(timeout)
    return ErrorInfo("timeout", f"the run took longer than {limit}")
