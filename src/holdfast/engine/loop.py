"""The shape of every long-lived part: ``run_once`` does the work, ``run`` repeats it until cancelled.

A failure is logged and the loop goes on after a jittered pause: no part ends because the store went away for a while.
"""

from abc import ABC, abstractmethod

import structlog

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
                await self._clock.sleep(jittered(self._every, self._entropy.random()))


def jittered(micros: Micros, random: float) -> Micros:
    """``micros`` give or take a fifth, so that many processes don't move in step."""
    return max(int(micros * (0.8 + 0.4 * random)), SECOND // 1000)
