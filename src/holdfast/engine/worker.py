"""The worker: claims, runs and finishes jobs under one worker id at a time.

Modes: *working*, *stopping* (an operator's stop: no claims, handlers get the grace, the rest is given back unburnt),
*gone* (the store declared this id dead or couldn't be reached for a lease: handlers are cancelled, results dropped, and
work goes on under a new id), *overrun* (too many functions ignored that their attempts were stopped and still keep
threads of this process: it stops as an operator would stop it). A worker that something replaces then ends; another
one waits until enough of them have ended, and works on under a new id. Otherwise only ``stop`` ends it; a store that is
away for a while never does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

import structlog

from holdfast.engine.attempt_logs import AttemptLogs
from holdfast.engine.attempts import Attempts
from holdfast.engine.broker import Broker
from holdfast.engine.completer import Completer
from holdfast.engine.executor import Executor
from holdfast.engine.graphs import Graphs
from holdfast.engine.heart import Heart, HeartThread
from holdfast.engine.held import Held, Why
from holdfast.engine.lifelines import Lifelines
from holdfast.engine.loop import jittered
from holdfast.engine.offers import Takers
from holdfast.engine.producer import Producer
from holdfast.engine.stream_reader import StreamReader
from holdfast.engine.wakeups import CANCEL, Wakeups
from holdfast.log_capture import taking
from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.instant import SECOND, Micros
from holdfast.model.job import DEFAULT_QUEUE
from holdfast.ports import Clock, Entropy, Handlers, NewWorker, Observer, Pulse, Store, Stragglers

_log = structlog.get_logger("holdfast.engine.worker")
# How long a cancelled handler is waited for. One that won't stop is left behind: whatever comes of it is late.
_STUBBORN: Micros = 2 * SECOND
# How long the rest of an end may take once the grace is over, with a store that doesn't answer: what couldn't be given
# back by then is rescued by others, as after a kill.
_FAREWELL: Micros = 3 * SECOND
# How soon a cancel by another process is seen where no notification can tell of it.
_CANCEL_POLL: Micros = SECOND


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker works. ``host``, ``pid`` and ``boot`` tell a later process whether this one still lives.

    ``abandoned``: how many functions that ignored their end it puts up with; None: a tenth of its slots, at least 4.
    ``replaceable``: something starts a new process when this one ends.
    """

    name: str
    host: str
    pid: int
    boot: str
    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    concurrency: int = 100
    tags: tuple[str, ...] = ()
    lease: Micros = 30 * SECOND
    grace: Micros = 10 * SECOND
    abandoned: int | None = None
    replaceable: bool = False

    @property
    def most_abandoned(self) -> int:
        return max(4, self.concurrency // 10) if self.abandoned is None else self.abandoned


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made with. ``heart_store`` opens a store for the heart's thread; None keeps it in this loop.
    ``takers``: where the entrances of this process find it.
    """

    store: Store
    graphs: Graphs
    handlers: Handlers
    executor: Executor
    clock: Clock
    entropy: Entropy
    wakeups: Wakeups
    observer: Observer
    heart_store: Callable[[], Awaitable[Store]] | None = None
    stragglers: Stragglers | None = None
    broker: Broker | None = None
    takers: Takers | None = None


class Ended(Enum):
    """Why a worker ended."""

    STOPPED = auto()  # an operator's stop
    OVERRUN = auto()  # too many abandoned threads: the process is to be replaced


class Worker:
    """Runs until ``stop``; ``worker_id`` changes whenever the store declares the old one dead."""

    def __init__(self, config: WorkerConfig, parts: Parts) -> None:
        self._config = config
        self._parts = parts
        self._stop = asyncio.Event()
        self._life: Life | None = None
        self._changed = asyncio.Event()
        if parts.stragglers is not None:
            parts.stragglers.watch(self._on_stragglers)

    @property
    def worker_id(self) -> str | None:
        return None if self._life is None else self._life.worker_id

    @property
    def patience(self) -> float:
        """How many seconds its end takes at the most, give or take one: longer only if something is stuck."""
        return (self._config.grace + 2 * _FAREWELL) / SECOND

    def stop(self) -> None:
        """Ends the worker gracefully: ``run`` returns when everything is finished or given back."""
        self._stop.set()
        self._changed.set()
        if self._life is not None:
            self._life.ending.set()

    @property
    def overrun(self) -> bool:
        """Whether it claims nothing because too many abandoned functions keep threads of this process."""
        stragglers = self._parts.stragglers
        return stragglers is not None and stragglers.count > self._config.most_abandoned

    async def run(self) -> Ended:
        """Works until its end, and says why it came."""
        while not self._stop.is_set():
            if self.overrun:
                if self._config.replaceable:
                    return Ended.OVERRUN
                await self._fewer_stragglers()
                continue
            worker_id = self._parts.entropy.new_id(self._parts.clock.now())
            try:
                await self._register(worker_id)
                self._life = Life(worker_id, self._config, self._parts)
                if self.overrun:  # since the look at the top
                    self._life.ending.set()
                with taking():
                    await self._life.live(self._stop)
            except Unavailable as error:
                _log.warning("store unavailable, worker waits", reason=str(error))
                await self._pause()
            except Exception:
                _log.exception("worker failed, coming back under a new id")
                await self._pause()
        return Ended.STOPPED

    def _on_stragglers(self, count: int) -> None:
        self._parts.observer.abandoned(count)
        self._changed.set()
        if self.overrun and self._life is not None and not self._life.ending.is_set():
            bound = self._config.most_abandoned
            _log.error("too many abandoned threads; this worker claims no more", abandoned=count, bound=bound)
            self._life.ending.set()

    async def _fewer_stragglers(self) -> None:
        """Until enough abandoned functions have ended, or the worker is stopped."""
        while self.overrun and not self._stop.is_set():
            self._changed.clear()
            await self._changed.wait()
        if not self._stop.is_set():
            _log.warning("enough abandoned threads have ended; this worker claims again")

    async def _register(self, worker_id: str) -> None:
        config, parts = self._config, self._parts
        new = NewWorker(
            id=worker_id,
            name=config.name,
            host=config.host,
            pid=config.pid,
            boot=config.boot,
            queues=config.queues,
            concurrency=config.concurrency,
            tags=config.tags,
        )
        await parts.store.register_worker(new, parts.clock.now(), config.lease)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(jittered(SECOND, self._parts.entropy.random()) / SECOND):
                await self._stop.wait()


class Life:
    """One worker id, from its registration to its end."""

    def __init__(self, worker_id: str, config: WorkerConfig, parts: Parts) -> None:
        self.worker_id = worker_id
        self.ending = asyncio.Event()
        self._gone = False
        self._config = config
        self._parts = parts
        self._held = Held(config.concurrency)
        self._completer = Completer(
            worker_id,
            self._held,
            parts.store,
            parts.clock,
            parts.entropy,
            parts.wakeups,
            parts.observer,
            self._on_stopped,
        )
        self._lifelines = Lifelines(worker_id, parts.store, parts.clock, parts.entropy, self._on_stopped)
        self._logs = AttemptLogs(parts.store, parts.clock, parts.entropy)
        executor = parts.executor.serving(self._lifelines, self._logs)
        attempts = Attempts(self._held, executor, self._completer, parts.clock, parts.entropy)
        self._producer = Producer(
            worker_id,
            config.queues,
            parts.handlers.kinds(),
            self._held,
            parts.store,
            parts.graphs,
            parts.clock,
            parts.entropy,
            parts.wakeups,
            parts.observer,
            attempts,
            config.tags,
            parts.broker,
        )
        self._reader = self._made_reader(parts)
        self._completer.successors = self._producer.successors

    def _made_reader(self, parts: Parts) -> StreamReader | None:
        """What reads offers beside the producer's claims, where work is offered."""
        if parts.broker is None or parts.broker.offers is None:
            return None
        return StreamReader(
            self._producer.request,
            self._held,
            self._producer.beginnings,
            parts.broker,
            parts.broker.offers,
            parts.clock,
            parts.entropy,
            parts.wakeups,
            parts.observer,
        )

    async def live(self, stop: asyncio.Event) -> None:
        """Works until the worker is stopped or this id is gone."""
        if stop.is_set():
            self.ending.set()
        loop = asyncio.get_running_loop()
        heart = Heart(
            self.worker_id,
            self._held,
            self._parts.clock,
            self._parts.entropy,
            self._config.lease,
            lambda pulse: _in_loop(loop, lambda: self._on_pulse(pulse)),
            lambda: _in_loop(loop, self._on_gone),
        )
        beating = await self._start_heart(heart)
        producing = [asyncio.create_task(self._claiming(part), name=name) for name, part in self._claimers()]
        listening = asyncio.create_task(self._listen(heart), name="cancel-listener")
        try:
            with (self._parts.takers or Takers()).joined_by(self._producer.successors):
                await self.ending.wait()
            until = loop.time() + self._config.grace / SECOND
            for _, part in self._claimers():
                part.stop()
            await _ended(producing, until + _FAREWELL / SECOND)
            for _, part in self._claimers():
                part.abandon()  # what is still claimed now is given back or rescued: nothing of it may begin
            await (self._drop() if self._gone else self._finish(until))
        finally:
            for task in (listening, *producing):
                task.cancel()
            await asyncio.gather(self._lifelines.close(), self._logs.close(), beating())

    async def _start_heart(self, heart: Heart) -> Callable[[], Awaitable[None]]:
        """Starts the heart; answers how to stop it."""
        if self._parts.heart_store is not None:
            thread = HeartThread(heart, self._parts.heart_store)
            await thread.start()
            return thread.stop
        task = asyncio.create_task(heart.run(self._parts.store), name="heart")

        async def stop() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        return stop

    def _claimers(self) -> list[tuple[str, Producer | StreamReader]]:
        """What claims jobs for this worker id, by name."""
        producer: list[tuple[str, Producer | StreamReader]] = [("producer", self._producer)]
        return producer if self._reader is None else [*producer, ("stream-reader", self._reader)]

    async def _claiming(self, part: Producer | StreamReader) -> None:
        """Lets everything know at once that this id is dead, though claims under way have yet to end."""
        try:
            await part.run()
        except WorkerGone:
            self._on_gone()
        finally:
            await part.close()

    async def _listen(self, heart: Heart) -> None:
        """Beats at once when somebody cancels something, so that its handler stops now and not at the next beat.

        Where the news of other processes don't arrive it beats every second while handlers are at work.
        """
        with self._parts.wakeups.subscribe(CANCEL) as news:
            while True:
                bridged = self._parts.wakeups.bridged
                told = await news.wait(self._config.lease if bridged else _CANCEL_POLL)
                if (told or not bridged) and self._held.running:
                    await heart.beat(self._parts.store)

    # -- ends --------------------------------------------------------------------------------------------------------

    async def _finish(self, until: float) -> None:
        """A graceful end: handlers go on until then, by the loop's clock; then give back, then say goodbye."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._held.wait_idle()
        await self._stop_handlers(Why.SHUTDOWN)
        end = until + _FAREWELL / SECOND
        await self._completer.flush(end)
        self._completer.abandon()
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout_at(end):
                await self._producer.successors.withdrawn()
                await self._parts.store.retire_worker(self.worker_id, self._parts.clock.now())

    async def _drop(self) -> None:
        """This id is dead: nothing of it may be written any more."""
        self._completer.abandon()
        await self._stop_handlers(Why.LOST)

    async def _stop_handlers(self, why: Why) -> None:
        self._held.stop_all(why)
        try:
            async with asyncio.timeout(_STUBBORN / SECOND):
                await self._held.wait_idle()
        except TimeoutError:
            _log.warning("handlers ignore that they were cancelled", worker=self.worker_id, handlers=self._held.running)

    def _on_gone(self) -> None:
        self._gone = True
        for _, part in self._claimers():
            part.abandon()
        self._completer.abandon()
        self._held.stop_all(Why.LOST)
        self.ending.set()

    def _on_pulse(self, pulse: Pulse) -> None:
        for job_id, lease in pulse.lost:
            self._on_stopped(job_id, lease)
        for job_id in pulse.cancelled:
            self._held.stop(job_id, None, Why.CANCELLED)

    def _on_stopped(self, job_id: str, lease: int) -> None:
        self._held.stop(job_id, lease, Why.LOST)


async def _ended(tasks: Collection[asyncio.Task[None]], until: float) -> None:
    """Until all of them have ended, or that moment of the loop's clock. Raises what one of them raised."""
    left = until - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Runs ``call`` in ``loop``, from whichever thread; a loop that is gone needs no news."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)
