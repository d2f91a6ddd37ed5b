"""The heart: beats, stops trusting itself before its lease ends, and reconciles against a claim that is under way."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from holdfast.engine.heart import Heart, HeartThread
from holdfast.engine.held import Claiming, Held
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import NewWorker, Pulse, Store
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.system import SystemClock, SystemEntropy
from tests.engine.claims import claimed
from tests.engine.clocks import MovedClock
from tests.engine.faults import Faults
from tests.engine.world import no_graphs
from tests.support.waiting import eventually

LEASE: Micros = 30 * SECOND


class Dice:
    """Chance from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def random(self) -> float:
        return self._random.random()

    def new_id(self, now: Instant) -> str:
        raise AssertionError("the heart makes no ids")

    def new_key(self) -> str:
        raise AssertionError("the heart makes no keys")


class Signals:
    """What a heart told."""

    def __init__(self) -> None:
        self.pulses: list[Pulse] = []
        self.stops = 0
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stops += 1
        self.stopped.set()


@pytest.fixture
async def faults() -> AsyncIterator[Faults]:
    store = SQLiteStore("memory:", graph_of=no_graphs, new_id=SystemEntropy().new_id)
    await store.open()
    await store.migrate()
    yield Faults(store)
    await store.close()


async def register(store: Store, now: Instant, worker_id: str = "worker-1") -> None:
    await store.register_worker(NewWorker(worker_id, "one", "here", 1, "boot", ("default",), 4), now, LEASE)


def heart_with(clock: MovedClock, signals: Signals, held: Held | None = None, seed: int = 1) -> Heart:
    return Heart("worker-1", held or Held(4), clock, Dice(seed), LEASE, signals.pulses.append, signals.stop)


async def test_each_beat_renews_the_lease(faults: Faults) -> None:
    clock, signals = MovedClock(), Signals()
    await register(faults.store, clock.now())
    heart = heart_with(clock, signals)
    clock.time += 20 * SECOND
    assert await heart.beat(faults.store)
    (worker,) = await faults.store.list_workers(clock.now())
    assert worker.expires_at == clock.now() + LEASE
    assert signals.pulses == [Pulse(alive=True)]


async def test_a_worker_that_was_declared_dead_stops(faults: Faults) -> None:
    clock, signals = MovedClock(), Signals()
    await register(faults.store, clock.now())
    heart = heart_with(clock, signals)
    await faults.store.rescue(clock.now(), hung_grace=0, gone=["worker-1"])
    assert not await heart.beat(faults.store)
    assert signals.stops == 1
    assert signals.pulses == []


@pytest.mark.parametrize("seed", range(20))
async def test_it_stops_before_its_lease_ends_whatever_the_jitter(faults: Faults, seed: int) -> None:
    clock, signals = MovedClock(), Signals()
    await register(faults.store, clock.now())
    heart = heart_with(clock, signals, seed=seed)
    assert await heart.beat(faults.store)
    began = clock.now()
    faults.away = True
    await heart.run(faults.store)
    assert signals.stops == 1
    assert clock.now() - began < LEASE
    assert faults.calls["heartbeat"] > 3  # it didn't give up at the first miss


async def test_a_store_that_comes_back_in_time_is_forgiven(faults: Faults) -> None:
    clock, signals = MovedClock(), Signals()
    await register(faults.store, clock.now())
    heart = heart_with(clock, signals)
    faults.lose("heartbeat", 3)
    beating = asyncio.create_task(heart.run(faults.store))
    await eventually(lambda: len(signals.pulses) >= 3)
    beating.cancel()
    assert signals.stops == 0
    assert faults.planned("heartbeat") == 0


async def test_a_beat_that_hangs_is_a_miss(faults: Faults) -> None:
    signals, clock = Signals(), SystemClock()
    await register(faults.store, clock.now())
    heart = Heart("worker-1", Held(4), clock, Dice(1), 400 * MILLISECOND, signals.pulses.append, signals.stop)
    faults.hold("heartbeat")
    async with asyncio.timeout(10):
        await heart.run(faults.store)
    assert signals.stops == 1


