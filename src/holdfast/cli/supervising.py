"""``holdfast worker --processes N``: keeps N worker processes going.

The supervisor opens no store and runs no jobs. Its first child goes ahead: what it refuses (settings, a database that
isn't migrated) is said once and ends everything; once it is ready the others start. Then each child is kept going:

- one that ends with 75 asks for a successor and gets it at once; any other end by itself gets one after a pause that
  doubles from half a second to half a minute, and starts anew once a child has lasted for a minute;
- SIGINT or SIGTERM is passed on to all of them; who isn't gone some seconds after the grace is killed. A second signal
  kills them at once, and the supervisor ends with 130;
- if the supervisor is killed, its children end by their leash (``leash``).

It ends with the worst exit code of the children that it stopped; 128 + n for one that signal n killed.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from holdfast.cli.failures import PROBLEM, USAGE
from holdfast.cli.leash import READY
from holdfast.cli.screen import say

REPLACE_ME: Final = 75
# Beside the grace: for what a graceful end does before and after it.
MARGIN: Final = 15.0
_HARD: Final = 130
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_LASTED: Final = 60.0


class Supervisor:
    """``command`` starts one child, which is given its end of a leash as ``--leash``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], count: int, grace: float) -> None:
        self._command = command
        self._environment = environment
        self._count = count
        self._grace = grace
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._children: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> int:
        """Until a signal, or until the first child refuses to start; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told)
        return max(await asyncio.gather(*(self._keep(number + 1) for number in range(self._count))))

    def _told(self) -> None:
        if self._stop.is_set():
            self._kill()
            os._exit(_HARD)
        say(f"stopping {len(self._children)} workers")
        self._stop_all()

    def _stop_all(self) -> None:
        self._stop.set()
        for child in self._children.values():
            _send(child, signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._grace + MARGIN, self._kill)

    def _kill(self) -> None:
        for child in self._children.values():
            _send(child, signal.SIGKILL)

    async def _keep(self, number: int) -> int:
        """One place in the crew, with one child after another; the last one's exit code."""
        if number > 1:
            await _first_of(self._ready, self._stop)
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            began = asyncio.get_running_loop().time()
            code = await self._run_one(number)
            if self._stop.is_set():
                return code
            if code in (PROBLEM, USAGE) and not self._ready.is_set():
                self._stop_all()
                return code
            if code == REPLACE_ME:
                say(f"worker {number} ended so that a new one replaces it")
                continue
            if asyncio.get_running_loop().time() - began > _LASTED:
                pause = _FIRST_PAUSE
            say(f"worker {number} ended by itself with {code}; a new one starts in {pause:g} s")
            await _first_of(self._stop, patience=pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return 0

    async def _run_one(self, number: int) -> int:
        """From a child's start to its end; its exit code."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with theirs:
                child = await asyncio.create_subprocess_exec(
                    *(*self._command, "--leash", str(theirs.fileno())),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=self._environment,
                    start_new_session=True,  # Ctrl-C is for the supervisor, which passes it on once
                )
            self._children[number] = child
            if self._stop.is_set():
                _send(child, signal.SIGTERM)
            hearing = asyncio.create_task(self._hear(number, child.pid, ours))
            code = await child.wait()
            del self._children[number]
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing
        if code == -signal.SIGTERM and self._stop.is_set():
            return 0  # it had not begun yet
        return code if code >= 0 else 128 - code

    async def _hear(self, number: int, pid: int, line: socket.socket) -> None:
        with suppress(OSError):
            if await asyncio.get_running_loop().sock_recv(line, 1) == READY:
                say(f"worker {number} ready (process {pid})")
                self._ready.set()


def supervise(command: Sequence[str], changed: Mapping[str, str], count: int, grace: float) -> int:
    """Keeps ``count`` children of this program going; ``changed`` are their own environment variables."""
    whole = (sys.executable, "-P", "-m", "holdfast", *command)

    async def supervising() -> int:
        return await Supervisor(whole, {**os.environ, **changed}, count, grace).run()

    return asyncio.run(supervising())


async def _first_of(*events: asyncio.Event, patience: float | None = None) -> None:
    """Waits until one of them is set, or for so many seconds."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


def _send(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        child.send_signal(number)
