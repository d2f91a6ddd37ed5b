"""One server per test: nothing of one test is seen by another."""

from collections.abc import AsyncIterator

import pytest

from tests.http.serving import Api, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """A server with a worker, the local user signed in."""
    async with serving() as running:
        yield running


@pytest.fixture
async def locked() -> AsyncIterator[Api]:
    """A server that signs nobody in by itself."""
    async with serving(local=False) as running:
        yield running
