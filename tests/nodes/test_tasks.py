"""Python functions as tasks: marking, loading, calling, and every way to fail."""

import asyncio
import functools
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import holdfast
from holdfast.model.errors import Invalid
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import Task, load_tasks


async def call(function: Callable[..., Any], context: NodeContext, args: JSONObject) -> Outcome:
    return await TaskNode(Task("some.task", function)).execute(context, args)


async def failure(function: Callable[..., Any], context: NodeContext, args: JSONObject | None = None) -> Failed:
    outcome = await call(function, context, args or {})
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_an_async_task_runs_in_the_loop(context: NodeContext) -> None:
    async def double(value: int) -> dict[str, object]:
        await asyncio.sleep(0)
        return {"doubled": value * 2, "thread": threading.current_thread() is threading.main_thread()}

    assert await call(double, context, {"value": 21}) == Succeeded({"doubled": 42, "thread": True})


async def test_a_plain_task_runs_in_a_thread_and_knows_its_context(context: NodeContext) -> None:
    def tell() -> dict[str, object]:
        return {
            "key": holdfast.task_context().idempotency_key,
            "thread": threading.current_thread() is threading.main_thread(),
        }

    assert await call(tell, context, {}) == Succeeded({"key": "key-1", "thread": False})
    with pytest.raises(LookupError):
        holdfast.task_context()


async def test_tasks_at_once_each_see_their_own_context(context: NodeContext) -> None:
    both = asyncio.Barrier(2)

    async def tell() -> str:
        await both.wait()
        return holdfast.task_context().idempotency_key

    outcomes = await asyncio.gather(*(call(tell, context._replace(idempotency_key=key), {}) for key in ("a", "b")))
    assert outcomes == [Succeeded("a"), Succeeded("b")]


async def test_a_partial_of_a_coroutine_function_is_awaited(context: NodeContext) -> None:
    class Adder:
        async def __call__(self, a: int, b: int) -> int:
            return a + b

    assert await call(functools.partial(Adder(), a=1), context, {"b": 2}) == Succeeded(3)


@pytest.mark.parametrize("args", [{}, {"customer": 1, "other": 2}, {"Customer": 1}])
async def test_wrong_arguments_are_final(args: JSONObject, context: NodeContext) -> None:
    def bill(customer: int) -> None: ...

    outcome = await failure(bill, context, args)
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert "some.task: " in outcome.error.message


async def test_a_type_error_inside_the_task_is_worth_another_try(context: NodeContext) -> None:
    def wrong() -> None:
        raise TypeError("inside")

    outcome = await failure(wrong, context)
    assert (outcome.error.type, outcome.error.message, outcome.final) == ("TypeError", "inside", False)


class OutOfMoney(Exception):
    pass


def raises(error: BaseException) -> tuple[Callable[[], None], Callable[[], Any]]:
    def plain() -> None:
        raise error

    async def in_loop() -> None:
        raise error

    return plain, in_loop


@pytest.mark.parametrize(
    ("error", "name", "final", "wait"),
    [
        (OutOfMoney("empty"), "OutOfMoney", False, None),
        (holdfast.FinalError("never"), "FinalError", True, None),
        (holdfast.RetryLater("5m"), "RetryLater", False, 5 * MINUTE),
        (holdfast.RetryLater(1.5), "RetryLater", False, SECOND * 3 // 2),
        (holdfast.RetryLater(timedelta(seconds=2)), "RetryLater", False, 2 * SECOND),
        (StopIteration("odd"), "RuntimeError", False, None),
        (SystemExit(3), "RuntimeError", False, None),
    ],
)
@pytest.mark.parametrize("kind", [0, 1])
async def test_what_a_task_raises_fails_it(
    kind: int, error: BaseException, name: str, final: bool, wait: int | None, context: NodeContext
) -> None:
    outcome = await failure(raises(error)[kind], context)
    assert (outcome.error.type, outcome.final, outcome.retry_after) == (name, final, wait)


@pytest.mark.parametrize("kind", [0, 1])
async def test_a_task_may_ask_to_be_run_later_or_to_be_cancelled(kind: int, context: NodeContext) -> None:
    later = await call(raises(holdfast.Snooze("5m"))[kind], context, {})
    assert isinstance(later, Snoozed)
    assert 0 <= later.until - context.now - 5 * MINUTE < MINUTE
    ended = await call(raises(holdfast.Cancel("nothing left"))[kind], context, {})
    assert ended == Cancelled(ErrorInfo("Cancel", "nothing left"))


async def test_a_traceback_shows_the_task_and_nothing_of_ours(context: NodeContext) -> None:
    def inner(secret: str) -> None:
        raise ValueError("wrong")

    def outer() -> None:
        try:
            inner("s3cret")
        except ValueError as error:
            raise RuntimeError("can't go on") from error

    trace = (await failure(outer, context)).error.traceback
    assert trace is not None
    place, source, cause = trace.splitlines()
    assert (__file__ in place, place.endswith("in outer")) == (True, True)
    assert source.strip() == 'raise RuntimeError("can\'t go on") from error'
    assert cause.startswith("caused by ValueError: wrong (")
    assert cause.endswith("in inner)")


async def test_a_long_error_text_is_cut(context: NodeContext) -> None:
    outcome = await failure(raises(ValueError("x" * 100_000))[0], context)
    assert len(outcome.error.message) == 2_000


async def test_what_no_store_could_keep_of_a_message_is_spelled_out(context: NodeContext) -> None:
    outcome = await failure(raises(ValueError("nul \0 and \ud800"))[0], context)
    assert outcome.error.message == "nul \\x00 and \\ud800"


@dataclass
class Sum:
    amount: Decimal
    parts: tuple[int, ...]


class Bill(BaseModel):
    total: Sum
    due: date


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        ((1, {2}), [1, [2]]),
        ({"colour": Colour.RED, 1: None}, {"colour": "red", "1": None}),
        (
            Bill(total=Sum(Decimal("1.50"), (1, 2)), due=date(2026, 1, 31)),
            {"total": {"amount": "1.50", "parts": [1, 2]}, "due": "2026-01-31"},
        ),
    ],
    ids=["time", "tuple", "enum", "model"],
)
async def test_a_result_becomes_json(result: object, kept: JSON, context: NodeContext) -> None:
    assert await call(lambda: result, context, {}) == Succeeded(kept)


