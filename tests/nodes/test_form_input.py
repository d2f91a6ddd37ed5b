"""``form.input``: typed fields out of the run's input, and what is wrong with them."""

import pytest

from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.form_input import FormInput
from holdfast.ports import NodeContext

FIELDS: JSON = [
    {"name": "city", "type": "text", "required": True},
    {"name": "count", "type": "number", "default": 3},
    {"name": "urgent", "type": "boolean"},
    {"name": "level", "type": "choice", "choices": ["low", "high", 1, True]},
    {"name": "day", "type": "date"},
]


async def form(context: NodeContext, given: JSON, fields: JSON = FIELDS) -> Outcome:
    return await FormInput().execute(context._replace(run_input=given), {"fields": fields})


async def values(context: NodeContext, given: JSON) -> JSONObject:
    outcome = await form(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert isinstance(outcome.result, dict)
    return outcome.result


async def wrong(context: NodeContext, given: JSON, fields: JSON = FIELDS) -> str:
    outcome = await form(context, given, fields)
    assert isinstance(outcome, Failed), outcome
    assert outcome.final
    return outcome.error.message


async def test_what_is_given_is_the_output_and_nothing_else(context: NodeContext) -> None:
    given: JSON = {"city": "Ulm", "count": 1.5, "urgent": False, "level": "high", "day": "2026-01-31", "other": 1}
    expected = {"city": "Ulm", "count": 1.5, "urgent": False, "level": "high", "day": "2026-01-31"}
    assert await values(context, given) == expected


async def test_what_is_not_given_is_the_default_or_null(context: NodeContext) -> None:
    expected = {"city": "Ulm", "count": 3, "urgent": None, "level": None, "day": None}
    assert await values(context, {"city": "Ulm"}) == expected
    assert await values(context, {"city": "Ulm", "count": None, "level": "", "day": ""}) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "city: is required"),
        (None, "city: is required"),
        ({"city": ""}, "city: is required"),
        ({"city": 1}, "city: must be text"),
        ({"city": "Ulm", "count": "3"}, "count: must be a number"),
        ({"city": "Ulm", "count": True}, "count: must be a number"),
        ({"city": "Ulm", "urgent": "yes"}, "urgent: must be true or false"),
        ({"city": "Ulm", "level": "medium"}, "level: must be one of low, high, 1, true"),
        ({"city": "Ulm", "level": ["low"]}, "level: must be one of low, high, 1, true"),
        ({"city": "Ulm", "day": "31.01.2026"}, "day: must be a date such as 2026-01-31"),
        ({"city": "Ulm", "day": "2026-02-30"}, "day: must be a date such as 2026-01-31"),
        ({"city": "Ulm", "day": "20260131"}, "day: must be a date such as 2026-01-31"),
        (
            {"count": "x", "day": 1},
            "city: is required; count: must be a number; day: must be a date such as 2026-01-31",
        ),
        ([1], "the input must be an object with the fields of the form"),
    ],
)
async def test_what_is_wrong_is_told_by_field(given: JSON, message: str, context: NodeContext) -> None:
    assert await wrong(context, given) == message


async def test_one_and_true_are_different_choices(context: NodeContext) -> None:
    assert (await values(context, {"city": "Ulm", "level": True}))["level"] is True
    fields: JSON = [{"name": "a", "type": "choice", "choices": [1]}]
    assert await wrong(context, {"a": True}, fields) == "a: must be one of 1"


async def test_a_default_that_does_not_fit_is_told_too(context: NodeContext) -> None:
    assert await wrong(context, {}, [{"name": "a", "type": "number", "default": "x"}]) == "a: must be a number"


async def test_two_fields_of_one_name_are_refused(context: NodeContext) -> None:
    twins: JSON = [{"name": "a", "type": "text"}, {"name": "a", "type": "number"}]
    assert "two fields of the name a" in await wrong(context, {}, twins)
