"""Group commit without lingering: a batch is whatever queued up while the last commit ran.

An idle system commits a single item at once; a busy one commits hundreds together. Nothing waits for company.

When a batch fails, its items are tried one by one, so that one caller's violation fails only that caller. A store that
can't be reached (``Unavailable``) fails the batch as a whole: trying its items alone would fail the same way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from holdfast.model.errors import Unavailable
from holdfast.ports import Clock, Observer

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """Collects items from concurrent callers and commits them together, at most ``limit`` at a time."""

    def __init__(
        self,
        name: str,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        clock: Clock,
        observer: Observer,
        limit: int = 500,
    ) -> None:
        self._name = name
        self._commit = commit
        self._clock = clock
        self._observer = observer
        self._limit = limit
        self._queue: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._drain: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """The answer for ``item`` once its batch has committed.

        A caller that is cancelled doesn't take its item back: it may commit all the same.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._drain is None:
            self._drain = asyncio.create_task(self._run(), name=f"batcher:{self._name}")
        return await future

    async def _run(self) -> None:
        try:
            while self._queue:
                size = min(self._limit, len(self._queue))
                await self._commit_batch([self._queue.popleft() for _ in range(size)])
        finally:
            self._drain = None

    async def _commit_batch(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        began = self._clock.now()
        try:
            answers = await self._commit([item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, Unavailable):
                _fail(batch, error)
            else:
                for single in batch:
                    await self._commit_batch([single])
            return
        self._observer.committed(self._name, len(batch), self._clock.now() - began)
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _fail(batch: list[tuple[Item, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
