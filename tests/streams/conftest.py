"""What tests of the broker share: links and streams that end with their test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from holdfast.streams.streams import RedisStreams
from tests.streams.parts import Opener
from tests.support.valkey import ValkeyServer


@pytest.fixture
async def opener() -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:
        yield Opener(stack)


@pytest.fixture
async def streams(opener: Opener, valkey_server: ValkeyServer) -> RedisStreams:
    """Streams over the session's server, which is empty."""
    return await opener.streams(valkey_server.url)
