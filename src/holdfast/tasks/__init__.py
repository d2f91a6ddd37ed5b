"""Your own Python functions as jobs.

``@holdfast.task`` marks one, ``load_tasks`` collects the marked ones of modules, with the classes of tasks
(``task_class``) and the node kinds (``node_kinds``) that stand there. A task is called with its job's
payload as keyword arguments, checked against its annotations, and gives JSON or what can be turned into it. Async
functions run in the worker's event loop, plain ones in threads, those with ``process=True`` in child processes. What a
task raises fails the attempt; ``outcomes`` has the exceptions that say something else. A parameter annotated
``Context`` gets the attempt's context.
"""

from contextvars import ContextVar
from typing import Final

from holdfast.ports import NodeContext
from holdfast.tasks.context import Context, SyncContext
from holdfast.tasks.loading import TaskRegistry, load_tasks, registry_of, tasks_of
from holdfast.tasks.marking import Task, task, task_of
from holdfast.tasks.node_kinds import Node, node
from holdfast.tasks.outcomes import Cancel, FinalError, RetryLater, Snooze, Stopped
from holdfast.tasks.policy import Retry
from holdfast.tasks.task_class import TaskStatus

__all__ = [
    "Cancel",
    "Context",
    "FinalError",
    "Node",
    "Retry",
    "RetryLater",
    "Snooze",
    "Stopped",
    "SyncContext",
    "Task",
    "TaskRegistry",
    "TaskStatus",
    "load_tasks",
    "node",
    "registry_of",
    "running_context",
    "task",
    "task_context",
    "task_of",
    "tasks_of",
]

running_context: Final[ContextVar[NodeContext]] = ContextVar("holdfast_task_context")


def task_context() -> NodeContext:
    """The attempt that runs this task: ids, attempt number, idempotency key. Raises ``LookupError`` outside of one."""
    return running_context.get()
