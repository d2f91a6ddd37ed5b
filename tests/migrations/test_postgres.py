"""Migrations on PostgreSQL: applied once, in order, by whoever comes first, and never over a schema they don't know."""

import asyncio

import asyncpg
import pytest

from holdfast.model.errors import Conflict, Unavailable
from holdfast.stores.migrations import shipped
from holdfast.stores.postgres.connection import StatementRefused
from holdfast.stores.postgres.migrate import ADD_TABLE, PACKAGE
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import graph_of, new_id
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer

NAMES = [migration.name for migration in shipped(PACKAGE)]

SCHEMA = """
SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, ''),
       coalesce(collation_name, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'index', tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'table', relname, coalesce(reloptions::text, ''), relkind::text, '', '', ''
FROM pg_class WHERE relnamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


def store_at(url: str) -> PostgresStore:
    return PostgresStore(url, graph_of=graph_of, new_id=new_id, pool_size=2)


async def schema_of(url: str) -> list[tuple[str, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(SCHEMA)]
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_an_empty_database_is_brought_up_to_date_once(empty_postgres_url: str) -> None:
    store = store_at(empty_postgres_url)
    await store.open()
    assert await store.pending_migrations() == NAMES
    assert await store.migrate() == NAMES
    assert await store.pending_migrations() == []
    assert await store.migrate() == []
    await store.close()


async def test_migrating_from_every_earlier_version_gives_the_fresh_schema(
    empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    fresh = store_at(empty_postgres_url)
    assert await fresh.migrate() == NAMES
    expected = await schema_of(empty_postgres_url)
    assert any(row[0] == "index" and row[2] == "live_ready" for row in expected)
    for count in range(len(NAMES)):
        name = f"migrated_{count}"
        url = postgres_server.create_database(name)
        await apply_first(url, count)
        assert await store_at(url).migrate() == NAMES[count:]
        assert await schema_of(url) == expected
        postgres_server.drop_database(name)


async def apply_first(url: str, count: int) -> None:
    """Brings a database to where an earlier version had it: the first migrations, as that version recorded them."""
    await execute(url, ADD_TABLE)
    for migration in shipped(PACKAGE)[:count]:
        await execute(url, migration.sql)
        await execute(url, f"INSERT INTO schema_migrations VALUES ('{migration.name}', 0, '{migration.checksum}')")


async def test_processes_that_migrate_at_once_apply_each_migration_once(empty_postgres_url: str) -> None:
    applied = await asyncio.gather(*(store_at(empty_postgres_url).migrate() for _ in range(4)))
    assert sorted(applied, key=len) == [[], [], [], NAMES]


async def test_a_changed_migration_is_refused(empty_postgres_url: str) -> None:
    store = store_at(empty_postgres_url)
    await store.migrate()
    await execute(empty_postgres_url, "UPDATE schema_migrations SET checksum = 'other'")
    with pytest.raises(Conflict, match=NAMES[0]):
        await store.migrate()


async def test_a_database_of_a_newer_version_is_refused(empty_postgres_url: str) -> None:
    store = store_at(empty_postgres_url)
    await store.migrate()
    await execute(empty_postgres_url, "INSERT INTO schema_migrations VALUES ('9999_future', 0, '')")
    await store.open()
    with pytest.raises(Conflict, match="newer"):
        await store.pending_migrations()
    with pytest.raises(Conflict, match="newer"):
        await store.migrate()
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_behind(empty_postgres_url: str) -> None:
    await execute(empty_postgres_url, "CREATE TABLE instance (unexpected text)")
    with pytest.raises(StatementRefused):
        await store_at(empty_postgres_url).migrate()
    assert [row[1] for row in await schema_of(empty_postgres_url) if row[0] == "table"] == [
        "instance",
        "schema_migrations",
        "schema_migrations_pkey",
    ]


async def test_a_database_that_is_away_is_unavailable() -> None:
    store = store_at(f"postgresql://postgres@127.0.0.1:{free_port()}/nothing")
    with pytest.raises(Unavailable):
        await store.open()
    with pytest.raises(Unavailable):
        await store.migrate()
