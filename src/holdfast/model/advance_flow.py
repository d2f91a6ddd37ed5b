"""Forward through the graph: what starts, is skipped or fails because of what was decided before it.

A failure that nothing handles sets ``draft.failure``, and from then on no further node is looked at: those that would
have started are left for the end of the run, where they are skipped.
"""

from dataclasses import replace
from typing import Final

from holdfast.model.advance_draft import NO_PORTS, Draft
from holdfast.model.advance_join import Verdict, verdict_of
from holdfast.model.expression import ExpressionError
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import NodeSettled, NodeState, RunState


def begin(draft: Draft, alone: str | None = None) -> None:
    """The run begins: its roots are looked at, and after nodes that were kept, whatever isn't decided.

    A node that is tried ``alone`` starts whatever leads to it; all others are decided.
    """
    draft.state = RunState.RUNNING
    draft.fact("workflow.started", version=draft.before.version)
    if alone is not None:
        draft.starting.append(alone)
    elif draft.nodes:
        draft.look_later(node for node in draft.graph.order if node not in draft.graph.undoing)
    else:
        draft.look_later(draft.graph.roots)


def settle(draft: Draft, event: NodeSettled) -> None:
    """An active node's job ended."""
    if draft.state is not RunState.PAUSED:
        draft.state = RunState.RUNNING
    if event.state is NodeState.SUCCEEDED:
        draft.succeed(event)
    else:
        fail(draft, event.node_id, event.state, event.error or _unexplained(event.state))


def propagate(draft: Draft) -> None:
    """Looks at every node that the decisions so far may have set free, until there is none or the run fails."""
    while draft.failure is None:
        node_id = draft.next_look()
        if node_id is None:
            return
        if node_id not in draft.nodes:
            _look_at(draft, node_id)


def _look_at(draft: Draft, node_id: str) -> None:
    match verdict_of(draft.graph, draft.nodes, node_id):
        case Verdict.RUN:
            start(draft, node_id)
        case Verdict.SKIP:
            draft.skip(node_id, "join")
        case Verdict.WAIT:
            return


def start(draft: Draft, node_id: str) -> None:
    """The node starts if its guard lets it; else it is skipped, or fails with the guard."""
    if draft.graph.nodes[node_id].when is None:
        draft.starting.append(node_id)
        return
    try:
        reads = draft.graph.guard_reads(node_id)
        if missing := draft.missing(reads):
            draft.needed |= missing
            return
        value = draft.graph.guard(node_id, draft.scope(reads))
    except ExpressionError as error:
        fail(draft, node_id, NodeState.FAILED, expression_error("when", error))
        return
    if value is True:
        draft.starting.append(node_id)
    elif value is False:
        draft.skip(node_id, "when")
    else:
        fail(draft, node_id, NodeState.FAILED, _NOT_A_BOOL)


def fail(draft: Draft, node_id: str, state: NodeState, error: ErrorInfo) -> None:
    """A node failed. While the run compensates its failure is on record and the others go on."""
    ports = NO_PORTS if draft.ending is not None else _way_on(draft, node_id)
    draft.fail(node_id, state, error, ports, handled=bool(ports) or draft.ending is not None)
    if not ports and draft.ending is None:
        draft.fail_run(replace(error, details={**error.details, "node": node_id}))


def _way_on(draft: Draft, node_id: str) -> frozenset[str]:
    """The port by which a failed node's run goes on; none when the failure isn't handled."""
    if draft.graph.handles_error(node_id):
        return frozenset({ERROR_PORT})
    if draft.graph.nodes[node_id].on_error == "continue":
        return frozenset({OUT_PORT})
    return NO_PORTS


def expression_error(place: str, error: ExpressionError) -> ErrorInfo:
    return ErrorInfo("expression", f"{place}: {error}", error.details())


def _unexplained(state: NodeState) -> ErrorInfo:
    if state is NodeState.CANCELLED:
        return ErrorInfo("cancelled", "the node's job was cancelled")
    return ErrorInfo("failed", "the node's job failed")


_NOT_A_BOOL: Final = ErrorInfo("expression", "when: the expression must give true or false")
