"""The producer: keeps a worker's free slots filled.

Claims at most as many jobs as there are free slots and lets their attempts begin. What a finish hands over comes beside
that (``successors``). When a claim comes back short there is nothing more now: it waits for a wake-up, the next due
time, or the polling backstop, whichever is first. A claim is never cancelled half-way; one whose answer is lost is
given back by the heartbeat's reconciling.

Modes. *Looking*: one claim at a time, for at most half of the slots. *Flowing*: claims come back full, so two are under
way beside each other, and the store takes the next jobs while the handlers of the last ones run. *Offered*: ready work
reaches the worker by offers (``stream_reader``); it claims only when the relay asks for it, since there is work that
offers don't bring, and once in a long while. It looks and flows as without a broker as soon as that is away.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from holdfast.engine.attempts import Attempts
from holdfast.engine.beginnings import Beginnings
from holdfast.engine.broker import Broker
from holdfast.engine.contexts import Contexts
from holdfast.engine.graphs import Graphs
from holdfast.engine.held import Claiming, Held
from holdfast.engine.loop import jittered
from holdfast.engine.successors import Successors
from holdfast.engine.wakeups import EVENTS, Wakeups, direct_topic, queue_topic
from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import ClaimRequest, Clock, Entropy, Observer, Store

_log = structlog.get_logger("holdfast.engine.producer")

# Without wake-ups from other processes this is how soon their work is seen; with them, only a backstop.
POLL: Micros = 200 * MILLISECOND
BACKSTOP: Micros = 5 * SECOND
# The same while a broker is away: other processes that still reach it may tell nothing to this one.
AWAY: Micros = 2 * SECOND
# The same where work is offered: should a relay believe that it leads, and do nothing.
OFFERED: Micros = 12 * SECOND
# A claim lets what came due join the ready work in portions: this is how soon the next portion gets its turn.
REST: Micros = 20 * MILLISECOND


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
        tags: Collection[str] = (),
        broker: Broker | None = None,
    ) -> None:
        self.request = ClaimRequest(worker_id, tuple(queues), kinds, 0, frozenset(tags))
        self._held = held
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._broker = broker
        self.beginnings = Beginnings(attempts, Contexts(graphs, store, clock, entropy), clock, observer)
        self.successors = Successors(worker_id, queues, kinds, held, graphs, self.beginnings)
        self._claims: set[asyncio.Task[bool]] = set()
        self._claimed_at: Instant = 0
        self._due = True
        self._flowing = False
        self._stopping = False
        self._abandoned = False
        self._news = wakeups.subscribe(*(queue_topic(queue) for queue in queues))
        self._asks = wakeups.subscribe(*(direct_topic(queue) for queue in queues))
        self._offered = False
        self._asked = False

    def stop(self) -> None:
        """No claim begins after this; what is under way ends in ``close``."""
        self._stopping = True
        self.beginnings.stop()
        self.successors.stop()
        self._news.raise_flag()
        self._asks.raise_flag()
        self._held.wake()

    def abandon(self) -> None:
        """The worker id is dead: what a claim under way still brings is somebody else's by then, and isn't begun."""
        self._abandoned = True
        self.stop()

    async def run(self) -> None:
        """Until it is stopped; ``close`` is to follow in any case."""
        with self._news, self._asks:
            while not self._stopping:
                await self._step()

    async def run_once(self) -> bool:
        """Claims once and hands over; False when there was less than it asked for."""
        return await self._claim(self._begin_claim(min(self._held.free, self._portion)))

    async def _step(self) -> None:
        try:
            await self._round()
        except WorkerGone:
            raise
        except Unavailable as error:
            _log.warning("store unavailable, not claiming", reason=str(error))
            await self._clock.sleep(jittered(SECOND, self._entropy.random()))
        except Exception:
            _log.exception("claim failed, going on")
            await self._clock.sleep(jittered(SECOND, self._entropy.random()))

    async def _round(self) -> None:
        """Begins the claims that there is reason for, and waits for the next reason."""
        self._look_for_offers()
        while self._due and (room := self._room()) > 0:
            # Begun here and not in the task, whose first step comes later: the slots are taken from now on.
            task = asyncio.create_task(self._claim(self._begin_claim(room)), name="claim")
            task.add_done_callback(lambda _: self._held.wake())
            self._claims.add(task)
        if self._claims or self._due:
            await self._change()
            self._collect()
        else:
            await self._reason()
            self._due = True

    def _look_for_offers(self) -> None:
        """Whether work is offered from now on: then there is no reason to claim, but to begin with one afterwards."""
        offered = self._broker is not None and self._broker.offering
        if offered is self._offered:
            return
        self._offered, self._asked, self._due = offered, False, not offered
        self._asks.lower()  # the change itself raised it

    async def _reason(self) -> None:
        """Waits until there may be something to claim."""
        if self._offered:
            self._asked = await self._asks.wait(jittered(OFFERED, self._entropy.random()))
        else:
            await self._news.wait(await self._patience())

    async def _change(self) -> None:
        """Until a claim has ended or a slot became free; not at all when a claim ended while nobody looked."""
        if not any(task.done() for task in self._claims):
            await self._held.wait_change()

    def _collect(self) -> None:
        """Looks at claims that have ended. Raises what one of them raised."""
        for task in [task for task in self._claims if task.done()]:
            self._claims.remove(task)
            self._due, self._flowing = True, False  # as it stays if this claim failed
            self._flowing = task.result()
            # Where work is offered a backlog is no reason to go on: only what was asked for is.
            self._due = self._flowing and (self._asked or not self._offered)

    @property
    def _portion(self) -> int:
        """The most that one claim asks for, so that two fit beside each other."""
        return -(-self._held.concurrency // 2)

    def _room(self) -> int:
        """How many jobs to claim now: beside another claim only if it's worth the effort."""
        free = self._held.free
        if self._claims and (not self._flowing or len(self._claims) > 1 or free * 2 < self._portion):
            return 0
        return min(free, self._portion)

    def _begin_claim(self, room: int) -> Claiming:
        self._claimed_at = self._clock.now()
        return self._held.begin_claim(self._claimed_at, room)

    async def _claim(self, claim: Claiming) -> bool:
        request = replace(self.request, limit=claim.room)
        jobs = await self._held.bring(claim, self._store.claim(request, claim.began))
        if self._abandoned:
            self.beginnings.drop(jobs)
            return False
        if not jobs:
            return False
        await self.beginnings.load_and_begin(jobs)
        self._wakeups.notify({EVENTS})
        await asyncio.sleep(0)  # the handlers' first steps go before the look at what comes next
        return len(jobs) >= claim.room

    async def close(self) -> None:
        """Waits for the claims under way: what they bring must be held, or their store must know of the end."""
        try:
            while self._claims:
                await self._change()
                with suppress(Exception):
                    self._collect()
            await self.successors.close()
        finally:
            for task in self._claims:
                task.cancel()

    async def _patience(self) -> Micros:
        """How long nothing can become due that no wake-up would tell of."""
        away = self._broker is not None and not self._broker.healthy
        longest = (AWAY if away else BACKSTOP) if self._wakeups.bridged else POLL
        now = self._clock.now()
        due = await self._store.next_due(self.request.queues, now)
        wait = jittered(longest, self._entropy.random())
        if due is None:
            return wait
        if due <= self._claimed_at:
            return min(wait, REST)  # it was due at the last claim already, which had its hands full with others
        return max(min(wait, due - now), MILLISECOND)
