"""Tasks as classes, as S94 has them: ``execute() -> bool`` and ``set_status``."""

import asyncio
import threading
from types import ModuleType

import pytest

import holdfast
import holdfast.testing
from holdfast import TaskStatus
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import Task, registry_of
from tests.nodes.lifelines import Told


class MyCustomTask(holdfast.Task):
    """As the seed writes it."""

    def __init__(self) -> None:
        super().__init__("my_custom_task")

    async def execute(self) -> bool:
        try:
            self.set_status(TaskStatus.RUNNING)
            await asyncio.sleep(0)
            if self.params.get("fail"):
                raise RuntimeError("as asked")
            self.output = {"greeting": f"hello {self.params.get('name', 'you')}"}
            self.set_status(TaskStatus.SUCCEEDED)
            return True
        except RuntimeError:
            self.set_status(TaskStatus.FAILED)
            return False


class PlainTask(holdfast.Task):
    def __init__(self) -> None:
        super().__init__("plain_task")

    def execute(self) -> bool:
        self.set_status("RUNNING")
        self.output = threading.current_thread() is threading.main_thread()
        return True


class Sloppy(holdfast.Task):
    def __init__(self) -> None:
        super().__init__("sloppy")

    async def execute(self) -> None:
        return None


class Raising(holdfast.Task):
    def __init__(self) -> None:
        super().__init__("raising")

    async def execute(self) -> bool:
        self.set_status("DONE")
        return True


def task_in(*classes: type[holdfast.Task]) -> list[Task]:
    made = ModuleType("own")
    for kind in classes:
        setattr(made, kind.__name__, kind)
    return list(registry_of([made]))


async def attempt(kind: type[holdfast.Task], context: NodeContext, **params: JSON) -> Outcome:
    (task,) = task_in(kind)
    return await TaskNode(task).execute(context, params)


async def test_true_is_success_and_false_a_failure_to_try_again(context: NodeContext) -> None:
    assert await attempt(MyCustomTask, context, name="Ada") == Succeeded({"greeting": "hello Ada"})
    failed = await attempt(MyCustomTask, context, fail=True)
    assert isinstance(failed, Failed)
    assert (failed.error.type, failed.error.message, failed.final) == ("TaskFailed", "my_custom_task failed", False)


async def test_a_plain_execute_runs_in_a_thread(context: NodeContext) -> None:
    assert await attempt(PlainTask, context) == Succeeded(False)


@pytest.mark.parametrize("kind", [MyCustomTask, PlainTask])
async def test_the_status_is_the_progress_of_the_job(kind: type[holdfast.Task], context: NodeContext) -> None:
    line = Told()
    await attempt(kind, context._replace(lifeline=line))
    assert {"status": "RUNNING"} in line.beats


async def test_each_attempt_has_an_object_of_its_own(context: NodeContext) -> None:
    (task,) = task_in(MyCustomTask)
    node = TaskNode(task)
    outcomes = await asyncio.gather(*(node.execute(context, {"name": str(index)}) for index in range(20)))
    assert outcomes == [Succeeded({"greeting": f"hello {index}"}) for index in range(20)]


async def test_anything_but_a_boolean_is_final(context: NodeContext) -> None:
    outcome = await attempt(Sloppy, context)
    assert isinstance(outcome, Failed)
    assert outcome.final
    assert "True or False, not NoneType" in outcome.error.message


async def test_a_status_that_there_is_not_fails_the_attempt(context: NodeContext) -> None:
    outcome = await attempt(Raising, context)
    assert isinstance(outcome, Failed)
    assert outcome.error.type == "ValueError"


def test_the_docstring_is_the_description() -> None:
    (task,) = task_in(MyCustomTask)
    assert (task.kind, task.description) == ("task:my_custom_task", "As the seed writes it.")


def test_a_subclass_of_a_task_is_another_task() -> None:
    class Another(MyCustomTask):
        def __init__(self) -> None:
            super().__init__()
            self.name = "another"

    assert sorted(task.name for task in task_in(MyCustomTask, Another)) == ["another", "my_custom_task"]


class NeedsMore(holdfast.Task):
    def __init__(self, name: str) -> None:
        super().__init__(name)

    async def execute(self) -> bool:
        return True


class BadName(holdfast.Task):
    def __init__(self) -> None:
        super().__init__("a b")

    async def execute(self) -> bool:
        return True


class SameName(PlainTask):
    pass


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ([NeedsMore], "has a task that can't be used: TypeError"),
        ([BadName], "has a task that can't be used: ValueError"),
        ([PlainTask, SameName], "the task name plain_task is taken by"),
    ],
)
def test_a_class_that_can_not_be_a_task_is_named(kinds: list[type[holdfast.Task]], message: str) -> None:
    with pytest.raises(Invalid) as caught:
        task_in(*kinds)
    assert message in str(caught.value)


async def test_a_class_is_a_step_of_a_workflow() -> None:
    async with holdfast.testing.engine(tasks=[MyCustomTask]) as hf:
        await hf.apply(
            {
                "holdfast": 1,
                "name": "custom",
                "nodes": [
                    {"id": "one", "type": "task", "params": {"name": "my_custom_task", "args": {"name": "Ada"}}},
                ],
                "output": "{{ nodes.one.output.greeting }}",
            }
        )
        run = await hf.start("custom")
        await hf.drain()
        assert (await hf.run(run)).output == "hello Ada"
