"""``holdfast.SyncClient``: the same client for programs without an event loop.

Each call runs on a loop in a thread of its own, which ends with ``close``; any number of threads may share one client.
Calls that are under way at ``close`` end with ``RuntimeError``, as those that come later do. A process that was forked
has no such thread: it makes a client of its own. Nothing is written twice: each method here is the async one, awaited
there.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, Unpack, cast

from holdfast.sdk.client import Client
from holdfast.sdk.definitions import Events, Workflows
from holdfast.sdk.handles import JobHandle, RunHandle
from holdfast.sdk.work import JobOptions, Work

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H")
C = TypeVar("C", bound=Callable[..., Any])


class Background:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="holdfast-client", daemon=True)
        self._thread.start()
        self._closing = threading.Lock()
        self._closed = False

    def run(self, work: Awaitable[T]) -> T:
        """The result of ``work``, awaited there. Interrupted, it cancels that. Raises ``RuntimeError``."""
        future = self._begin(cast(Coroutine[Any, Any, T], work))
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("the client was closed while this call was under way") from None
        except BaseException:
            future.cancel()
            raise

    def close(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Ends what is under way, does ``last``, and ends the thread. Again: nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(_end(last), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        with self._closing:  # after it nothing begins that nobody would end
            if not self._closed and self._thread.is_alive():
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise RuntimeError(
            "this client is closed" if self._closed else "this client was made before a fork; make another"
        )


async def _end(last: Callable[[], Awaitable[None]] | None) -> None:
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    if last is not None:
        await last()


class _Face(Generic[H]):
    """What stands before ``_inner``, whose calls are awaited in the background."""

    def __init__(self, background: Background, inner: H) -> None:
        self._background = background
        self._inner = inner

    def __repr__(self) -> str:
        return f"Sync{self._inner!r}"


def _called(method: Callable[Concatenate[H, P], Awaitable[T]]) -> Callable[Concatenate[_Face[H], P], T]:
    def call(self: _Face[H], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._background.run(method(self._inner, *args, **kwargs))

    return _named(call, method)


def _iterated(method: Callable[Concatenate[H, P], AsyncIterator[T]]) -> Callable[Concatenate[_Face[H], P], Iterator[T]]:
    def call(self: _Face[H], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        items = method(self._inner, *args, **kwargs)
        while True:
            try:
                yield self._background.run(anext(items))
            except StopAsyncIteration:
                return

    return _named(call, method)


def _named(call: C, method: Callable[..., Any]) -> C:
    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


class SyncJobHandle(_Face[JobHandle]):
    """A job; see ``JobHandle``."""

    def __init__(self, background: Background, handle: JobHandle) -> None:
        super().__init__(background, handle)
        self.id = handle.id
        self.duplicate = handle.duplicate

    job = _called(JobHandle.job)
    status = _called(JobHandle.status)
    wait = _called(JobHandle.wait)
    result = _called(JobHandle.result)
    cancel = _called(JobHandle.cancel)
    retry = _called(JobHandle.retry)


class SyncRunHandle(_Face[RunHandle]):
    """A run; see ``RunHandle``."""

    def __init__(self, background: Background, handle: RunHandle) -> None:
        super().__init__(background, handle)
        self.id = handle.id

    run = _called(RunHandle.run)
    status = _called(RunHandle.status)
    wait = _called(RunHandle.wait)
    output = _called(RunHandle.output)
    cancel = _called(RunHandle.cancel)
    pause = _called(RunHandle.pause)
    resume = _called(RunHandle.resume)
    signal = _called(RunHandle.signal)
    approve = _called(RunHandle.approve)
    reject = _called(RunHandle.reject)
    timeline = _called(RunHandle.timeline)
    waits = _called(RunHandle.waits)

    def rerun(self, *, start: str = "failed", version: str = "same") -> "SyncRunHandle":
        """See ``RunHandle.rerun``."""
        return SyncRunHandle(self._background, self._background.run(self._inner.rerun(start=start, version=version)))


class SyncWorkflows(_Face[Workflows]):
    """What a client can do with definitions; see ``Workflows``."""

    apply = _called(Workflows.apply)
    get = _called(Workflows.get)
    list = _iterated(Workflows.list)
    enable = _called(Workflows.enable)
    disable = _called(Workflows.disable)
    delete = _called(Workflows.delete)
    versions = _iterated(Workflows.versions)
    diff = _called(Workflows.diff)
    restore = _called(Workflows.restore)


class SyncEvents(_Face[Events]):
    """The event log; see ``Events``."""

    __call__ = _iterated(Events.__call__)
    post = _called(Events.post)


class SyncClient(_Face[Client]):
    """One server and one key; see ``Client``. Use as a context manager, or ``close`` it."""

    def __init__(self, url: str | None = None, api_key: str | None = None) -> None:
        background = Background()
        try:
            client = background.run(_made(url, api_key))
        except BaseException:
            background.close()
            raise
        super().__init__(background, client)
        self.workflows = SyncWorkflows(background, client.workflows)
        self.events = SyncEvents(background, client.events)
        self.apply = self.workflows.apply

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Any number of times."""
        self._background.close(self._inner.close)

    def enqueue(
        self, work: Work, args: Any = None, *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> SyncJobHandle:
        """See ``Client.enqueue``."""
        inserting = self._inner.enqueue(work, args, idempotency_key=idempotency_key, **options)
        return SyncJobHandle(self._background, self._background.run(inserting))

    def enqueue_many(
        self, work: Work, many: Iterable[Any], *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> list[SyncJobHandle]:
        """See ``Client.enqueue_many``."""
        inserting = self._inner.enqueue_many(work, many, idempotency_key=idempotency_key, **options)
        return [SyncJobHandle(self._background, handle) for handle in self._background.run(inserting)]

    def run(
        self, workflow: str, run_input: Any = None, *, wait: float | None = None, idempotency_key: str | None = None
    ) -> SyncRunHandle:
        """See ``Client.run``."""
        starting = self._inner.run(workflow, run_input, wait=wait, idempotency_key=idempotency_key)
        return SyncRunHandle(self._background, self._background.run(starting))

    def rerun(
        self, run_id: str, *, start: str = "failed", version: str = "same", idempotency_key: str | None = None
    ) -> SyncRunHandle:
        """See ``Client.rerun``."""
        starting = self._inner.rerun(run_id, start=start, version=version, idempotency_key=idempotency_key)
        return SyncRunHandle(self._background, self._background.run(starting))

    get_job = _called(Client.get_job)
    list_jobs = _iterated(Client.list_jobs)
    cancel_job = _called(Client.cancel_job)
    retry_job = _called(Client.retry_job)
    bulk = _called(Client.bulk)
    get_run = _called(Client.get_run)
    list_runs = _iterated(Client.list_runs)
    cancel_run = _called(Client.cancel_run)
    pause_run = _called(Client.pause_run)
    resume_run = _called(Client.resume_run)
    signal = _called(Client.signal)
    timeline = _called(Client.timeline)
    waits = _called(Client.waits)
    items = _iterated(Client.items)


async def _made(url: str | None, api_key: str | None) -> Client:
    """Its session belongs to the loop that it is made in."""
    return Client(url, api_key)
