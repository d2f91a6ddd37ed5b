"""One server per test: nothing of one test is seen by another."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.http.serving import Api, serving


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """The log lines of the test, unrendered."""
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines


@pytest.fixture
async def api(logs: list[Any]) -> AsyncIterator[Api]:
    """A server with a worker, the local user signed in."""
    async with serving() as running:
        yield running


@pytest.fixture
async def locked(logs: list[Any]) -> AsyncIterator[Api]:
    """A server that signs nobody in by itself."""
    async with serving(local=False) as running:
        yield running


@pytest.fixture
async def each(store_url: str, logs: list[Any]) -> AsyncIterator[Api]:
    """A server with a worker on each store, the local user signed in."""
    async with serving(url=store_url) as running:
        yield running
