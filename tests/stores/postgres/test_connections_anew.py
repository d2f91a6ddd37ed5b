"""All connections of a pool half-open at once, as behind a firewall that lost its table: how soon the pool works again.

One statement that is given up must tell of all of them: found one by one, each would cost its user the whole patience.
"""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from holdfast.model.errors import Unavailable
from holdfast.stores.postgres import connection
from holdfast.stores.postgres.connection import Connection, Database
from tests.support.postgres import PostgresServer
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

SIZE: Final = 4
SLEEP: Final = "SELECT pg_sleep($1::float8)"
ACTIVE: Final = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    port = urlsplit(postgres_url).port
    assert port is not None
    with Proxy(port) as made:
        yield made


@pytest.fixture
async def database(postgres_url: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """With a full pool, every connection idle."""
    monkeypatch.setattr(connection, "CONFIRMATION", 0.2)
    parts = urlsplit(postgres_url)
    url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")).geturl()
    made = Database(url, SIZE)
    await made.open()
    await asyncio.gather(*(made.fetch(SLEEP, 0.1) for _ in range(SIZE)))
    assert proxy.connections == SIZE
    yield made
    await made.close()


async def test_one_silent_connection_tells_of_all_idle_ones(proxy: Proxy, database: Database) -> None:
    proxy.forget()
    with pytest.raises(Unavailable):
        await database.fetch("SELECT 1", patience=0.1)
    async with asyncio.timeout(5):  # each of the others alone would take the statement's whole timeout
        assert await asyncio.gather(*(database.value("SELECT 2") for _ in range(SIZE))) == [2] * SIZE


async def test_what_was_lent_long_ago_is_given_up_with_it(
    postgres_server: PostgresServer, proxy: Proxy, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = asyncio.create_task(database.fetch(SLEEP, 25.0))
    await eventually(lambda: postgres_server.execute(ACTIVE) == "1")
    monkeypatch.setattr(connection, "LENT_LONG", 0.0)
    proxy.forget()
    with pytest.raises(Unavailable):
        await database.fetch("SELECT 1", patience=0.1)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(long, 5)


async def test_a_slow_statement_costs_no_connection(proxy: Proxy, database: Database) -> None:
    """The server confirms that it gave the statement up: nothing is silent."""
    before = {row["pid"] for row in await asyncio.gather(*(_pid(database) for _ in range(SIZE)))}
    with pytest.raises(Unavailable):
        await database.fetch(SLEEP, 20.0, patience=0.1)
    after = {row["pid"] for row in await asyncio.gather(*(_pid(database) for _ in range(SIZE)))}
    assert after == before


@pytest.mark.parametrize("in_transaction", [False, True], ids=["statement", "transaction"])
async def test_a_cancelled_statement_that_is_confirmed_late_costs_no_other_connection(
    postgres_server: PostgresServer, proxy: Proxy, database: Database, in_transaction: bool
) -> None:
    """A server that has much to do takes its time; others needn't connect to it anew for that."""
    before = {row["pid"] for row in await asyncio.gather(*(_pid(database) for _ in range(SIZE)))}
    work = database.transact(_sleeps) if in_transaction else database.fetch(SLEEP, 20.0)
    task = asyncio.create_task(work)
    await eventually(lambda: postgres_server.execute(ACTIVE) == "1")
    proxy.stall()
    task.cancel()
    await eventually(task.cancelled)
    proxy.heal()
    after = {row["pid"] for row in await asyncio.gather(*(_pid(database) for _ in range(SIZE)))}
    assert len(after & before) == SIZE - 1


async def _sleeps(given: Connection) -> None:
    await given.fetch(SLEEP, 20.0)


@pytest.mark.parametrize("harm", ["stall", "forget"])
async def test_giving_back_that_fails_behind_a_cancelled_task_is_no_complaint(
    postgres_server: PostgresServer, proxy: Proxy, database: Database, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.3)  # also how long giving back may take
    monkeypatch.setattr(connection, "CONFIRMATION", 30.0)  # so that it fails by that
    task = asyncio.create_task(database.fetch(SLEEP, 20.0))
    await eventually(lambda: postgres_server.execute(ACTIVE) == "1")
    getattr(proxy, harm)()
    for _ in range(2):  # the second one while it gives its connection back
        task.cancel()
        await asyncio.wait([task], timeout=0.05)
    assert task.cancelled()
    await eventually(lambda: not _returning(), 5)
    del task
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


def _returning() -> bool:
    """Whether a connection is still being given back."""
    names = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return any(name == "PoolConnectionHolder.release" for name in names)


async def _pid(database: Database) -> Any:
    return await database.first("SELECT pg_backend_pid() AS pid FROM pg_sleep(0.1)")
