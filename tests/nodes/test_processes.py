"""Tasks in child processes: they do what tasks do elsewhere, and they are really killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.nodes.processes import Processes
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import load_tasks
from holdfast.tasks.frames import MAX_RESULT
from tests.nodes.lifelines import Told
from tests.support.waiting import eventually, eventually_sync

MODULE = "tests.nodes.process_tasks"
TASKS = load_tasks([MODULE])


class Pool:
    """The children of one test."""

    def __init__(self, context: NodeContext) -> None:
        self.processes = Processes()
        self._context = context

    async def outcome(self, name: str, told: Told | None = None, **args: JSON) -> Outcome:
        task = TASKS.get(f"{MODULE}.{name}")
        assert task is not None
        node = TaskNode(task, processes=self.processes)
        return await node.execute(self._context._replace(lifeline=told), args)

    async def result(self, name: str, told: Told | None = None, **args: JSON) -> JSON:
        outcome = await self.outcome(name, told, **args)
        assert isinstance(outcome, Succeeded), outcome
        return outcome.result

    async def failure(self, name: str, **args: JSON) -> Failed:
        outcome = await self.outcome(name, None, **args)
        assert isinstance(outcome, Failed), outcome
        return outcome


@pytest.fixture
async def pool(context: NodeContext) -> AsyncIterator[Pool]:
    made = Pool(context)
    yield made
    await made.processes.close()


def lives(pid: int) -> bool:
    """Whether it is there and no mere remainder that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_child_is_another_process_and_used_again(pool: Pool) -> None:
    pid, number = as_pair(await pool.result("who", order={"number": "7"}))
    assert (pid != os.getpid(), number) == (True, 7)
    assert await pool.result("who_async", number=8) == [pid, 8]


def as_pair(value: JSON) -> tuple[JSON, JSON]:
    assert isinstance(value, list)
    one, two = value
    return one, two


async def test_two_at_once_are_two_processes(pool: Pool) -> None:
    one, two = await asyncio.gather(*(pool.result("who", order={"number": 1}) for _ in range(2)))
    assert as_pair(one)[0] != as_pair(two)[0]


@pytest.mark.parametrize("name", ["works", "works_async"])
async def test_progress_signs_of_life_and_steps_go_through_the_pipe(name: str, pool: Pool) -> None:
    told = Told()
    assert await pool.result(name, told) == ["charged", "key-1", "correlation-1"]
    assert told.kept == {"charge": "charged"}
    assert told.beats[0] == {"value": 0.5, "note": "half"}
    kept = Told(charge="charged before")
    assert await pool.result(name, kept) == ["charged before", "key-1", "correlation-1"]


@pytest.mark.parametrize("name", ["works", "works_async"])
async def test_an_attempt_that_lost_its_job_comes_to_nothing(name: str, pool: Pool) -> None:
    told = Told()
    told.owner = False
    outcome = await pool.outcome(name, told)
    assert isinstance(outcome, Failed)
    assert outcome.error.type == "lost"


async def test_what_an_attempt_left_behind_in_its_child_tells_nothing_of_the_next(pool: Pool) -> None:
    first, second = Told(), Told()
    await pool.result("leaves_work_behind", first)
    assert await pool.result("waits_for_what_was_left", second) == "cancelled"
    assert first.kept == {"first": 1}
    assert (second.kept, second.beats) == ({}, [])


async def test_wrong_arguments_are_final_there_too(pool: Pool) -> None:
    failure = await pool.failure("who", order={"number": "many"})
    assert (failure.error.type, failure.final) == ("params", True)
    assert "order.number: should be a valid integer" in failure.error.message


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exit", "the task's process ended with exit code 3 before the task did"),
        ("segfault", "the task's process was killed by SIGSEGV"),
        ("kill", "the task's process was killed by SIGKILL"),
    ],
)
async def test_a_child_that_dies_fails_the_attempt(how: str, message: str, pool: Pool) -> None:
    failure = await pool.failure("ends", how=how)
    assert (failure.error.type, failure.error.message, failure.final) == ("process_died", message, False)
    assert await pool.result("big", size=1) == "x", "the next one has another child"


