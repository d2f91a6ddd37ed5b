"""Plain functions off the event loop, each in a daemon thread of its own.

The worker's slots bound how many there are. A function that ignores that its attempt was cancelled keeps its thread
and nothing else: no slot, no pool that others share, and no end of the process waits for it. What it returns then is
dropped.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """The result of ``call``, which sees this task's context variables. ``call`` must not raise."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    context = copy_context()

    def tell(result: T) -> None:
        if not answer.done():
            answer.set_result(result)

    def work() -> None:
        result = context.run(call)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result)

    threading.Thread(target=work, name="task", daemon=True).start()
    return await answer
