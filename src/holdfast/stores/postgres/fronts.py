"""Where the ready work of queues begins, so that offers needn't step over what was claimed since somebody last looked.

``Fronts`` is for those who look ahead. Modes, as with ``heads``. *Looking*: each round looks from the start of the
ready index; the usual case. *Going on*: the look has become slow although thousands of jobs were offered meanwhile, so
the start of the index is full of dead entries; for five times as long as the look took, rounds begin at the first job
of the last one. What comes in before that one (a higher priority, another tenant or queue) is offered after the next
look, at most that much later; so is what comes due. A pause or a limit that is set meanwhile is seen by the claims.
Only where each queue that has work has it of one tenant and without limits: shares need a look.

``Neighbours`` is for claims by ids, which look for tenants beside one that seems to be alone, over the dead entries of
those who once waited. When such claims have become slow, they don't look for five times as long as the last one took; a
tenant that comes in is reckoned with that much later. Where lanes are kept they are seen in any case.
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
# A claim that looked was slow when it took so much longer than ``SLOW`` for each job.
EACH: Final = 0.000_1


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


class Neighbours:
    """Whether claims by ids are to look for other tenants."""

    def __init__(self) -> None:
        self._until = 0.0
        self._taken = 0

    @property
    def due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._until

    def note(self, count: int, took: float) -> None:
        """Tells of a claim that looked, how many jobs it took, and in how many seconds."""
        self._taken = self._taken + count if took > SLOW + EACH * count else 0
        if self._taken > MANY:
            self._until = asyncio.get_running_loop().time() + PATIENCE * took
