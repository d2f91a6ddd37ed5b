"""The node kinds that need nothing from outside."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Outcome, Snoozed, Succeeded
from holdfast.nodes.delay import Delay
from holdfast.nodes.fail import Fail
from holdfast.nodes.if_ import If
from holdfast.nodes.log import Log
from holdfast.nodes.noop import Noop
from holdfast.nodes.transform import Transform
from holdfast.ports import NodeContext
from tests.nodes.conftest import NOW


def test_no_simple_node_waits_for_anything(context: NodeContext) -> None:
    """A worker steps them in place: the first step must be the last."""
    nodes: list[Any] = [Delay(), Fail(), If(), Log(), Noop(), Transform()]
    for node in nodes:
        assert node.spec.inline
        with pytest.raises(StopIteration):
            node.execute(context, dict(node.spec.example)).send(None)


@pytest.mark.parametrize("condition", [True, False])
async def test_if_takes_the_port_of_its_condition(condition: bool, context: NodeContext) -> None:
    outcome = await If().execute(context, {"condition": condition})
    assert outcome == Succeeded({"result": condition}, "true" if condition else "false")


@pytest.mark.parametrize("condition", [None, 0, 1, 1.5, "true", [], {}])
async def test_if_takes_nothing_for_a_boolean_but_a_boolean(condition: JSON, context: NodeContext) -> None:
    outcome = await If().execute(context, {"condition": condition})
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("expression", True)


@pytest.mark.parametrize("value", [None, 1, "text", [1, {"a": None}], {"a": [True]}])
async def test_transform_gives_its_value(value: JSON, context: NodeContext) -> None:
    assert await Transform().execute(context, {"value": value}) == Succeeded(value)


async def test_noop_gives_its_params(context: NodeContext) -> None:
    params: JSONObject = {"a": 1, "b": [2]}
    assert await Noop().execute(context, params) == Succeeded(params)


@pytest.mark.parametrize(("retryable", "final"), [(None, True), (False, True), (True, False)])
async def test_fail_is_final_unless_it_says_otherwise(
    retryable: bool | None, final: bool, context: NodeContext
) -> None:
    params: JSONObject = {"message": "no price"} if retryable is None else {"message": "x", "retryable": retryable}
    outcome = await Fail().execute(context, params)
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("fail", final)


async def delayed(context: NodeContext, after: int, length: str = "5m") -> Outcome:
    return await Delay().execute(context._replace(now=NOW + after), {"for": length})


async def test_a_delay_snoozes_until_its_time(context: NodeContext) -> None:
    assert await delayed(context, 0) == Snoozed(NOW + 300 * SECOND)
    assert await delayed(context, 299 * SECOND) == Snoozed(NOW + 300 * SECOND)
    assert await delayed(context, 300 * SECOND) == Succeeded()
    assert await delayed(context, 9_999 * SECOND) == Succeeded()
    assert await delayed(context, 0, "0s") == Succeeded()


@pytest.mark.parametrize("length", ["", "soon", "5", "5 m", "-5m", "9999d"])
async def test_a_delay_of_no_length_is_final(length: str, context: NodeContext) -> None:
    outcome = await delayed(context, 0, length)
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("params", True)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
async def test_a_log_line_carries_the_ids(level: str, context: NodeContext) -> None:
    with capture_logs() as lines:
        outcome = await Log().execute(context, {"message": "a cold lead", "level": level, "data": {"score": 1}})
    assert outcome == Succeeded({"message": "a cold lead"})
    assert lines == [
        {
            "event": "a cold lead",
            "log_level": level,
            "data": {"score": 1},
            "tenant": context.tenant,
            "workflow": context.workflow,
            "run_id": context.run_id,
            "node_id": context.node_id,
            "job_id": context.job_id,
            "correlation_id": context.correlation_id,
        }
    ]


async def test_a_log_message_stays_one_line(context: NodeContext) -> None:
    with capture_logs() as lines:
        outcome = await Log().execute(context, {"message": "a\n2026-01-01 [error] forged\x1b[31m ä"})
    assert lines[0]["event"] == "a\\n2026-01-01 [error] forged\\x1b[31m ä"
    assert outcome == Succeeded({"message": "a\n2026-01-01 [error] forged\x1b[31m ä"})


@pytest.mark.parametrize(("message", "text"), [({"a": 1}, '{"a":1}'), (3, "3"), (None, ""), (True, "true")])
async def test_a_log_message_may_be_any_json(message: JSON, text: str, context: NodeContext) -> None:
    assert await Log().execute(context, {"message": message}) == Succeeded({"message": text})
