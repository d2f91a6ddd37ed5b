"""The tasks of the chaos scenarios: each tells the ledger what it does, and misbehaves in one way.

Loaded with ``--tasks tests.chaos.tasks``. A gate is a file beside the ledger: a task waits until the test makes it, so
a scenario decides when handlers end, and nothing depends on how fast the machine is.
"""

import asyncio
import ctypes
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from holdfast.tasks import task, task_context
from tests.chaos.ledger import Entry, Ledger, What

_PAUSE = 0.01


class Execution:
    """One call of a handler, as the ledger knows it."""

    def __init__(self, step: str, worker: int) -> None:
        context = task_context()
        self.attempt = context.attempt
        self.id = uuid.uuid4().hex
        self._job = context.idempotency_key
        self._step = step
        self._worker = worker
        self._ledger = Ledger.of_process()

    @property
    def is_first(self) -> bool:
        """Whether the job was never run before. The attempt's number doesn't tell: a lost one doesn't count."""
        return self._ledger.begun(self._job)[0].execution == self.id

    def tell(self, what: What) -> None:
        self._ledger.write(Entry(what, self._job, self._step, self.attempt, self.id, self._worker))

    def is_open(self, gate: str) -> bool:
        return (self._ledger.folder / gate).exists()


@contextmanager
def recorded(step: str, worker: int | None = None) -> Iterator[Execution]:
    """Tells how the execution begins and how it ends, unless it dies on the way or raises."""
    execution = Execution(step, worker or os.getpid())
    execution.tell("begin")
    try:
        yield execution
    except asyncio.CancelledError:
        execution.tell("cancelled")
        raise
    execution.tell("done")


@task(name="record")
async def record(step: str = "", pause: float = 0.0) -> dict[str, str]:
    """Works for a while."""
    with recorded(step) as execution:
        await asyncio.sleep(pause)
    return {"step": step, "execution": execution.id}


@task(name="carry")
async def carry(bulk: str) -> dict[str, str]:
    """Has a large payload, and nothing to do."""
    with recorded(f"{len(bulk)} characters") as execution:
        return {"execution": execution.id}


@task(name="flaky")
async def flaky(failures: int, pause: float = 0.0) -> dict[str, str]:
    """Fails as often as told, then works."""
    with recorded("flaky") as execution:
        await asyncio.sleep(pause)
        if execution.attempt <= failures:
            raise ConnectionError("not yet")
    return {"execution": execution.id}


@task(name="hold")
async def hold(gate: str) -> dict[str, str]:
    """Waits until its gate is open."""
    with recorded(gate) as execution:
        while not execution.is_open(gate):  # noqa: ASYNC110 - who opens it is another process
            await asyncio.sleep(_PAUSE)
    return {"execution": execution.id}


@task(name="block")
async def block(seconds: float) -> dict[str, str]:
    """Blocks the event loop, as a handler does that calls a slow library without a thread."""
    with recorded("block") as execution:
        time.sleep(seconds)  # noqa: ASYNC251 - this is the fault
    return {"execution": execution.id}


@task(name="burn")
async def burn(seconds: float) -> dict[str, str]:
    """Blocks the event loop and the interpreter: a long computation."""
    with recorded("burn") as execution:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            sum(range(1_000))
    return {"execution": execution.id}


@task(name="deaf")
def deaf(gate: str) -> dict[str, str]:
    """A plain function whose first execution can't be stopped: it ends only when its gate opens."""
    with recorded(gate) as execution:
        while execution.is_first and not execution.is_open(gate):
            time.sleep(_PAUSE)
    return {"execution": execution.id}


@task(name="stubborn")
async def stubborn(gate: str) -> dict[str, str]:
    """A coroutine whose first execution swallows every cancellation: it ends only when its gate opens."""
    with recorded(gate) as execution:
        while execution.is_first and not execution.is_open(gate):
            try:
                await asyncio.sleep(_PAUSE)
            except asyncio.CancelledError:
                continue
    return {"execution": execution.id}


@task(name="poison")
async def poison(how: str) -> None:
    """Kills its worker, as a fault in a C library or the kernel's answer to a full memory does."""
    Execution(how, os.getpid()).tell("begin")
    if how == "segfault":
        ctypes.string_at(0)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


@task(name="caged", process=True)
def caged(how: str) -> dict[str, str]:
    """In a process of its own, which its step names: dies with it, hangs the first time, or works."""
    with recorded(str(os.getpid()), os.getppid()) as execution:
        if how == "segfault":
            ctypes.string_at(0)
        while how == "hang" and execution.is_first:
            time.sleep(_PAUSE)
    return {"execution": execution.id}
