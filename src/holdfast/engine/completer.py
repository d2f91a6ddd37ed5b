"""The completer: commits what became of attempts, in batches, under their leases.

A batch is whatever was finished while the last commit ran; where many results wait, two commits are under way beside
each other: the store works on one while the other is prepared. While the store is away it keeps trying: a transition
stays valid as long as its lease does, and repeating it is safe. A transition that the store refuses by itself (a result
that can't be kept) is turned into a final failure; one that can't even be failed is left to the rescue of hung
attempts, whose number is capped, so nothing loops for ever.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextvars import Context

import structlog

from holdfast.engine.held import Held
from holdfast.engine.loop import jittered
from holdfast.engine.offers import Offers
from holdfast.engine.wakeups import Wakeups, queue_topic
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ENDED, ClaimedJob, JobState, Transition, settle
from holdfast.model.outcome import ErrorInfo, Failed
from holdfast.ports import Clock, Entropy, Finished, Observer, Store

_log = structlog.get_logger("holdfast.engine.completer")
_LIMIT = 500
# So many waiting results are worth a commit beside the one under way.
_WORTH = 16
_ABREAST = 2
_PAUSE: Micros = 100 * MILLISECOND
_LONGEST_PAUSE: Micros = 5 * SECOND

Entry = tuple[ClaimedJob, Transition]


class Completer:
    """One worker id's way to the store's ``finish``. Without ``successors`` nothing is handed over."""

    def __init__(
        self,
        worker_id: str,
        held: Held,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
        on_stopped: Callable[[str, int], None],
    ) -> None:
        self._worker_id = worker_id
        self._held = held
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._on_stopped = on_stopped
        self.successors: Offers | None = None
        self._queue: deque[Entry] = deque()
        self._drains: set[asyncio.Task[None]] = set()
        self._abandoned = False

    def put(self, job: ClaimedJob, transition: Transition) -> None:
        """Queues a transition; it commits with whatever else is queued by then. Drops it once the worker id is dead."""
        if self._abandoned:
            self._held.release(job)
            self.late([job.id])
            return
        self._queue.append((job, transition))
        if not self._drains or (len(self._drains) < _ABREAST and len(self._queue) >= _WORTH):
            # In a context of its own: it commits what becomes of others as well, and what it logs is no attempt's.
            self._drains.add(asyncio.create_task(self._run(), name="completer", context=Context()))

    async def flush(self, until: float | None = None) -> None:
        """Until everything queued has committed, or until that moment of the loop's clock: the rest is given up then,
        and the rescue of lost jobs finds it."""
        loop = asyncio.get_running_loop()
        while self._drains and (until is None or loop.time() < until):
            await asyncio.wait(self._drains, timeout=None if until is None else until - loop.time())
        if self._drains:
            _log.warning("results can't be committed in time; leaving their jobs to rescue", worker=self._worker_id)
            for drain in self._drains:
                drain.cancel()

    def late(self, job_ids: Collection[str]) -> None:
        """Counts results that came after their lease was gone, whoever found out: the store or this worker."""
        if job_ids:
            self._observer.late(len(job_ids))
            _log.warning("late results dropped", jobs=sorted(job_ids))

    def abandon(self) -> None:
        """The worker id is dead: nothing queued may be written any more."""
        self._abandoned = True
        self._drop(list(self._queue))
        self._queue.clear()

    def _drop(self, batch: list[Entry]) -> None:
        for job, _ in batch:
            self._held.release(job)
        self.late([job.id for job, _ in batch])

    async def _run(self) -> None:
        """Commits batches until nothing waits, or nothing that is worth a commit beside another one."""
        try:
            while self._queue:
                size = min(_LIMIT, len(self._queue))
                await self._settled([self._queue.popleft() for _ in range(size)])
                if len(self._drains) > 1 and len(self._queue) < _WORTH:
                    return
        finally:
            # Here and not in a callback: a result that comes before that would be waited for by nobody.
            self._drains = {drain for drain in self._drains if drain is not asyncio.current_task()}

    async def _settled(self, batch: list[Entry]) -> None:
        """Whatever goes wrong with a batch, the next ones are committed, and no slot stays behind with this one."""
        try:
            await self._commit(batch)
        except Exception:
            _log.exception("results lost on their way; their jobs are given back", results=len(batch))
            for job, _ in batch:
                self._held.release(job)

    async def _commit(self, batch: list[Entry]) -> None:
        pause = _PAUSE
        while not self._abandoned:
            began = self._clock.now()
            try:
                finished = await self._finish([move for _, move in batch], began)
            except Unavailable as error:
                _log.warning("store unavailable, holding results", results=len(batch), reason=str(error))
                await self._clock.sleep(jittered(pause, self._entropy.random()))
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                await self._commit_apart(batch)
                return
            else:
                self._committed(batch, finished, self._clock.now() - began)
                return
        self._drop(batch)

    async def _finish(self, moves: list[Transition], began: Instant) -> Finished:
        """With an offer to take successors over, if there can be any."""
        if self.successors is None or not any(move.run_id is not None and move.to in ENDED for move in moves):
            return await self._store.finish(self._worker_id, moves, began)
        with self.successors.offer(len(moves), len(moves), began) as offer:
            handover = None if offer.taker is None else offer.taker.offer
            finished = await self._store.finish(self._worker_id, moves, began, handover)
            offer.claimed = finished.claimed
        return finished

    async def _commit_apart(self, batch: list[Entry]) -> None:
        """After a refused batch: each by itself; a single one that is refused fails for good."""
        if len(batch) > 1:
            for entry in batch:
                await self._commit([entry])
            return
        job, refused = batch[0]
        if refused.error is not None and refused.error.type == "result":
            _log.exception("a job can't be finished; leaving it to rescue", job=job.id, kind=job.kind)
            return
        _log.exception("a result was refused by the store", job=job.id, kind=job.kind)
        failed = Failed(ErrorInfo("result", "the result could not be stored"), final=True)
        await self._commit([(job, settle(job, failed, refused.at, self._entropy.random()))])

    def _committed(self, batch: list[Entry], finished: Finished, took: Micros) -> None:
        for job, _ in batch:
            self._held.release(job)
        self._observer.ended([each for each in batch if each[0].id not in finished.late] if finished.late else batch)
        self.late(finished.late)
        for job_id, lease in finished.stopped:
            self._on_stopped(job_id, lease)
        if self.successors is not None and finished.claimed:
            self.successors.begin(finished.claimed, finished.contexts)
        self._observer.committed("finish", len(batch), took)
        # Whoever waits for the earliest due time must learn of an earlier one: a short backoff, a snooze.
        later = {job.queue for job, move in batch if move.to is JobState.SCHEDULED}
        self._wakeups.tell(finished, {queue_topic(queue) for queue in later})
