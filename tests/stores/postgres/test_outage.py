"""A database that goes away and comes back: every call says so in the port's words, and work goes on afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from holdfast.model.errors import Unavailable
from holdfast.model.outcome import Succeeded
from holdfast.stores.postgres import connection as connections
from holdfast.stores.postgres.connection import Connection, Database, StatementRefused
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id
from tests.support.postgres import PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


async def answers_again(scene: Scene) -> bool:
    try:
        await scene.store.clock()
    except Unavailable:
        return False
    return True


async def test_cut_connections_are_unavailable_and_then_replaced(scene: Scene, postgres_server: PostgresServer) -> None:
    worker, claimed = await scene.started(scene.job())
    assert postgres_server.terminate_backends(scene.url.rsplit("/", 1)[1]) > 0
    await eventually(lambda: answers_again(scene))
    finished = await scene.finish(worker, (claimed, Succeeded()))
    assert finished.late == frozenset()
    assert await scene.sound()


async def test_a_crash_of_the_server_loses_nothing_accepted(unused_server: PostgresServer) -> None:
    url = unused_server.create_database("crash")
    store = PostgresStore(url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    scene = Scene(store, url)
    jobs = [scene.job() for _ in range(20)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    claimed = await scene.claim(worker, 10)
    unused_server.kill()
    await eventually(lambda: is_away(store))
    with suppress(Unavailable):  # the other connection's process may outlive its server by a moment
        await scene.finish(worker, *((job, Succeeded()) for job in claimed))
    unused_server.resume()
    await eventually(lambda: answers_again(scene))
    assert (await scene.finish(worker, *((job, Succeeded()) for job in claimed))).late == frozenset()
    rest = await scene.claim(worker, 100)
    assert {job.id for job in claimed + rest} == {job.id for job in jobs}
    assert await scene.sound()
    await store.close()


async def is_away(store: PostgresStore) -> bool:
    try:
        await store.clock()
    except Unavailable:
        return True
    return False


@pytest.fixture
def unused_server() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    with PostgresServer() as server:
        yield server


async def test_a_store_that_isnt_open_is_unavailable(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id)
    with pytest.raises(Unavailable):
        await store.clock()
    await store.open()
    await store.close()
    with pytest.raises(Unavailable):
        await store.clock()


async def test_a_schema_that_isnt_there_is_no_outage(empty_postgres_url: str) -> None:
    store = PostgresStore(empty_postgres_url, graph_of=graph_of, new_id=new_id)
    await store.open()
    with pytest.raises(StatementRefused) as refused:
        await store.get_job(TENANT, new_id(0))
    assert "42P01" in str(refused.value)
    await store.close()


async def test_more_callers_than_connections_wait_their_turn(scene: Scene) -> None:
    jobs = [scene.job() for _ in range(40)]
    answers = await asyncio.gather(*(scene.insert(job) for job in jobs))
    assert [accepted.id for (accepted,) in answers] == [job.id for job in jobs]


async def test_a_repeated_finish_after_an_unknown_commit_is_no_late_one(scene: Scene) -> None:
    """The answer to a commit may be lost: the same call again must not look as if the work had been taken away."""
    worker, claimed = await scene.started(scene.job())
    assert (await scene.finish(worker, (claimed, Succeeded(1)))).late == frozenset()
    assert (await scene.finish(worker, (claimed, Succeeded(1)))).late == frozenset()
    stranger = await scene.worker()
    assert (await scene.finish(stranger, (claimed, Succeeded(1)))).late == {claimed.id}


async def test_a_process_that_stands_still_in_a_transaction_loses_its_locks(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.SESSION, "idle_in_transaction_session_timeout", "50ms")
    await scene.insert(scene.job())
    stuck = Database(scene.url, 1)
    await stuck.open()

    async def hold(connection: Connection) -> None:
        await connection.execute("SELECT FROM queues FOR UPDATE")
        await scene.execute("UPDATE queues SET paused = true")
        await connection.execute("SELECT")

    with pytest.raises(Unavailable):
        await stuck.transact(hold)
    await stuck.close()
    assert [queue.paused for queue in await scene.store.list_queues(scene.now)] == [True]


async def test_the_server_lets_go_of_a_process_that_it_cant_hear(postgres_url: str) -> None:
    """Within the time that a worker's lease takes to run out."""
    database = Database(postgres_url, 1)
    await database.open()
    shown = "SELECT name, setting::integer AS value FROM pg_settings WHERE name = ANY ($1)"
    rows = await database.fetch(shown, list(connections.LIMITS))
    await database.close()
    assert {row["name"] for row in rows} == set(connections.LIMITS)
    limits = {row["name"]: row["value"] for row in rows}
    assert 0 < limits["idle_in_transaction_session_timeout"] <= 15_000
    assert 0 < limits["lock_timeout"] < limits["statement_timeout"]
    assert limits["statement_timeout"] > connections.STATEMENT_TIMEOUT * 1_000
    assert 0 < limits["tcp_keepalives_idle"] + limits["tcp_keepalives_interval"] * limits["tcp_keepalives_count"] <= 60
