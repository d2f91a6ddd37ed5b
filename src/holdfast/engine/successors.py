"""Successors: steps that a finish makes ready and hands over to this worker, which saves them the claim.

The worker offers slots that are free besides those of the jobs that it finishes, when these are few: one that is full,
or busy, takes nothing over, so the others' work is claimed first. While a finish is under way its offer keeps these
slots as a claim does. What came is held before that ends, so that no heartbeat gives it back. A worker that stops takes
nothing: what still comes it forgets, and it is given back as a claim whose answer is lost.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from holdfast.engine.beginnings import Beginnings
from holdfast.engine.graphs import Graphs
from holdfast.engine.held import Held
from holdfast.engine.offers import Offer
from holdfast.model.errors import Unavailable
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.ports import Finished, Handover

_log = structlog.get_logger("holdfast.engine.successors")
# Where more than so many jobs end together there is plenty to do, and claims, beside each other, take more at once.
_FEW = 16


class Successors:
    """What one worker id takes over from its own finishes."""

    def __init__(
        self, queues: Sequence[str], kinds: frozenset[str], held: Held, graphs: Graphs, beginnings: Beginnings
    ) -> None:
        self._queues = tuple(queues)
        self._kinds = kinds
        self._held = held
        self._graphs = graphs
        self._beginnings = beginnings
        self._loading: set[asyncio.Task[None]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Nothing is offered or begun after this."""
        self._stopping = True

    async def close(self) -> None:
        """Until all that was handed over has begun or was dropped; ``stop`` must have been called."""
        while self._loading:
            await asyncio.wait(self._loading)

    @contextmanager
    def offer(self, ends: int, began: Instant) -> Iterator[Offer]:
        """An offer for a finish of so many jobs that begins now; it stands until the block ends."""
        slots = self._slots(ends)
        if slots <= 0:
            yield Offer(None)
            return
        claim = self._held.begin_claim(began, slots)
        try:
            offer = Offer(Handover(self._queues, self._kinds, slots))
            yield offer
            for job in offer.finished.claimed if offer.finished is not None else ():
                self._held.take(job)
        finally:
            self._held.end_claim(claim)

    def _slots(self, ends: int) -> int:
        """Never all that there are: others' work finds a slot meanwhile."""
        if self._stopping or ends > _FEW:
            return 0
        return min(self._held.free - ends, -(-self._held.concurrency // 2))

    def begin(self, finished: Finished) -> None:
        """Begins what a finish handed over: at once, or when what it may read is loaded."""
        jobs = finished.claimed
        if self._stopping:
            self._beginnings.drop(jobs)
            return
        ready = [job for job in jobs if job.id in finished.contexts and self._graphs.known(job.version_id or "")]
        self._beginnings.begin(ready, finished.contexts)
        if len(ready) < len(jobs):
            begun = {job.id for job in ready}
            task = asyncio.create_task(self._load([job for job in jobs if job.id not in begun]), name="successors")
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)

    async def _load(self, jobs: Sequence[ClaimedJob]) -> None:
        try:
            await self._beginnings.load_and_begin(jobs)
        except Unavailable as error:
            _log.warning("steps that were handed over are given back", jobs=len(jobs), reason=str(error))
        except Exception:
            _log.exception("steps that were handed over are given back", jobs=len(jobs))
