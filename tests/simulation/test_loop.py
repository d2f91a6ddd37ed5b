"""The simulated loop: time jumps, strands keep their order and can freeze or die, and nothing reaches outside."""

import asyncio
from random import Random

import pytest

from tests.simulation.loop import Deadlock, SimulatedLoop, simulated_loop

HOUR = 3600


@pytest.fixture
def loop() -> SimulatedLoop:
    return simulated_loop(Random(1))


def test_time_jumps_to_the_next_timer(loop: SimulatedLoop) -> None:
    async def sleep() -> float:
        await asyncio.sleep(HOUR)
        return asyncio.get_running_loop().time()

    assert loop.run_until_complete(sleep()) == HOUR


def test_waiting_for_what_can_never_happen_is_told(loop: SimulatedLoop) -> None:
    with pytest.raises(Deadlock):
        loop.run_until_complete(asyncio.Event().wait())
    loop.bury()


def test_a_timeout_ends_a_wait(loop: SimulatedLoop) -> None:
    async def wait() -> None:
        async with asyncio.timeout(5):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        loop.run_until_complete(wait())
    assert loop.time() == 5


def test_strands_keep_their_own_order_and_take_turns_by_the_seed() -> None:
    def told(seed: int) -> list[tuple[str, int]]:
        loop, log = simulated_loop(Random(seed)), list[tuple[str, int]]()
        for name in ("a", "b"):
            strand = loop.strand(name)
            for number in range(5):
                loop.call_soon(log.append, (name, number), context=strand.context)
        loop.run_until_complete(asyncio.wait_for(asyncio.sleep(1), 2))
        return log

    orders = {tuple(told(seed)) for seed in range(20)}
    assert len(orders) > 5
    assert told(3) == told(3)
    for order in orders:
        assert [number for name, number in order if name == "a"] == [0, 1, 2, 3, 4]


def test_a_dead_strand_runs_nothing_more_not_even_its_finally(loop: SimulatedLoop) -> None:
    log: list[str] = []

    async def work() -> None:
        try:
            log.append("began")
            await asyncio.sleep(1)
        finally:
            log.append("ended")

    strand = loop.strand("a")
    loop.create_task(work(), context=strand.context)
    loop.call_later(0.5, strand.die)
    loop.run_until_complete(asyncio.sleep(10))
    assert log == ["began"]
    loop.bury()


def test_a_strand_can_die_after_any_number_of_steps(loop: SimulatedLoop) -> None:
    log: list[int] = []

    async def work() -> None:
        for number in range(10):
            log.append(number)
            await asyncio.sleep(0)

    strand = loop.strand("a")
    loop.create_task(work(), context=strand.context)
    strand.after_steps(3, strand.die)
    loop.run_until_complete(asyncio.sleep(10))
    assert log == [0, 1, 2, 3]
    loop.bury()


def test_a_frozen_strand_goes_on_late(loop: SimulatedLoop) -> None:
    log: list[float] = []

    async def work() -> None:
        await asyncio.sleep(1)
        log.append(loop.time())

    def thaw() -> None:
        strand.frozen = False

    strand = loop.strand("a")
    loop.create_task(work(), context=strand.context)
    strand.after_steps(0, lambda: setattr(strand, "frozen", True))
    loop.call_later(20, thaw)
    loop.run_until_complete(asyncio.sleep(30))
    assert log == [20]


def test_what_a_callback_raises_is_kept(loop: SimulatedLoop) -> None:
    loop.call_soon(lambda: 1 // 0)
    loop.run_until_complete(asyncio.sleep(1))
    assert [type(failure["exception"]) for failure in loop.failures] == [ZeroDivisionError]


def test_threads_and_sockets_are_refused(loop: SimulatedLoop) -> None:
    async def thread() -> None:
        await asyncio.to_thread(len, "")

    async def socket() -> None:
        await asyncio.open_connection("localhost", 1)

    for reach in (thread(), socket()):
        with pytest.raises(RuntimeError, match="reaches outside of the simulation"):
            loop.run_until_complete(reach)
