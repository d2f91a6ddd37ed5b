"""``sql.query`` on real SQLite files: what it reads and writes, where it may, and what hostile statements can't do."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.sql_query import SPEC, SqlQuery
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.outgoing.databases import database_reach
from holdfast.outgoing.guard import EgressGuard
from holdfast.outgoing.http import OutgoingHttp
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.support.waiting import eventually

URL = "sqlite:///shop.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The one folder that is open, with a shop in it."""
    opened = tmp_path / "open"
    opened.mkdir()
    with sqlite3.connect(opened / "shop.db") as db:
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, seal BLOB)")
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", [(1, "ada", 12.5, b"\x00\xff"), (2, "bob", 7.0, None)])
    db.close()
    return opened


@pytest.fixture
def node(folder: Path) -> SqlQuery:
    return SqlQuery(DatabaseReach(lambda _: False, (folder,), folder / "holdfast.db"))


async def found(node: SqlQuery, context: NodeContext, sql: str, **params: Any) -> Any:
    given: JSONObject = {"url": URL, "sql": sql, **params}
    assert JsonSchemas().check(SPEC.params, given) == []
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert problems_of(outcome.result) == []
    return outcome.result


async def failure(node: SqlQuery, context: NodeContext, sql: str, **params: Any) -> Failed:
    outcome = await node.execute(context, {"url": URL, "sql": sql, **params})
    assert isinstance(outcome, Failed), outcome
    return outcome


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT id, total FROM orders WHERE customer = :name", {"name": "ada"}),
        ("SELECT id, total FROM orders WHERE customer = ?", ["ada"]),
        ("SELECT id, total FROM orders WHERE customer = $name", {"name": "ada"}),
    ],
)
async def test_rows_are_objects(sql: str, params: JSON, node: SqlQuery, context: NodeContext) -> None:
    output = await found(node, context, sql, params=params)
    assert output == {"rows": [{"id": 1, "total": 12.5}], "count": 1, "more": False}


async def test_the_example_runs(node: SqlQuery, context: NodeContext, folder: Path) -> None:
    assert isinstance(await node.execute(context, SPEC.example), Succeeded)
    assert (folder / "example.db").exists()


async def test_a_value_is_never_part_of_the_statement(node: SqlQuery, context: NodeContext) -> None:
    hostile = "ada' OR '1'='1"
    assert (await found(node, context, "SELECT id FROM orders WHERE customer = ?", params=[hostile]))["rows"] == []


async def test_values_are_portable(node: SqlQuery, context: NodeContext) -> None:
    sql = (
        "SELECT seal, NULL AS no, 9e999 AS much, char(0) AS nul, 1 = 1 AS yes, "
        "CAST(x'ff41' AS TEXT) AS broken FROM orders WHERE id = 1"
    )
    row = (await found(node, context, sql))["rows"][0]
    assert row == {"seal": "AP8=", "no": None, "much": "inf", "nul": "�", "yes": 1, "broken": "�A"}


async def test_lists_and_objects_are_bound_as_json(node: SqlQuery, context: NodeContext) -> None:
    sql = "SELECT value ->> 'a' AS a FROM json_each(?)"
    assert (await found(node, context, sql, params=[[{"a": 1}, {"a": "x"}]]))["rows"] == [{"a": 1}, {"a": "x"}]


async def test_rows_end_at_the_most_and_the_output_tells(node: SqlQuery, context: NodeContext) -> None:
    output = await found(node, context, "SELECT id FROM orders", max_rows=1)
    assert output == {"rows": [{"id": 1}], "count": 1, "more": True}
    assert not (await found(node, context, "SELECT id FROM orders", max_rows=2))["more"]


async def test_writing_is_committed_and_counted(node: SqlQuery, context: NodeContext) -> None:
    assert (await found(node, context, "UPDATE orders SET total = 1", mode="write"))["count"] == 2
    assert (await found(node, context, "SELECT sum(total) AS all_of FROM orders"))["rows"] == [{"all_of": 2.0}]