@pytest.mark.parametrize("result", [object(), float("nan"), 2**70, "\0", {"deep": [Decimal("nan"), float("inf")]}])
async def test_a_result_that_is_no_json_is_final(result: object, context: NodeContext) -> None:
    outcome = await failure(lambda: result, context)
    assert (outcome.error.type, outcome.final) == ("result", True)
    assert outcome.error.message.startswith("result")


async def test_a_cancelled_task_is_cancelled(context: NodeContext) -> None:
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    attempt = asyncio.create_task(call(wait, context, {}))
    await asyncio.wait_for(started.wait(), 10)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    assert cleaned.is_set()


def test_a_delay_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        holdfast.RetryLater(-1)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes importable modules."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**sources: str) -> None:
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(source)
            monkeypatch.delitem(sys.modules, name, raising=False)

    return write


def test_tasks_are_collected_from_modules(modules: Callable[..., None]) -> None:
    modules(
        billing_a="import holdfast\n@holdfast.task\ndef recalculate(month):\n    'Adds it up.'\ndef helper(): ...\n",
        billing_b="import holdfast\nfrom billing_a import *\n@holdfast.task(name='crm.sync')\nasync def f(): 1\n",
    )
    tasks = load_tasks(["billing_a", "billing_b"])
    assert {task.kind: task.description for task in tasks} == {
        "task:billing_a.recalculate": "Adds it up.",
        "task:crm.sync": "",
    }
    assert tasks.get("crm.sync") is not None
    assert tasks.get("helper") is None


def test_modules_of_the_working_directory_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tasks_here.py").write_text("import holdfast\n@holdfast.task\ndef f(): ...\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('shadows the standard library')")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    assert [task.name for task in load_tasks(["tasks_here", "json"])] == ["tasks_here.f"]


def test_two_registries_know_nothing_of_each_other(modules: Callable[..., None]) -> None:
    modules(tasks_x="import holdfast\n@holdfast.task(name='x')\ndef f(): ...\n", tasks_y="")
    assert len(load_tasks(["tasks_x"])) == 1
    assert len(load_tasks(["tasks_y"])) == 0


def test_everything_wrong_with_task_modules_is_told_at_once(modules: Callable[..., None]) -> None:
    source = "import holdfast\n@holdfast.task(name='twice')\ndef f(): ...\n"
    modules(
        one_f=source,
        two_f=source,
        broken_f="import nothing_like_this",
        bad_f="import holdfast\n@holdfast.task(name='a b')\ndef f(): ...",
    )
    with pytest.raises(Invalid) as caught:
        load_tasks(["one_f", "two_f", "broken_f", "bad_f", "not_there_f"])
    told = {problem.path: problem.message for problem in caught.value.problems}
    assert set(told) == {"two_f", "broken_f", "bad_f", "not_there_f"}
    assert "twice is taken by one_f.f" in told["two_f"]
    assert "nothing_like_this" in told["broken_f"]
    assert "must match" in told["bad_f"]


def test_a_marked_function_is_called_as_before() -> None:
    @holdfast.task(name="add")
    def add(a: int, b: int) -> int:
        return a + b

    assert add(1, 2) == 3


def test_importing_holdfast_loads_nothing_else() -> None:
    code = "import sys, holdfast; print([m for m in sys.modules if m.startswith('holdfast.')]); holdfast.task"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['holdfast.version']"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tusk'"):
        getattr(holdfast, "tusk")  # noqa: B009
