"""What the completer needs of whoever takes successors over (``engine.successors``)."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from holdfast.model.instant import Instant
from holdfast.ports import Finished, Handover


@dataclass(slots=True)
class Offer:
    """What one finish may hand over (None: nothing), and what it did."""

    handover: Handover | None
    finished: Finished | None = None


class Offers(Protocol):
    def offer(self, ends: int, began: Instant) -> AbstractContextManager[Offer]:
        """An offer for a finish of so many jobs that begins now; it stands until the block ends."""
        ...

    def begin(self, finished: Finished) -> None:
        """Begins what a finish handed over."""
        ...
