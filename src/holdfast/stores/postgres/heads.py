"""Where a process's claims stopped, so that the next one needn't step over what was claimed before it.

Modes. *Looking*: each claim looks from the start of the ready index; the usual case, in which a look costs a fraction
of a millisecond. *Going on*: looking has become slow although this process has claimed thousands of rows, so the start
of the index is full of dead entries; for five times as long as the look took, claims go on from the rank where the last
one stopped. Work that comes in before that rank (a higher priority, another tenant or queue) waits for the next look,
at most that long. A claim that goes on and isn't filled looks at once. Whether the worker lives, whether the queue is
paused and whether a limit stands is asked by each claim that takes rows, also by one that goes on.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.ports import ClaimRequest
from holdfast.stores.postgres.connection import Row

SLOW: Final = 0.004
MANY: Final = 2_000
PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Head:
    """The lane to go on with, the rank from which, and until when (by the event loop's clock)."""

    queue: str
    tenant: str
    floor: int
    until: float


class Heads:
    """One head per set of queues that claims are made for."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, ...], Head] = {}
        self._taken = 0

    def of(self, request: ClaimRequest) -> Head | None:
        """The head to go on from; None when it is time to look."""
        head = self._heads.get(request.queues)
        return head if head is not None and asyncio.get_running_loop().time() < head.until else None

    def note(self, request: ClaimRequest, rows: Sequence[Row], took: float) -> None:
        """Tells of a claim that looked, and for how many seconds; ``rows`` are its rows, in order of rank."""
        self._heads.pop(request.queues, None)
        self._taken = self._taken + len(rows) if took > SLOW else 0
        if self._taken > MANY and len(rows) == request.limit:
            last = rows[-1]
            until = asyncio.get_running_loop().time() + PATIENCE * took
            self._heads[request.queues] = Head(last["queue"], last["tenant_id"], last["rank"], until)

    def move(self, request: ClaimRequest, rows: Sequence[Row]) -> None:
        """Tells of a claim that went on."""
        self._taken += len(rows)
        head = self._heads.pop(request.queues, None)
        if head is not None and len(rows) == request.limit:
            self._heads[request.queues] = replace(head, floor=max(head.floor, rows[-1]["rank"]))
