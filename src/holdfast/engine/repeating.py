"""Repeating a write whose answer was lost: the store recognises the same ids, so the caller needn't learn of it."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from holdfast.engine.loop import jittered
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy

# How long a caller is kept waiting for a store that is away. Longer, and it had better know.
PATIENCE: Final[Micros] = 3 * SECOND
_PAUSE: Final[Micros] = 50 * MILLISECOND
_LONGEST_PAUSE: Final[Micros] = SECOND

Answer = TypeVar("Answer")


async def repeated(
    call: Callable[[], Awaitable[Answer]], clock: Clock, entropy: Entropy, since: Instant | None = None
) -> Answer:
    """The answer of ``call``, made again while the store is unavailable, until ``PATIENCE`` after ``since`` (or now).

    Only for calls that answer a repeat as they answered the first time. Raises the last ``Unavailable``.
    """
    until = (clock.now() if since is None else since) + PATIENCE
    pause = _PAUSE
    while True:
        try:
            return await call()
        except Unavailable:
            wait = jittered(pause, entropy.random())
            if clock.now() + wait > until:
                raise
        await clock.sleep(wait)
        pause = min(pause * 2, _LONGEST_PAUSE)
