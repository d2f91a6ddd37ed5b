"""The payload as typed arguments: what is read, and what is told about what can't be."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, field_validator

import holdfast
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import Task, TaskRegistry
from holdfast.tasks.signature import Unusable
from tests.nodes.test_registry import registry


class Plan(Enum):
    FREE = "free"
    PAID = "paid"


@dataclass
class Address:
    street: str
    zip: int


class Customer(BaseModel):
    name: str
    address: Address
    plan: Plan = Plan.FREE

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name == "nobody":
            raise ValueError("that one doesn't exist")
        if name == "trap":
            raise KeyError(name)
        return name


async def arguments(function: Callable[..., Any], context: NodeContext, **payload: JSON) -> Any:
    outcome = await TaskNode(Task("some.task", function)).execute(context, payload)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.result


async def problems(function: Callable[..., Any], context: NodeContext, payload: JSONObject) -> list[str]:
    outcome = await TaskNode(Task("some.task", function)).execute(context, payload)
    assert isinstance(outcome, Failed), outcome
    assert (outcome.error.type, outcome.final) == ("params", True)
    return outcome.error.message.removeprefix("some.task: ").split("; ")


@pytest.mark.parametrize(
    ("kind", "given", "type_name"),
    [
        (datetime, "2026-01-31T09:30:00Z", "datetime"),
        (date, "2026-01-31", "date"),
        (timedelta, 90, "timedelta"),
        (UUID, "019c0000-0000-7000-8000-000000000001", "UUID"),
        (Plan, "paid", "Plan"),
        (Address, {"street": "Main", "zip": "12345"}, "Address"),
        (Customer, {"name": "c", "address": {"street": "Main", "zip": 1}}, "Customer"),
        (tuple[int, str], [1, "a"], "tuple"),
        (set[int], [1, 2, 2], "set"),
        (dict[int, Plan], {"1": "free"}, "dict"),
        (int | None, None, "NoneType"),
        (Literal["a", "b"], "a", "str"),
        (float, 2, "float"),
        (Any, {"as": "it is"}, "dict"),
    ],
)
async def test_json_becomes_what_the_annotation_says(
    kind: Any, given: JSON, type_name: str, context: NodeContext
) -> None:
    async def tell(value: Any) -> str:
        return type(value).__name__

    tell.__annotations__["value"] = kind
    assert await arguments(tell, context, value=given) == type_name


async def test_what_has_no_annotation_is_taken_as_it_is(context: NodeContext) -> None:
    async def tell(one, *, two=2, **others):  # type: ignore[no-untyped-def]
        return [one, two, others]

    assert await arguments(tell, context, one="1", more=[None]) == ["1", 2, {"more": [None]}]


async def test_further_arguments_have_a_type_too(context: NodeContext) -> None:
    async def add(**numbers: int) -> int:
        return sum(numbers.values())

    assert await arguments(add, context, a=1, b="2") == 3
    assert (await problems(add, context, {"a": "x"}))[0].startswith("a: should be a valid integer")


async def test_everything_wrong_is_told_at_once_and_never_a_value(context: NodeContext) -> None:
    def bill(customer: Customer, amount: Annotated[int, Field(ge=0)], due: date, note: str = "") -> None: ...

    told = await problems(
        bill,
        context,
        {"customer": {"name": "c", "address": {"zip": "s3cret"}}, "amount": -5, "notes": "s3cret"},
    )
    assert told == [
        "customer.address.street: field required",
        "customer.address.zip: should be a valid integer, unable to parse string as an integer",
        "amount: should be greater than or equal to 0",
        "notes: the task has no such argument",
        "due: is missing",
    ]


async def test_a_validator_of_the_author_may_refuse_or_fall_over(context: NodeContext) -> None:
    def greet(customer: Customer) -> None: ...

    address: JSON = {"street": "Main", "zip": 1}
    assert await problems(greet, context, {"customer": {"name": "nobody", "address": address}}) == [
        "customer.name: that one doesn't exist"
    ]
    assert await problems(greet, context, {"customer": {"name": "trap", "address": address}}) == [
        "customer: can't be read: KeyError"
    ]


async def test_the_context_is_no_argument_of_the_payload(context: NodeContext) -> None:
    async def tell(name: str, ctx: holdfast.Context) -> str:
        return f"{name} {ctx.idempotency_key}"

    assert await arguments(tell, context, name="a") == "a key-1"
    assert await problems(tell, context, {"name": "a", "ctx": {}}) == ["ctx: the task has no such argument"]


async def test_the_context_may_be_optional_for_calls_without_a_worker(context: NodeContext) -> None:
    def tell(hf: holdfast.SyncContext | None = None) -> str:
        return "none" if hf is None else hf.job_id

    assert tell() == "none"
    assert await arguments(tell, context) == context.job_id


async def test_a_method_and_a_callable_object_have_parameters_too(context: NodeContext) -> None:
    class Adder:
        def __init__(self, start: int) -> None:
            self._start = start

        async def add(self, number: int) -> int:
            return self._start + number

        def __call__(self, number: int) -> int:
            return self._start + number

    assert await arguments(Adder(1).add, context, number="2") == 3
    assert await arguments(Adder(1), context, number="2") == 3
    assert (await problems(Adder(1), context, {"number": "x"}))[0].startswith("number: ")


def positional(value: int, /) -> None: ...


def two_contexts(a: holdfast.Context, b: holdfast.Context) -> None: ...


class Opaque:
    pass


def opaque(value: Opaque) -> None: ...


def unknown(value: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "rule"),
    [
        (positional, "value: a payload gives arguments by name"),
        (two_contexts, "b: one parameter gets the context, and a does already"),
        (opaque, "value: its type can't be read from JSON: "),
        (unknown, "its annotations can't be read: name 'Nowhere' is not defined"),
    ],
)
def test_a_function_that_no_payload_fits_is_refused_at_the_start(function: Callable[..., Any], rule: str) -> None:
    with pytest.raises(Unusable, match=rule):
        TaskNode(Task("some.task", function))
    with pytest.raises(Invalid) as caught:
        registry(TaskRegistry({"some.task": Task("some.task", function)}))
    (problem,) = caught.value.problems
    assert problem.path == "some.task"
    assert rule in problem.message
