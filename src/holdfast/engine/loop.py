"""The shape of every long-lived part: ``run_once`` does the work, ``run`` repeats it until cancelled.

A failure is logged and the loop goes on after a jittered pause: no part ends because the store went away for a while.
A part with topics is also woken by them; its pause is then only the backstop for a wake-up that got lost, longer where
the news of other processes arrive. A part under a ``Turn`` begins rounds only while it is this process's turn, so that
of many processes one looks at the store; a round that has begun ends, whose turn it ever is by then.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import structlog

from holdfast.engine.wakeups import Wakeups
from holdfast.model.errors import Unavailable
from holdfast.model.instant import HOUR, SECOND, Micros
from holdfast.ports import Clock, Entropy

_log = structlog.get_logger("holdfast.engine")
# What stands by is woken; nothing else has it look.
_LONG: Final[Micros] = HOUR
# How long the end of a process waits for a writer's last words, in seconds.
_LAST_WRITE: Final = 2.0


class Turn(Protocol):
    """Which process runs a part's rounds now. It saves work and guards nothing: sometimes two believe that they do."""

    @property
    def mine(self) -> bool: ...

    def watch(self, call: Callable[[], None]) -> None:
        """Has it called soon after the turn came to this process, and now and then while it has it."""
        ...


class Loop(ABC):
    """Repeats ``run_once`` every ``every`` microseconds, give or take a fifth, at once while it reports more work."""

    name: str = "loop"

    def __init__(self, clock: Clock, entropy: Entropy, every: Micros) -> None:
        self._clock = clock
        self._entropy = entropy
        self._every = every
        self._turn: Turn | None = None
        self._came = asyncio.Event()
        self.standing = False

    def under(self, turn: Turn) -> None:
        """Begins rounds only in its turn, from now on."""
        self._turn = turn
        turn.watch(self._on_turn)

    @abstractmethod
    async def run_once(self) -> bool:
        """Does what is due now; True when there is more to do at once."""

    async def run(self) -> None:
        more = False
        while True:
            if not more and not self._its_turn:
                self.standing = True
                await self._stand_by()
                self.standing = False
            more = False
            try:
                more = await self.run_once()
            except Unavailable as error:
                _log.warning("store unavailable", part=self.name, reason=str(error))
            except Exception:
                _log.exception("part failed, going on", part=self.name)
            if not more and self._its_turn:
                await self._pause()

    async def _pause(self) -> None:
        await self._clock.sleep(jittered(self._every, self._entropy.random()))

    @property
    def _its_turn(self) -> bool:
        return self._turn is None or self._turn.mine

    def _on_turn(self) -> None:
        if self.standing:
            self._rouse()

    def _rouse(self) -> None:
        self._came.set()

    async def _stand_by(self) -> None:
        """Until it is this process's turn."""
        while not self._its_turn:
            self._came.clear()
            await self._came.wait()


class WriterLoop(Loop):
    """Writes what other code left with it without waiting; what is left at the end is written then, if that is quick.

    A subclass whose last words are others than a round's says so (``_write_last``).
    """

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            with suppress(Exception):
                async with asyncio.timeout(_LAST_WRITE):
                    await self._write_last()

    async def _write_last(self) -> None:
        await self.run_once()


class RousedWriterLoop(WriterLoop):
    """A writer that rests until something was left with it (``_some``), so that an idle process asks nothing."""

    def __init__(self, clock: Clock, entropy: Entropy, every: Micros) -> None:
        super().__init__(clock, entropy, every)
        self._some = asyncio.Event()

    async def _pause(self) -> None:
        await self._some.wait()
        await super()._pause()


class WokenLoop(Loop):
    """Repeats ``run_once`` when one of its ``topics`` has news, and every ``every`` microseconds anyhow.

    Where other processes' news arrive too (``Wakeups.bridged``) the backstop is ``bridged`` instead. One that ``helps``
    runs a round at this process's own news even when it isn't its turn. All else is left to whose turn it is: were
    everybody to help at the news of anybody, each of them would cost as many looks as there are processes.
    """

    topics: tuple[str, ...] = ()
    helps: bool = False

    def __init__(
        self, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros, bridged: Micros | None = None
    ) -> None:
        super().__init__(clock, entropy, every)
        self._wakeups = wakeups
        self._bridged = every if bridged is None else bridged
        self._news = wakeups.subscribe(*self.topics)
        self._own = wakeups.subscribe(*(self.topics if self.helps else ()), own=True)

    async def run(self) -> None:
        with self._news, self._own:
            await super().run()

    async def _pause(self) -> None:
        every = self._bridged if self._wakeups.bridged else self._every
        await self._news.wait(jittered(every, self._entropy.random()))

    def _rouse(self) -> None:
        self._own.raise_flag()

    async def _stand_by(self) -> None:
        """Until it is this process's turn, or it has news of its own and helps."""
        while not self._its_turn:
            if await self._own.wait(_LONG) and self.helps:
                break
        self._news.lower()  # the round that comes now answers them


def jittered(micros: Micros, random: float) -> Micros:
    """``micros`` give or take a fifth, so that many processes don't move in step."""
    return max(int(micros * (0.8 + 0.4 * random)), SECOND // 1000)
