"""Tasks in child processes, which are really killed.

A child is a Python of its own that imports the task's module and runs one task at a time (``holdfast.child``). It is
used again; one more than was needed so far stands ready. It is killed, with everything that it started, when its
attempt times out, is cancelled or given back, and when the worker closes. It dies with the worker, however that ends.
A child that dies by itself (a segmentation fault, ``os._exit``, no memory) fails the attempt: ``process_died``; what it
started dies with it then, too.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from holdfast.log_capture import attempt
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSON, JSONObject
from holdfast.model.log_line import Logged
from holdfast.model.outcome import Outcome
from holdfast.nodes.node import failed
from holdfast.ports import NodeContext, SecretRefused
from holdfast.tasks import Task
from holdfast.tasks.context import NO_SECRETS
from holdfast.tasks.frames import BrokenFrame, Frame, encoded, frame_of_run, outcome_of, read_frame

_log = structlog.get_logger("holdfast.nodes.processes")
DIED: Final = "process_died"
# How often one child is used: whatever its libraries leak ends with it.
USES: Final = 1_000
# How long a killed child is waited for, and one that has closed its side.
_REAPING: Final = 5.0
_ENDING: Final = 1.0


class Child:
    """One child process and the conversation with it."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._watching: asyncio.Task[None] | None = None
        self.uses = 0

    @classmethod
    async def start(cls, modules: Sequence[str] = ()) -> "Child":
        """A child that is starting; it imports the modules first. Raises ``OSError``."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "holdfast.child", str(theirs.fileno()), str(os.getpid())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an operator's Ctrl-C is for the worker; and what it starts dies with it
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            child = cls(process, *await asyncio.open_connection(sock=ours))
        except BaseException:
            process.kill()
            ours.close()
            raise
        child._watching = asyncio.create_task(child._watch(), name="process")
        child._send({"type": "hello", "path": sys.path, "modules": list(modules)})
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def run(self, task: Task, context: NodeContext, params: JSONObject) -> Outcome | None:
        """What the attempt came to; None when the child had died before it began. Kills the child when cancelled."""
        self.uses += 1
        began = False
        try:
            self._send(frame_of_run(task.name, task.module or task.function.__module__, context, params))
            while (frame := await read_frame(self._reader)) is not None:
                began = began or frame["type"] == "began"
                if frame["type"] == "ended":
                    return outcome_of(frame)
                await self._serve(frame, context)
        except (BrokenFrame, KeyError, TypeError) as error:
            await self.kill()
            return failed(DIED, f"the task's process spoke what isn't understood: {error}")
        except BaseException:  # cancelled: its attempt is over
            await self.kill()
            raise
        code = await self._ended(_ENDING)
        await self.kill()
        return failed(DIED, _how_it_ended(code)) if began else None

    async def kill(self) -> None:
        """Ends it at once, with everything that it started, and waits until it is gone."""
        if self.alive:
            self._kill_group()
        self._writer.close()
        if await self._ended(_REAPING) is None:
            _log.warning("a killed process doesn't go", pid=self._process.pid)

    async def _watch(self) -> None:
        """Once it is gone, what it started goes too; a copy of it would keep its side of the conversation open."""
        await self._process.wait()
        self._kill_group()
        asyncio.get_running_loop().call_later(_ENDING, self._reader.feed_eof)  # if a copy has left the group

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _ended(self, patience: float) -> int | None:
        """How it ended; None when it hasn't in that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                return await self._process.wait()
        return None

    async def _serve(self, frame: Frame, context: NodeContext) -> None:
        lifeline = context.lifeline
        match frame:
            case {"type": "secret", "id": number, "name": str(name)}:
                self._answer(number, await _secret(context, name))
            case {"type": "beat", "progress": progress} if lifeline is not None:
                lifeline.beat(progress)
            case {"type": "steps", "id": number} if lifeline is not None:
                self._answer(number, await lifeline.steps())
            case {"type": "keep", "id": number, "name": name, "result": result} if lifeline is not None:
                self._answer(number, await lifeline.keep(name, result))
            case {"type": "log", "line": line} if (sink := attempt.get()) is not None:
                sink.logged(Logged(**line))
            case {"type": "unlogged", "count": count} if (sink := attempt.get()) is not None:
                sink.unlogged(count)
            case _:
                pass

    def _answer(self, number: int, value: JSON) -> None:
        self._send({"type": "answer", "id": number, "value": value})

    def _send(self, frame: Frame) -> None:
        self._writer.write(encoded(frame))


class Processes:
    """The children of one worker process: those at work, and those that wait for work."""

    def __init__(self, modules: Sequence[str] = (), idle: int | None = None) -> None:
        """``modules``: what a new child imports at once. ``idle``: how many may stand ready."""
        self._modules = tuple(modules)
        self._most_idle = idle if idle is not None else max(2, os.cpu_count() or 1)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._starting: set[asyncio.Task[None]] = set()

    async def run(self, task: Task, context: NodeContext, params: JSONObject) -> Outcome:
        """Runs one attempt of a task in a child of its own. Cancelled, it has killed that child."""
        while True:
            try:
                child = await self._take()
            except OSError as error:
                return failed("process_start", f"no process could be started: {error}")
            fresh = child.uses == 0
            self._busy.add(child)
            try:
                outcome = await child.run(task, context, params)
            finally:
                self._busy.discard(child)
            if outcome is not None:
                await self._put_back(child)
                return outcome
            if fresh:
                return failed("process_start", "the process ended before the task began; its standard error says why")

    async def warm(self) -> None:
        """Has a child stand ready. Raises nothing: without it the first task takes longer, or says what is wrong."""
        if not self._idle:
            await self._start_spare()

    async def close(self) -> None:
        """Kills every child."""
        for starting in list(self._starting):
            starting.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        children = [*self._idle, *self._busy]
        self._idle.clear()
        await asyncio.gather(*(child.kill() for child in children))

    async def _take(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                break
            await child.kill()
        else:
            child = await Child.start(self._modules)
        if not self._idle and not self._starting:
            starting = asyncio.create_task(self._start_spare(), name="spare-process")
            self._starting.add(starting)
            starting.add_done_callback(self._starting.discard)
        return child

    async def _start_spare(self) -> None:
        try:
            await self._put_back(await Child.start(self._modules))
        except OSError as error:
            _log.warning("no spare process could be started", reason=str(error))

    async def _put_back(self, child: Child) -> None:
        if child.alive and child.uses < USES and len(self._idle) < self._most_idle:
            self._idle.append(child)
        else:
            await child.kill()


async def _secret(context: NodeContext, name: str) -> JSON:
    """The value, or the sentence that says why it isn't given."""
    try:
        if context.secrets is None:
            raise SecretRefused(NO_SECRETS)
        return {"value": await context.secrets.get(name)}
    except SecretRefused as refused:
        return {"refused": str(refused)}
    except Unavailable as error:
        return {"away": str(error)}


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "the task's process closed its connection"
    if code >= 0:
        return f"the task's process ended with exit code {code} before the task did"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the task's process was killed by {name}"
