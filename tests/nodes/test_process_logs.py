"""What a task logs in a process of its own reaches its attempt in the worker, as far as that keeps lines."""

from collections.abc import AsyncIterator

import pytest

from holdfast.log_capture import attempt
from holdfast.model.log_line import MOST_LINES, Logged
from holdfast.model.outcome import Succeeded
from holdfast.nodes.processes import Processes
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import load_tasks

MODULE = "tests.nodes.logging_tasks"
TASKS = load_tasks([MODULE])


class Lines:
    """A sink that keeps all it is given."""

    def __init__(self) -> None:
        self.lines: list[Logged] = []
        self.left_out = 0

    def logged(self, line: Logged) -> None:
        self.lines.append(line)

    def unlogged(self, count: int) -> None:
        self.left_out += count


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    made = Processes()
    yield made
    await made.close()


async def logged_by(processes: Processes, context: NodeContext, name: str, **args: int) -> Lines:
    task, sink = TASKS.get(f"{MODULE}.{name}"), Lines()
    assert task is not None
    token = attempt.set(sink)
    try:
        outcome = await TaskNode(task, processes=processes).execute(context, dict(args))
    finally:
        attempt.reset(token)
    assert isinstance(outcome, Succeeded), outcome
    return sink


async def test_lines_of_a_process_reach_the_attempt(processes: Processes, context: NodeContext) -> None:
    told = await logged_by(processes, context, "plain", lines=3)
    assert [(line.level, line.message, line.fields["number"]) for line in told.lines] == [
        ("warning", f"line {number}", number) for number in range(3)
    ]
    told = await logged_by(processes, context, "with_structlog")
    assert [(line.level, line.message) for line in told.lines] == [
        ("info", "here"),
        ("warning", "and here"),
        ("error", "odd"),
    ]
    assert told.lines[0].fields["place"] == "child"
    assert told.lines[2].fields["error"] == "LookupError: gone"


async def test_a_process_sends_no_more_than_is_kept(processes: Processes, context: NodeContext) -> None:
    told = await logged_by(processes, context, "plain", lines=MOST_LINES + 1_000)
    assert len(told.lines) == MOST_LINES
    assert told.left_out == 1_000
    assert (await logged_by(processes, context, "plain", lines=2)).left_out == 0
