"""A database that falls silent without a word, seen through a proxy: what is cancelled then stays cancelled."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Final
from urllib.parse import urlsplit

import pytest

from holdfast.stores.postgres import connection
from holdfast.stores.postgres.connection import Database
from tests.support.postgres import PostgresServer
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

STATEMENT: Final = "SELECT pg_sleep(20), 'silent'"
RUNNING: Final = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $$" + STATEMENT + "$$"


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    port = urlsplit(postgres_url).port
    assert port is not None
    with Proxy(port) as made:
        yield made


@pytest.fixture
async def database(postgres_url: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 1.0)  # also how long giving back a connection may take
    monkeypatch.setattr(connection, "STATEMENT_TIMEOUT", 2.0)  # and how long a rollback may
    parts = urlsplit(postgres_url)
    url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")).geturl()
    made = Database(url, 2)
    await made.open()
    yield made
    proxy.cut()
    await made.close()
    gc.collect()


# The driver never closes the connection by which it asked the silent server to cancel the statement.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("in_transaction", [False, True], ids=["statement", "transaction"])
@pytest.mark.parametrize("harm", [Proxy.stall, Proxy.forget], ids=["stalled", "half-open"])
async def test_a_cancelled_task_ends_though_its_connection_can_not_be_given_back(
    postgres_server: PostgresServer,
    database: Database,
    proxy: Proxy,
    in_transaction: bool,
    harm: Callable[[Proxy], None],
) -> None:
    async def work() -> None:
        if in_transaction:
            await database.transact(lambda given: given.fetch(STATEMENT))
        else:
            await database.fetch(STATEMENT)

    task = asyncio.create_task(work())
    await eventually(lambda: postgres_server.execute(RUNNING) == "1")
    harm(proxy)
    task.cancel()  # long before the statement's own time is up
    await asyncio.wait([task], timeout=20)
    assert task.cancelled(), task
