"""What a task's context knows, tells and keeps, in async and in plain functions."""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
import structlog
from pydantic import BaseModel

import holdfast
from holdfast.model.json import JSON
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.task import TaskNode
from holdfast.nodes.threads import Threads
from holdfast.ports import NodeContext
from holdfast.tasks import Task
from tests.nodes.lifelines import Told
from tests.support.waiting import eventually


async def attempt(function: Callable[..., Any], context: NodeContext, told: Told | None = None) -> Outcome:
    lived = context._replace(lifeline=told, max_attempts=3)
    return await TaskNode(Task("some.task", function), Threads(notice=5)).execute(lived, {})


async def result_of(function: Callable[..., Any], context: NodeContext, told: Told | None = None) -> JSON:
    outcome = await attempt(function, context, told)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.result


async def failure_of(function: Callable[..., Any], context: NodeContext, told: Told | None = None) -> Failed:
    outcome = await attempt(function, context, told)
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_an_attempt_knows_who_it_is(context: NodeContext) -> None:
    async def tell(hf: holdfast.Context) -> list[Any]:
        return [hf.job_id, hf.tenant, hf.attempt, hf.max_attempts, hf.idempotency_key, hf.correlation_id, hf.cancelled]

    def tell_plainly(hf: holdfast.SyncContext) -> list[Any]:
        return [hf.job_id, hf.tenant, hf.attempt, hf.max_attempts, hf.idempotency_key, hf.correlation_id, hf.cancelled]

    known = [context.job_id, "default", 1, 3, "key-1", "correlation-1", False]
    assert await result_of(tell, context) == await result_of(tell_plainly, context) == known


async def test_a_plain_function_may_ask_for_either_context(context: NodeContext) -> None:
    def tell(hf: holdfast.Context) -> str:
        return type(hf).__name__

    assert await result_of(tell, context) == "SyncContext"


async def test_lines_of_its_logger_name_the_attempt(context: NodeContext) -> None:
    async def tell(hf: holdfast.Context) -> None:
        hf.log.info("halfway", rows=3)

    with structlog.testing.capture_logs() as lines:
        await result_of(tell, context._replace(kind="task:some.task"))
    names = {"task": "some.task", "job": context.job_id, "attempt": 1, "correlation_id": "correlation-1"}
    place = {"run": context.run_id, "node": "step"}
    assert lines == [{"event": "halfway", "log_level": "info", "rows": 3, **names, **place}]


async def test_progress_and_signs_of_life_are_told(context: NodeContext) -> None:
    async def tell(hf: holdfast.Context) -> None:
        await hf.heartbeat()
        await hf.progress(0.5)
        await hf.progress({"rows": 10}, "reading")

    told = Told()
    await result_of(tell, context, told)
    assert told.beats == [None, 0.5, {"value": {"rows": 10}, "note": "reading"}]


async def test_a_thread_tells_its_last_progress_however_often_it_calls(context: NodeContext) -> None:
    def tell(hf: holdfast.SyncContext) -> None:
        for row in range(10_000):
            hf.heartbeat()
            hf.progress(row)

    told = Told()
    await result_of(tell, context, told)
    await eventually(lambda: 9_999 in told.beats)
    assert told.beats[-1] == 9_999


@pytest.mark.parametrize(
    ("progress", "rule"), [(float("nan"), "progress is not a finite number"), ("x" * 30_000, "progress is small")]
)
async def test_progress_is_small_json(progress: JSON, rule: str, context: NodeContext) -> None:
    async def tell(hf: holdfast.Context) -> None:
        await hf.progress(progress)

    def tell_plainly(hf: holdfast.SyncContext) -> None:
        hf.progress(progress)

    for function in (tell, tell_plainly):
        failure = await failure_of(function, context, Told())
        assert failure.error.type == "ValueError"
        assert rule in failure.error.message


