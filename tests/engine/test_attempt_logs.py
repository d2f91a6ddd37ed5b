"""What the code of attempts logs is kept with them, wherever it is logged, within bounds, whatever the store does."""

import asyncio
import gc
import logging
import threading
from typing import Any

import pytest
import structlog
from pydantic import TypeAdapter, ValidationError

import holdfast
from holdfast.engine import attempt_logs
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.log_line import MOST_LINES, LogLine
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.retry import RetryPolicy
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import Task
from tests.engine.kinds import Kind
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually

AT_ONCE = RetryPolicy(max_attempts=2, base_delay=0, max_delay=0)
app = logging.getLogger("app.billing")
app.setLevel(logging.INFO)


def task(function: Any) -> Kind:
    return Kind("task:work", TaskNode(Task("work", function)).execute)


async def kept(w: World, job_id: str, count: int) -> list[LogLine]:
    """The job's lines, once there are so many."""

    async def look() -> list[LogLine] | None:
        page = await w.real.list_log_lines(TENANT, job_id, None, None, 500)
        return list(page.items) if len(page.items) >= count else None

    found = await eventually(look, message=f"{count} lines")
    assert found is not None
    assert len(found) == count
    return found


async def test_lines_of_both_ways_to_log_are_kept_in_order(store_url: str) -> None:
    async def work(ctx: holdfast.Context) -> None:
        app.info("took %s of %d", "the first", 2, extra={"customer": "acme"})
        ctx.log.warning("slow", seconds=3)
        structlog.get_logger().error("odd", what={"a": [1, None]})
        app.debug("nobody asked for this")

    async with world(task(work), url=store_url) as w:
        w.work()
        job = await w.ended(await w.insert("task:work"))
        lines = await kept(w, job.id, 3)
        assert [(line.number, line.level, line.message, line.fields) for line in lines] == [
            (1, "info", "took the first of 2", {"logger": "app.billing", "customer": "acme"}),
            (2, "warning", "slow", {"seconds": 3}),
            (3, "error", "odd", {"what": {"a": [1, None]}}),
        ]
        assert {line.attempt for line in lines} == {1}
        assert all(job.started_at is not None and line.at >= job.started_at for line in lines)


async def test_an_error_is_logged_with_its_place_and_no_values() -> None:
    async def work() -> None:
        password = "hunter2"  # noqa: F841
        try:
            raise LookupError("no such customer")
        except LookupError:
            app.exception("failed")
            structlog.get_logger().exception("failed too")

    async with world(task(work)) as w:
        w.work()
        for line in await kept(w, await w.insert("task:work"), 2):
            assert line.level == "error"
            assert line.fields["error"] == "LookupError: no such customer"
            assert "raise LookupError" in str(line.fields["traceback"])
            assert "hunter2" not in str(line.fields)


async def test_an_error_that_quotes_what_doesnt_fit_is_logged_without_it() -> None:
    async def work() -> None:
        try:
            TypeAdapter(int).validate_python("hunter2")
        except ValidationError:
            app.exception("failed")

    async with world(task(work)) as w:
        w.work()
        (line,) = await kept(w, await w.insert("task:work"), 1)
        assert str(line.fields["error"]).startswith("ValidationError: int: Input should be a valid integer")
        assert "hunter2" not in str(line.fields["error"])


async def test_threads_and_tasks_that_an_attempt_starts_log_for_it() -> None:
    def plain() -> None:
        app.info("in a thread")

    async def work() -> None:
        await asyncio.gather(asyncio.to_thread(plain), asyncio.create_task(inner()))

    async def inner() -> None:
        app.info("in a task")

    async with world(task(work), Kind("task:plain", TaskNode(Task("plain", plain)).execute)) as w:
        w.work()
        lines = await kept(w, await w.insert("task:work"), 2)
        assert {line.message for line in lines} == {"in a thread", "in a task"}
        (line,) = await kept(w, await w.insert("task:plain"), 1)
        assert line.message == "in a thread"


async def test_attempts_beside_each_other_keep_their_own() -> None:
    both = asyncio.Barrier(2)

    async def work(name: str) -> None:
        await both.wait()
        app.info(name)

    async with world(task(work)) as w:
        w.work()
        jobs = {name: await w.insert("task:work", {"name": name}) for name in ("a", "b")}
        for name, job in jobs.items():
            assert [line.message for line in await kept(w, job, 1)] == [name]


