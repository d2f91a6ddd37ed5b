"""Signals: which node takes one, what it must hold, who may decide; every refusal says the way out."""

from typing import Any

import pytest

from holdfast.engine.signals import check_approver, check_open, receivers, signal_of
from holdfast.model.errors import Conflict, Forbidden, Invalid, NotFound
from holdfast.model.json import JSON
from holdfast.model.records import RunNodeRecord, RunRecord, WaitRecord
from holdfast.model.run import RunState
from holdfast.model.wait import Signal, Wait
from holdfast.model.workflow import NodeDef

CALL = NodeDef("call", "wait.callback")
ASK = NodeDef("ask", "approval")
PAID = NodeDef("paid", "wait.event", {"event": "order.paid"})
NAMED = NodeDef("shipped", "wait.event", {"event": "order.shipped", "name": "parcel"})
OPEN = NodeDef("any", "wait.event", {"event": "x", "name": "{{ input.name }}"})
PLAIN = NodeDef("plain", "noop")


def run_with(**states: str) -> RunRecord:
    nodes = {node: RunNodeRecord(node, state, 1, None, None, None, None, None) for node, state in states.items()}
    return RunRecord(
        "r", "default", "w", "flow", 1, "v", RunState.RUNNING, None, None, None, {}, None, "c", 0, None, None, nodes
    )


def waiting(node: NodeDef, *approvers: str) -> WaitRecord:
    return WaitRecord("j", "default", "r", node.id, Wait("approval", node.id, approvers=approvers), None)


@pytest.mark.parametrize(("name", "node"), [("call", CALL), ("ask", ASK), ("paid", PAID), ("parcel", NAMED)], ids=str)
def test_the_node_of_a_name(name: str, node: NodeDef) -> None:
    assert receivers([CALL, ASK, PAID, NAMED, PLAIN], name) == [node]


@pytest.mark.parametrize("name", ["shipped", "plain", "nobody"])
def test_a_name_that_nothing_has_tells_those_there_are(name: str) -> None:
    with pytest.raises(NotFound, match=f"takes the signal {name}; it takes ask, call, parcel"):
        receivers([CALL, ASK, NAMED, PLAIN], name)


def test_a_workflow_without_waits_says_so() -> None:
    with pytest.raises(NotFound, match="no node that waits"):
        receivers([PLAIN], "plain")


def test_a_name_that_is_filled_in_later_may_be_any() -> None:
    assert receivers([CALL, OPEN], "anything") == [OPEN]
    assert receivers([CALL, OPEN], "call") == [CALL]


@pytest.mark.parametrize(
    ("payload", "port", "output"),
    [
        ({"approved": True}, "approved", {"approved": True, "by": "ada", "comment": None}),
        ({"approved": False, "comment": "no"}, "rejected", {"approved": False, "by": "ada", "comment": "no"}),
    ],
)
def test_a_decision(payload: JSON, port: str, output: JSON) -> None:
    assert signal_of(ASK, "ask", payload, "ada") == Signal("ask", port, output, "ada")


@pytest.mark.parametrize("payload", [None, 7, {"any": ["thing"]}])
@pytest.mark.parametrize("node", [CALL, PAID])
def test_other_waits_take_any_payload(node: NodeDef, payload: JSON) -> None:
    assert signal_of(node, node.id, payload, "ada") == Signal(node.id, "out", payload, "ada")


@pytest.mark.parametrize(
    ("payload", "paths"),
    [
        (None, ["payload"]),
        ([True], ["payload"]),
        ({}, ["payload.approved"]),
        ({"approved": "yes"}, ["payload.approved"]),
        ({"approved": 1}, ["payload.approved"]),
        ({"approved": True, "comment": 3}, ["payload.comment"]),
        ({"approve": True}, ["payload.approved", "payload.approve"]),
        ({"approved": True, "comment": "a\0"}, ["payload.comment"]),
    ],
)
def test_what_is_no_decision(payload: Any, paths: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        signal_of(ASK, "ask", payload, "ada")
    assert [problem.path for problem in caught.value.problems] == paths


def test_a_payload_that_isnt_portable() -> None:
    with pytest.raises(Invalid):
        signal_of(CALL, "call", {"n": float("nan")}, "ada")


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "DEAD", "CANCELLED", "SKIPPED"])
def test_a_node_that_has_ended_takes_no_signal(state: str) -> None:
    with pytest.raises(Conflict, match=f"too late: call is {state}"):
        check_open([CALL], run_with(call=state))


@pytest.mark.parametrize("states", [{}, {"call": "WAITING"}, {"call": "PENDING"}, {"ask": "SUCCEEDED"}])
def test_one_that_waits_or_will_takes_it(states: dict[str, str]) -> None:
    check_open([CALL], run_with(**states))


def test_one_of_several_under_a_name_is_enough() -> None:
    first, second = NodeDef("a", "wait.event", {"name": "n"}), NodeDef("b", "wait.event", {"name": "n"})
    check_open([first, second], run_with(a="SUCCEEDED"))
    with pytest.raises(Conflict, match="a is SUCCEEDED, b is SKIPPED"):
        check_open([first, second], run_with(a="SUCCEEDED", b="SKIPPED"))


@pytest.mark.parametrize(("by", "roles"), [("ada", ()), ("bob", ("operator", "admin"))])
def test_approvers_by_name_or_role(by: str, roles: tuple[str, ...]) -> None:
    check_approver(ASK, [waiting(ASK, "ada", "admin")], by, roles)


def test_others_may_not_decide() -> None:
    with pytest.raises(Forbidden, match="bob may not decide ask; ada, admin may"):
        check_approver(ASK, [waiting(ASK, "ada", "admin")], "bob", ("operator",))


def test_without_approvers_anybody_may() -> None:
    check_approver(ASK, [waiting(ASK)], "bob", ())
    check_approver(ASK, [], "bob", ())


def test_before_it_waits_the_definition_says_who_may() -> None:
    literal = NodeDef("ask", "approval", {"approvers": ["ada"]})
    check_approver(literal, [waiting(NodeDef("other", "approval"))], "ada", ())
    with pytest.raises(Forbidden):
        check_approver(literal, [], "bob", ())


@pytest.mark.parametrize("approvers", ["{{ input.who }}", ["{{ input.who }}"], ["ada", "{{ input.who }}"]])
def test_approvers_that_arent_known_yet_are_never_taken_for_anybody(approvers: JSON) -> None:
    filled_later = NodeDef("ask", "approval", {"approvers": approvers})
    with pytest.raises(Conflict, match="doesn't wait yet"):
        check_approver(filled_later, [], "ada", ())
    check_approver(filled_later, [waiting(filled_later, "ada")], "ada", ())
