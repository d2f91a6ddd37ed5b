"""What a task may know and tell while it runs: ``Context`` for async functions, ``SyncContext`` for plain ones.

A parameter annotated with either gets it. Both have the same words; the one for plain functions needs no ``await`` and
raises ``Stopped`` once the attempt is over, so that a function which calls any of its methods now and then can be
stopped. Signs of life and progress are written at most about once a second, whatever the number of calls.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError as WaitCancelled
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast, overload

import structlog

from holdfast.model.json import JSON, pointer, problems_of
from holdfast.ports import NodeContext, SecretRefused
from holdfast.tasks.outcomes import Stopped

if TYPE_CHECKING:  # it loads pydantic, which a module that only marks tasks needn't
    from holdfast.tasks.steps import Steps

P = ParamSpec("P")
T = TypeVar("T")
_MOST: Final = 20_000
# How often a thread that waits for the event loop looks whether its attempt is over.
_LOOK: Final = 0.5
NO_SECRETS: Final = "this task runs without a worker that could read secrets"


class _Attempt:
    """Who the attempt is. ``idempotency_key`` is the same at every attempt of the job."""

    def __init__(self, about: NodeContext) -> None:
        self.job_id = about.job_id
        self.tenant = about.tenant
        self.attempt = about.attempt
        self.max_attempts = about.max_attempts
        self.idempotency_key = about.idempotency_key
        self.correlation_id = about.correlation_id
        self.run_id = about.run_id
        self.node_id = about.node_id
        self.workflow = about.workflow
        self._about = about

    @property
    def log(self) -> Any:
        """A structlog logger whose lines name the task, the job, the attempt and the correlation id."""
        about = self._about
        names = {"job": about.job_id, "attempt": about.attempt, "correlation_id": about.correlation_id}
        if about.run_id is not None:
            names |= {"run": about.run_id, "node": about.node_id or ""}
        return structlog.get_logger("holdfast.task").bind(task=about.kind.removeprefix("task:"), **names)

    async def _secret(self, name: str) -> str:
        if self._about.secrets is None:
            raise SecretRefused(NO_SECRETS)
        return await self._about.secrets.get(name)

    def _beat(self, progress: JSON = None) -> None:
        if self._about.lifeline is not None:
            self._about.lifeline.beat(progress)


class Context(_Attempt):
    """The context of an async task. When its attempt is over, ``CancelledError`` is raised where it waits."""

    def __init__(self, about: NodeContext, steps: Steps) -> None:
        super().__init__(about)
        self._task = asyncio.current_task()
        self._steps = steps

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked this attempt to stop."""
        return self._task is not None and self._task.cancelling() > 0

    def check(self) -> None:
        """Raises ``CancelledError`` when the attempt was asked to stop."""
        if self.cancelled:
            raise asyncio.CancelledError

    async def heartbeat(self) -> None:
        """Says that the attempt is alive: its timeout starts anew."""
        self._beat()
        await asyncio.sleep(0)

    async def progress(self, value: JSON, note: str | None = None) -> None:
        """Tells how far it is, as everybody sees it at the job: any small JSON. It is a heartbeat, too."""
        self._beat(progress_of(value, note))
        await asyncio.sleep(0)

    async def secret(self, name: str) -> str:
        """The value of a secret. It is masked in whatever the attempt gives, tells, logs or raises.

        One that isn't there, or that may not go into this task, fails the attempt for good.
        """
        return await self._secret(name)

    @overload
    async def step(self, name: str, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    @overload
    async def step(self, name: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    async def step(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Calls ``function`` and keeps its result under ``name``; a later attempt gets that result without the call.

        An async function is awaited. A plain one is called in place: one that blocks belongs into a thread
        (``asyncio.to_thread``). A result that can't be kept fails the attempt for good.
        """
        steps = self._steps
        kept = await steps.begin(name)
        if kept is not None:
            return steps.restored(name, function, kept.result)
        with steps.ending(name):
            value = function(*args, **kwargs)
            if inspect.isawaitable(value):
                value = await value
            return steps.restored(name, function, await steps.keep(name, value))


class SyncContext(_Attempt):
    """The context of a plain task, which runs in a thread."""

    def __init__(self, about: NodeContext, steps: Steps, stop: threading.Event) -> None:
        """Made in the event loop that the attempt belongs to."""
        super().__init__(about)
        self._loop = asyncio.get_running_loop()
        self._steps = steps
        self._stop = stop
        self._progress: JSON = None
        self._telling = False

    @property
    def cancelled(self) -> bool:
        """Whether the attempt is over, and nothing that the function does from now on counts."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raises ``Stopped`` when the attempt is over. Call it now and then in a long computation."""
        if self._stop.is_set():
            raise Stopped

    def heartbeat(self) -> None:
        """Says that the attempt is alive: its timeout starts anew. Raises ``Stopped``."""
        self._tell()

    def progress(self, value: JSON, note: str | None = None) -> None:
        """Tells how far it is, as everybody sees it at the job: any small JSON. It is a heartbeat, too."""
        self._tell(progress_of(value, note))

    def secret(self, name: str) -> str:
        """The value of a secret. It is masked in whatever the attempt gives, tells, logs or raises.

        One that isn't there, or that may not go into this task, fails the attempt for good. Raises ``Stopped``.
        """
        self.check()
        return self._wait(self._secret(name))

    def step(self, name: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls ``function`` and keeps its result under ``name``; a later attempt gets that result without the call.

        A result that can't be kept fails the attempt for good. Raises ``Stopped``.
        """
        self.check()
        steps = self._steps
        kept = self._wait(steps.begin(name))
        if kept is not None:
            return cast(T, steps.restored(name, function, kept.result))
        try:
            value = function(*args, **kwargs)
            return cast(T, steps.restored(name, function, self._wait(steps.keep(name, value))))
        finally:
            self._loop.call_soon_threadsafe(steps.end, name)

    def _tell(self, progress: JSON = None) -> None:
        """Tells the event loop; calls that come while it hasn't listened yet are one."""
        self.check()
        if progress is not None:
            self._progress = progress
        if not self._telling:
            self._telling = True
            self._loop.call_soon_threadsafe(self._told)

    def _told(self) -> None:
        self._telling = False  # before it reads: what comes meanwhile is either read now or told again
        progress, self._progress = self._progress, None
        self._beat(progress)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it in the event loop; not longer than the attempt lasts, also while the store is away."""
        if asyncio._get_running_loop() is self._loop:
            work.close()
            raise RuntimeError("a plain function's context belongs to its thread; an async task takes holdfast.Context")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        while True:
            try:
                return future.result(_LOOK)
            except (asyncio.CancelledError, WaitCancelled):
                raise Stopped from None
            except TimeoutError:
                if future.done():
                    raise
            if self._stop.is_set():
                future.cancel()
                raise Stopped


def report(context: Context | SyncContext, progress: JSON) -> None:
    """Tells progress from wherever the task runs. Raises ``Stopped`` in a thread whose attempt is over."""
    if isinstance(context, SyncContext):
        context._tell(progress)
    else:
        context._beat(progress)


def progress_of(value: JSON, note: str | None) -> JSON:
    """Progress as it is kept. Raises ``ValueError`` for what isn't small JSON."""
    told: JSON = value if note is None else {"value": value, "note": note}
    if problems := problems_of(told):
        path, sentence = problems[0]
        raise ValueError(f"{pointer(('progress', *path))} {sentence}")
    if len(repr(told)) > _MOST:
        raise ValueError("progress is small: a number, a sentence, a few of both")
    return told
