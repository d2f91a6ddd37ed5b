"""What follows from one event of a run: the whole rule book of the graph, as a pure function.

``advance`` is called with the run under its lock. It never waits, reads or writes: it answers a ``Plan`` that the store
writes in the same transaction, or ``OutputsNeeded`` when a guard or the run's output reads nodes that weren't loaded;
the caller loads them into the view and asks again with the same event.

- An edge is *taken* when its source is decided and took its port, *dead* when its source is decided otherwise.
- Nodes are looked at in topological order, each once per plan, and without recursion: a chain of 1,000 skips is a loop.
- An event for a node that isn't active, or for a run that ended, is late: the plan is empty and the view unchanged.
- Once ``view.failure`` is set the run is failing: nothing starts, not even what the same event would have started.
- Every plan leaves the run ended, or with at least one active node: no plan can strand it.
"""

from holdfast.model.advance_draft import Draft
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
    RunStarted,
    RunState,
    RunTimedOut,
    RunView,
)


def advance(view: RunView, event: RunEvent, graph: Graph, now: Instant) -> Plan | OutputsNeeded:
    """Everything that follows from ``event``. ``graph`` is the run's own version, ``now`` the transaction's time."""
    if is_late(view, event):
        return Plan(view)
    draft = Draft(view, graph, now)
    match event:
        case RunStarted():
            draft.start()
        case NodeSettled():
            draft.settle(event)
        case RunCancelled(by):
            return draft.finish(RunState.CANCELLED, "run_cancelled", by=by)
        case RunTimedOut():
            draft.fail_run(_timed_out(graph))
            return draft.plan(at_once=True)
    draft.propagate()
    return draft.plan()


def is_late(view: RunView, event: RunEvent) -> bool:
    """Whether the event comes after what it speaks of: it changes nothing."""
    if view.state in RUN_ENDED:
        return True
    match event:
        case RunStarted():
            return view.state is not RunState.PENDING
        case NodeSettled():
            node = view.nodes.get(event.node_id)
            return node is None or node.state is not NodeState.ACTIVE
        case _:
            return False


def _timed_out(graph: Graph) -> ErrorInfo:
    timeout = graph.workflow.settings.timeout
    limit = "its timeout" if timeout is None else format_duration(timeout)
    return ErrorInfo("timeout", f"the run took longer than {limit}")
