"""Tasks that run in processes of their own, for ``test_processes``."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pydantic import BaseModel

import holdfast


class Order(BaseModel):
    number: int


@holdfast.task(process=True)
def who(order: Order) -> list[int]:
    return [os.getpid(), order.number]


@holdfast.task(process=True)
async def who_async(number: int) -> list[int]:
    await asyncio.sleep(0)
    return [os.getpid(), number]


@holdfast.task(process=True)
def works(ctx: holdfast.SyncContext) -> list[str]:
    ctx.progress(0.5, "half")
    ctx.heartbeat()
    step = ctx.step("charge", lambda: "charged")
    return [step, ctx.idempotency_key, holdfast.task_context().correlation_id]


@holdfast.task(process=True)
async def works_async(ctx: holdfast.Context) -> list[str]:
    await ctx.progress(0.5, "half")
    await ctx.heartbeat()
    step = await ctx.step("charge", lambda: "charged")
    return [step, ctx.idempotency_key, holdfast.task_context().correlation_id]


left_behind: list[asyncio.Task[None]] = []


@holdfast.task(process=True)
async def leaves_work_behind(ctx: holdfast.Context) -> None:
    """Forgets a coroutine that goes on after its attempt is over."""

    async def later() -> None:
        while True:
            await ctx.progress("of an attempt that is over")
            await ctx.step("stale", lambda: "of an attempt that is over")

    await ctx.step("first", lambda: 1)
    left_behind.append(asyncio.create_task(later()))


@holdfast.task(process=True)
async def waits_for_what_was_left() -> str:
    (left,) = left_behind
    await asyncio.wait([left])
    return "cancelled" if left.cancelled() else "went on"


@holdfast.task(process=True)
def ends(how: str) -> None:
    match how:
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sys.exit":
            sys.exit("enough")
        case "raise":
            raise LookupError("inside")
        case "final":
            raise holdfast.FinalError("never")
        case "later":
            raise holdfast.RetryLater("5m")
        case "snooze":
            raise holdfast.Snooze("5m")
        case "cancel":
            raise holdfast.Cancel


@holdfast.task(process=True)
async def waits_for_what_is_cancelled() -> None:
    waiting = asyncio.create_task(asyncio.sleep(300))
    waiting.cancel()
    await waiting


@holdfast.task(process=True)
def dies_and_leaves_a_copy(file: str) -> None:
    """A copy has all that it had open, as the workers of ``multiprocessing`` do."""
    copy = os.fork()
    if copy == 0:
        time.sleep(300)
    Path(file).write_text(str(copy))
    os.kill(os.getpid(), signal.SIGSEGV)


@holdfast.task(process=True)
def hang(file: str) -> None:
    """Holds the interpreter and starts a process of its own, as a careless task does."""
    started = subprocess.Popen(["sleep", "300"])
    Path(file).write_text(f"{os.getpid()} {started.pid}")
    while True:
        time.perf_counter()


@holdfast.task(process=True)
def big(size: int) -> str:
    return "x" * size


@holdfast.task(process=True)
def prints(text: str) -> None:
    print(text)  # noqa: T201
