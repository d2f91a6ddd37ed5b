"""Leads: work that one process at a time does, so that the others needn't. A lead saves work, it guards nothing.

A process has a lead until a moment that the store knows, and keeps it by asking again well before. One that dies, or
can't reach the store, loses it at that moment and another takes it. A process that was slow may believe for a while
that it still leads: whatever must happen once has to be exact without the lead.

The lead keeps a text, from which the next leader goes on.
"""

from contextlib import suppress
from typing import Final

from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Store

# How long nobody leads after a leader's death.
HOLD: Final[Micros] = 6 * SECOND


class Lead:
    """One process's hold on the lead ``name``. ``text`` is as it was last read or written."""

    def __init__(self, name: str, store: Store, clock: Clock, entropy: Entropy, hold: Micros = HOLD) -> None:
        self.name = name
        self.text = ""
        self._store = store
        self._clock = clock
        self._hold = hold
        self._holder = entropy.new_id(clock.now())
        self._until: Instant | None = None

    @property
    def until(self) -> Instant | None:
        """When the lead ends unless it is renewed; None for one that this process hasn't."""
        return self._until

    @property
    def mine(self) -> bool:
        """Whether this process led when it last asked, and still does by its clock."""
        return self._until is not None and self._clock.now() < self._until

    async def take(self) -> bool:
        """Takes the lead, or keeps it; False while another process has it. Cheap while more than half is left.

        Raises ``Unavailable``.
        """
        now = self._clock.now()
        if self._until is not None and self._hold // 2 < self._until - now <= self._hold:  # more: the clock went back
            return True
        until = now + self._hold
        text = await self._store.hold(self.name, self._holder, now, until)
        if text is None:
            self._until = None
            return False
        self.text, self._until = text, until
        return True

    async def write(self, text: str) -> bool:
        """Replaces the text; False when the lead is another's by now. Raises ``Unavailable``."""
        written = await self._store.write_held(self.name, self._holder, text)
        if written:
            self.text = text
        else:
            self._until = None
        return written

    async def let_go(self) -> None:
        """Gives the lead back, so that nobody waits for its end. One that can't be given back ends by itself."""
        if self._until is None:
            return
        self._until = None
        with suppress(Unavailable):
            await self._store.let_go(self.name, self._holder)
