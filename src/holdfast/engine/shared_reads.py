"""Reads of one thing that many callers ask for at once: one read for all that came while the last one ran.

Every caller's answer is from a read that began after it asked, so it sees whatever was committed before. An idle system
reads at once; nobody waits for company. A read that fails fails for those who shared it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class SharedReads(Generic[Key, Answer]):
    """Shares what ``read`` answers, by key. What it answers must not be changed by anyone."""

    def __init__(self, read: Callable[[Key], Awaitable[Answer]]) -> None:
        self._read = read
        # While a read of the key is under way: who waits for the next one.
        self._waiting: dict[Key, list[asyncio.Future[Answer]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Answer:
        """Raises what the read raised."""
        waiting = self._waiting.get(key)
        if waiting is not None:
            future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            waiting.append(future)
            return await future
        self._waiting[key] = []
        try:
            return await self._read(key)
        finally:
            self._go_on(key)

    def _go_on(self, key: Key) -> None:
        """The read under way has ended: the next one begins if anybody waits for it."""
        waiting = self._waiting.pop(key)
        if waiting:
            self._waiting[key] = []
            task = asyncio.create_task(self._serve(key, waiting), name="shared-read", context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, key: Key, waiting: list[asyncio.Future[Answer]]) -> None:
        try:
            answer = await self._read(key)
        except Exception as error:
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for future in waiting:
                if not future.done():
                    future.set_result(answer)
        finally:
            for future in waiting:
                future.cancel()  # those without an answer: this was cancelled itself
            self._go_on(key)
