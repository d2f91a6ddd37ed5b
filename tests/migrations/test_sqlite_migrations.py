"""The SQLite schema: applied once, in order, under a lock, and never over a schema that isn't ours."""

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest

from holdfast.model.errors import Conflict, HoldfastError
from holdfast.stores.migrations import Migration, missing, shipped
from holdfast.stores.sqlite import schema
from holdfast.stores.sqlite.store import SQLiteStore
from tests.conformance.scene import graph_of, new_id

PACKAGE = "holdfast.stores.sqlite"


def store_of(url: str) -> SQLiteStore:
    return SQLiteStore(url, graph_of=graph_of, new_id=new_id)


def database(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)


def dump(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Every table and index with its text, spaces and comments aside."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(name, " ".join(re.sub(r"--[^\n]*", "", text).split())) for name, text in rows}


def memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


async def test_migrations_are_applied_once(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    names = [migration.name for migration in shipped(PACKAGE)]
    assert await store.pending_migrations() == names
    assert await store.migrate() == names
    assert await store.pending_migrations() == []
    assert await store.migrate() == []
    await store.close()
    recorded = database(sqlite_url).execute("SELECT name, checksum FROM schema_migrations ORDER BY name").fetchall()
    assert recorded == [(migration.name, migration.checksum) for migration in shipped(PACKAGE)]


async def test_two_processes_that_migrate_together_apply_each_once(sqlite_url: str) -> None:
    stores = [store_of(sqlite_url) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    applied = await asyncio.gather(*(store.migrate() for store in stores))
    assert sorted(map(len, applied)) == [0, 0, len(shipped(PACKAGE))]
    await asyncio.gather(*(store.close() for store in stores))


@pytest.mark.parametrize("first", range(len(shipped(PACKAGE)) + 1))
def test_a_schema_migrated_in_steps_equals_a_fresh_one(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = shipped(PACKAGE)
    fresh, stepped = memory(), memory()
    schema.migrate(fresh, 1)
    monkeypatch.setattr(schema, "shipped", lambda package: known[:first])
    schema.migrate(stepped, 1)
    monkeypatch.setattr(schema, "shipped", lambda package: known)
    schema.migrate(stepped, 2)
    assert dump(stepped) == dump(fresh)
    assert {"jobs", "live", "events", "runs"} <= {name for name, _ in dump(fresh)}


async def test_a_schema_of_a_newer_version_is_left_alone(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    database(sqlite_url).execute("INSERT INTO schema_migrations VALUES ('9999_future', 0, 'x')")
    with pytest.raises(Conflict, match="9999_future"):
        await store.migrate()
    await store.close()


async def test_a_changed_migration_is_refused(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    database(sqlite_url).execute("UPDATE schema_migrations SET checksum = 'x'")
    with pytest.raises(Conflict, match="0001_first"):
        await store.pending_migrations()
    await store.close()


async def test_a_migration_that_fails_changes_nothing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Migration("0002_broken", "CREATE TABLE fine (a);\nCREATE TABLE jobs (a);\n", "x")
    monkeypatch.setattr(schema, "shipped", lambda package: [*shipped(package), broken])
    store = store_of(sqlite_url)
    await store.open()
    with pytest.raises(HoldfastError):
        await store.migrate()
    await store.close()
    assert dump(database(sqlite_url)) == set()


def test_statements_end_where_sql_says() -> None:
    script = "-- a; comment\nCREATE TABLE t (a TEXT DEFAULT ';');\n\nINSERT INTO t\n  VALUES ('x;\ny');\n"
    found = [statement.strip() for statement in schema.statements(script)]
    assert found == ["-- a; comment\nCREATE TABLE t (a TEXT DEFAULT ';');", "INSERT INTO t\n  VALUES ('x;\ny');"]


def test_each_migration_says_how_the_previous_version_behaves() -> None:
    for migration in shipped(PACKAGE):
        assert migration.sql.startswith("-- ")
        assert "previous version" in migration.sql.partition("\n\n")[0]


def test_a_gap_in_the_numbers_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gappy" / "migrations").mkdir(parents=True)
    (tmp_path / "gappy" / "__init__.py").touch()
    for name in ("0001_a", "0003_c"):
        (tmp_path / "gappy" / "migrations" / f"{name}.sql").write_text("SELECT 1;")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="0002"):
        shipped("gappy")


def test_what_is_missing_keeps_its_order() -> None:
    known = [Migration(f"000{n}_x", "", str(n)) for n in (1, 2, 3)]
    assert missing(known, {"0002_x": "2"}) == [known[0], known[2]]
    assert missing(known, {}) == known