class Stuck:
    """A store whose calls don't end, not even when they are cancelled, until they are let go."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls = 0

    async def heartbeat(self, *_: object) -> Pulse:
        self.calls += 1
        while not self.release.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        raise Unavailable("the connection is gone")

    async def close(self) -> None: ...


async def test_a_beat_that_doesnt_even_end_when_it_is_given_up_is_not_waited_for() -> None:
    signals, clock, stuck = Signals(), SystemClock(), Stuck()
    lease = 400 * MILLISECOND
    heart = Heart("worker-1", Held(4), clock, Dice(1), lease, signals.pulses.append, signals.stop)
    began = clock.now()
    beating = asyncio.create_task(heart.run(_as_store(stuck)))
    try:
        async with asyncio.timeout(10):
            await asyncio.shield(beating)
        assert clock.now() - began < 5 * SECOND
        assert signals.stops == 1
    finally:
        stuck.release.set()
        await beating


async def test_a_beat_is_given_up_with_the_heart() -> None:
    signals, given_up = Signals(), asyncio.Event()

    class Hanging:
        async def heartbeat(self, *_: object) -> Pulse:
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()
            raise AssertionError("nobody lets it go")

    heart = heart_with(MovedClock(), signals)
    beating = asyncio.create_task(heart.run(_as_store(Hanging())))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    beating.cancel()
    async with asyncio.timeout(5):
        await given_up.wait()
    assert signals.stops == 0


async def test_a_thread_whose_store_wont_let_go_is_left_behind() -> None:
    """Otherwise the worker would come back only when its dead connection does."""
    signals, stuck = Signals(), Stuck()

    async def open_store() -> Store:
        return _as_store(stuck)

    heart = Heart("worker-1", Held(4), SystemClock(), Dice(1), 300 * MILLISECOND, signals.pulses.append, signals.stop)
    thread = HeartThread(heart, open_store)
    await thread.start()
    try:
        assert await asyncio.to_thread(signals.stopped.wait, 10)
        async with asyncio.timeout(10):
            await thread.stop()
    finally:
        stuck.release.set()


async def test_a_claim_that_ends_while_the_heart_looks_gives_nothing_back(faults: Faults) -> None:
    """The claim began long before the beat and ends between the beat's two looks: its job must not be an orphan."""
    clock, signals, held = MovedClock(), Signals(), ClaimingHeld(4)
    asked: list[tuple[Mapping[str, int], Instant]] = []

    class Recorder:
        async def heartbeat(
            self, worker_id: str, holds: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
        ) -> Pulse:
            asked.append((holds, orphaned_before))
            return Pulse(alive=True)

    heart = heart_with(clock, signals, held)
    claim_began = clock.now() - 5 * SECOND
    held.claim = held.begin_claim(claim_began, 1)
    await heart.beat(_as_store(Recorder()))
    ((holds, orphaned_before),) = asked
    assert orphaned_before <= claim_began or holds


class ClaimingHeld(Held):
    """A claim comes through right after the heart took its snapshot."""

    claim: Claiming

    def snapshot(self) -> dict[str, int]:
        taken = super().snapshot()
        self.take(claimed())
        self.end_claim(self.claim)
        return taken


def _as_store(part: object) -> Store:
    return part  # type: ignore[return-value]


async def test_the_thread_opens_its_store_again_and_again(sqlite_url: str) -> None:
    """The heart's own connection fails at first; it must beat all the same."""
    entropy, clock, signals = SystemEntropy(), SystemClock(), Signals()
    first = SQLiteStore(sqlite_url, graph_of=no_graphs, new_id=entropy.new_id)
    await first.open()
    await first.migrate()
    await register(first, clock.now())
    tries = 0
    beaten = threading.Event()

    async def open_store() -> Store:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Unavailable("no connection yet")
        store = SQLiteStore(sqlite_url, graph_of=no_graphs, new_id=entropy.new_id)
        await store.open()
        return store

    heart = Heart("worker-1", Held(4), clock, entropy, 2 * SECOND, lambda pulse: beaten.set(), signals.stop)
    thread = HeartThread(heart, open_store)
    await thread.start()
    try:
        assert await asyncio.to_thread(beaten.wait, 10)
    finally:
        await thread.stop()
        await first.close()
    assert signals.stops == 0


async def test_a_thread_that_cant_open_its_store_stops_the_worker() -> None:
    entropy, clock, signals = SystemEntropy(), SystemClock(), Signals()

    async def open_store() -> Store:
        raise Unavailable("no connection")

    heart = Heart("worker-1", Held(4), clock, entropy, 300 * MILLISECOND, signals.pulses.append, signals.stop)
    thread = HeartThread(heart, open_store)
    await thread.start()
    assert await asyncio.to_thread(signals.stopped.wait, 10)
    await thread.stop()
    assert signals.stops == 1


async def test_handlers_that_fill_the_thread_pool_dont_keep_the_heart(faults: Faults) -> None:
    """Plain functions run in the loop's thread pool, for as long as they like."""
    pool, release = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(pool)
    blocked = asyncio.create_task(asyncio.to_thread(release.wait))
    await asyncio.sleep(0)
    beaten = asyncio.Event()

    class Beating:
        async def heartbeat(self, *_: object) -> Pulse:
            loop.call_soon_threadsafe(beaten.set)
            return Pulse(alive=True)

        async def close(self) -> None: ...

    async def open_store() -> Store:
        return _as_store(Beating())

    loop, signals = asyncio.get_running_loop(), Signals()
    heart = Heart("worker-1", Held(4), SystemClock(), SystemEntropy(), LEASE, signals.pulses.append, signals.stop)
    thread = HeartThread(heart, open_store)
    try:
        async with asyncio.timeout(5):
            await thread.start()
            await beaten.wait()
            await thread.stop()
    finally:
        release.set()
        await blocked
    assert signals.stops == 0
