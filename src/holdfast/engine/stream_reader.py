"""A worker's reading of offers: ready work that a relay offers over streams, claimed by its ids.

Reads at most as many offers as there are free slots, claims them in the store, begins what it got, and settles all of
them: the store decides, so what it refused was another's or may not start now. It stands beside the producer; what one
of them claims, or a finish hands over, takes slots from the other at once. An offer that finds no slot any more goes
back unclaimed.

What is read is never lost: whatever becomes of the claim, its offers are settled, and the relay offers again what still
waits. Where they can't be settled they expire. A read isn't cancelled but interrupted, and after ``stop`` nothing is
read. A worker without a free slot reads nothing, and tells the relay now and then that it is still there. Offers that
the store refuses again and again are settled a little later each time, lest the relay and the worker hand them to and
fro.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from holdfast.engine.beginnings import Beginnings
from holdfast.engine.broker import Broker
from holdfast.engine.held import Claiming, Held
from holdfast.engine.loop import jittered
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import ClaimedJob
from holdfast.ports import ClaimRequest, Clock, Delivered, Entropy, Observer, Offer, OfferStore, Seat

_log = structlog.get_logger("holdfast.engine.stream_reader")
# How long a read waits, or a worker without room for one; the relay forgets who is silent for twice as long.
PATIENCE: Micros = 5 * SECOND
# So many claims are under way beside each other when there is plenty.
_ABREAST = 2
# So many jobs begin before their offers are settled.
_FEW = 16
_PAUSE: Micros = 100 * MILLISECOND
# So many reads in a row of which the store took nothing are no accident; the longest that their offers are kept back.
_REFUSALS = 2
_KEPT_BACK: Micros = SECOND
# How long a broker that doesn't answer may hold up the end of a worker.
_FAREWELL: Micros = 2 * SECOND


class StreamReader:
    """Reads for one worker id until told to stop. Raises ``WorkerGone`` when the store has declared it dead."""

    def __init__(
        self,
        request: ClaimRequest,
        held: Held,
        beginnings: Beginnings,
        broker: Broker,
        offers: OfferStore,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
    ) -> None:
        self._request = request
        self._held = held
        self._beginnings = beginnings
        self._broker = broker
        self._streams = broker.streams
        self._offers = offers
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._claims: set[asyncio.Task[None]] = set()
        self._spawned: set[asyncio.Task[None]] = set()
        self._flowing = False
        self._refusals = 0
        # When the relay was last told of the seat, by the loop's clock.
        self._told_at = 0.0
        self._stopping, self._done = asyncio.Event(), asyncio.Event()
        self._abandoned = False
        # Raised by every change of the broker's state, and by nothing else.
        self._changes = wakeups.subscribe(f"worker:{request.worker_id}")

    def stop(self) -> None:
        """Nothing is read after this; what was read is claimed and settled in ``close``."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._changes.raise_flag()
            self._held.wake()
            self._spawn(self._interrupt_until_done())

    def abandon(self) -> None:
        """The worker id is dead: what a claim under way still brings isn't begun."""
        self._abandoned = True
        self.stop()

    async def run(self) -> None:
        """Until it is stopped; ``close`` is to follow in any case."""
        with self._changes:
            while not self._stopping.is_set():
                await self._step()

    async def _step(self) -> None:
        try:
            if await self._collected() and self._broker.offering:
                await self._round()
            else:
                await self._changes.wait(SECOND)
        except WorkerGone:
            raise
        except Unavailable as error:
            _log.debug("offers can't be read", worker=self._request.worker_id, reason=str(error))
            await self._pause(_PAUSE)
        except Exception:
            _log.exception("reading offers failed, going on")
            await self._pause(SECOND)

    async def _round(self) -> None:
        """Reads once and begins to claim what came; waits for room first, if there is none."""
        room = self._room()
        if room <= 0:
            await self._change()
            return
        self._told_at = asyncio.get_running_loop().time()
        delivered = await self._streams.read(self._seat(room), self._clock.now(), PATIENCE)
        if not delivered:
            self._flowing = False
        elif self._stopping.is_set():
            await self._settle(delivered)
        else:
            self._flowing = len(delivered) >= room
            portion = -(-max(room, self._held.concurrency) // _ABREAST)
            for first in range(0, len(delivered), portion):
                self._begin_claim(delivered[first : first + portion])

    def _room(self) -> int:
        """How many offers to read now: beside another claim only if it's worth the effort."""
        free = self._held.free
        if self._claims and (not self._flowing or len(self._claims) >= _ABREAST or free * 4 < self._held.concurrency):
            return 0
        return free

    def _seat(self, free: int | None = None) -> Seat:
        """How the relay is to know this worker now; ``free`` is what a read asks for."""
        request = self._request
        now = 0 if self._stopping.is_set() else max(self._held.free, 0)
        return Seat(request.worker_id, request.queues, request.kinds, request.tags, now if free is None else free)

    async def _change(self) -> None:
        """Until a claim has ended or a slot became free; not at all when a claim ended while nobody looked. Tells the
        relay of the seat when that was long ago."""
        left = self._told_at + PATIENCE / SECOND - asyncio.get_running_loop().time()
        if left <= 0:
            await self._settle(())
        elif not any(task.done() for task in self._claims):
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._held.wait_change()

    # -- claims --------------------------------------------------------------------------------------------------------

    def _begin_claim(self, delivered: Sequence[Delivered]) -> None:
        """Others may have taken slots while the read waited: what finds none isn't claimed."""
        fit = max(min(len(delivered), self._held.free), 0)
        claim = self._held.begin_claim(self._clock.now(), fit)
        task = asyncio.create_task(self._claim(claim, delivered), name="claim-offered")
        task.add_done_callback(self._ended)
        self._claims.add(task)

    async def _claim(self, claim: Claiming, delivered: Sequence[Delivered]) -> None:
        """Claims what was read, settles all of it, and lets the attempts begin."""
        offers = [each.offer for each in delivered[: claim.room]]
        try:
            jobs = await self._held.bring(claim, self._take(claim, offers))
        except BaseException:
            self._spawn(self._settle(delivered))  # somebody else may be able to claim them
            raise
        settling = self._settle(delivered, self._counted(len(offers), len(jobs)))
        if len(jobs) <= _FEW:  # they begin first
            try:
                await self._begin(jobs)
            finally:
                self._spawn(settling)
        else:  # the relay looks for more while they begin
            self._spawn(settling)
            await asyncio.sleep(0)
            await self._begin(jobs)

    async def _begin(self, jobs: Sequence[ClaimedJob]) -> None:
        if self._abandoned:
            self._beginnings.drop(jobs)
        elif jobs:
            await self._beginnings.load_and_begin(jobs)
            self._wakeups.notify({EVENTS})

    async def _take(self, claim: Claiming, offers: Sequence[Offer]) -> list[ClaimedJob]:
        if not offers:
            return []
        return await self._offers.claim_offered(replace(self._request, limit=claim.room), offers, claim.began)

    def _counted(self, asked: int, taken: int) -> Micros:
        """Counts what a claim answered; how long its offers are to be kept back. What found no slot here was refused
        by nobody, and others may take it at once."""
        if not asked:
            return 0
        self._observer.offered("taken", taken)
        self._observer.offered("refused", asked - taken)
        self._refusals = 0 if taken else self._refusals + 1
        beyond = self._refusals - _REFUSALS
        return min(MILLISECOND << min(beyond, 20), _KEPT_BACK) if beyond > 0 else 0

    async def _settle(self, delivered: Sequence[Delivered], pause: Micros = 0) -> None:
        if pause:
            await self._pause(pause)
        self._told_at = asyncio.get_running_loop().time()
        try:
            await self._streams.settle(self._seat(), delivered, self._clock.now())
        except Unavailable as error:
            _log.debug("offers are left to expire", offers=len(delivered), reason=str(error))

    def _ended(self, claim: asyncio.Task[None]) -> None:
        """Lets the loop look at a claim that failed, whatever it waits for."""
        self._held.wake()
        if not claim.cancelled() and claim.exception() is not None:
            self._spawn(self._interrupt())

    async def _collected(self) -> bool:
        """Looks at claims that have ended; False after one that the store didn't answer. Raises any other failure."""
        for task in [task for task in self._claims if task.done()]:
            self._claims.remove(task)
            try:
                task.result()
            except Unavailable as error:
                _log.warning("store unavailable, not claiming offers", reason=str(error))
                await self._pause(SECOND)
                return False
        return True

    # -- the end -------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Waits for the claims under way: what they bring must be held, or their store must know of the end."""
        try:
            if self._claims:
                await asyncio.wait(self._claims)
            self._done.set()
            if self._spawned:
                await asyncio.wait(self._spawned, timeout=_FAREWELL / SECOND)
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(_FAREWELL / SECOND):
                    await self._streams.leave(self._request.worker_id)
        finally:
            for task in (*self._claims, *self._spawned):
                task.cancel()

    async def _interrupt_until_done(self) -> None:
        """Ends the read that waits, and one that hadn't begun to wait when it was first asked."""
        while not self._done.is_set():
            await self._interrupt()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE / SECOND):
                    await self._done.wait()

    async def _interrupt(self) -> None:
        with suppress(Unavailable):
            await self._streams.interrupt(self._request.worker_id)

    async def _pause(self, micros: Micros) -> None:
        """A jittered while, or until the worker stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(jittered(micros, self._entropy.random()) / SECOND):
                await self._stopping.wait()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