async def test_without_a_worker_signs_of_life_go_nowhere_and_steps_are_refused(context: NodeContext) -> None:
    async def tell(hf: holdfast.Context) -> None:
        await hf.heartbeat()
        await hf.progress(1)
        await hf.step("a", lambda: 1)

    assert "only an attempt that a worker runs" in (await failure_of(tell, context)).error.message


# -- steps -----------------------------------------------------------------------------------------------------------


class Receipt(BaseModel):
    number: int
    day: date


class Shop:
    """Something that must not happen twice."""

    def __init__(self) -> None:
        self.charged: list[int] = []

    def charge(self, amount: int) -> Receipt:
        self.charged.append(amount)
        return Receipt(number=len(self.charged), day=date(2026, 1, 31))

    async def charge_slowly(self, amount: int) -> Receipt:
        await asyncio.sleep(0)
        return self.charge(amount)


def flows(shop: Shop) -> dict[str, Callable[..., Any]]:
    """The same task in each way to write it."""

    async def called(hf: holdfast.Context) -> str:
        receipt = await hf.step("charge", shop.charge, 5)
        return f"{receipt.number} {receipt.day.year}"

    async def awaited(hf: holdfast.Context) -> str:
        receipt = await hf.step("charge", shop.charge_slowly, amount=5)
        return f"{receipt.number} {receipt.day.year}"

    def plain(hf: holdfast.SyncContext) -> str:
        receipt = hf.step("charge", shop.charge, 5)
        return f"{receipt.number} {receipt.day.year}"

    return {"called": called, "awaited": awaited, "plain": plain}


@pytest.mark.parametrize("way", ["called", "awaited", "plain"])
async def test_a_step_that_was_kept_isnt_done_again(way: str, context: NodeContext) -> None:
    shop, told = Shop(), Told()
    flow = flows(shop)[way]
    assert await result_of(flow, context, told) == "1 2026"
    assert told.kept == {"charge": {"number": 1, "day": "2026-01-31"}}
    assert await result_of(flow, context._replace(attempt=2), told) == "1 2026"
    assert shop.charged == [5]


async def test_what_isnt_annotated_comes_back_as_json_at_the_first_attempt_too(context: NodeContext) -> None:
    async def flow(hf: holdfast.Context) -> list[Any]:
        return [await hf.step("pair", lambda: (1, 2)), await hf.step("nothing", lambda: None)]

    told = Told()
    assert await result_of(flow, context, told) == [[1, 2], None]
    assert await result_of(flow, context, told) == [[1, 2], None]
    assert told.reads == 2


async def test_a_step_that_fails_keeps_nothing_and_may_be_tried_again(context: NodeContext) -> None:
    tries: list[int] = []

    def shaky() -> str:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ConnectionError("not yet")
        return "done"

    async def flow(hf: holdfast.Context) -> str:
        try:
            return await hf.step("shaky", shaky)
        except ConnectionError:
            return await hf.step("shaky", shaky)

    def plainly(hf: holdfast.SyncContext) -> str:
        try:
            return hf.step("shaky", shaky)
        except ConnectionError:
            return hf.step("shaky", shaky)

    for function in (flow, plainly):
        tries.clear()
        assert await result_of(function, context, Told()) == "done"
        assert len(tries) == 2


@pytest.mark.parametrize("way", ["called", "plain"])
async def test_a_result_that_cant_be_kept_is_final(way: str, context: NodeContext) -> None:
    async def called(hf: holdfast.Context) -> None:
        await hf.step("odd", object)

    def plain(hf: holdfast.SyncContext) -> None:
        hf.step("odd", object)

    functions: dict[str, Callable[..., Any]] = {"called": called, "plain": plain}
    failure = await failure_of(functions[way], context, Told())
    assert (failure.error.type, failure.final) == ("result", True)
    assert failure.error.message.startswith("step odd: ")


