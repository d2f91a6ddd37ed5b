"""Offers of free slots: how a worker's finishes, and the entrances of its process, hand over what they make ready.

A worker that works in this process stands in ``Takers``; an entrance that inserts work offers its slots with that, so
that what is new needs no claim. Who waits for the answer of an insert gets it before anything of it begins.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import Accepted, Taker

T = TypeVar("T")


@dataclass(slots=True)
class Offer:
    """What one call may hand over, and to whom (None: nothing), and what it did."""

    taker: Taker | None
    claimed: Collection[ClaimedJob] = ()


class Offers(Protocol):
    """A worker that takes work over (``engine.successors``)."""

    def offer(self, many: int, besides: int, began: Instant) -> AbstractContextManager[Offer]:
        """An offer for a call about so many jobs that begins now, leaving ``besides`` of the free slots to others.

        It stands until the block ends; what was handed over is held from then on.
        """
        ...

    def begin(self, claimed: Collection[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        """Begins what was handed over."""
        ...

    def begin_soon(self, claimed: Collection[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        """Begins it after what is ready to go on now."""
        ...


class Takers:
    """Who takes new work over in this process: its worker, while it works."""

    def __init__(self) -> None:
        self.current: Offers | None = None

    @contextmanager
    def joined_by(self, offers: Offers) -> Iterator[None]:
        """While the block runs, the worker takes what is inserted."""
        self.current = offers
        try:
            yield
        finally:
            self.current = None

    async def insert(
        self,
        many: int,
        began: Instant,
        work: Callable[[Taker | None], Awaitable[T]],
        accepted: Callable[[T], Iterable[Accepted]],
    ) -> T:
        """What ``work`` answers, which inserts so many jobs. Others' work finds a slot meanwhile."""
        offers = self.current
        if offers is None or many == 0:
            return await work(None)
        with offers.offer(many, 1, began) as offer:
            answer = await work(offer.taker)
            given = [one.handed for one in accepted(answer) if one.handed is not None]
            offer.claimed = [job for handed in given for job in handed.claimed]
        if given:
            contexts = {job_id: context for handed in given for job_id, context in handed.contexts.items()}
            offers.begin_soon(offer.claimed, contexts)
        return answer
