"""The producer: keeps a worker's free slots filled.

Claims at most as many jobs as there are free slots, loads what the jobs of runs may read in one batch, and hands all of
them over. When a claim comes back short there is nothing more now: it waits for a wake-up, the next due time, or the
polling backstop, whichever is first. A claim is never cancelled half-way; one whose answer is lost is given back by the
heartbeat's reconciling.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from holdfast.engine.graphs import Graphs
from holdfast.engine.held import Held
from holdfast.engine.loop import jittered
from holdfast.engine.wakeups import EVENTS, Subscription, Wakeups, queue_topic
from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import ClaimRequest, Clock, Entropy, Observer, Store

_log = structlog.get_logger("holdfast.engine.producer")

# Without wake-ups from other processes this is how soon their work is seen; with them, only a backstop.
POLL: Micros = 200 * MILLISECOND
BACKSTOP: Micros = 5 * SECOND

Dispatch = Callable[[ClaimedJob, RunContext | None], None]


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
        dispatch: Dispatch,
    ) -> None:
        self._request = ClaimRequest(worker_id, tuple(queues), kinds, 0)
        self._held = held
        self._store = store
        self._graphs = graphs
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._dispatch = dispatch
        self._stopping = False
        self._news = wakeups.subscribe(*(queue_topic(queue) for queue in queues))

    def stop(self) -> None:
        """No claim begins after this; ``run`` returns when the one under way is through."""
        self._stopping = True
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
        self._held.claim_began = began
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
        return wait if due is None else max(min(wait, due - now), MILLISECOND)

    async def _hand_over(self, jobs: Sequence[ClaimedJob]) -> None:
        try:
            contexts = await self._contexts([job for job in jobs if job.run_id is not None])
        except BaseException:
            # No longer held, so the next heartbeat gives them back.
            for job in jobs:
                self._held.handled(job)
                self._held.release(job)
            raise
        now = self._clock.now()
        for job in jobs:
            self._observer.claimed(job.queue, now - job.created_at)
            self._dispatch(job, contexts.get(job.id))

    async def _contexts(self, jobs: Sequence[ClaimedJob]) -> dict[str, RunContext]:
        """What the jobs of runs may read, by job id; tried until the store answers, since the jobs are held already.

        Raises ``Unavailable`` only when the worker stops meanwhile.
        """
        if not jobs:
            return {}
        while not self._stopping:
            try:
                reads = [(job, await self._reads(job)) for job in jobs]
                wanted = [(job, nodes) for job, nodes in reads if nodes is not None]
                loaded = await self._store.run_contexts([(job.run_id or "", nodes) for job, nodes in wanted])
                return {job.id: context for (job, _), context in zip(wanted, loaded, strict=True)}
            except Unavailable as error:
                _log.warning("store unavailable, waiting for run contexts", reason=str(error))
                await self._clock.sleep(jittered(SECOND, self._entropy.random()))
        raise Unavailable("the worker stopped before the contexts of its jobs were read")

    async def _reads(self, job: ClaimedJob) -> frozenset[str] | None:
        """The nodes that the job's params read; None without a usable graph, which then fails this attempt alone."""
        if job.version_id is None or job.node_id is None:
            return None
        try:
            graph = await self._graphs.load(job.version_id, self._store)
            return graph.reads_of(job.node_id)
        except Unavailable:
            raise
        except (ExpressionError, ExpressionErrors):
            return frozenset()  # filling the params will raise it again, where it becomes the attempt's failure
        except Exception:
            _log.exception("a version's graph can't be used", version=job.version_id, job=job.id)
            return None
