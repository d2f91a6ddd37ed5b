"""Where the ready work of queues begins, so that a relay needn't step over what was claimed since it last looked.

Modes, as with ``heads``. *Looking*: each round looks from the start of the ready index; the usual case. *Going on*: the
look has become slow although thousands of jobs were offered meanwhile, so the start of the index is full of dead
entries; for five times as long as the look took, rounds begin at the first job of the last one. What comes in before
that one (a higher priority, another tenant or queue) is offered after the next look, at most that much later; so is
what comes due. A pause or a limit that is set meanwhile is seen by the claims. Only where each queue that has work has
it of one tenant and without limits: shares need a look.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.ports.streams import Ready
from holdfast.stores.postgres.heads import MANY, PATIENCE, SLOW
from holdfast.stores.postgres.waiting import Waiting

# How many groups of queues are remembered: a relay has one or a few.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Front:
    """What waited at the last look, with floors moved up since; until when (by the event loop's clock) that may do."""

    waiting: Sequence[Waiting]
    others: frozenset[str]
    until: float


class Fronts:
    """One front per group of queues that offers are made for."""

    def __init__(self) -> None:
        self._fronts: dict[Hashable, Front] = {}
        self._offered = 0

    def of(self, group: Hashable) -> Front | None:
        """The front to go on from; None when it is time to look."""
        front = self._fronts.get(group)
        return front if front is not None and asyncio.get_running_loop().time() < front.until else None

    def note(self, group: Hashable, waiting: Sequence[Waiting], ready: Ready, took: float) -> None:
        """Tells of a round that looked, and for how many seconds; ``waiting``: from where to go on, if it may."""
        self._fronts.pop(group, None)
        self._offered = self._offered + len(ready.offers) if took > SLOW else 0
        if self._offered > MANY and waiting and len(self._fronts) < MOST:
            until = asyncio.get_running_loop().time() + PATIENCE * took
            self._fronts[group] = Front(waiting, ready.others, until)

    def move(self, group: Hashable, waiting: Sequence[Waiting]) -> None:
        """Tells of a round that went on, and from where the next one may."""
        front = self._fronts.get(group)
        if front is not None:
            self._fronts[group] = replace(front, waiting=waiting)
