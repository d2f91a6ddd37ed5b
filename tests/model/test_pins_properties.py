"""Random graphs with random pins, or one node of them alone: the run ends, and what is given beforehand never runs.

``Drive`` checks at every plan that no node starts or is decided twice and that no run is stuck.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.pins import Given, beforehand, pinned, told_test
from holdfast.model.run import DRAFT, RUN_ENDED, NodeSettled, NodeState, RunStarted, RunState
from tests.model.driving import Drive
from tests.model.random_runs import Fate, Script, scripts
from tests.support.examples import examples

EVENTS = settings(max_examples=examples(150), deadline=None)


def output_of(script: Script, name: str) -> JSON:
    """What tells the port that the node is to take."""
    return {"result": script.fates[name].port == "true", "by": name}


def run_to_end(script: Script, decided: Given, alone: str | None, data: st.DataObject) -> Drive:
    drive = Drive(script.graph, kept=decided, earlier=decided)
    drive.view = drive.view._replace(version=DRAFT, trigger={"type": "manual", "test": told_test(decided, alone)})
    drive.apply(RunStarted(alone))
    while drive.active:
        name = data.draw(st.sampled_from(drive.active))
        drive.apply(settled(name, script.fates.get(name, Fate(NodeState.SUCCEEDED, "out"))))
    assert drive.view.state in RUN_ENDED
    return drive


def settled(name: str, fate: Fate) -> NodeSettled:
    if fate.state is NodeState.SUCCEEDED:
        return NodeSettled(name, fate.state, fate.port, {"by": name})
    return NodeSettled(name, fate.state, error=ErrorInfo("boom", f"{name} broke"))


@EVENTS
@given(scripts(), st.data())
def test_a_run_with_pins_ends_and_neither_runs_nor_undoes_them(script: Script, data: st.DataObject) -> None:
    graph = script.graph
    flow = [name for name in graph.nodes if name not in graph.undoing]
    pins = data.draw(st.sets(st.sampled_from(flow)))
    outputs = {name: pinned(graph.nodes[name], output_of(script, name)) for name in sorted(pins)}
    drive = run_to_end(script, beforehand(graph, outputs, None), None, data)
    undoing = {graph.compensators[name] for name in pins if name in graph.compensators}
    assert not set(drive.started) & (pins | undoing)
    assert all(drive.states[name] == "SUCCEEDED" for name in pins)
    if pins == set(flow):
        assert drive.started == []
        assert drive.view.state is RunState.SUCCEEDED


@EVENTS
@given(scripts(), st.data())
def test_one_node_alone_is_all_that_runs(script: Script, data: st.DataObject) -> None:
    graph = script.graph
    flow = [name for name in graph.nodes if name not in graph.undoing]
    alone = data.draw(st.sampled_from(flow))
    others = [name for name in flow if name != alone]
    pins = data.draw(st.sets(st.sampled_from(others))) if others else set()
    outputs = {name: pinned(graph.nodes[name], output_of(script, name)) for name in sorted(pins)}
    drive = run_to_end(script, beforehand(graph, outputs, alone), alone, data)
    assert drive.started[0] == alone
    assert set(drive.started) <= {alone, graph.compensators.get(alone)}
    succeeded = drive.states[alone] == "SUCCEEDED"
    assert {name for name, state in drive.states.items() if state == "SUCCEEDED"} - {alone} == pins
    if succeeded:
        assert (drive.view.state, drive.output) == (RunState.SUCCEEDED, {"by": alone})
