"""Jobs inserted in the caller's own transaction, on every driver: commit makes them exist, rollback unmakes them.

The caller's table and the job are checked together, through connections that see what has committed only.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

import holdfast
from holdfast.http.body import MAX_BODY
from holdfast.model.errors import Invalid, NotFound
from holdfast.model.records import JobRecord
from holdfast.transactional import NoTables
from tests.conformance.scene import TENANT, Scene, open_store

ORDERS = "CREATE TABLE orders (id integer)"
ADD = "INSERT INTO orders (id) VALUES (7)"


@holdfast.task(name="send_invoice", queue="mail", max_attempts=4, timeout="90s")
def send_invoice(order: int) -> None: ...


async def migrated(url: str) -> AsyncIterator[Scene]:
    store = await open_store(url)
    await store.migrate()
    yield Scene(store, url)
    await store.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Scene]:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(ORDERS)
    await connection.close()
    async for scene in migrated(postgres_url):
        yield scene


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Scene]:
    async for scene in migrated(sqlite_url):
        with closing(sqlite3.connect(path_of(scene))) as connection:
            connection.execute(ORDERS)
        yield scene


def path_of(scene: Scene) -> str:
    return scene.url.removeprefix("sqlite:///")


async def there(scene: Scene, job_id: str) -> bool:
    try:
        await scene.store.get_job(TENANT, job_id)
    except NotFound:
        return False
    return True


async def whole(scene: Scene, job_id: str) -> JobRecord:
    """The job; that it is told of in the log, and can be claimed and finished as any other."""
    job = await scene.store.get_job(TENANT, job_id)
    told = [event for event in await scene.store.list_events(TENANT, None) if event.job_id == job_id]
    assert [event.type for event in told] == ["job.scheduled"]
    scene.clock.now = max(scene.clock.now, job.run_at)
    worker = await scene.worker(queues=(job.queue,))
    claimed = await scene.claim(worker, queues=(job.queue,), kinds=frozenset({job.kind}))
    assert [each.id for each in claimed] == [job_id]
    assert claimed[0].payload == job.payload
    assert await scene.store.check_invariants(scene.now) == []
    return job


async def test_psycopg(postgres: Scene) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute(ADD)
        kept = holdfast.enqueue(connection, send_invoice, {"order": 7})
        assert not await there(postgres, kept)
        connection.commit()
        dropped = holdfast.enqueue(connection, send_invoice, {"order": 8})
        connection.rollback()
    assert not await there(postgres, dropped)
    job = await whole(postgres, kept)
    assert (job.kind, job.queue, job.payload) == ("task:send_invoice", "mail", {"order": 7})
    assert (job.retry.max_attempts, job.timeout) == (4, 90_000_000)


async def test_psycopg_async(postgres: Scene) -> None:
    async with await psycopg.AsyncConnection.connect(postgres.url) as connection:
        dropped = await holdfast.enqueue_async(connection, "noop")
        await connection.rollback()
        kept = await holdfast.enqueue_async(connection, "noop")
        await connection.commit()
    assert not await there(postgres, dropped)
    await whole(postgres, kept)


async def test_asyncpg(postgres: Scene) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        dropped = await holdfast.enqueue_async(connection, "noop", {"a": 1})
        await transaction.rollback()
        async with connection.transaction():
            kept = await holdfast.enqueue_async(connection, "noop", {"a": "ü\\\"'%s:jobs$1"}, delay="1h")
            assert not await there(postgres, kept)
    finally:
        await connection.close()
    assert not await there(postgres, dropped)
    job = await whole(postgres, kept)
    assert job.payload == {"a": "ü\\\"'%s:jobs$1"}


async def test_asyncpg_from_a_pool(postgres: Scene) -> None:
    async with asyncpg.create_pool(postgres.url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        kept = await holdfast.enqueue_async(connection, "noop")
    await whole(postgres, kept)


async def test_sqlalchemy(postgres: Scene) -> None:
    engine = sqlalchemy.create_engine(postgres.url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(ADD))
        dropped = holdfast.enqueue(connection, "noop")
        connection.rollback()
    with engine.begin() as connection:
        kept = holdfast.enqueue(connection, "noop", priority=5, tag="gpu")
    with Session(engine) as session, session.begin():
        other = holdfast.enqueue(session, "noop")
    engine.dispose()
    assert not await there(postgres, dropped)
    assert await there(postgres, other)
    job = await postgres.store.get_job(TENANT, kept)
    assert (job.priority, job.tag) == (5, "gpu")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_sqlalchemy_async(postgres: Scene, driver: str) -> None:
    engine = create_async_engine(postgres.url.replace("postgresql://", f"postgresql+{driver}://"))
    async with engine.connect() as connection:
        dropped = await holdfast.enqueue_async(connection, "noop")
        await connection.rollback()
    async with AsyncSession(engine) as session, session.begin():
        kept = await holdfast.enqueue_async(session, "noop")
    await engine.dispose()
    assert not await there(postgres, dropped)
    await whole(postgres, kept)


async def test_sqlite3(sqlite: Scene) -> None:
    with closing(sqlite3.connect(path_of(sqlite))) as connection:
        connection.execute(ADD)
        kept = holdfast.enqueue(connection, send_invoice, {"order": 7})
        connection.commit()
        dropped = holdfast.enqueue(connection, "noop")
        connection.rollback()
    assert not await there(sqlite, dropped)
    assert (await whole(sqlite, kept)).payload == {"order": 7}


async def test_sqlalchemy_on_sqlite(sqlite: Scene) -> None:
    engine = sqlalchemy.create_engine(sqlite.url)
    with Session(engine) as session, session.begin():
        kept = holdfast.enqueue(session, "noop", run_at=datetime.now(UTC) + timedelta(hours=1))
    engine.dispose()
    await whole(sqlite, kept)


async def test_a_worker_is_told_at_the_commit(postgres: Scene) -> None:
    listener = await asyncpg.connect(postgres.url)
    heard: list[str] = []
    await listener.add_listener("holdfast", lambda *told: heard.append(str(told[3])))
    with psycopg.connect(postgres.url) as connection:
        holdfast.enqueue(connection, send_invoice, {"order": 7})
        await listener.execute("SELECT 1")
        assert heard == []
    await listener.execute("SELECT 1")
    assert heard == ["events,queue:mail"]
    await listener.close()


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"unique_key": "k"}, "unique_key"),
        ({"concurrency_key": "k"}, "concurrency_key"),
        ({"debounce": "5s", "unique_key": "k"}, "debounce"),
    ],
)
def test_what_needs_an_answer_is_refused(options: dict[str, Any], path: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(Invalid) as caught:
        holdfast.enqueue(connection, "noop", **options)
    assert path in [problem.path for problem in caught.value.problems]


def test_a_job_that_cannot_be_is_refused_before_anything_is_written() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        with pytest.raises(ValueError, match="priority"):
            holdfast.enqueue(connection, "noop", priority=1000)
        with pytest.raises(Invalid, match="NUL"):
            holdfast.enqueue(connection, "noop", {"a": "\0"})
        with pytest.raises(Invalid, match="payload"):
            holdfast.enqueue(connection, "noop", {"a": "x" * MAX_BODY})
        with pytest.raises(TypeError, match=r"mark it with @holdfast\.task"):
            holdfast.enqueue(connection, lambda: None)


def refusal_of(**options: Any) -> str:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(holdfast.Invalid) as caught:
        holdfast.enqueue(connection, options.pop("work", "noop"), options.pop("args", None), **options)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def test_what_is_wrong_with_a_job_is_told_in_one_sentence_as_the_api_does() -> None:
    told = refusal_of(priority=1000, queue="no spaces")
    assert told.startswith("The job is not valid: queue: must match ")
    assert told.endswith("; priority: must be at most 100")
    assert refusal_of(kind="x", priorty=1) == (
        "The job is not valid: kind: is not a known option; priorty: is not a known option; did you mean priority?"
    )


def test_a_tasks_arguments_are_checked_by_its_signature() -> None:
    told = refusal_of(work=send_invoice, args={"order": "seven", "to": "c-1"})
    assert told == (
        "The job is not valid: payload.order: should be a valid integer, unable to parse string as an integer; "
        "payload.to: the task has no such argument"
    )
    assert refusal_of(work=send_invoice) == "The job is not valid: payload.order: is missing"


async def test_a_database_without_holdfasts_tables_is_told_so(postgres: Scene) -> None:
    refusal = pytest.raises(NoTables, match="run `holdfast migrate`")
    with closing(sqlite3.connect(":memory:")) as empty, refusal:
        holdfast.enqueue(empty, "noop")
    lite = sqlalchemy.create_engine("sqlite:///:memory:")
    with lite.begin() as connection, refusal:
        holdfast.enqueue(connection, "noop")
    lite.dispose()
    with psycopg.connect(postgres.url, options="-c search_path=nowhere") as one, refusal:
        holdfast.enqueue(one, "noop")
    raw = await asyncpg.connect(postgres.url, server_settings={"search_path": "nowhere"})
    with refusal:
        await holdfast.enqueue_async(raw, "noop")
    await raw.close()
    plus = create_async_engine(postgres.url.replace("postgresql://", "postgresql+asyncpg://"))
    async with plus.connect() as two:
        await two.execute(sqlalchemy.text("SET search_path TO nowhere"))
        with refusal:
            await holdfast.enqueue_async(two, "noop")
    await plus.dispose()


async def test_the_wrong_face_for_a_connection_is_named() -> None:
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(TypeError, match=r"use `holdfast.enqueue\("),
    ):
        await holdfast.enqueue_async(connection, "noop")
    with pytest.raises(TypeError, match="a object is no connection"):
        holdfast.enqueue(object(), "noop")


class OwnSession(AsyncSession):
    """As programs make for themselves."""


async def test_a_session_class_of_ones_own_is_async_as_the_one_it_comes_from(postgres: Scene) -> None:
    engine = create_async_engine(postgres.url.replace("postgresql://", "postgresql+asyncpg://"))
    async with OwnSession(engine) as session, session.begin():
        with pytest.raises(TypeError, match="use `await holdfast"):
            holdfast.enqueue(session, "noop")
        kept = await holdfast.enqueue_async(session, "noop")
    await engine.dispose()
    await whole(postgres, kept)


async def test_statements_that_would_commit_one_by_one_are_refused(sqlite: Scene) -> None:
    refusal = pytest.raises(ValueError, match="begin a transaction")
    with closing(sqlite3.connect(path_of(sqlite), isolation_level=None)) as connection:
        with refusal:
            holdfast.enqueue(connection, "noop")
        connection.execute("BEGIN")
        kept = holdfast.enqueue(connection, "noop")
        connection.execute("COMMIT")
    await whole(sqlite, kept)
    engine = sqlalchemy.create_engine(sqlite.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as alone, refusal:
        holdfast.enqueue(alone, "noop")
    engine.dispose()


async def test_a_tenant_that_isnt_there_has_no_jobs(postgres: Scene, sqlite: Scene) -> None:
    refusal = pytest.raises(Invalid, match="tenant")
    plain = sqlalchemy.create_engine(postgres.url.replace("postgresql://", "postgresql+psycopg://"))
    with psycopg.connect(postgres.url) as one, closing(sqlite3.connect(path_of(sqlite))) as two, plain.begin() as three:
        for connection in (one, two, three):
            with refusal:
                holdfast.enqueue(connection, "noop", tenant="acme")
    plain.dispose()
    raw = await asyncpg.connect(postgres.url)
    with refusal:
        await holdfast.enqueue_async(raw, "noop", tenant="acme")
    await raw.close()
    async with await psycopg.AsyncConnection.connect(postgres.url) as another:
        with refusal:
            await holdfast.enqueue_async(another, "noop", tenant="acme")
