"""The kinds that wait: wait.until, wait.event, wait.callback, approval."""

from typing import Any

import pytest

from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Snoozed, Succeeded, Suspended
from holdfast.model.wait import Wait
from holdfast.nodes.approval import Approval
from holdfast.nodes.wait_callback import WaitCallback
from holdfast.nodes.wait_event import WaitEvent
from holdfast.nodes.wait_until import WaitUntil
from holdfast.ports import NodeContext
from tests.nodes.conftest import NOW


def test_no_waiting_kind_holds_a_worker(context: NodeContext) -> None:
    nodes: list[Any] = [WaitUntil(), WaitEvent(), WaitCallback(), Approval()]
    for node in nodes:
        assert node.spec.inline
        with pytest.raises(StopIteration):
            node.execute(context, dict(node.spec.example)).send(None)


def test_the_ports_are_the_answers_and_the_timeout() -> None:
    assert WaitUntil.spec.ports == ("out",)
    assert WaitEvent.spec.ports == WaitCallback.spec.ports == ("out", "timeout")
    assert Approval.spec.ports == ("approved", "rejected", "timeout")


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2026-03-01T12:00:30Z", NOW + 30 * SECOND),
        ("2026-03-01T14:00:00+01:00", NOW + HOUR),
        ("2026-03-01T12:00:00.500000000Z", NOW + SECOND // 2),
    ],
)
async def test_wait_until_snoozes_until_its_moment(at: str, moment: int, context: NodeContext) -> None:
    assert await WaitUntil().execute(context, {"at": at}) == Snoozed(moment)
    assert await WaitUntil().execute(context._replace(now=moment), {"at": at}) == Succeeded()


@pytest.mark.parametrize("at", ["2026-03-01T12:00:00Z", "1999-01-01T00:00:00Z"])
async def test_a_moment_that_has_passed_is_no_wait(at: str, context: NodeContext) -> None:
    assert await WaitUntil().execute(context, {"at": at}) == Succeeded()


@pytest.mark.parametrize("at", ["soon", "2026-03-01T12:00:00", "1969-01-01T00:00:00Z", 12, None])
async def test_a_moment_that_is_none_is_final(at: JSON, context: NodeContext) -> None:
    outcome = await WaitUntil().execute(context, {"at": at})
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert outcome.error.message.startswith("at: ")


async def test_wait_event_says_what_fits_and_how_old_it_may_be(context: NodeContext) -> None:
    params: JSONObject = {
        "event": "order.*", "condition": "event.data.id == input.id", "name": "paid", "timeout": "2d", "lookback": "1h",
    }  # fmt: skip
    assert await WaitEvent().execute(context, params) == Suspended(
        NOW + 2 * DAY,
        Wait("event", "paid", "order.*", "event.data.id == input.id", NOW - HOUR),
    )


async def test_wait_event_looks_back_five_minutes_under_its_nodes_name(context: NodeContext) -> None:
    outcome = await WaitEvent().execute(context._replace(now=NOW + HOUR), {"event": "order.paid"})
    assert outcome == Suspended(None, Wait("event", "step", "order.paid", since=NOW - 5 * MINUTE))


async def test_wait_event_looks_back_to_the_beginning_of_time_at_most(context: NodeContext) -> None:
    outcome = await WaitEvent().execute(context._replace(created_at=SECOND), {"event": "a"})
    assert isinstance(outcome, Suspended)
    assert outcome.wait is not None
    assert outcome.wait.since == 0


async def test_wait_callback_waits_for_its_node(context: NodeContext) -> None:
    assert await WaitCallback().execute(context, {}) == Suspended(None, Wait("callback", "step"))
    assert await WaitCallback().execute(context, {"timeout": "1h"}) == Suspended(NOW + HOUR, Wait("callback", "step"))


async def test_approval_keeps_what_people_need_to_see(context: NodeContext) -> None:
    params: JSONObject = {"title": "Refund?", "message": 40, "approvers": ["ada@example.com", "admin"], "timeout": "1h"}
    wait = Wait(
        "approval", "step", approvers=("ada@example.com", "admin"), details={"title": "Refund?", "message": "40"}
    )
    assert await Approval().execute(context, params) == Suspended(NOW + HOUR, wait)
    assert await Approval().execute(context, {}) == Suspended(None, Wait("approval", "step"))


@pytest.mark.parametrize("node", [WaitEvent(), WaitCallback(), Approval()])
@pytest.mark.parametrize("name", ["timeout", "lookback"])
async def test_a_length_of_time_beyond_all_bounds_is_final(node: Any, name: str, context: NodeContext) -> None:
    if name not in node.spec.params["properties"]:
        return
    outcome = await node.execute(context, {"event": "a", name: "9999d"})
    assert isinstance(outcome, Failed)
    assert (outcome.error.message, outcome.final) == (f"{name}: a duration is at most 3650d", True)