async def test_a_statement_that_changes_and_gives_rows_changes_all(node: SqlQuery, context: NodeContext) -> None:
    sql = "INSERT INTO orders (customer) VALUES ('c'), ('d'), ('e') RETURNING id"
    assert (await found(node, context, sql, mode="write", max_rows=1)) == {
        "rows": [{"id": 3}],
        "count": 1,
        "more": True,
    }
    assert (await found(node, context, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 5}]


async def test_a_batch_is_one_transaction(node: SqlQuery, context: NodeContext) -> None:
    sql = "INSERT INTO orders (id, customer) VALUES (:id, :customer)"
    batch = [{"id": 10, "customer": "x"}, {"id": 11, "customer": "y"}]
    assert (await found(node, context, sql, mode="write", batch=batch))["count"] == 2
    failed = await failure(node, context, sql, mode="write", batch=[{"id": 12, "customer": "z"}, batch[0]])
    assert (failed.error.type, failed.error.details["code"], failed.final) == (
        "sql",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
        True,
    )
    assert (await found(node, context, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 4}]
    assert await found(node, context, sql, mode="write", batch=[]) == {"rows": [], "count": 0, "more": False}


async def test_a_new_file_is_made_by_writing_only(node: SqlQuery, context: NodeContext, folder: Path) -> None:
    params: JSONObject = {"url": "sqlite:///new/made.db", "sql": "CREATE TABLE t (a)"}
    assert isinstance(await node.execute(context, params), Failed)
    assert not (folder / "new" / "made.db").exists()
    assert isinstance(await node.execute(context, {**params, "mode": "write"}), Succeeded)
    assert (folder / "new" / "made.db").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders SET total = 0",
        "DELETE FROM orders",
        "CREATE TABLE t (a)",
        "DROP TABLE orders",
        "INSERT INTO orders (id) VALUES (9) RETURNING id",
    ],
)
async def test_reading_changes_nothing(sql: str, node: SqlQuery, context: NodeContext) -> None:
    failed = await failure(node, context, sql)
    assert (failed.error.type, failed.final) == ("read_only", True)
    assert "mode: write" in failed.error.message
    assert (await found(node, context, "SELECT sum(total) AS all_of FROM orders"))["rows"] == [{"all_of": 19.5}]


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT s",
        "SELECT load_extension('x')",
        "SELECT 1; DROP TABLE orders",
        "SELECT readfile('/etc/passwd')",
    ],
)
async def test_no_statement_leaves_its_file(
    sql: str, mode: str, node: SqlQuery, context: NodeContext, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert (await failure(node, context, sql, mode=mode)).final
    assert sorted(os.listdir(folder)) == ["shop.db"]  # noqa: PTH208 - names alone are compared
    assert (await found(node, context, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 2}]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///../outside.db", "doesn't lie in one of the folders"),
        ("sqlite:////etc/passwd", "doesn't lie in one of the folders"),
        ("sqlite:///%2e%2e/outside.db", "doesn't lie in one of the folders"),
        ("sqlite:///link.db", "doesn't lie in one of the folders"),
        ("sqlite:///holdfast.db", "the file of Holdfast itself"),
        ("sqlite:///holdfast.db-wal", "the file of Holdfast itself"),
        ("sqlite:///same.db", "the file of Holdfast itself"),
        ("sqlite:///alias.db", "the file of Holdfast itself"),
        ("sqlite:///pipe", "isn't a file"),
        ("sqlite:///a%00b", "expected sqlite:///file.db"),
        ("mysql://a@b/c", "other databases aren't supported yet"),
    ],
)
async def test_only_files_of_the_open_folders_are_opened(
    url: str, message: str, node: SqlQuery, context: NodeContext, folder: Path
) -> None:
    outside = folder.parent / "outside.db"
    sqlite3.connect(outside).close()
    (folder / "link.db").symlink_to(outside)
    (folder / "holdfast.db").write_bytes(b"")
    (folder / "same.db").hardlink_to(folder / "holdfast.db")
    (folder / "alias.db").symlink_to(folder / "holdfast.db")
    os.mkfifo(folder / "pipe")
    failed = await failure(node, context, "SELECT 1", url=url)
    assert (failed.error.type, failed.final) == ("params", True)
    assert message in failed.error.message
    assert str(folder) not in failed.error.message


