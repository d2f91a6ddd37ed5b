"""Holdfast: durable workflow automation.

What task modules import is loaded when it is first asked for, so that importing ``holdfast`` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.tasks import (
        Cancel,
        Context,
        FinalError,
        Retry,
        RetryLater,
        Snooze,
        Stopped,
        SyncContext,
        task,
        task_context,
    )

__version__ = "0.1.0"
__all__ = [
    "Cancel",
    "Context",
    "FinalError",
    "Retry",
    "RetryLater",
    "Snooze",
    "Stopped",
    "SyncContext",
    "__version__",
    "task",
    "task_context",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
    from holdfast import tasks

    return getattr(tasks, name)
