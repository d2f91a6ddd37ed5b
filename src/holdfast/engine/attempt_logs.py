"""What the code of attempts logs, kept with them: bounded, and written in batches beside the work.

An attempt's lines wait in memory for half a second at most, or for its end; then those of all attempts under one worker
id are written together, in a transaction of their own. Nothing waits for that, and nothing is written, or done, where
nothing is logged. A process that is killed loses what waited; a store that is away is given what fits into memory, and
what doesn't is counted among the lines that were left out.

Lines come from any thread (``log_capture``); everything else happens in the event loop.
"""

import asyncio
from collections import deque
from contextlib import suppress
from contextvars import Context
from threading import RLock
from typing import Final

import structlog

from holdfast.engine.loop import jittered
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import ClaimedJob
from holdfast.model.log_line import Logged, LogLine, Quota
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.attempt_logs")
_PAUSE: Final[Micros] = 500 * MILLISECOND
_AWAY: Final[Micros] = SECOND
_BATCH: Final = 500
# How many lines may wait for the store, and how many bytes of them.
_MOST: Final = 10_000
_MOST_BYTES: Final = 16 * 1024 * 1024
# How long the last lines are written at a worker's end.
_LAST_WORDS: Final[Micros] = SECOND

# A line and about how many bytes it takes.
_Waiting = tuple[LogLine, int]


class AttemptLogs:
    """Those of the attempts under one worker id. Made in the event loop that writes them."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self.clock = clock
        self._entropy = entropy
        # Taken again by the thread that holds it when it meets garbage there whose end is logged.
        self.lock = RLock()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._roused = False
        self._soon = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._closing = False

    def of(self, job: ClaimedJob) -> "AttemptLog":
        """Where the lines of an attempt go that begins now."""
        return AttemptLog(self, job)

    def add(self, line: LogLine, size: int) -> bool:
        """Has a line of so many bytes written soon; False when too much waits. Under the lock."""
        if len(self._waiting) >= _MOST or self._bytes + size > _MOST_BYTES:
            return False
        self._waiting.append((line, size))
        self._bytes += size
        if not self._roused:
            self._roused = True
            # In a context of its own: what the writer itself logs is no attempt's.
            with suppress(RuntimeError):  # the loop is closed: nothing of it is kept any more
                self._loop.call_soon_threadsafe(self._begin, context=Context())
        return True

    def hurry(self) -> None:
        """An attempt that logged something has ended: its lines are written now."""
        self._soon.set()

    async def close(self) -> None:
        """Writes what waits, if the store is there."""
        self._closing = True
        self._soon.set()
        await asyncio.sleep(0)  # a line of just now may have yet to begin its writing
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=_LAST_WORDS / SECOND)
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    def _begin(self) -> None:
        self._writing = asyncio.create_task(self._write(), name="attempt-logs")

    async def _write(self) -> None:
        while True:
            await self._due()
            batch = self._next()
            if not batch:
                return
            await self._commit(batch)

    async def _due(self) -> None:
        """Until lines have waited long enough, or an attempt that logged has ended."""
        if not self._closing and len(self._waiting) < _BATCH:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE / SECOND):
                    await self._soon.wait()
        self._soon.clear()

    def _next(self) -> list[_Waiting]:
        with self.lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
            self._bytes -= sum(size for _, size in batch)
            self._roused = bool(batch)
            return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            await self._store.add_log_lines([line for line, _ in batch])
        except Unavailable as error:
            _log.warning("store unavailable, lines of attempts wait", lines=len(batch), reason=str(error))
            with self.lock:
                self._waiting.extendleft(reversed(batch))
                self._bytes += sum(size for _, size in batch)
            await self.clock.sleep(jittered(_AWAY, self._entropy.random()))
        except Exception:
            _log.exception("lines of attempts can't be written", lines=len(batch))


class AttemptLog:
    """One attempt's lines: a ``log_capture.Sink`` until the attempt ends."""

    __slots__ = ("_job", "_logs", "_over", "_quota")

    def __init__(self, logs: AttemptLogs, job: ClaimedJob) -> None:
        self._logs = logs
        self._job = job
        self._quota: Quota | None = None
        self._over = False

    def logged(self, line: Logged) -> None:
        with self._logs.lock:
            if self._over:
                return
            if self._quota is None:
                self._quota = Quota()
            number = self._quota.take(line.size)
            if number is not None and not self._add(number, line.level, line.message, line):
                self._quota.left_out += 1

    def unlogged(self, count: int) -> None:
        with self._logs.lock:
            if self._quota is not None and not self._over:
                self._quota.left_out += count

    def close(self) -> None:
        """The attempt has ended: what is logged from now on isn't its own any more."""
        if self._quota is None and not self._over:
            self._over = True
            return
        with self._logs.lock:
            if self._over or self._quota is None:
                return
            self._over = True
            last = self._quota.last_words()
            if last is not None:
                self._add(self._quota.lines + 1, "warning", last)
        self._logs.hurry()

    def _add(self, number: int, level: str, message: str, line: Logged | None = None) -> bool:
        job = self._job
        fields = (
            {} if line is None else {key: value for key, value in line.fields.items() if not _names(job, key, value)}
        )
        at = self._logs.clock.now()
        kept = LogLine(job.id, job.tenant, job.lease, job.attempt, number, at, level, message, fields)
        return self._logs.add(kept, len(message) if line is None else line.size)


def _names(job: ClaimedJob, key: str, value: object) -> bool:
    """Whether a field only says whose line it is."""
    match key:
        case "job" | "job_id":
            return value == job.id
        case "run" | "run_id":
            return value == job.run_id
        case "node" | "node_id":
            return value == job.node_id
        case "tenant":
            return value == job.tenant
        case "correlation_id":
            return value == job.correlation_id
        case "attempt":
            return value == job.attempt
        case "task":
            return value == job.kind.removeprefix("task:")
        case _:
            return False