async def test_each_attempt_has_its_lines() -> None:
    async def work(ctx: holdfast.Context) -> None:
        app.info("try %d", ctx.attempt)
        if ctx.attempt == 1:
            raise ValueError("not yet")

    async with world(task(work)) as w:
        w.work()
        job = await w.insert("task:work", retry=AT_ONCE)
        lines = await kept(w, job, 2)
        assert [(line.attempt, line.message) for line in lines] == [(1, "try 1"), (2, "try 2")]
        page = await w.real.list_log_lines(TENANT, job, 2, None, 10)
        assert [line.message for line in page.items] == ["try 2"]


async def test_the_nodes_of_a_run_log_too_also_in_place() -> None:
    async with world() as w:
        await w.save(
            nodes=[{"id": "say", "type": "log", "params": {"message": "{{ input.who }}", "data": [1]}}], edges=[]
        )
        w.work()
        run = await w.run_ended(await w.start({"who": "ü\n"}))
        assert run.nodes is not None
        (line,) = await kept(w, run.nodes["say"].job_id or "", 1)
        assert (line.level, line.message, line.fields) == ("info", "ü\\n", {"workflow": "flow", "data": [1]})


async def test_what_is_too_much_is_left_out_and_counted() -> None:
    async def many() -> None:
        for number in range(MOST_LINES + 50):
            app.info("line %d", number)

    async def large() -> None:
        app.info("x" * 10_000, extra={"small": 1})
        app.info("fields", extra={"large": "y" * 10_000})
        for _ in range(20):
            app.info("z" * 4_000)

    async with world(task(many), Kind("task:large", TaskNode(Task("large", large)).execute)) as w:
        w.work()
        lines = await kept(w, await w.insert("task:work"), MOST_LINES + 1)
        assert lines[-2].message == f"line {MOST_LINES - 1}"
        assert (lines[-1].level, lines[-1].number) == ("warning", MOST_LINES + 1)
        assert lines[-1].message.startswith("50 more lines were left out")
        job = await w.ended(await w.insert("task:large"))

        async def last() -> LogLine | None:
            items = (await w.real.list_log_lines(TENANT, job.id, None, None, 500)).items
            return items[-1] if items and "left out" in items[-1].message else None

        await eventually(last)
        first, second, *rest = (await w.real.list_log_lines(TENANT, job.id, None, None, 500)).items
        assert len(first.message.encode()) <= 4096
        assert first.message.endswith("x…")
        assert first.fields == {"logger": "app.billing", "small": 1}
        assert list(second.fields) == ["left_out"]
        assert sum(len(line.message) for line in (first, second, *rest)) <= 64 * 1024 + 100


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"odd": {1, 2}}, {"odd": [1, 2]}),
        ({"odd": object}, {"odd": "<class 'object'>"}),
        ({"odd": float("nan")}, {"odd": None}),
        ({"odd": "\ud800"}, {"left_out": "fields that can't be shown"}),
        ({"odd": 1 << 80}, {"left_out": "fields that can't be kept"}),
    ],
)
async def test_whatever_is_logged_can_be_kept(fields: dict[str, Any], shown: JSONObject, store_url: str) -> None:
    async def work() -> None:
        structlog.get_logger().info("nul \0 and half \ud800", **fields)

    async with world(task(work), url=store_url) as w:
        w.work()
        (line,) = await kept(w, await w.insert("task:work"), 1)
        assert line.message == "nul \\x00 and half \\ud800"
        assert line.fields == shown


class LastWords:
    """Garbage that logs as it is collected, as an exception does that nobody retrieved."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        app.info("collected")


async def test_what_is_collected_while_a_line_is_kept_may_log_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def collecting(*values: Any) -> LogLine:
        garbage.clear()
        gc.collect()
        return LogLine(*values)

    async def work() -> None:
        garbage.append(LastWords())
        app.info("first")

    garbage: list[LastWords] = []
    monkeypatch.setattr(attempt_logs, "LogLine", collecting)
    async with world(task(work)) as w:
        w.work()
        lines = await kept(w, await w.insert("task:work"), 2)
        assert [line.message for line in lines] == ["first", "collected"]


class Mute:
    """A value that can't be told as text, but in places where nobody asks for that."""

    def __str__(self) -> str:
        raise ValueError("no words")


async def test_a_message_that_cant_be_told_fails_nobody() -> None:
    async def work() -> None:
        structlog.get_logger().info(Mute())
        app.info("the end")

    with structlog.testing.capture_logs() as seen:  # shows them to nobody
        async with world(task(work)) as w:
            w.work()
            job_id = await w.insert("task:work")
            assert [line.message for line in await kept(w, job_id, 1)] == ["the end"]
            assert (await w.ended(job_id)).state is JobState.SUCCEEDED
    assert [type(line["event"]) for line in seen if line["log_level"] == "info"] == [Mute]


