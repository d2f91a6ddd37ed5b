"""A running server whose worker knows the tasks of ``tests.sdk.tasks``, and its address."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import holdfast
from holdfast.compose import build
from holdfast.http.app import create_app
from holdfast.http.local_access import LocalAccess
from holdfast.http.server import run
from holdfast.settings import load
from tests.http.sparing import spare_repeats


@pytest.fixture
async def url() -> AsyncIterator[str]:
    spare_repeats()
    engine = await build(load(database_url="memory:", secret_key="k" * 40, tasks="tests.sdk.tasks"), role="all")
    app = create_app(engine, local_access=LocalAccess(True))
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    server = asyncio.create_task(run(app, "127.0.0.1", 0, stop=stop, on_ready=ready.set_result, grace=2))
    try:
        server.add_done_callback(lambda done: ready.done() or ready.cancel())
        yield f"http://127.0.0.1:{await ready}"
    finally:
        stop.set()
        await server


@pytest.fixture
async def client(url: str) -> AsyncIterator[holdfast.Client]:
    async with holdfast.Client(url) as client:
        yield client
