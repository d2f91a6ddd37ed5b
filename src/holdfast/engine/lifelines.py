"""What running attempts tell the store between their begin and their end: signs of life, progress, kept steps.

Signs of life are coalesced: the first is written at once, then those of all attempts together, about once a second. A
store that is away is waited for: a sign of life loses nothing by being late, and a step's result mustn't be lost. What
the store refuses because a lease is gone stops that attempt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import TypeVar

import structlog

from holdfast.engine.loop import jittered
from holdfast.masks import Masks
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON
from holdfast.ports import Clock, Entropy, Store, Touch

T = TypeVar("T")
_log = structlog.get_logger("holdfast.engine.lifelines")
_PAUSE: Micros = SECOND
_BATCH = 500


class Lifelines:
    """Those of the attempts under one worker id."""

    def __init__(
        self, worker_id: str, store: Store, clock: Clock, entropy: Entropy, on_lost: Callable[[str, int], None]
    ) -> None:
        self.worker_id = worker_id
        self.store = store
        self.clock = clock
        self.on_lost = on_lost
        self._entropy = entropy
        self._waiting: dict[str, Touch] = {}
        self._writing: asyncio.Task[None] | None = None

    def touch(self, touch: Touch) -> None:
        """Has a sign of life written soon; the last progress of an attempt counts."""
        earlier = self._waiting.get(touch.job_id)
        if touch.progress is None and earlier is not None and earlier.lease == touch.lease:
            return
        self._waiting[touch.job_id] = touch
        if self._writing is None:
            # In a context of its own: what the writer logs is no attempt's.
            self._writing = asyncio.create_task(self._write(), name="lifelines", context=Context())

    async def close(self) -> None:
        """Writes nothing any more."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    async def when_there(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the store answers, once it is there. Ends when it is cancelled."""
        while True:
            try:
                return await call()
            except Unavailable as error:
                _log.warning("store unavailable, a task waits for it", reason=str(error))
                await self.clock.sleep(jittered(_PAUSE, self._entropy.random()))

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = list(self._waiting.values())[:_BATCH]
                for touch in batch:
                    del self._waiting[touch.job_id]
                await self._commit(batch)
                await self.clock.sleep(_PAUSE)
        finally:
            self._writing = None

    async def _commit(self, batch: list[Touch]) -> None:
        try:
            late = await self.store.touch_jobs(self.worker_id, batch, self.clock.now())
        except Unavailable as error:
            _log.warning("store unavailable, signs of life wait", attempts=len(batch), reason=str(error))
            self._waiting = {touch.job_id: touch for touch in batch} | self._waiting
        except Exception:
            _log.exception("signs of life can't be written", attempts=len(batch))
        else:
            for touch in batch:
                if touch.job_id in late:
                    self.on_lost(touch.job_id, touch.lease)


def time_left(job: ClaimedJob, now: Instant) -> Micros:
    """How long an attempt may go on from now: its timeout, but not past the job's deadline."""
    return job.timeout if job.deadline_at is None else max(min(job.timeout, job.deadline_at - now), 0)


class AttemptLifeline:
    """One attempt's ``Lifeline``. ``limit`` is its timeout, which every sign of life starts anew.

    Progress and steps' results are kept without the secrets that the attempt has read (``masks``).
    """

    __slots__ = ("_job", "_limit", "_lines", "_masks")

    def __init__(
        self, lines: Lifelines, job: ClaimedJob, limit: asyncio.Timeout | None, masks: Masks | None = None
    ) -> None:
        self._masks = masks
        self._lines = lines
        self._job = job
        self._limit = limit

    def beat(self, progress: JSON = None) -> None:
        job = self._job
        told = progress if self._masks is None else self._masks.json(progress)
        self._lines.touch(Touch(job.id, job.lease, told))
        if self._limit is not None:
            with suppress(RuntimeError):  # it is over already
                left = time_left(job, self._lines.clock.now())
                self._limit.reschedule(asyncio.get_running_loop().time() + left / SECOND)

    async def steps(self) -> dict[str, JSON]:
        return await self._lines.when_there(lambda: self._lines.store.load_steps(self._job.id))

    async def keep(self, name: str, result: JSON) -> bool:
        lines, job, masks = self._lines, self._job, self._masks
        given = result if masks is None else masks.json(result)
        kept = await lines.when_there(
            lambda: lines.store.save_step(lines.worker_id, job.id, job.lease, name, given, lines.clock.now())
        )
        if not kept:
            lines.on_lost(job.id, job.lease)
        return kept
