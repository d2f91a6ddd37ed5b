"""The heart: renews the worker's lease and reconciles what it holds.

Modes: *beating* (the last round trip is less than a lease old) and *stopped* (the store declared the worker dead, or
no beat got through for four fifths of a lease). Stopped is final for a worker id: its handlers are cancelled, their
results dropped, and the worker comes back under a new id. A worker stops trusting itself before others may rescue its
jobs: after a miss it beats more often, and no beat is waited for beyond that moment.

It runs in a thread of its own, with an event loop and a store connection of its own, so that a handler that blocks the
main loop can't starve it. A store in memory can't be opened twice: there it runs in the main loop.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from holdfast.engine.held import Held
from holdfast.engine.loop import jittered
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Pulse, Store

_log = structlog.get_logger("holdfast.engine.heart")
# Claims run on another clock reading than beats; a job this much younger than the beat is never taken for an orphan.
_MARGIN: Micros = 1_000 * MILLISECOND
# How long one beat is waited for, so that the next one, over another connection, may still be in time.
_PATIENCE: Micros = 5 * SECOND
# How long a stopped thread may take to close its store.
_CLOSING: Micros = 2 * SECOND


class Heart:
    """Beats for one worker id. ``on_pulse`` and ``on_stopped`` are called where the heart runs."""

    def __init__(
        self,
        worker_id: str,
        held: Held,
        clock: Clock,
        entropy: Entropy,
        lease: Micros,
        on_pulse: Callable[[Pulse], None],
        on_stopped: Callable[[], None],
    ) -> None:
        self._worker_id = worker_id
        self._held = held
        self._clock = clock
        self._entropy = entropy
        self._lease = lease
        self._on_pulse = on_pulse
        self._on_stopped = on_stopped
        # A lease runs from the moment that its beat was sent; the first one from the registration, just before this.
        self._last: Instant = clock.now()
        self._misses = 0

    async def run(self, store: Store) -> None:
        """Beats until cancelled or stopped."""
        while await self.beat(store):
            await self.wait()

    async def beat(self, store: Store) -> bool:
        """One beat; False when the heart has stopped for good."""
        began = self._clock.now()
        try:
            pulse = await self._answer(store, began)
        except (Unavailable, TimeoutError) as error:
            return self.missed(error)
        except Exception as error:
            _log.exception("heartbeat failed")
            return self.missed(error)
        if not pulse.alive:
            _log.warning("this worker was declared dead; coming back under a new id", worker=self._worker_id)
            self._on_stopped()
            return False
        self._last, self._misses = began, 0
        self._on_pulse(pulse)
        return True

    async def _answer(self, store: Store, began: Instant) -> Pulse:
        """The store's answer. Raises ``TimeoutError`` in time, however long a call that hangs takes to clean up."""
        # Read before the snapshot: a claim that ends in between is then too young or in the snapshot.
        before = self._orphaned_before()
        beat = asyncio.ensure_future(
            store.heartbeat(self._worker_id, self._held.snapshot(), began, self._lease, before)
        )
        try:
            await asyncio.wait({beat}, timeout=max(min(self._left(), _PATIENCE), self._lease // 10) / SECOND)
            if beat.done():
                return beat.result()
            raise TimeoutError("the store didn't answer in time")
        finally:
            if not beat.done():
                beat.cancel()
                beat.add_done_callback(_unheard)

    def missed(self, error: Exception) -> bool:
        """A beat didn't get through; False when it was the last one."""
        self._misses += 1
        silent = self._clock.now() - self._last
        _log.warning("heartbeat missed", worker=self._worker_id, silent_ms=silent // MILLISECOND, reason=str(error))
        if self._left() > 0:
            return True
        self._on_stopped()
        return False

    async def wait(self) -> None:
        """Until the next beat is due."""
        await self._clock.sleep(self._pause())

    def _left(self) -> Micros:
        """How long this worker still trusts itself without another beat."""
        return self._last + self._lease * 4 // 5 - self._clock.now()

    def _pause(self) -> Micros:
        if not self._misses:
            return jittered(self._lease // 3, self._entropy.random())
        return max(min(jittered(self._lease // 10, self._entropy.random()), self._left()), MILLISECOND)

    def _orphaned_before(self) -> Instant:
        began = self._held.claim_began
        return (self._clock.now() if began is None else began) - _MARGIN


def _unheard(beat: asyncio.Future[Pulse]) -> None:
    """What became of a beat that nobody waits for any more."""
    if not beat.cancelled() and beat.exception() is not None:
        _log.debug("a given up heartbeat ended", reason=str(beat.exception()))


class HeartThread:
    """A heart in a thread of its own. ``open_store`` makes the store that only this thread uses.

    ``stop`` waits for the thread's end, but not for ever: one that can't close its store is left behind.
    """

    def __init__(self, heart: Heart, open_store: Callable[[], Awaitable[Store]]) -> None:
        self._heart = heart
        self._open_store = open_store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        # Told by the thread. Waiting in the loop's thread pool instead could take for ever: handlers may fill that.
        self._started = asyncio.Event()
        self._ended = asyncio.Event()

    async def start(self) -> None:
        owner = asyncio.get_running_loop()
        threading.Thread(target=self._main, args=[owner], name="heart", daemon=True).start()
        await self._started.wait()

    async def stop(self) -> None:
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # its loop is closed: it has ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)
        try:
            async with asyncio.timeout(_CLOSING / SECOND):
                await self._ended.wait()
        except TimeoutError:
            _log.warning("the heart's connection can't be closed; leaving its thread behind")

    def _main(self, owner: asyncio.AbstractEventLoop) -> None:
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._beat(owner))
        finally:
            with suppress(RuntimeError):
                owner.call_soon_threadsafe(self._ended.set)

    async def _beat(self, owner: asyncio.AbstractEventLoop) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        owner.call_soon_threadsafe(self._started.set)
        store = await self._opened()
        if store is None:
            return
        try:
            await self._heart.run(store)
        finally:
            await store.close()

    async def _opened(self) -> Store | None:
        """The store; None when it couldn't be opened for so long that the heart has stopped."""
        while True:
            try:
                return await self._open_store()
            except Exception as error:
                if not self._heart.missed(error):
                    return None
                await self._heart.wait()