async def test_two_steps_of_one_name_at_once_are_a_mistake(context: NodeContext) -> None:
    async def flow(hf: holdfast.Context) -> None:
        async def slow() -> None:
            await asyncio.Event().wait()

        first = asyncio.ensure_future(hf.step("same", slow))
        await asyncio.sleep(0)
        try:
            await hf.step("same", slow)
        finally:
            first.cancel()

    assert "is running already" in (await failure_of(flow, context, Told())).error.message


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b", "a\nb"])
async def test_a_step_has_a_printable_name(name: str, context: NodeContext) -> None:
    async def flow(hf: holdfast.Context) -> None:
        await hf.step(name, lambda: 1)

    assert "a step's name" in (await failure_of(flow, context, Told())).error.message


async def _fenced(hf: holdfast.Context) -> str:
    await hf.step("a", lambda: 1)
    return "went on"


def _fenced_plainly(hf: holdfast.SyncContext) -> str:
    hf.step("a", lambda: 1)
    return "went on"


@pytest.mark.parametrize("function", [_fenced, _fenced_plainly])
async def test_an_attempt_that_lost_its_job_stops_at_its_next_step(
    function: Callable[..., Awaitable[str] | str], context: NodeContext
) -> None:
    told = Told()
    told.owner = False
    with pytest.raises(asyncio.CancelledError):
        await attempt(function, context, told)
    assert told.kept == {}


async def test_a_partial_of_an_async_callable_gets_the_async_context(context: NodeContext) -> None:
    class Caller:
        async def __call__(self, hf: holdfast.Context, number: int) -> JSON:
            return await hf.step("a", lambda: number)

    assert await result_of(functools.partial(Caller(), number=3), context, Told()) == 3


async def test_a_plain_function_cant_hand_its_context_to_the_event_loop(context: NodeContext) -> None:
    async def later(hf: holdfast.SyncContext) -> int:
        return hf.step("a", lambda: 1)

    def work(hf: holdfast.SyncContext) -> Any:
        return later(hf)

    assert "belongs to its thread" in (await failure_of(work, context, Told())).error.message


# -- being stopped ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["cancelled", "check", "heartbeat", "progress", "step"])
async def test_a_plain_function_that_asks_now_and_then_stops(way: str, context: NodeContext) -> None:
    began, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(hf: holdfast.SyncContext) -> None:
        loop.call_soon_threadsafe(began.set)
        try:
            while not hf.cancelled:
                if way == "check":
                    hf.check()
                elif way == "heartbeat":
                    hf.heartbeat()
                elif way == "progress":
                    hf.progress(1)
                elif way == "step":
                    hf.step("again", lambda: None)
        finally:
            ended.set()

    threads = Threads(notice=10)
    node = TaskNode(Task("some.task", work), threads)
    running = asyncio.create_task(node.execute(context._replace(lifeline=Told()), {}))
    await asyncio.wait_for(began.wait(), 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
    assert threads.count == 0


async def test_an_async_task_can_see_that_it_is_to_stop(context: NodeContext) -> None:
    began, seen = asyncio.Event(), asyncio.Event()

    async def work(hf: holdfast.Context) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            assert hf.cancelled
            seen.set()
            hf.check()

    running = asyncio.create_task(attempt(work, context))
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen.is_set()


@pytest.mark.parametrize("kept", [{}, {"read": {"token": "hunter2"}}])
async def test_a_step_that_isnt_what_it_is_annotated_to_be_fails_for_good_and_tells_no_value(
    kept: dict[str, JSON], context: NodeContext
) -> None:
    class Account(BaseModel):
        token: int

    def read() -> Account:
        return {"token": "hunter2"}  # type: ignore[return-value]

    async def work(hf: holdfast.Context) -> None:
        await hf.step("read", read)

    def work_plainly(hf: holdfast.SyncContext) -> None:
        hf.step("read", read)

    for function in (work, work_plainly):
        failure = await failure_of(function, context, Told(**kept))
        assert (failure.error.type, failure.final) == ("result", True)
        assert "step read.token: Input should be a valid integer" in failure.error.message
        assert "hunter2" not in str(failure)
