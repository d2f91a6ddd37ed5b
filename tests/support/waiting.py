"""Waiting for a fact instead of for a time: poll a predicate until it holds or a deadline passes.

`eventually` is for tests in an event loop, `eventually_sync` for fixtures and the launchers of servers.
Both give back the predicate's first truthy value and raise `NeverHappened` at the deadline. An exception
in the predicate isn't swallowed: a predicate says itself what it tolerates.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PAUSE = 0.01


class NeverHappened(AssertionError):
    """The awaited fact didn't become true in time."""


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]], timeout: float = 10, message: Callable[[], str] | str = ""
) -> T: ...
@overload
async def eventually(predicate: Callable[[], T], timeout: float = 10, message: Callable[[], str] | str = "") -> T: ...
async def eventually(
    predicate: Callable[[], object], timeout: float = 10, message: Callable[[], str] | str = ""
) -> object:
    """Wait until `predicate`, a function or a coroutine function, gives a truthy value."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        give_up_after(deadline, timeout, message)
        await asyncio.sleep(PAUSE)


def eventually_sync(predicate: Callable[[], T], timeout: float = 10, message: Callable[[], str] | str = "") -> T:
    """`eventually` for code outside of an event loop."""
    deadline = time.monotonic() + timeout
    while not (value := predicate()):
        give_up_after(deadline, timeout, message)
        time.sleep(PAUSE)
    return value


def give_up_after(deadline: float, timeout: float, message: Callable[[], str] | str) -> None:
    if time.monotonic() >= deadline:
        told = message() if callable(message) else message
        raise NeverHappened(f"not within {timeout} s: {told or 'the awaited fact'}")
