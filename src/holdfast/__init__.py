"""Holdfast: durable workflow automation.

What programs import from here is loaded when it is first asked for, so that importing ``holdfast`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from holdfast.model.errors import Invalid
    from holdfast.sdk.client import Client
    from holdfast.sdk.sync import SyncClient
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
    from holdfast.transactional import enqueue, enqueue_async

from holdfast.version import __version__

__all__ = [
    "Cancel",
    "Client",
    "Context",
    "FinalError",
    "Invalid",
    "Retry",
    "RetryLater",
    "Snooze",
    "Stopped",
    "SyncClient",
    "SyncContext",
    "__version__",
    "enqueue",
    "enqueue_async",
    "task",
    "task_context",
]

_ELSEWHERE: Final = {
    "Client": "holdfast.sdk.client",
    "Invalid": "holdfast.model.errors",
    "SyncClient": "holdfast.sdk.sync",
    "enqueue": "holdfast.transactional",
    "enqueue_async": "holdfast.transactional",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, "holdfast.tasks")), name)
