"""Ready work offered over streams, where the instance has a broker beside its store.

The store is the truth: an offer is a hint that a job may be claimed by its id, and claiming decides. A relay offers
what claims would take next, within a window; workers read offers, claim these jobs in the store and settle the offers,
whether the claim took or refused them. A settled or expired offer may be made again. Nothing is in the broker that the
relay can't offer anew: an empty one costs latency only.

Every method that talks to the broker raises ``Unavailable`` when it can't be reached or is too slow; ``healthy`` says
whether it was there a moment ago, without asking. Without it workers claim from the store by themselves.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob
from holdfast.ports.values import ClaimRequest


class Offer(NamedTuple):
    """A ready job that may be claimed by its id."""

    queue: str
    tenant: str
    job_id: str


class Delivered(NamedTuple):
    """An offer as a worker read it; ``entry`` is its place in the queue's stream."""

    offer: Offer
    entry: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A worker as the relay knows it: what it serves (``ALL_QUEUES`` for all), what it can run, how many more jobs it
    would take now."""

    worker_id: str
    queues: tuple[str, ...]
    kinds: frozenset[str]
    tags: frozenset[str]
    free: int


@dataclass(frozen=True, slots=True)
class Ready:
    """What claims would take next.

    ``offers`` are in the order of claims: by queue, then fair among tenants. ``others``: queues in which work waits
    that was left out because of its kind or tag; some worker may be able to run it.
    """

    offers: tuple[Offer, ...] = ()
    others: frozenset[str] = frozenset()


class OfferStore(Protocol):
    """What a relay and the workers that read offers need of the store, beside claims."""

    async def ready_offers(
        self, windows: Mapping[str, int], kinds: frozenset[str], tags: frozenset[str], now: Instant
    ) -> Ready:
        """The next jobs that claims for these kinds and tags would take, at most so many of each queue.

        ``ALL_QUEUES`` stands for every queue that isn't named. What came due joins the ready work, as in a claim; what
        a pause, a limit, a rate, a key or a deadline keeps back is left out. Nothing is claimed, and no share is
        counted: only claims move a tenant's pass.
        """
        ...

    async def claim_offered(self, request: ClaimRequest, offers: Sequence[Offer], now: Instant) -> list[ClaimedJob]:
        """Claims those of the offered jobs that may start now, at most ``request.limit``, in the order given.

        Everything that holds for ``claim`` holds here: kinds, tags, pauses, limits, rates, fair shares on record,
        events, ``WorkerGone``. What isn't answered was refused and stays as it is. An offer whose queue the worker
        doesn't serve is refused too.
        """
        ...


class Streams(Protocol):
    """The broker. ``open`` begins in the background; a broker that is away delays nobody."""

    @property
    def healthy(self) -> bool: ...

    @property
    def taken_over(self) -> int:
        """How many offers that others read and never settled this process's workers took over."""
        ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    # -- the relay's side ------------------------------------------------------------------------------------------

    async def lead(self, holder: str, hold: Micros) -> bool:
        """Takes or keeps the lead among relays for that long. It saves work; two leaders do no harm."""
        ...

    async def let_go(self, holder: str) -> None: ...

    async def seats(self, now: Instant) -> list[Seat]:
        """The workers that read offers, as they last told; those silent for too long are forgotten."""
        ...

    async def offer(
        self, offers: Sequence[Offer], windows: Mapping[str, int], order: Sequence[str], now: Instant, ttl: Micros
    ) -> int:
        """Offers, in this order, what isn't offered yet, while fewer than ``windows[queue]`` of a queue are out
        (``ALL_QUEUES`` for those not named); how many that were. ``order``: in which order workers look at queues."""
        ...

    async def rung(self, patience: Micros) -> bool:
        """Waits until some worker has settled offers or has more free slots; False when ``patience`` passed first."""
        ...

    # -- the workers' side -----------------------------------------------------------------------------------------

    async def read(self, seat: Seat, now: Instant, patience: Micros) -> list[Delivered]:
        """At most ``seat.free`` offers for this worker, waiting for the first up to ``patience``; tells the relay of
        the seat. Takes over what a dead worker read and never settled. Expired offers are dropped."""
        ...

    async def settle(self, seat: Seat, delivered: Collection[Delivered], now: Instant) -> None:
        """These offers were claimed or refused: they are out no more. Tells the relay of the seat, and rings."""
        ...

    async def interrupt(self, worker_id: str) -> None:
        """Lets a ``read`` of this worker that waits return at once. Loses nothing."""
        ...

    async def leave(self, worker_id: str) -> None:
        """The worker reads no more: what it had read goes to others."""
        ...
