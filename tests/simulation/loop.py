"""A deterministic event loop: time is a number that jumps to the next timer, and every choice is drawn from a seed.

Callbacks belong to **strands**, one per simulated process, found by the context that they run in. Inside a strand they
keep asyncio's order; whose strand goes next is drawn. A *frozen* strand runs nothing while time goes on (its timers
fall due and wait); a *dead* one never runs anything again, not even a ``finally``.

What reaches outside (sockets, threads, executors, signals, subprocesses) is refused. When nothing is left that could
ever happen, ``Deadlock`` is raised; callbacks that raise are kept in ``failures``.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, NoReturn, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Deadlock(Exception):
    """Somebody waits, and no callback or timer is left that could end it."""


class Strand:
    """The callbacks of one simulated process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[asyncio.Handle] = deque()
        self.frozen = False
        self.dead = False
        self.context: Context = copy_context()
        self.context.run(_strand.set, self)
        self._fuse: tuple[int, Callable[[], None]] | None = None

    def after_steps(self, steps: int, action: Callable[[], None]) -> None:
        """Runs ``action`` when this strand has run that many more callbacks: between any two of its awaits."""
        self._fuse = (steps, action)

    def defuse(self) -> None:
        self._fuse = None

    def die(self) -> None:
        """Nothing of it runs any more. What was ready is kept, so that nothing is collected half-way."""
        self.dead = True

    def stepped(self) -> None:
        if self._fuse is None:
            return
        steps, action = self._fuse
        self._fuse = (steps - 1, action) if steps > 0 else None
        if steps == 0:
            action()


_strand: ContextVar[Strand] = ContextVar("strand")


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs strands until a future is done. ``world`` is the strand of what has none."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle, Strand]] = []
        self._count = 0
        self.steps = 0
        self.world = Strand("world")
        self._strands = [self.world]
        self._closed = False
        # asyncio itself knows tasks only weakly: those of a dead strand would be collected, running its ``finally``.
        self._tasks: list[asyncio.Task[Any]] = []
        self.failures: list[dict[str, Any]] = []

    def strand(self, name: str) -> Strand:
        strand = Strand(name)
        self._strands.append(strand)
        return strand

    # -- running -----------------------------------------------------------------------------------------------------

    def run_until_complete(self, future: Generator[Any, None, T] | Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:  # type: ignore[override]
        task: asyncio.Future[T] = asyncio.ensure_future(future, loop=self)  # type: ignore[arg-type]
        events._set_running_loop(self)
        try:
            while not task.done():
                self._step()
        finally:
            events._set_running_loop(None)
        return task.result()

    def bury(self) -> None:
        """Ends every task of every strand, the dead and the frozen as well, so that nothing is left to be collected."""
        events._set_running_loop(self)
        try:
            for strand in self._strands:
                strand.defuse()
                strand.frozen = strand.dead = False
            while tasks := [task for task in self._tasks if not task.done()]:
                for task in tasks:
                    task.cancel()
                while any(strand.ready for strand in self._strands):
                    self._step()
        finally:
            events._set_running_loop(None)
            self._closed = True

    def _step(self) -> None:
        awake = [strand for strand in self._strands if strand.ready and not strand.frozen and not strand.dead]
        if not awake:
            self._advance()
            return
        strand = awake[0] if len(awake) == 1 else awake[int(self._random.random() * len(awake))]
        handle = strand.ready.popleft()
        if not handle.cancelled():
            self.steps += 1
            handle._run()
            strand.stepped()

    def _advance(self) -> None:
        """Time jumps to the next timer."""
        while self._timers:
            when, _, timer, strand = heapq.heappop(self._timers)
            if timer.cancelled() or strand.dead:
                continue
            self._now = max(self._now, when)
            strand.ready.append(timer)
            return
        raise Deadlock("nothing is left that could happen")

    # -- what tasks and futures need of a loop -----------------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        context = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, context)
        context.get(_strand, self.world).ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        context = copy_context() if context is None else context
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer, context.get(_strand, self.world)))
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer stays in the heap until its time."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], *, name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:  # fmt: skip
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(context)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(f"{name} reaches outside of the simulation, where nothing is deterministic")

    return refuse


for _name in (
    "add_reader", "add_writer", "add_signal_handler", "connect_read_pipe", "connect_write_pipe", "create_connection",
    "create_datagram_endpoint", "create_server", "create_unix_connection", "create_unix_server", "getaddrinfo",
    "getnameinfo", "run_in_executor", "set_default_executor", "sock_accept", "sock_connect", "sock_recv",
    "sock_recv_into", "sock_sendall", "sock_sendfile", "start_tls", "subprocess_exec", "subprocess_shell",
):  # fmt: skip
    setattr(SimulatedLoop, _name, _refusing(_name))


def simulated_loop(random: Random) -> SimulatedLoop:
    """A loop with nothing in it; every choice of it comes from ``random``."""
    return SimulatedLoop(random)  # type: ignore[abstract]
