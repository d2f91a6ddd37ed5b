"""Random graphs, random outcomes, random order: a run always ends, and ends where the oracle says.

``Drive`` checks at every plan that no node starts or is decided twice and that no run is stuck.
"""

from dataclasses import replace
from itertools import combinations
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.outcome import ErrorInfo
from holdfast.model.rerun import kept_nodes
from holdfast.model.run import (
    RUN_ENDED,
    NodeSettled,
    NodeState,
    RunCancelled,
    RunEvent,
    RunPaused,
    RunResumed,
    RunState,
    RunTimedOut,
)
from tests.model.driving import Drive
from tests.model.random_runs import Fate, Script, foretell, leads_to, scripts
from tests.support.examples import examples

EVENTS = settings(max_examples=examples(150), deadline=None)


def settled(script: Script, name: str) -> NodeSettled:
    fate = script.fates[name]
    if fate.state is NodeState.SUCCEEDED:
        return NodeSettled(name, fate.state, fate.port, {"by": name})
    return NodeSettled(name, fate.state, error=ErrorInfo("boom", f"{name} broke"))


def run_to_end(script: Script, data: st.DataObject) -> Drive:
    """Settles active nodes in any order, with late settlements and pauses in between."""
    drive = Drive(script.graph)
    drive.start()
    assert drive.asked == [], "a start can't need outputs: there are none"
    while drive.active:
        name = data.draw(st.sampled_from(drive.active))
        drive.apply(settled(script, name))
        late = data.draw(st.sampled_from([None, RunPaused(), RunResumed(), *drive.decisions]))
        if isinstance(late, str):
            assert drive.apply(settled(script, late)).decisions == ()
        elif late is not None:
            assert drive.apply(late).decisions == ()
    return drive


@EVENTS
@given(scripts(), st.data())
def test_a_run_ends_as_the_oracle_says_in_any_order(script: Script, data: st.DataObject) -> None:
    ended_as_foretold(run_to_end(script, data), script)


def ended_as_foretold(drive: Drive, script: Script) -> None:
    foretold = foretell(script)
    fatal = {name for name, end in foretold.items() if end.fatal}
    if fatal:
        assert drive.view.state is RunState.FAILED
        assert drive.view.failure is not None
        assert drive.view.failure.details["node"] in fatal
    else:
        assert drive.view.state is RunState.SUCCEEDED
        assert drive.states == {name: foretold[name].state.value for name in drive.states}
        assert {name: node.ports for name, node in drive.view.nodes.items()} == {
            name: foretold[name].ports for name in drive.states
        }


@EVENTS
@given(scripts(), st.data())
def test_even_a_failing_run_executes_only_what_the_oracle_would(script: Script, data: st.DataObject) -> None:
    drive = run_to_end(script, data)
    foretold = foretell(script)
    for name in set(drive.started) - script.graph.undoing:
        assert foretold[name].state is not NodeState.SKIPPED
        assert drive.decisions[name].state in (foretold[name].state, NodeState.CANCELLED)


@EVENTS
@given(scripts(), st.data())
def test_what_succeeded_is_undone_before_what_came_before_it(script: Script, data: st.DataObject) -> None:
    drive = run_to_end(script, data)
    undoing = [name for name in drive.started if name in script.graph.undoing]
    if drive.view.state is RunState.SUCCEEDED:
        assert undoing == []
        return
    done = {name for name, decision in drive.decisions.items() if decision.state is NodeState.SUCCEEDED}
    assert set(undoing) == {f"undo_{name}" for name in done if f"undo_{name}" in script.graph.nodes}
    undone = [name.removeprefix("undo_") for name in undoing]
    assert not any(leads_to(script.graph, first, later) for first, later in combinations(undone, 2))


ENDS: Final = [RunCancelled(), RunCancelled(compensate=True), RunTimedOut()]


