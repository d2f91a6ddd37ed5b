"""How a run ends: with its output, or by leaving its flow, undoing what was done, and only then.

*Leaving* stops what is active and skips what was never reached. Then the compensators of nodes that succeeded start,
one after the other, in the reverse order of the nodes that they undo; meanwhile ``ending`` holds the state in which the
run ends after the last of them.
"""

from holdfast.model.advance_draft import Draft, StopReason
from holdfast.model.advance_flow import expression_error, start
from holdfast.model.expression import ExpressionError
from holdfast.model.json import JSON, JSONObject
from holdfast.model.pins import tried_alone
from holdfast.model.run import BY_NEWER, BY_PARENT, DRAFT, NodeState, OutputsNeeded, Plan, RunState


def conclude(draft: Draft, *, at_once: bool = False) -> Plan | OutputsNeeded:
    """The answer once nothing is left to look at. ``at_once``: a failing run doesn't wait for running attempts."""
    if draft.needed:
        return OutputsNeeded(frozenset(draft.needed))
    if draft.ending is not None:
        return _undo_next(draft, draft.ending)
    if draft.failure is not None:
        return _failing(draft, at_once)
    draft.start_nodes()
    # A test may have decided beforehand that nodes which undo others aren't needed: then there are more.
    if len(draft.nodes) >= draft.graph.flow_size and not draft.any_active():
        return _succeeded(draft)
    return draft.answer()


def cancel(draft: Draft, by: str, compensate: bool) -> Plan | OutputsNeeded:
    """Somebody, or the end of what it was part of, cancels the run. One that compensates already ends at once, as it
    would have, if somebody asks for it; else it goes on to its end."""
    if draft.ending is not None and by in (BY_PARENT, BY_NEWER):
        draft.state = RunState.RUNNING  # nobody may be left who would resume it
        return draft.answer()
    if draft.ending is not None:
        _leave(draft, "run_cancelled", ())
        return _end(draft, draft.ending, by=by)
    return _end_by(draft, RunState.CANCELLED, "run_cancelled", undo=compensate, by=by)


def _failing(draft: Draft, at_once: bool) -> Plan | OutputsNeeded:
    drains = draft.graph.workflow.settings.on_failure == "drain" and not at_once
    draft.starting.clear()
    if drains and draft.any_active():
        return draft.answer()
    return _end_by(draft, RunState.FAILED, "run_failed", undo=True)


def _succeeded(draft: Draft) -> Plan | OutputsNeeded:
    try:
        alone = tried_alone(draft.before) if draft.before.version == DRAFT else None
        reads = draft.graph.output_reads if alone is None else (alone,)
        if missing := draft.missing(reads):
            return OutputsNeeded(frozenset(missing))
        draft.output = draft.result() if alone is None else draft.output_of(alone)
    except ExpressionError as error:
        draft.fail_run(expression_error("output", error))
        return _end_by(draft, RunState.FAILED, "run_failed", undo=True)
    _leave(draft, "run_failed", ())
    return _end(draft, RunState.SUCCEEDED)


def _end_by(draft: Draft, state: RunState, reason: StopReason, *, undo: bool, **data: JSON) -> Plan | OutputsNeeded:
    """Leaves the flow and ends in ``state``, at once or once what succeeded is undone.

    A run that still waits for its place has done nothing: what it would keep is the run's that it repeats.
    """
    compensators = _compensators(draft) if undo and draft.state is not RunState.PENDING else ()
    _leave(draft, reason, compensators)
    if not compensators:
        return _end(draft, state, **data)
    if state is RunState.CANCELLED:
        draft.state = RunState.RUNNING  # who cancels a paused run wants it to end
    draft.ending = state
    draft.fact("workflow.compensating", nodes=list(compensators), **data)
    return _undo_next(draft, state)


def _compensators(draft: Draft) -> tuple[str, ...]:
    """What undoes the nodes that succeeded, and hasn't yet, in the order in which it runs."""
    return tuple(
        undoing
        for node, undoing in draft.graph.undo_order
        if undoing not in draft.nodes and _has_succeeded(draft, node)
    )


def _has_succeeded(draft: Draft, node_id: str) -> bool:
    node = draft.nodes.get(node_id)
    return node is not None and node.state is NodeState.SUCCEEDED


def _leave(draft: Draft, reason: StopReason, but: tuple[str, ...]) -> None:
    """Stops active nodes and skips those never reached, ``but`` some."""
    for node_id in draft.active():
        draft.stop(node_id, reason)
    left_out = set(but)
    for node_id in draft.graph.nodes:
        if node_id not in draft.nodes and node_id not in left_out:
            undoes_nothing = draft.ending is None and node_id in draft.graph.undoing
            draft.skip(node_id, "not_needed" if undoes_nothing else reason)


def _undo_next(draft: Draft, state: RunState) -> Plan | OutputsNeeded:
    """Starts the next compensator that its guard lets start; after the last one the run ends."""
    for compensator in _compensators(draft):
        start(draft, compensator)
        if draft.needed:
            return OutputsNeeded(frozenset(draft.needed))
        if draft.starting:
            draft.start_nodes()
            return draft.answer()
    return _end(draft, state)


def _end(draft: Draft, state: RunState, **data: JSON) -> Plan:
    draft.state = state
    told: JSONObject = {"state": state.value, **data}
    if state is RunState.FAILED and draft.failure is not None:
        told["error"] = {"type": draft.failure.type, "message": draft.failure.message}
    draft.fact("workflow.finished", **told)
    return draft.answer()
