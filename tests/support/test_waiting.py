"""`eventually` waits for a fact and says what it missed."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.waiting import NeverHappened, eventually, eventually_sync


async def test_gives_the_first_truthy_value() -> None:
    answers = iter([0, None, 7, 8])
    assert await eventually(lambda: next(answers)) == 7


async def test_awaits_a_coroutine_and_lets_others_run() -> None:
    happened = asyncio.Event()
    asyncio.get_running_loop().call_soon(happened.set)

    async def fact() -> bool:
        return happened.is_set()

    assert await eventually(fact)


async def test_says_what_never_happened() -> None:
    with pytest.raises(NeverHappened, match="three mails"):
        await eventually(lambda: False, timeout=0.02, message=lambda: "three mails")


async def test_passes_the_predicates_error_on() -> None:
    def broken() -> bool:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await eventually(broken)


def test_waits_without_a_loop() -> None:
    answers = iter([False, True])
    assert eventually_sync(lambda: next(answers))
    with pytest.raises(NeverHappened, match="it"):
        eventually_sync(lambda: False, timeout=0.02, message="it")
