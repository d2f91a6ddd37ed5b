"""The feed of events under transactions that overlap, and how much of a big log it looks at."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from holdfast.model.event import Event
from holdfast.model.instant import DAY, Instant
from holdfast.ports import Feed
from holdfast.stores.postgres.feed import LOOKED_AT
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id

ADD = "INSERT INTO events (tenant_id, type, at, data) VALUES ($1, 'order.created', $2, $3::json)"
FILL = """
INSERT INTO events (tenant_id, type, at, data)
SELECT $1, CASE WHEN n % $4 = 0 THEN 'order.created' ELSE 'noise' END, $2, json_build_object('n', n)
FROM generate_series(1, $3::integer) AS g (n)
"""
FETCHED = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'events'"


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


@pytest.fixture
async def beside(scene: Scene) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(scene.url)
    yield connection
    await connection.close()


async def feed(scene: Scene, after: str | None, *tenants: str, since: Instant | None = None) -> Feed:
    return await scene.store.event_feed(tenants or (TENANT,), ["order.*"], since or scene.now, after)


async def tell(connection: Any, scene: Scene, n: int, at: Instant | None = None) -> None:
    await connection.execute(ADD, TENANT, at or scene.now, f'{{"n": {n}}}')


def numbers(events: tuple[Event, ...]) -> list[object]:
    return [event.data["n"] for event in events]


async def test_nothing_is_passed_that_an_open_transaction_may_precede(scene: Scene, beside: Any) -> None:
    start = (await feed(scene, None)).cursor
    writer = await asyncpg.connect(scene.url)
    await tell(writer, scene, 0)
    await beside.execute("BEGIN")
    await tell(beside, scene, 1)
    await tell(writer, scene, 2)
    page = await feed(scene, start)
    assert numbers(page.events) == [0]
    between = await feed(scene, page.cursor)
    assert (between.events, between.more) == ((), False)
    fresh = await feed(scene, None)
    assert numbers(fresh.events) == [0]
    await beside.execute("COMMIT")
    for cursor in (page.cursor, between.cursor, fresh.cursor):
        assert numbers((await feed(scene, cursor)).events) == [1, 2]
    await writer.close()


@pytest.mark.parametrize("older", [0, DAY])
async def test_a_first_look_while_a_transaction_is_open_misses_nothing(scene: Scene, beside: Any, older: int) -> None:
    """Also where the open one will be the first of all, and where what committed meanwhile is older than wanted."""
    await beside.execute("BEGIN")
    await tell(beside, scene, 1)
    writer = await asyncpg.connect(scene.url)
    await tell(writer, scene, 2, scene.now - older)
    page = await feed(scene, None)
    assert page.events == ()
    await beside.execute("COMMIT")
    await writer.close()
    assert numbers((await feed(scene, page.cursor)).events) == [1, 2]


async def test_a_page_of_wanted_events_is_read_once(scene: Scene) -> None:
    """Among 100,000 events that are all wanted, a page costs what it holds, wherever it is."""
    store = PostgresStore(scene.url, graph_of=graph_of, new_id=new_id, pool_size=1)
    await store.open()
    start = (await feed(scene, None)).cursor
    await store._db.fetch(FILL, TENANT, scene.now, 100_000, 1)
    await store._db.fetch("SELECT pg_stat_force_next_flush()")
    page = await store.event_feed([TENANT], ["order.*"], scene.now, start)
    for _ in range(3):
        before = await flushed(store)
        page = await store.event_feed([TENANT], ["order.*"], scene.now, page.cursor)
        assert await flushed(store) - before <= 3 * len(page.events)
    await store.close()


async def test_a_look_through_noise_is_bounded_and_never_repeated(scene: Scene) -> None:
    store = PostgresStore(scene.url, graph_of=graph_of, new_id=new_id, pool_size=1)
    await store.open()
    start = (await feed(scene, None)).cursor
    for tenant in ("loud", "quiet"):
        await store._db.fetch(FILL, tenant, scene.now, 50_000 if tenant == "loud" else 10, 1_000)
    cursor, more, total, found = start, True, 0, 0
    while more:
        before = await flushed(store)
        page = await store.event_feed(["loud", "quiet"], ["order.*"], scene.now, cursor)
        met = await flushed(store) - before
        assert met <= LOOKED_AT + 100
        cursor, more, total, found = page.cursor, page.more, total + met, found + len(page.events)
    assert found == 50
    assert total <= 50_000 * 1.1
    await store.close()


async def flushed(store: PostgresStore) -> int:
    """How many rows of events were fetched through indexes so far: the store has one connection, and it tells."""
    await store._db.fetch("SELECT pg_stat_force_next_flush()")
    await store._db.fetch("SELECT pg_stat_clear_snapshot()")
    return int(await store._db.value(FETCHED))
