"""Holdfast: durable workflow automation.

What programs import from here is loaded when it is first asked for, so that importing ``holdfast`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from holdfast.model.errors import Invalid
    from holdfast.model.node_spec import NodeSpec
    from holdfast.model.outcome import Emit, ErrorInfo, Failed, Outcome, Snoozed, Succeeded
    from holdfast.ports import NodeContext
    from holdfast.sdk.client import Client
    from holdfast.sdk.sync import SyncClient
    from holdfast.sdk.workflow import Workflow
    from holdfast.tasks import (
        Cancel,
        Context,
        FinalError,
        Node,
        Retry,
        RetryLater,
        Snooze,
        Stopped,
        SyncContext,
        TaskStatus,
        node,
        task,
        task_context,
    )
    from holdfast.tasks.task_class import Task
    from holdfast.transactional import enqueue, enqueue_async

from holdfast.version import __version__

__all__ = [
    "Cancel",
    "Client",
    "Context",
    "Emit",
    "ErrorInfo",
    "Failed",
    "FinalError",
    "Invalid",
    "Node",
    "NodeContext",
    "NodeSpec",
    "Outcome",
    "Retry",
    "RetryLater",
    "Snooze",
    "Snoozed",
    "Stopped",
    "Succeeded",
    "SyncClient",
    "SyncContext",
    "Task",
    "TaskStatus",
    "Workflow",
    "__version__",
    "enqueue",
    "enqueue_async",
    "node",
    "task",
    "task_context",
]

_ELSEWHERE: Final = {
    "Client": "holdfast.sdk.client",
    "Emit": "holdfast.model.outcome",
    "ErrorInfo": "holdfast.model.outcome",
    "Failed": "holdfast.model.outcome",
    "Invalid": "holdfast.model.errors",
    "NodeContext": "holdfast.ports",
    "NodeSpec": "holdfast.model.node_spec",
    "Outcome": "holdfast.model.outcome",
    "Snoozed": "holdfast.model.outcome",
    "Succeeded": "holdfast.model.outcome",
    "SyncClient": "holdfast.sdk.sync",
    "Task": "holdfast.tasks.task_class",
    "Workflow": "holdfast.sdk.workflow",
    "enqueue": "holdfast.transactional",
    "enqueue_async": "holdfast.transactional",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, "holdfast.tasks")), name)