@EVENTS
@given(scripts(), st.data(), st.sampled_from(ENDS))
def test_a_run_that_is_ended_from_outside_leaves_nothing_behind(
    script: Script, data: st.DataObject, end: RunEvent
) -> None:
    drive = Drive(script.graph)
    drive.start()
    for _ in range(data.draw(st.integers(0, 4))):
        if drive.active:
            drive.apply(settled(script, data.draw(st.sampled_from(drive.active))))
    before, active = drive.view, set(drive.active)
    plan = drive.apply(end)
    if before.state is not RunState.RUNNING or (before.compensating and isinstance(end, RunTimedOut)):
        assert (plan.decisions, plan.starts, plan.facts) == ((), (), ())
    else:
        assert set(plan.stop) == active
    assert plan.ended or drive.view.compensating
    while drive.active:
        drive.apply(settled(script, drive.active[0]))
    assert drive.view.state in RUN_ENDED
    if before.state is RunState.RUNNING and not before.compensating:
        cancelled = isinstance(end, RunCancelled)
        assert drive.view.state is (RunState.CANCELLED if cancelled else RunState.FAILED)


@EVENTS
@given(scripts(), st.data())
def test_a_repeated_run_ends_as_if_what_it_keeps_had_happened_again(script: Script, data: st.DataObject) -> None:
    first = run_to_end(script, data)
    start = data.draw(st.sampled_from(["failed", *sorted(script.graph.nodes.keys() - script.graph.undoing)]))
    kept = kept_nodes(script.graph, script.graph, first.view.nodes, start)
    fates = {name: script.fates[name] if name in kept else succeeding(script, name) for name in script.graph.nodes}
    second = Drive(script.graph, kept=kept, earlier=first.decisions)
    second.start()
    while second.active:
        second.apply(settled(replace(script, fates=fates), data.draw(st.sampled_from(second.active))))
    assert kept.isdisjoint(second.started)
    ended_as_foretold(second, replace(script, fates=fates))


def succeeding(script: Script, name: str) -> Fate:
    return replace(script.fates[name], state=NodeState.SUCCEEDED)


@EVENTS
@given(scripts(), st.data())
def test_a_node_starts_in_the_plan_that_meets_its_join(script: Script, data: st.DataObject) -> None:
    drive = Drive(script.graph)
    drive.start()
    while drive.active:
        before = set(drive.decisions)
        plan = drive.apply(settled(script, data.draw(st.sampled_from(drive.active))))
        for start in plan.starts if drive.view.ending is None else ():
            assert join_met(drive, start.node_id, set(drive.decisions))
            assert not join_met(drive, start.node_id, before)


def join_met(drive: Drive, name: str, decided: set[str]) -> bool:
    """Whether enough edges are taken by the nodes in ``decided``; ``all`` also wants every edge decided."""
    edges, join = drive.graph.in_edges[name], drive.graph.nodes[name].join
    taken = [e for e in edges if e.source in decided and e.port in drive.view.nodes[e.source].ports]
    if join.mode == "all":
        return bool(taken) and all(e.source in decided for e in edges)
    return len(taken) >= join.needed


@EVENTS
@given(scripts(), st.data())
def test_every_decided_node_is_told_once(script: Script, data: st.DataObject) -> None:
    drive = run_to_end(script, data)
    told = [fact.node_id for fact in drive.facts if fact.type in ("node.completed", "node.failed", "node.skipped")]
    assert sorted(map(str, told)) == sorted(drive.decisions)
    assert len(drive.told("workflow.started")) == len(drive.told("workflow.finished")) == 1


@EVENTS
@given(scripts(), st.data())
def test_events_folded_over_one_view_decide_as_events_in_their_own_transactions(
    script: Script, data: st.DataObject
) -> None:
    """A store may settle several nodes of a run in one transaction, going on from ``plan.view``."""
    apart, folded = Drive(script.graph), Drive(script.graph)
    folded.keeps_outputs = True
    for drive in (apart, folded):
        drive.start()
    while apart.active:
        name = data.draw(st.sampled_from(apart.active))
        for drive in (apart, folded):
            drive.apply(settled(script, name))
    assert folded.asked == []
    assert (folded.states, folded.view.state) == (apart.states, apart.view.state)
