"""Answers that last: a stream goes on only while its caller may still have it.

Who is signed out, switched off, taken out of the tenant or given a lower role, and whose key is revoked or has ended,
is told nothing more within ``EVERY`` seconds of the next frame. While the store is away nobody can be asked, nor is
there anything to tell.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from fastapi import Request

from holdfast.http.auth import Caller, check, identify, rule_of
from holdfast.http.errors import Refused
from holdfast.http.services import Services
from holdfast.model.errors import Unavailable

EVERY = 15.0


def while_allowed(
    frames: AsyncGenerator[bytes, None], request: Request, services: Services, caller: Caller
) -> AsyncIterator[bytes]:
    """The frames, looked at again every so often."""
    return _while(frames, lambda: _still(request, services, caller))


async def _while(frames: AsyncGenerator[bytes, None], still: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    asked = time.monotonic()
    async with aclosing(frames):
        async for frame in frames:
            if time.monotonic() - asked >= EVERY:
                if not await still():
                    return
                asked = time.monotonic()
            yield frame


async def _still(request: Request, services: Services, caller: Caller) -> bool:
    """Whether the same caller, asking now, would be let in to the same tenant."""
    try:
        now = await identify(request, services)
        if now is None or (now.kind, now.id, now.tenant) != (caller.kind, caller.id, caller.tenant):
            return False
        check(rule_of(request.scope.get("endpoint")), now, request)
    except Refused:
        return False
    except Unavailable:
        return True
    return True
