"""Who mends and tidies: of the processes that share a store, one at a time runs the rounds; the others stand by.

Modes: *leading* (this process has the lead, and tells the others each time that it renews it), *standing by* (another
has it) and *asking* (the store can't be reached: nobody knows who leads, this process included once its own time is
over). Who stands by and hears of a leader asks the store nothing; it asks once it has heard of none for as long as a
lead lasts, at once when a leader says that it ends, and every third of that time where it hears nothing.

A leader that dies, stands still or is cut off loses the lead by itself and another goes on: that costs the time of one
lead, and nothing else, because the store guards every round against any other. A round that is under way then ends.
"""

from collections.abc import Callable
from typing import Final

import structlog

from holdfast.engine.loop import Loop, jittered
from holdfast.engine.triggers.leads import HOLD, Lead
from holdfast.engine.wakeups import Wakeups
from holdfast.model.instant import MILLISECOND, Micros
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.leading")

LEAD: Final = "maintenance"
# What a leader tells: that it leads, and that nobody does from now on.
LED: Final = "led"
FREE: Final = "lead-free"
# The many that hear that the lead is free don't all ask: the first who does tells.
_SPREAD: Final[Micros] = 200 * MILLISECOND


class Leading(Loop):
    """Takes the lead of maintenance when it can, and keeps it. A ``Turn`` of the parts that run under it.

    A lead lasts for ``hold``; six times as often a leader sees whether it is time to renew, which it is at the half.
    """

    name = "leading"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, hold: Micros = HOLD) -> None:
        super().__init__(clock, entropy, hold // 6)
        self._hold = hold
        self._wakeups = wakeups
        self._lead = Lead(LEAD, store, clock, entropy, hold)
        self._news = wakeups.subscribe(LED, FREE)
        self._freed = wakeups.subscribe(FREE)
        self._waiting: list[Callable[[], None]] = []
        self._known = False
        self._another = False
        self._heard = False

    @property
    def mine(self) -> bool:
        return self._lead.mine

    def watch(self, call: Callable[[], None]) -> None:
        self._waiting.append(call)

    async def run(self) -> None:
        try:
            with self._news, self._freed:
                await super().run()
        finally:
            if self._lead.mine:
                self._wakeups.notify({FREE})
            await self._lead.let_go()

    async def run_once(self) -> bool:
        self._another, until = False, self._lead.until
        self._another = not await self._lead.take()
        if self._another:
            self._known = False
            await self._news.wait(0)  # what was told before says less than the store just did
            return False
        if self._lead.until != until:
            self._wakeups.notify({LED})
        self._begin()
        return False

    def _begin(self) -> None:
        """Lets the parts go on that stand by. Some do that although it was this process's turn all the time for all
        that is known here: the lead was over for a moment while it was renewed, or a clock was set."""
        if not self._known:
            _log.info("this process leads maintenance")
        self._known = True
        for call in self._waiting:
            call()

    async def _pause(self) -> None:
        if self._another:
            await self._stand_by()
        elif self._lead.mine:
            await self._clock.sleep(self._every)
        else:
            await super()._pause()

    async def _stand_by(self) -> None:
        """Until there is a reason to ask who leads."""
        while await self._news.wait(self._patience()):
            self._heard = not await self._freed.wait(0)
            if self._heard:
                continue
            await self._clock.sleep(int(_SPREAD * self._entropy.random()))
            self._heard = await self._news.wait(0)
            if not self._heard:
                return
        self._heard = False

    def _patience(self) -> Micros:
        if not self._heard:
            return jittered(self._hold // 3, self._entropy.random())
        return int(self._hold * (1 + self._entropy.random() / 4))