async def test_nothing_is_written_where_nothing_is_logged() -> None:
    async def work() -> None:
        return None

    async with world(task(work)) as w:
        worker = w.work()
        for _ in range(3):
            await w.ended(await w.insert("task:work"))
        await w.stopped(worker)
        assert w.faults.calls["add_log_lines"] == 0


async def test_lines_of_a_running_attempt_are_written_together() -> None:
    go_on = asyncio.Event()

    async def work() -> None:
        for number in range(20):
            app.info("line %d", number)
        await go_on.wait()
        app.info("end")

    async with world(task(work)) as w:
        w.work()
        job = await w.insert("task:work")
        await kept(w, job, 20)
        assert w.faults.calls["add_log_lines"] == 1
        go_on.set()
        await w.ended(job)
        await kept(w, job, 21)


async def test_lines_wait_for_a_store_that_is_away_and_are_kept_once() -> None:
    async def work() -> None:
        app.info("said")

    async with world(task(work)) as w:
        w.faults.lose("add_log_lines")
        w.faults.lose_answer("add_log_lines")
        w.work()
        job = await w.insert("task:work")
        assert (await w.ended(job)).state is JobState.SUCCEEDED
        await eventually(lambda: w.faults.calls["add_log_lines"] >= 3)
        (line,) = await kept(w, job, 1)
        assert line.message == "said"


async def test_what_waits_for_a_store_that_is_away_is_bounded_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_logs, "_MOST_BYTES", 2_500)
    reached = asyncio.Event()

    async def work() -> None:
        app.info("first")
        await reached.wait()
        for _ in range(10):
            app.info("x" * 500)

    async with world(task(work)) as w:
        w.faults.lose("add_log_lines")  # its lines wait again, and count once
        gate = w.faults.hold("add_log_lines")
        w.work()
        job = await w.insert("task:work")
        await gate.reached.wait()
        reached.set()
        await w.ended(job)
        gate.open()
        *lines, last = await kept(w, job, 6)
        assert [len(line.message) for line in lines] == [5, 500, 500, 500, 500]
        assert last.message.startswith("6 more lines were left out")
        assert len(await kept(w, await w.insert("task:work"), 6)) == 6  # there is room again


async def test_a_workers_end_writes_what_waits() -> None:
    async def work() -> None:
        app.info("begun")
        await asyncio.Event().wait()

    async with world(task(work)) as w:
        worker = w.work(grace=0)
        job = await w.insert("task:work")
        await w.reaches(job, "RUNNING")
        await w.stopped(worker)
        assert (await w.job(job)).state is JobState.PENDING
        assert [line.message for line in await kept(w, job, 1)] == ["begun"]


async def test_what_is_logged_after_an_attempt_is_nobodys() -> None:
    go_on, over = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def straggle() -> None:
        go_on.wait(30)
        app.info("too late")
        loop.call_soon_threadsafe(over.set)

    async def work(context: NodeContext, params: JSONObject) -> Outcome:
        app.info("in time")
        background.add(asyncio.ensure_future(asyncio.to_thread(straggle)))
        return Failed(ErrorInfo("x", "y"), final=True) if params.get("fail") else Succeeded(None)

    background: set[asyncio.Future[None]] = set()
    async with world(Kind("odd", work)) as w:
        worker = w.work()
        job = await w.ended(await w.insert("odd"))
        go_on.set()
        await over.wait()
        await w.stopped(worker)
        assert [line.message for line in await kept(w, job.id, 1)] == ["in time"]


async def test_logging_is_left_as_it_was() -> None:
    handlers, processors = list(logging.getLogger().handlers), list(structlog.get_config()["processors"])
    async with world() as w:
        worker = w.work()
        await w.ended(await w.insert("noop"))
        assert len(logging.getLogger().handlers) == len(handlers) + 1
        await w.stopped(worker)
    assert logging.getLogger().handlers == handlers
    assert structlog.get_config()["processors"] == processors


async def test_a_warning_that_nothing_else_handles_is_still_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    async with world() as w:
        worker = w.work()
        await w.ended(await w.insert("noop"))
        app.warning("nobody listens")
        logging.getLogger().addHandler(logging.NullHandler())
        app.warning("somebody does")
        await w.stopped(worker)
    assert capsys.readouterr().err == "nobody listens\n"
