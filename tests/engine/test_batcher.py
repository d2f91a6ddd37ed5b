"""Group commit: batches are what queued up, a lone item waits for nobody, one caller's violation is its own."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from holdfast.engine.batcher import Batcher
from holdfast.engine.repeating import PATIENCE
from holdfast.model.errors import Conflict, Unavailable
from holdfast.model.instant import SECOND
from holdfast.observe.metrics import Metrics
from holdfast.system import SystemEntropy
from tests.engine.clocks import MovedClock


class Ledger:
    """A commit that can be held up, and that refuses negative numbers."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.began = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.away = False
        self.away_for = 0
        self.clock = MovedClock()

    async def commit(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(list(batch))
        self.began.set()
        await self.open.wait()
        if self.away or self.away_for > 0:
            self.away_for -= 1
            raise Unavailable("the store is away")
        if any(number < 0 for number in batch):
            raise Conflict("negative")
        return [number * 10 for number in batch]

    def batcher(self, limit: int = 500) -> Batcher[int, int]:
        return Batcher("numbers", self.commit, self.clock, SystemEntropy(), Metrics(), limit)


async def test_a_lone_item_commits_at_once() -> None:
    ledger = Ledger()
    assert await ledger.batcher().submit(4) == 40
    assert ledger.batches == [[4]]


async def test_what_queues_up_during_a_commit_shares_the_next_one() -> None:
    ledger = Ledger()
    batcher = ledger.batcher()
    ledger.open.clear()
    first = asyncio.create_task(batcher.submit(0))
    await ledger.began.wait()
    others = [asyncio.create_task(batcher.submit(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    ledger.open.set()
    assert await asyncio.gather(first, *others) == [0, 10, 20, 30, 40, 50]
    assert ledger.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_batch_is_bounded() -> None:
    ledger = Ledger()
    batcher = ledger.batcher(limit=2)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(5))) == [0, 10, 20, 30, 40]
    assert [len(batch) for batch in ledger.batches] == [2, 2, 1]


async def test_a_batch_ends_with_the_item_that_fills_it() -> None:
    ledger = Ledger()
    batcher = Batcher("n", ledger.commit, ledger.clock, SystemEntropy(), Metrics(), 10, weigh=lambda number: number)
    assert await asyncio.gather(*(batcher.submit(number) for number in (4, 5, 6, 30, 1, 1))) == [
        40,
        50,
        60,
        300,
        10,
        10,
    ]
    assert ledger.batches == [[4, 5, 6], [30], [1, 1]]


async def test_a_second_commit_goes_beside_the_first_only_while_whole_batches_wait() -> None:
    ledger = Ledger()
    batcher = Batcher("n", ledger.commit, ledger.clock, SystemEntropy(), Metrics(), 2, abreast=2)
    ledger.open.clear()
    callers = [asyncio.create_task(batcher.submit(number)) for number in range(1)]
    await ledger.began.wait()
    callers += [asyncio.create_task(batcher.submit(number)) for number in range(1, 2)]
    await asyncio.sleep(0.01)
    assert ledger.batches == [[0]]  # one waits: that isn't a batch yet
    callers += [asyncio.create_task(batcher.submit(number)) for number in range(2, 8)]
    await asyncio.sleep(0.01)
    assert ledger.batches == [[0], [1, 2]]  # and no third beside these
    ledger.open.set()
    assert await asyncio.gather(*callers) == [number * 10 for number in range(8)]
    assert sorted(number for batch in ledger.batches for number in batch) == list(range(8))
    assert await batcher.submit(9) == 90


async def test_an_item_that_comes_as_the_last_commit_ends_is_committed_too() -> None:
    ledger = Ledger()
    batcher = Batcher("n", ledger.commit, ledger.clock, SystemEntropy(), Metrics(), 2, abreast=2)

    async def caller(start: int) -> None:
        for number in range(start, start + 50):
            assert await batcher.submit(number) == number * 10

    async with asyncio.timeout(20):
        await asyncio.gather(*(caller(start) for start in range(0, 250, 50)))
    assert sorted(number for batch in ledger.batches for number in batch) == list(range(250))


async def test_one_callers_violation_fails_only_that_caller() -> None:
    ledger = Ledger()
    batcher = ledger.batcher()
    answers = await asyncio.gather(*(batcher.submit(number) for number in (1, -2, 3)), return_exceptions=True)
    assert answers[0] == 10
    assert isinstance(answers[1], Conflict)
    assert answers[2] == 30


async def test_a_commit_whose_answer_is_lost_is_repeated_with_the_same_items() -> None:
    ledger = Ledger()
    ledger.away_for = 3
    assert await ledger.batcher().submit(4) == 40
    assert ledger.batches == [[4]] * 4


async def test_a_store_that_stays_away_fails_the_batch_as_a_whole() -> None:
    ledger = Ledger()
    batcher = ledger.batcher()
    ledger.away = True
    began = ledger.clock.now()
    answers = await asyncio.gather(*(batcher.submit(number) for number in range(3)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert set(map(tuple, ledger.batches)) == {(0, 1, 2)}
    assert PATIENCE - SECOND < ledger.clock.now() - began <= PATIENCE
    ledger.away = False
    assert await batcher.submit(7) == 70


async def test_nobody_waits_for_a_store_behind_others_who_did() -> None:
    ledger = Ledger()
    batcher = ledger.batcher(limit=1)
    ledger.away = True
    began = ledger.clock.now()
    await asyncio.gather(*(batcher.submit(number) for number in range(5)), return_exceptions=True)
    assert ledger.clock.now() - began <= PATIENCE
    assert {number for (number,) in ledger.batches} == {0, 1, 2, 3, 4}


async def test_a_caller_that_is_cancelled_doesnt_take_its_item_back() -> None:
    ledger = Ledger()
    batcher = ledger.batcher()
    ledger.open.clear()
    caller = asyncio.create_task(batcher.submit(1))
    await ledger.began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    ledger.open.set()
    assert await batcher.submit(2) == 20
    assert ledger.batches == [[1], [2]]


async def test_commits_belong_to_no_caller() -> None:
    """What a commit logs isn't the attempt's whose item came first: it is of all items."""
    seen: list[str] = []
    caller: ContextVar[str] = ContextVar("caller", default="nobody")

    async def commit(batch: Sequence[int]) -> list[int]:
        seen.append(caller.get())
        return list(batch)

    batcher = Batcher("numbers", commit, MovedClock(), SystemEntropy(), Metrics())
    caller.set("an attempt")
    assert await batcher.submit(1) == 1
    assert seen == ["nobody"]
