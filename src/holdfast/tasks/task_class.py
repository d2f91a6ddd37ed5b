"""Tasks as classes: a subclass of ``Task`` has a name and ``execute() -> bool``.

True is success, False a failure that is tried again as the policy says; any exception fails as in every task. An object
is made for each attempt, so that attempts share nothing. Its status is the job's progress, for everybody to see.
"""

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, cast

from holdfast.model.json import JSON, JSONObject
from holdfast.tasks.annotations import is_async
from holdfast.tasks.context import Context, SyncContext, report
from holdfast.tasks.marking import Task as MarkedTask
from holdfast.tasks.marking import check_name
from holdfast.tasks.outcomes import FinalError

_MARK: Final = "__holdfast_task_class__"


class TaskStatus(StrEnum):
    """How far a task says that it is."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class TaskFailed(Exception):
    """The task said that it failed."""


class Task:
    """A task of your own. ``params`` are the job's arguments; what is put into ``output`` is the job's result."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = TaskStatus.PENDING
        self.params: JSONObject = {}
        self.output: JSON = None
        self._context: Context | SyncContext | None = None

    def execute(self) -> Any:
        """Does the work, async or plain. Returns whether it succeeded."""
        raise NotImplementedError

    def set_status(self, status: TaskStatus | str) -> None:
        """Tells how far the task is. Raises ``ValueError`` for a status that there isn't."""
        self.status = TaskStatus(status)
        if self._context is not None:
            report(self._context, {"status": str(self.status)})


def task_of_class(value: object) -> MarkedTask | None:
    """The task that a subclass of ``Task`` is; None for anything else. Raises what making an object raises."""
    if not inspect.isclass(value) or not issubclass(value, Task) or value.execute is Task.execute:
        return None
    if _MARK not in vars(value):
        made = cast(Callable[[], Task], value)
        setattr(value, _MARK, MarkedTask(check_name(made().name), _function(made, value), module=value.__module__))
    found: MarkedTask = vars(value)[_MARK]
    return found


def _function(made: Callable[[], Task], kind: type[Task]) -> Callable[..., Any]:
    """The task as a function: what every other part of a worker knows how to run."""

    async def run_async(context: Context, **params: Any) -> JSON:
        task = _begun(made, context, params)
        return _ended(task, await task.execute())

    def run(context: SyncContext, **params: Any) -> JSON:
        task = _begun(made, context, params)
        return _ended(task, task.execute())

    function: Callable[..., Any] = run_async if is_async(kind.execute) else run
    function.__doc__ = kind.__doc__
    function.__module__, function.__qualname__ = kind.__module__, kind.__qualname__
    return function


def _begun(made: Callable[[], Task], context: Context | SyncContext, params: JSONObject) -> Task:
    task = made()
    task.params = params
    task._context = context
    return task


def _ended(task: Task, succeeded: object) -> JSON:
    if not isinstance(succeeded, bool):
        raise FinalError(f"execute() returns True or False, not {type(succeeded).__name__}")
    if not succeeded:
        raise TaskFailed(f"{task.name} failed")
    return task.output
