"""Successors: what finishes make ready, and what this process inserts, handed over to its worker without a claim.

The worker offers slots that are free besides those of the jobs that it finishes, when these are few: one that is full,
or busy, takes nothing over, so the others' work is claimed first. While a call is under way its offer keeps these
slots as a claim does. What came is held before that ends, so that no heartbeat gives it back. A worker that stops takes
nothing: what still comes it forgets, and it is given back as a claim whose answer is lost.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from holdfast.engine.beginnings import Beginnings
from holdfast.engine.graphs import Graphs
from holdfast.engine.held import Held
from holdfast.engine.offers import Offer
from holdfast.model.errors import Unavailable
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import Handover, Taker

_log = structlog.get_logger("holdfast.engine.successors")
# Where more than so many jobs end together there is plenty to do, and claims, beside each other, take more at once.
_FEW = 16


class Successors:
    """What one worker id takes over."""

    def __init__(
        self,
        worker_id: str,
        queues: Sequence[str],
        kinds: frozenset[str],
        held: Held,
        graphs: Graphs,
        beginnings: Beginnings,
    ) -> None:
        self._worker_id = worker_id
        self._queues = tuple(queues)
        self._kinds = kinds
        self._held = held
        self._graphs = graphs
        self._beginnings = beginnings
        self._tasks: set[asyncio.Task[None]] = set()
        self._standing = 0
        self._withdrawal = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Nothing is offered or begun after this."""
        self._stopping = True

    async def close(self) -> None:
        """Until all that was handed over has begun or was dropped; ``stop`` must have been called."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def withdrawn(self) -> None:
        """Until no offer stands; ``stop`` must have been called. What a later commit handed over would be nobody's."""
        while self._standing:
            self._withdrawal.clear()
            await self._withdrawal.wait()

    @contextmanager
    def offer(self, many: int, besides: int, began: Instant) -> Iterator[Offer]:
        slots = self._slots(many, besides)
        if slots <= 0:
            yield Offer(None)
            return
        claim = self._held.begin_claim(began, slots)
        self._standing += 1
        try:
            offer = Offer(Taker(self._worker_id, Handover(self._queues, self._kinds, slots)))
            yield offer
            for job in offer.claimed:
                self._held.take(job)
        finally:
            self._held.end_claim(claim)
            self._standing -= 1
            self._withdrawal.set()

    def _slots(self, many: int, besides: int) -> int:
        """Never all that there are: others' work finds a slot meanwhile."""
        if self._stopping or many > _FEW:
            return 0
        return min(self._held.free - besides, -(-self._held.concurrency // 2))

    def begin(self, claimed: Collection[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        """Begins what was handed over: at once, or when what it may read is loaded."""
        if self._stopping:
            self._beginnings.drop(claimed)
            return
        ready = [job for job in claimed if self._is_ready(job, contexts)]
        self._beginnings.begin(ready, contexts)
        if len(ready) < len(claimed):
            begun = {job.id for job in ready}
            self._task(self._load([job for job in claimed if job.id not in begun]))

    def begin_soon(self, claimed: Collection[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        async def begin() -> None:
            await asyncio.sleep(0)
            self.begin(claimed, contexts)

        self._task(begin())

    def _is_ready(self, job: ClaimedJob, contexts: Mapping[str, RunContext]) -> bool:
        return job.run_id is None or (job.id in contexts and self._graphs.known(job.version_id or "") is not None)

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="successors")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, jobs: Sequence[ClaimedJob]) -> None:
        try:
            await self._beginnings.load_and_begin(jobs)
        except Unavailable as error:
            _log.warning("steps that were handed over are given back", jobs=len(jobs), reason=str(error))
        except Exception:
            _log.exception("steps that were handed over are given back", jobs=len(jobs))
