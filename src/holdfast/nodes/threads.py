"""Plain functions off the event loop, in daemon threads that are used again.

The worker's slots bound how many run. A function whose attempt is stopped is told so, and is given a moment to end; one
that goes on is *abandoned*: its attempt is over, and whatever it returns is dropped. It keeps its thread and nothing
else: no slot, no pool that others wait for, and no end of the process waits for it. ``count`` says how many there are
now; the worker has a bound for it. All of this is kept in the event loop; a thread only runs what it is given.
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

import structlog

from holdfast.failures import place_of

T = TypeVar("T")
_log = structlog.get_logger("holdfast.nodes.threads")
# How long a function whose attempt is over may take to end by itself.
NOTICE: Final = 1.0
# How long a thread without work lives.
_IDLE: Final = 10.0


class Threads:
    """The threads of one event loop; ``Stragglers`` to the worker."""

    def __init__(self, notice: float = NOTICE) -> None:
        self._notice = notice
        self._idle: list[_Thread] = []
        self._count = 0
        self._watchers: list[Callable[[int], None]] = []

    @property
    def count(self) -> int:
        """Abandoned functions that still run."""
        return self._count

    def watch(self, changed: Callable[[int], None]) -> None:
        self._watchers.append(changed)

    async def run(self, call: Callable[[], T], stop: threading.Event, job: str = "") -> T:
        """The result of ``call``, which sees this task's context variables and must not raise.

        Cancelled, it sets ``stop`` and waits for the notice at most. ``job`` is named in the log if it goes on.
        """
        loop = asyncio.get_running_loop()
        thread = self._idle.pop() if self._idle else _Thread(loop, self._rest)
        answer: asyncio.Future[T] = loop.create_future()
        thread.give(call, copy_context(), answer)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError as error:
            stop.set()
            if not answer.done() and (place := thread.place()) is not None:
                error.add_note(f"  it was at {place}")
            await self._leave(thread, answer, job)
            raise

    async def _leave(self, thread: "_Thread", answer: asyncio.Future[Any], job: str) -> None:
        try:
            await asyncio.wait({answer}, timeout=self._notice)
        finally:  # also when whoever stops it can't wait even so long
            if not answer.done():
                self._abandon(thread, answer, job)

    def _abandon(self, thread: "_Thread", answer: asyncio.Future[Any], job: str) -> None:
        place = thread.place()
        _log.warning("a task ignores that its attempt was stopped; its thread is abandoned", job=job, place=place)
        answer.add_done_callback(lambda _: self._changed(-1))
        self._changed(1)

    def _changed(self, by: int) -> None:
        self._count += by
        for changed in self._watchers:
            changed(self._count)

    def _rest(self, thread: "_Thread", *, bored: bool = False) -> None:
        """A thread is done with its work, or has had none for long."""
        if not bored:
            self._idle.append(thread)
        elif thread in self._idle:
            self._idle.remove(thread)
            thread.end()


class _Thread:
    """One daemon thread, waiting for work or at it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, rest: Callable[..., None]) -> None:
        self._loop = loop
        self._rest = rest
        self._work: SimpleQueue[tuple[Callable[[], Any], Context, asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._main, name="task", daemon=True)
        self._thread.start()

    def give(self, call: Callable[[], Any], context: Context, answer: asyncio.Future[Any]) -> None:
        self._work.put((call, context, answer))

    def end(self) -> None:
        self._work.put(None)

    def place(self) -> str | None:
        """Where the function that it runs stands now."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        return None if frame is None else place_of(traceback.extract_stack(frame))

    def _main(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more, and no work will come
            while True:
                try:
                    work = self._work.get(timeout=_IDLE)
                except Empty:
                    self._loop.call_soon_threadsafe(lambda: self._rest(self, bored=True))
                    continue
                if work is None:
                    return
                call, context, answer = work
                result = context.run(call)
                self._loop.call_soon_threadsafe(self._tell, answer, result)
                del work, call, context, answer, result  # nothing of a job is kept while the thread is idle

    def _tell(self, answer: asyncio.Future[Any], result: Any) -> None:
        if not answer.done():
            answer.set_result(result)
        self._rest(self)
