"""The shape of every long-lived part: ``run_once`` does the work, ``run`` repeats it until cancelled.

A failure is logged and the loop goes on after a jittered pause: no part ends because the store went away for a while.
A part with topics is also woken by them; its pause is then only the backstop for a wake-up that got lost, longer where
the news of other processes arrive.
"""

from abc import ABC, abstractmethod

import structlog

from holdfast.engine.wakeups import Wakeups
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND, Micros
from holdfast.ports import Clock, Entropy

_log = structlog.get_logger("holdfast.engine")


class Loop(ABC):
    """Repeats ``run_once`` every ``every`` microseconds, give or take a fifth, at once while it reports more work."""

    name: str = "loop"

    def __init__(self, clock: Clock, entropy: Entropy, every: Micros) -> None:
        self._clock = clock
        self._entropy = entropy
        self._every = every

    @abstractmethod
    async def run_once(self) -> bool:
        """Does what is due now; True when there is more to do at once."""

    async def run(self) -> None:
        while True:
            more = False
            try:
                more = await self.run_once()
            except Unavailable as error:
                _log.warning("store unavailable", part=self.name, reason=str(error))
            except Exception:
                _log.exception("part failed, going on", part=self.name)
            if not more:
                await self._pause()

    async def _pause(self) -> None:
        await self._clock.sleep(jittered(self._every, self._entropy.random()))


class WokenLoop(Loop):
    """Repeats ``run_once`` when one of its ``topics`` has news, and every ``every`` microseconds anyhow.

    Where other processes' news arrive too (``Wakeups.bridged``) the backstop is ``bridged`` instead.
    """

    topics: tuple[str, ...] = ()

    def __init__(
        self, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros, bridged: Micros | None = None
    ) -> None:
        super().__init__(clock, entropy, every)
        self._wakeups = wakeups
        self._bridged = every if bridged is None else bridged
        self._news = wakeups.subscribe(*self.topics)

    async def run(self) -> None:
        with self._news:
            await super().run()

    async def _pause(self) -> None:
        every = self._bridged if self._wakeups.bridged else self._every
        await self._news.wait(jittered(every, self._entropy.random()))


def jittered(micros: Micros, random: float) -> Micros:
    """``micros`` give or take a fifth, so that many processes don't move in step."""
    return max(int(micros * (0.8 + 0.4 * random)), SECOND // 1000)
