"""Keys under transactions that overlap: a call that repeats another beside it, and many that want the same keys."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from holdfast.model.job import NewJob
from holdfast.ports import Accepted
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import OK, TENANT, Scene, graph_of, new_id
from tests.support.waiting import eventually

ADD_ENDED = """
INSERT INTO jobs (id, tenant_id, kind, queue, priority, retry, timeout, due_at, correlation_id, created_at, unique_key,
                  state, finished_at)
VALUES ($1, $2, 'noop', 'default', 0, '{}', 1, $4, 'correlated', $4, $3, 'SUCCEEDED', $4)
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=8)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


@pytest.fixture
async def outside(scene: Scene) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(scene.url)
    yield connection
    await connection.close()


async def test_an_insert_beside_its_own_first_try_leaves_no_key_behind(
    scene: Scene, outside: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The first try, and all that its job's life took, commit while the second try waits for the key."""
    job, next_one = scene.job(unique_key="u"), scene.job(unique_key="u")
    async with outside.transaction():
        await outside.execute("INSERT INTO unique_keys VALUES ($1, 'u', $2, true, NULL)", TENANT, job.id)
        await outside.execute("DELETE FROM unique_keys")
        await outside.execute(ADD_ENDED, job.id, TENANT, "u", scene.now)
        repeat = asyncio.create_task(scene.insert(job))
        await eventually(lambda: _waits(scene))
    assert await repeat == [Accepted(job.id)]
    assert await scene.insert(next_one) == [Accepted(next_one.id)]


async def _waits(scene: Scene) -> bool:
    connection = await asyncpg.connect(scene.url)
    try:
        return bool(await connection.fetchval(WAITING))
    finally:
        await connection.close()


async def test_inserts_and_ends_of_the_same_keys_never_lock_each_other_out(
    scene: Scene, outside: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await scene.insert(scene.job())
    worker = await scene.worker()
    numbers = random.Random(14)

    def keyed() -> list[NewJob]:
        return [scene.job(unique_key=f"k{numbers.randrange(60)}") for _ in range(40)]

    async def insert() -> None:
        for _ in range(25):
            await scene.insert(*keyed())

    async def work() -> None:
        for _ in range(50):
            claimed = await scene.claim(worker, 40)
            await scene.finish(worker, *((job, OK) for job in numbers.sample(claimed, len(claimed))))

    await asyncio.gather(insert(), insert(), insert(), work(), work())
    assert await scene.sound()
    # Sessions tell the statistics what they saw when they end, at the latest.
    await scene.store.close()
    await eventually(lambda: _alone(outside))
    assert await outside.fetchval(DEADLOCKS) == 0


async def _alone(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return bool(await connection.fetchval(others) == 0)
