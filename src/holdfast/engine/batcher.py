"""Group commit without lingering: a batch is whatever queued up while the last commit ran.

An idle system commits a single item at once; a busy one commits hundreds together. Nothing waits for company. Where
whole batches wait, two commits may be under way beside each other: the store works on one while the other is prepared.

When a batch fails, its items are tried one by one, so that one caller's violation fails only that caller. While the
store can't be reached (``Unavailable``) the same batch is repeated, since its commit may have happened; after a few
seconds it fails as a whole: trying its items alone would fail the same way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from holdfast.engine.repeating import repeated
from holdfast.model.errors import Unavailable
from holdfast.model.instant import Instant
from holdfast.ports import Clock, Entropy, Observer

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]
    since: Instant


class Batcher(Generic[Item, Answer]):
    """Collects items from concurrent callers and commits them together.

    A batch ends with the item that brings its weight (``weigh``; 1 each without) to ``limit``. At most ``abreast``
    commits are under way at once.
    """

    def __init__(
        self,
        name: str,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        clock: Clock,
        entropy: Entropy,
        observer: Observer,
        limit: int = 500,
        *,
        weigh: Callable[[Item], int] = lambda item: 1,
        abreast: int = 1,
    ) -> None:
        self._name = name
        self._commit = commit
        self._clock = clock
        self._entropy = entropy
        self._observer = observer
        self._limit = limit
        self._weigh = weigh
        self._abreast = abreast
        self._waiting = 0
        self._drains: set[asyncio.Task[None]] = set()
        self._queue: deque[_Entry[Item, Answer]] = deque()

    async def submit(self, item: Item) -> Answer:
        """The answer for ``item`` once its batch has committed.

        A caller that is cancelled doesn't take its item back: it may commit all the same.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(_Entry(item, future, self._clock.now()))
        self._waiting += self._weigh(item)
        if not self._drains or (len(self._drains) < self._abreast and self._waiting >= self._limit):
            # In a context of its own: it commits what others submit as well, and what it logs is none of theirs.
            drain = asyncio.create_task(self._run(), name=f"batcher:{self._name}", context=Context())
            self._drains.add(drain)
        return await future

    async def _run(self) -> None:
        """Commits batches until none waits, or none that is worth a commit beside another one."""
        try:
            while self._queue:
                await self._commit_batch(self._next())
                if len(self._drains) > 1 and self._waiting < self._limit:
                    return
        finally:
            # Here and not in a callback: an item that comes before that would be waited for by nobody.
            self._drains = {drain for drain in self._drains if drain is not asyncio.current_task()}

    def _next(self) -> list[_Entry[Item, Answer]]:
        batch: list[_Entry[Item, Answer]] = []
        weight = 0
        while self._queue and weight < self._limit:
            entry = self._queue.popleft()
            batch.append(entry)
            weight += self._weigh(entry.item)
        self._waiting -= weight
        return batch

    async def _commit_batch(self, batch: list[_Entry[Item, Answer]]) -> None:
        began = self._clock.now()
        try:
            answers = await self._answers(batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, Unavailable):
                _fail(batch, error)
            else:
                for single in batch:
                    await self._commit_batch([single])
            return
        self._observer.committed(self._name, len(batch), self._clock.now() - began)
        for entry, answer in zip(batch, answers, strict=True):
            if not entry.answer.done():
                entry.answer.set_result(answer)

    async def _answers(self, batch: list[_Entry[Item, Answer]]) -> Sequence[Answer]:
        """Patience counts from the first caller's call, so that nobody waits for it behind another batch as well."""
        items = [entry.item for entry in batch]
        return await repeated(lambda: self._commit(items), self._clock, self._entropy, batch[0].since)


def _fail(batch: list[_Entry[Item, Answer]], error: Exception) -> None:
    for entry in batch:
        if not entry.answer.done():
            entry.answer.set_exception(error)