async def test_a_child_that_dies_takes_its_copies_along(pool: Pool, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    async with asyncio.timeout(60):
        failure = await pool.failure("dies_and_leaves_a_copy", file=str(told))
    assert failure.error.message == "the task's process was killed by SIGSEGV"
    await eventually(lambda: not lives(int(told.read_text())))


async def test_what_is_cancelled_inside_of_a_task_is_its_own_error(pool: Pool) -> None:
    assert (await pool.failure("waits_for_what_is_cancelled")).error.type == "CancelledError"


async def test_it_ends_in_every_way_that_a_task_ends(pool: Pool, context: NodeContext) -> None:
    raised = await pool.failure("ends", how="raise")
    assert (raised.error.type, raised.error.message, raised.final) == ("LookupError", "inside", False)
    assert 'raise LookupError("inside")' in (raised.error.traceback or "")
    assert (await pool.failure("ends", how="sys.exit")).error.message == "the task called sys.exit('enough')"
    assert (await pool.failure("ends", how="final")).final
    assert (await pool.failure("ends", how="later")).retry_after == 5 * MINUTE
    snoozed = await pool.outcome("ends", how="snooze")
    assert isinstance(snoozed, Snoozed)
    assert snoozed.until >= context.now + 5 * MINUTE
    assert await pool.outcome("ends", how="cancel") == Cancelled(ErrorInfo("Cancel", "there is nothing to do any more"))


async def test_a_timeout_kills_it_with_everything_that_it_started(pool: Pool, tmp_path: Path) -> None:
    told = tmp_path / "pids"
    running = asyncio.create_task(pool.outcome("hang", file=str(told)))
    await eventually(lambda: told.exists() and len(told.read_text().split()) == 2, 30)
    pids = [int(pid) for pid in told.read_text().split()]
    assert all(map(lives, pids))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not lives(pids[0]), "it is gone when its attempt is"
    await eventually(lambda: not any(map(lives, pids)))


async def test_a_result_has_a_limit(pool: Pool) -> None:
    assert len(str(await pool.result("big", size=MAX_RESULT - 2))) == MAX_RESULT - 2
    failure = await pool.failure("big", size=MAX_RESULT)
    assert (failure.error.type, failure.final) == ("result", True)
    assert failure.error.message.startswith(f"result: has {MAX_RESULT + 2} bytes")


async def test_what_it_prints_passes_through(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    await pool.result("prints", text="hello from the child")
    await eventually(lambda: "hello from the child" in capfd.readouterr().out)


async def test_a_child_that_died_while_it_waited_is_replaced(pool: Pool) -> None:
    pid, _ = as_pair(await pool.result("who", order={"number": 1}))
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    other, number = as_pair(await pool.result("who", order={"number": 2}))
    assert (other != pid, number) == (True, 2)


async def test_a_module_that_another_process_cant_import_is_told(pool: Pool, context: NodeContext) -> None:
    task = TASKS.get(f"{MODULE}.big")
    assert task is not None
    lost = replace(task, module="no_such_module_here")
    outcome = await TaskNode(lost, processes=pool.processes).execute(context, {"size": 1})
    assert isinstance(outcome, Failed)
    assert outcome.error.type == "ModuleNotFoundError"


async def test_closing_leaves_no_child(context: NodeContext) -> None:
    pool = Pool(context)
    pid, _ = as_pair(await pool.result("who", order={"number": 1}))
    assert isinstance(pid, int)
    await pool.processes.close()
    assert not lives(pid)


OWNER = """
import asyncio, sys
from pathlib import Path
from holdfast.nodes.processes import Processes
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import load_tasks

async def main():
    task = load_tasks(["tests.nodes.process_tasks"]).get("tests.nodes.process_tasks.hang")
    context = NodeContext("job", "default", task.kind, 1, "key", "correlation", 1, 1)
    await TaskNode(task, processes=Processes()).execute(context, {"file": sys.argv[1]})

asyncio.run(main())
"""


def test_children_die_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(told)], cwd=Path(__file__).parents[2])
    try:
        eventually_sync(lambda: told.exists() and len(told.read_text().split()) == 2, 30)
        child, grandchild = (int(pid) for pid in told.read_text().split())
        assert lives(child)
        owner.kill()
        owner.wait()
        eventually_sync(lambda: not lives(child))
        os.kill(grandchild, signal.SIGKILL)  # what a task started by itself is only killed with its attempt
    finally:
        owner.kill()
        owner.wait()
