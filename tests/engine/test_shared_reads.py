"""Reads that callers share: how many there are, how fresh the answers, and what a failure or a cancellation does."""

import asyncio

import pytest

from holdfast.engine.shared_reads import SharedReads


class Source:
    """What is read: a number that the test changes; a read waits until it may go on."""

    def __init__(self) -> None:
        self.value = 1
        self.reads = 0
        self.error: Exception | None = None
        self.passage = asyncio.Event()

    async def read(self, key: str) -> str:
        self.reads += 1
        value, error = self.value, self.error
        await self.passage.wait()
        if error is not None:
            raise error
        return f"{key}{value}"


async def begun(source: Source, shared: SharedReads[str, str], callers: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(shared.get("a")) for _ in range(callers)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_all_that_come_while_one_reads_share_the_next_read() -> None:
    source = Source()
    shared = SharedReads(source.read)
    tasks = await begun(source, shared, 50)
    assert source.reads == 1
    source.value = 2
    source.passage.set()
    answers = await asyncio.gather(*tasks)
    assert answers == ["a1", *["a2"] * 49], "who asked during a read gets what was there after it asked"
    assert source.reads == 2
    assert await shared.get("b") == "b2"


async def test_a_failed_read_fails_for_those_who_shared_it_alone() -> None:
    source = Source()
    source.passage.set()
    shared = SharedReads(source.read)
    source.error = LookupError("gone")
    answers = await asyncio.gather(*(shared.get("a") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 3
    source.error = None
    assert await shared.get("a") == "a1"


async def test_a_caller_that_is_cancelled_leaves_the_others_their_answers() -> None:
    source = Source()
    shared = SharedReads(source.read)
    first, second, third = await begun(source, shared, 3)
    first.cancel()
    second.cancel()
    source.passage.set()
    assert await third == "a1"
    for task in (first, second):
        with pytest.raises(asyncio.CancelledError):
            await task
