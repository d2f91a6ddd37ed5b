"""A child process that runs tasks for a worker: ``python -m holdfast.child SOCKET PARENT``.

Started by ``nodes.processes``, it answers over the socket that it was given. A task runs here as it would in the worker
itself (``nodes.task``): an async function in this process's event loop, a plain one in a thread. One task at a time; it
is never told to stop, it is killed. It ends when the worker does: the kernel kills it (Linux), or the socket closes.
"""

import asyncio
import ctypes
import importlib
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from holdfast.failures import failure_of
from holdfast.log_capture import attempt, taking
from holdfast.masks import Masks, current
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSON
from holdfast.model.log_line import Logged, Quota
from holdfast.model.outcome import ErrorInfo, Failed, Outcome
from holdfast.model.secret import SecretType
from holdfast.nodes.task import TaskNode
from holdfast.observe.logs import LogFormat, configure
from holdfast.ports import Connection, NodeContext, SecretRefused
from holdfast.tasks import tasks_of
from holdfast.tasks.frames import Frame, encoded, frame_of_end, read_frame

_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
# When memory runs out, the kernel takes the child and not the worker.
_OOM_SCORE: Final = "500"
# Signs of life go out no more often than that.
_PAUSE: Final = 0.2


class Pipe:
    """The other end of the socket."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0

    def send(self, frame: Frame) -> None:
        self._writer.write(encoded(frame))

    async def ask(self, frame: Frame) -> Any:
        self._number += 1
        answer = self._asked[self._number] = asyncio.get_running_loop().create_future()
        self.send({**frame, "id": self._number})
        return await answer

    def answered(self, frame: Frame) -> None:
        asked = self._asked.pop(frame["id"], None)
        if asked is not None and not asked.done():
            asked.set_result(frame["value"])


class Line:
    """The ``Lifeline`` of one attempt, and where its log lines go. Once that is over it sends nothing: the next attempt
    uses the same pipe.

    ``refused``: a step's result wasn't kept, as the attempt doesn't own its job any more.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._progress: JSON = None
        self._beating: asyncio.TimerHandle | None = None
        self._waits = False
        self._over = False
        self.refused = False
        self._loop = asyncio.get_running_loop()
        self._quota = Quota()
        self._lock = threading.RLock()  # see ``AttemptLogs.lock``

    def logged(self, line: Logged) -> None:
        with self._lock:
            if self._quota.take(line.size) is None:
                return
        if asyncio._get_running_loop() is self._loop:
            self._send_line(line)
        else:
            self._loop.call_soon_threadsafe(self._send_line, line)

    def unlogged(self, count: int) -> None:
        with self._lock:
            self._quota.left_out += count

    def beat(self, progress: JSON = None) -> None:
        self._progress = self._progress if progress is None else progress
        if self._beating is None:
            self._tell()
            self._beating = asyncio.get_running_loop().call_later(_PAUSE, self._paused)
        else:
            self._waits = True

    async def secret(self, name: str) -> str:
        """A secret's value, from the worker. Raises as ``AttemptSecrets.get`` does."""
        match await self._ask({"type": "secret", "name": name}):
            case {"value": str(value)}:
                return value
            case {"away": reason}:
                raise Unavailable(str(reason))
            case answer:
                raise SecretRefused(str(answer["refused"]))

    async def steps(self) -> dict[str, JSON]:
        steps: dict[str, JSON] = await self._ask({"type": "steps"})
        return steps

    async def keep(self, name: str, result: JSON) -> bool:
        kept = bool(await self._ask({"type": "keep", "name": name, "result": result}))
        self.refused = self.refused or not kept
        return kept

    def end(self) -> None:
        """The attempt is over: its last progress goes out before its end does."""
        if self._waits:
            self._tell()
        if self._quota.left_out:
            self._pipe.send({"type": "unlogged", "count": self._quota.left_out})
        self._over = True

    def _send_line(self, line: Logged) -> None:
        if not self._over:
            self._pipe.send({"type": "log", "line": line._asdict()})

    def _tell(self) -> None:
        if not self._over:
            self._pipe.send({"type": "beat", "progress": self._progress})
        self._progress, self._waits = None, False

    def _paused(self) -> None:
        self._beating = None
        if self._waits:
            self.beat()

    async def _ask(self, frame: Frame) -> Any:
        if self._over:
            raise asyncio.CancelledError("the attempt is over")
        return await self._pipe.ask(frame)


class PipedSecrets:
    """The ``AttemptSecrets`` of an attempt here: the worker reads and binds them, both sides mask them."""

    def __init__(self, line: Line, masks: Masks) -> None:
        self._line = line
        self._masks = masks

    async def get(self, name: str) -> str:
        value = await self._line.secret(name)
        self._masks.add(name, value)
        return value

    async def connection(self, name: str, type_: SecretType, stale: str | None = None) -> Connection:
        raise SecretRefused(f"the connection {name} can't be used here: tasks read secrets that are texts")

    def check_host(self, host: str, carried: JSON = None) -> None:
        """A task's own requests are its own affair: nothing here sends anything for it."""


async def serve(connection: socket.socket) -> None:
    """Runs what the worker sends until the socket closes."""
    reader, writer = await asyncio.open_connection(sock=connection)
    pipe = Pipe(writer)
    running: set[asyncio.Task[None]] = set()
    while (frame := await read_frame(reader)) is not None:
        match frame["type"]:
            case "hello":
                sys.path[:] = frame["path"]
                _import(frame["modules"])
            case "run":
                pipe.send({"type": "began"})
                task = asyncio.create_task(_run(pipe, frame))
                running.add(task)
                task.add_done_callback(running.discard)
            case "answer":
                pipe.answered(frame)
    os._exit(0)  # whatever still runs here: the worker is gone


async def _run(pipe: Pipe, frame: Frame) -> None:
    line, masks = Line(pipe), Masks()
    attempt.set(line)
    current.set(masks)
    try:
        node = _node(frame["module"], frame["task"])
        secrets = PipedSecrets(line, masks)
        context = NodeContext(**frame["context"], lifeline=line if frame["lifeline"] else None, secrets=secrets)
        outcome: Outcome = await node.execute(context, frame["params"])
        ended = frame_of_end(outcome)
    except BaseException as error:
        # Refused: the worker kills this process next.
        lost = Failed(ErrorInfo("lost", "another attempt owns this job"))
        ended = frame_of_end(lost if line.refused else failure_of(error))
    line.end()
    pipe.send(ended)


def _node(module: str, name: str) -> TaskNode:
    for task in tasks_of(importlib.import_module(module)):
        if task.name == name:
            return TaskNode(replace(task, process=False, inline=False))
    raise LookupError(f"the module {module} has no task {name}")


def _import(modules: list[str]) -> None:
    """Ahead of the first task; what can't be imported is told when a task of it runs."""
    for module in modules:
        with suppress(Exception):
            importlib.import_module(module)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    if os.getppid() != parent:
        os._exit(0)


def _log_format() -> LogFormat | None:
    """As the worker's settings have it, which checked it; to load those here would make each start much longer."""
    given = os.environ.get("HOLDFAST_LOG_FORMAT")
    return "json" if given == "json" else "console" if given == "console" else None


def main() -> None:
    descriptor, parent = (int(argument) for argument in sys.argv[1:3])
    _die_with(parent)
    configure(_log_format(), os.environ.get("HOLDFAST_LOG_LEVEL", "info").lower())
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what is printed isn't lost when it is killed
    with taking():
        asyncio.run(serve(socket.socket(fileno=descriptor)))


if __name__ == "__main__":
    main()