async def test_without_an_open_folder_no_file_is_opened(context: NodeContext) -> None:
    failed = await failure(SqlQuery(DatabaseReach(lambda _: True)), context, "SELECT 1")
    assert "HOLDFAST_SQLITE_FOLDERS" in failed.error.message


@pytest.mark.parametrize(
    ("sql", "params", "kind", "message"),
    [
        ("SELEC 1", [], "sql", "syntax error"),
        ("SELECT * FROM missing", [], "sql", "no such table"),
        ("SELECT :a", {"b": 1}, "sql", ":a"),
        ("SELECT ?", [], "sql", "bindings"),
        ("SELECT 1 AS a, 2 AS a", [], "params", "two columns have the name a"),
        ("SELECT zeroblob(100000000)", [], "sql", "too big"),
        ("WITH RECURSIVE n(i, t) AS (SELECT 1, hex(zeroblob(500000)) UNION ALL SELECT i + 1, t FROM n) "
         "SELECT t FROM n LIMIT 100", [], "too_large", "more than"),
    ],
)  # fmt: skip
async def test_a_statement_that_is_wrong_is_final(
    sql: str, params: JSON, kind: str, message: str, node: SqlQuery, context: NodeContext
) -> None:
    failed = await failure(node, context, sql, params=params)
    assert (failed.error.type, failed.final) == (kind, True)
    assert message in failed.error.message


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


async def test_a_statement_without_end_is_stopped(node: SqlQuery, context: NodeContext) -> None:
    failed = await failure(node, context, ENDLESS, timeout="100ms")
    assert (failed.error.type, failed.final) == ("timeout", False)


async def test_a_cancelled_statement_ends_its_thread(folder: Path, context: NodeContext) -> None:
    node = SqlQuery(DatabaseReach(lambda _: False, (folder,)))
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO orders (id) SELECT max(i) FROM n"
    running = asyncio.create_task(node.execute(context, {"url": URL, "sql": sql, "mode": "write", "timeout": "1h"}))
    locked = sqlite3.connect(folder / "shop.db", timeout=0, isolation_level=None)

    def is_locked() -> bool:
        try:
            locked.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        locked.execute("ROLLBACK")
        return False

    await eventually(is_locked)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: not is_locked())
    locked.close()


async def test_many_writers_at_once_all_write(node: SqlQuery, context: NodeContext) -> None:
    sql = "INSERT INTO orders (customer) VALUES (?)"
    await asyncio.gather(*(found(node, context, sql, params=[str(n)], mode="write") for n in range(200)))
    assert (await found(node, context, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 202}]


async def test_a_locked_file_is_worth_another_try(node: SqlQuery, context: NodeContext, folder: Path) -> None:
    other = sqlite3.connect(folder / "shop.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    failed = await failure(node, context, "DELETE FROM orders", mode="write", timeout="100ms")
    other.close()
    assert (failed.error.details["code"], failed.final) == ("SQLITE_BUSY", False)


def test_the_reach_follows_from_the_settings(tmp_path: Path) -> None:
    guard, own = OutgoingHttp(EgressGuard("public")).guard, f"sqlite:///{tmp_path}/holdfast.db"
    local = database_reach(own, (), guard, local_user=True)
    assert (local.folders, local.own, local.own_server) == ((tmp_path / "data",), tmp_path / "holdfast.db", None)
    assert database_reach(own, (), guard, local_user=False).folders == ()
    assert database_reach(own, ("/srv/a", "/srv/b"), guard, local_user=True).folders == (Path("/srv/a"), Path("/srv/b"))
    served = database_reach("postgresql://a:b@db.example.com/flows%20of", (), guard, local_user=False)
    assert served.own_server == ("db.example.com", 5432, "flows of")
    assert database_reach("memory:", (), guard, local_user=True).folders == (Path(".holdfast/data"),)


@pytest.mark.parametrize("timeout", ["0s", "2h"])
async def test_a_time_outside_the_bounds_is_refused(timeout: str, node: SqlQuery, context: NodeContext) -> None:
    assert (await failure(node, context, "SELECT 1", timeout=timeout)).error.type == "params"
    assert SPEC.timeout == 300 * SECOND
