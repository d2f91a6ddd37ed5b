"""The producer: keeps a worker's free slots filled.

Claims at most as many jobs as there are free slots, loads what the steps of runs may read, and lets their attempts
begin. When a claim comes back short there is nothing more now: it waits for a wake-up, the next due time, or the
polling backstop, whichever is first. A claim is never cancelled half-way; one whose answer is lost is given back by the
heartbeat's reconciling.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import structlog

from holdfast.engine.attempts import Attempts
from holdfast.engine.contexts import Contexts
from holdfast.engine.graphs import Graphs
from holdfast.engine.held import Held
from holdfast.engine.loop import jittered
from holdfast.engine.wakeups import EVENTS, Subscription, Wakeups, queue_topic
from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import ClaimRequest, Clock, Entropy, Observer, Store

_log = structlog.get_logger("holdfast.engine.producer")

# Without wake-ups from other processes this is how soon their work is seen; with them, only a backstop.
POLL: Micros = 200 * MILLISECOND
BACKSTOP: Micros = 5 * SECOND


class Producer:
    """Claims for one worker id until told to stop. Raises ``WorkerGone`` when the store has declared it dead."""

    def __init__(
        self,
        worker_id: str,
        queues: Sequence[str],
        kinds: frozenset[str],
        held: Held,
        store: Store,
        graphs: Graphs,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
        attempts: Attempts,
    ) -> None:
        self._request = ClaimRequest(worker_id, tuple(queues), kinds, 0)
        self._held = held
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._attempts = attempts
        self._contexts = Contexts(graphs, store, clock, entropy)
        self._claimed_at: Instant = 0
        self._stopping = False
        self._news = wakeups.subscribe(*(queue_topic(queue) for queue in queues))

    def stop(self) -> None:
        """No claim begins after this; ``run`` returns when the one under way is through."""
        self._stopping = True
        self._contexts.stop()
        self._news.raise_flag()
        self._held.wake()

    async def run(self) -> None:
        with self._news:
            while not self._stopping:
                try:
                    await self._round(self._news)
                except WorkerGone:
                    raise
                except Unavailable as error:
                    _log.warning("store unavailable, not claiming", reason=str(error))
                    await self._clock.sleep(jittered(SECOND, self._entropy.random()))
                except Exception:
                    _log.exception("claim failed, going on")
                    await self._clock.sleep(jittered(SECOND, self._entropy.random()))

    async def run_once(self) -> bool:
        """Claims once and hands over; False when there was less than there is room for."""
        room = self._held.free
        request = ClaimRequest(self._request.worker_id, self._request.queues, self._request.kinds, room)
        began = self._clock.now()
        self._held.claim_began = self._claimed_at = began
        try:
            jobs = await self._store.claim(request, began)
            for job in jobs:
                self._held.take(job)
        finally:
            self._held.claim_began = None
        if not jobs:
            return False
        await self._hand_over(jobs)
        self._wakeups.notify({EVENTS})
        return len(jobs) >= room

    async def _round(self, news: Subscription) -> None:
        while self._held.free <= 0 and not self._stopping:
            await self._held.wait_change()
        if self._stopping:
            return
        if await self.run_once():
            await asyncio.sleep(0)
            return
        await news.wait(await self._patience())

    async def _patience(self) -> Micros:
        """How long nothing can become due that no wake-up would tell of."""
        longest = BACKSTOP if self._wakeups.bridged else POLL
        now = self._clock.now()
        due = await self._store.next_due(self._request.queues, now)
        wait = jittered(longest, self._entropy.random())
        if due is None or due <= self._claimed_at:
            return wait  # what was due at the last claim and is still there can't be claimed now
        return max(min(wait, due - now), MILLISECOND)

    async def _hand_over(self, jobs: Sequence[ClaimedJob]) -> None:
        """Lone jobs begin at once; the steps of runs when what they may read is loaded."""
        steps = [job for job in jobs if job.run_id is not None]
        self._begin((job for job in jobs if job.run_id is None), {})
        if steps:
            try:
                contexts = await self._contexts.load(steps)
            except BaseException:
                # No longer held, so the next heartbeat gives them back.
                for job in steps:
                    self._attempts.drop(job)
                raise
            self._begin(steps, contexts)

    def _begin(self, jobs: Iterable[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        now = self._clock.now()
        for job in jobs:
            self._observer.claimed(job.queue, now - job.created_at)
            self._attempts.begin(job, contexts.get(job.id))
