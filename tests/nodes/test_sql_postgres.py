"""``sql.query`` on a real PostgreSQL server: values both ways, what reading may not do, errors, and the guard."""

import asyncio
from typing import Any

import asyncpg
import pytest

from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.sql_gates import SERVER_PLACES
from holdfast.nodes.sql_postgres import read_server
from holdfast.nodes.sql_query import SPEC, SqlQuery
from holdfast.nodes.sql_statement import DatabaseReach, numbered
from holdfast.outgoing.guard import EgressGuard
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.support.postgres import PostgresServer
from tests.support.waiting import eventually

SHOP = (
    "CREATE TABLE orders (id int PRIMARY KEY, customer text, total numeric(10, 2), at timestamptz, seal bytea, "
    "extra jsonb, tags text[]);"
    "INSERT INTO orders VALUES (1, 'ada', 12.50, '2026-03-01T12:00:00Z', '\\x00ff', '{\"a\": [1]}', '{x,y}'), "
    "(2, 'bob', 7, NULL, NULL, NULL, NULL)"
)
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000)"


@pytest.fixture
def url(empty_postgres_url: str, postgres_server: PostgresServer) -> str:
    """A database with a shop in it."""
    postgres_server.execute(SHOP, empty_postgres_url.rpartition("/")[2])
    return empty_postgres_url


@pytest.fixture
def node() -> SqlQuery:
    return SqlQuery(DatabaseReach(EgressGuard("loopback").allows))


async def found(node: SqlQuery, context: NodeContext, url: str, sql: str, **params: Any) -> Any:
    given: JSONObject = {"url": url, "sql": sql, **params}
    assert JsonSchemas().check(SPEC.params, given) == []
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert problems_of(outcome.result) == []
    return outcome.result


async def failure(node: SqlQuery, context: NodeContext, url: str, sql: str, **params: Any) -> Failed:
    outcome = await node.execute(context, {"url": url, "sql": sql, **params})
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_rows_are_objects_of_portable_values(node: SqlQuery, context: NodeContext, url: str) -> None:
    output = await found(node, context, url, "SELECT * FROM orders ORDER BY id")
    assert output["rows"][0] == {
        "id": 1,
        "customer": "ada",
        "total": "12.50",
        "at": "2026-03-01T12:00:00Z",
        "seal": "AP8=",
        "extra": {"a": [1]},
        "tags": ["x", "y"],
    }
    assert set(output["rows"][1].values()) == {2, "bob", "7.00", None}
    assert (output["count"], output["more"]) == (2, False)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("9223372036854775808::numeric", "9223372036854775808"),
        ("'NaN'::float8", "nan"),
        ("1.5::float8", 1.5),
        ("date '2026-03-01'", "2026-03-01"),
        ("time '12:00:01'", "12:00:01"),
        ("timestamp '2026-03-01 12:00'", "2026-03-01T12:00:00"),
        ("timestamptz '2026-03-01 12:00+02'", "2026-03-01T10:00:00Z"),
        ("interval '1 hour 30 seconds'", "3630s"),
        ("'019c0000-0000-7000-8000-000000000001'::uuid", "019c0000-0000-7000-8000-000000000001"),
        ("inet '10.0.0.1'", "10.0.0.1"),
        ("int4range(1, 5)", "[1,5)"),
        ("int4range(1, NULL)", "[1,)"),
        ("int4range(1, 1)", "empty"),
        ("'[1, {\"a\": null}]'::json", [1, {"a": None}]),
        ("'123456789012345678901234567890'::jsonb", "123456789012345678901234567890"),
        ("ARRAY[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("ROW(1, 'a')", [1, "a"]),
        ("B'101'", "101"),
        ("point '(1, 2)'", [1.0, 2.0]),
        ("NULL", None),
    ],
)
async def test_each_type_has_a_form(
    expression: str, value: JSON, node: SqlQuery, context: NodeContext, empty_postgres_url: str
) -> None:
    output = await found(node, context, empty_postgres_url, f"SELECT {expression} AS v")
    assert output["rows"] == [{"v": value}]


@pytest.mark.parametrize(
    ("kind", "given", "back"),
    [
        ("text", "ä", "ä"),
        ("text", 12, "12"),
        ("int", 12, 12),
        ("int", "12", 12),
        ("bigint", 12.0, 12),
        ("numeric", "1.10", "1.10"),
        ("numeric", 1.5, "1.5"),
        ("float8", 1, 1.0),
        ("boolean", True, True),
        ("timestamptz", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ("timestamptz", "2026-03-01", "2026-03-01T00:00:00Z"),
        ("timestamp", "2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00"),
        ("date", "2026-03-01", "2026-03-01"),
        ("date", "2026-03-01T12:00:00Z", "2026-03-01"),
        ("time", "12:30", "12:30:00"),
        ("interval", "5m", "300s"),
        ("uuid", "019c0000-0000-7000-8000-000000000001", "019c0000-0000-7000-8000-000000000001"),
        ("jsonb", {"a": [1, None]}, {"a": [1, None]}),
        ("jsonb", "text", "text"),
        ("bytea", "AP8=", "AP8="),
        ("int[]", [1, "2"], [1, 2]),
        ("text[]", ["a", None], ["a", None]),
        ("int", None, None),
    ],
)
async def test_a_parameter_takes_the_type_that_it_meets(
    kind: str, given: JSON, back: JSON, node: SqlQuery, context: NodeContext, empty_postgres_url: str
) -> None:
    by_place = await found(node, context, empty_postgres_url, f"SELECT $1::{kind} AS v", params=[given])
    by_name = await found(node, context, empty_postgres_url, f"SELECT :v::{kind} AS v", params={"v": given})
    assert by_place["rows"] == by_name["rows"] == [{"v": back}]


async def test_types_of_the_database_itself(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    made = "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b mood)"
    postgres_server.execute(made, empty_postgres_url.rpartition("/")[2])
    output = await found(node, context, empty_postgres_url, "SELECT ROW(1, $1::mood)::pair AS v", params=["glad"])
    assert output["rows"] == [{"v": {"a": 1, "b": "glad"}}]
    failed = await failure(node, context, empty_postgres_url, "SELECT $1::mood", params=["mad"])
    assert (failed.error.type, failed.final) == ("sql", True)
    failed = await failure(node, context, empty_postgres_url, "SELECT $1::mood", params=[5])
    assert failed.final


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("int", "x"),
        ("int", 1.5),
        ("int", True),
        ("numeric", "x"),
        ("timestamptz", "soon"),
        ("int[]", 1),
        ("bytea", "?"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_final(
    kind: str, given: JSON, node: SqlQuery, context: NodeContext, empty_postgres_url: str
) -> None:
    failed = await failure(node, context, empty_postgres_url, f"SELECT $1::{kind}", params=[given])
    assert (failed.error.type, failed.final) == ("params", True)
    assert "parameter 1 isn't a" in failed.error.message


async def test_writing_is_committed_and_counted(node: SqlQuery, context: NodeContext, url: str) -> None:
    assert (await found(node, context, url, "UPDATE orders SET total = total + 1", mode="write"))["count"] == 2
    sql = "INSERT INTO orders (id) VALUES (3), (4) RETURNING id"
    assert (await found(node, context, url, sql, mode="write", max_rows=1))["rows"] == [{"id": 3}]
    assert (await found(node, context, url, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 4}]


async def test_a_batch_is_one_transaction(node: SqlQuery, context: NodeContext, url: str) -> None:
    sql = "INSERT INTO orders (id, customer) VALUES (:id, :customer)"
    batch = [{"id": 10, "customer": "x"}, {"id": 11, "customer": "y"}]
    assert (await found(node, context, url, sql, mode="write", batch=batch))["count"] == 2
    failed = await failure(node, context, url, sql, mode="write", batch=[{"id": 12, "customer": "z"}, batch[0]])
    assert (failed.error.type, failed.error.details["code"], failed.final) == ("sql", "23505", True)
    assert (await found(node, context, url, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 4}]


async def test_rows_end_at_the_most_and_the_output_tells(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str
) -> None:
    sql = "SELECT i FROM generate_series(1, 500) AS i"
    output = await found(node, context, empty_postgres_url, sql, max_rows=450)
    assert (output["count"], output["more"], output["rows"][-1]) == (450, True, {"i": 450})
    assert not (await found(node, context, empty_postgres_url, sql, max_rows=500))["more"]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
        "CREATE TABLE t (a int)",
        "SELECT nextval('numbers')",
        "DO $$ BEGIN DELETE FROM orders; END $$",
    ],
)
async def test_reading_changes_nothing(
    sql: str, node: SqlQuery, context: NodeContext, url: str, postgres_server: PostgresServer
) -> None:
    postgres_server.execute("CREATE SEQUENCE numbers", url.rpartition("/")[2])
    failed = await failure(node, context, url, sql)
    assert (failed.error.type, failed.final) == ("read_only", True)
    assert (await found(node, context, url, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DELETE FROM orders",
        "COMMIT; DELETE FROM orders",
        "DO $$ BEGIN COMMIT; DELETE FROM orders; END $$",
        "WITH w AS (SELECT set_config('transaction_read_only', 'off', false)) DELETE FROM orders",
    ],
)
async def test_no_statement_frees_itself_from_reading(sql: str, node: SqlQuery, context: NodeContext, url: str) -> None:
    assert (await failure(node, context, url, sql)).final
    assert (await found(node, context, url, "SELECT count(*) AS n FROM orders"))["rows"] == [{"n": 2}]


@pytest.mark.parametrize(
    ("sql", "params", "kind", "code"),
    [
        ("SELEC 1", [], "sql", "42601"),
        ("SELECT * FROM missing", [], "sql", "42P01"),
        ("SELECT 1 / 0", [], "sql", "22012"),
        ("SELECT 'text'::json", [], "sql", "22P02"),
        ("SELECT $1::int", [], "params", None),
        ("SELECT :a::int", {"b": 1}, "params", None),
        ("SELECT 1 AS a, 2 AS a", [], "params", None),
        ("SELECT repeat('x', 9000000)", [], "too_large", None),
    ],
)
async def test_a_statement_that_is_wrong_is_final(
    sql: str, params: JSON, kind: str, code: str | None, node: SqlQuery, context: NodeContext, empty_postgres_url: str
) -> None:
    failed = await failure(node, context, empty_postgres_url, sql, params=params)
    assert (failed.error.type, failed.error.details.get("code"), failed.final) == (kind, code, True)


async def test_an_error_quotes_no_row(node: SqlQuery, context: NodeContext, url: str) -> None:
    failed = await failure(node, context, url, "INSERT INTO orders (id) VALUES (1)", mode="write")
    assert "Key" not in failed.error.message
    assert "orders_pkey" in failed.error.message


async def test_a_statement_without_end_is_stopped_on_the_server(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    failed = await failure(node, context, empty_postgres_url, ENDLESS, timeout="200ms")
    assert (failed.error.type, failed.final) == ("timeout", False)
    await eventually(lambda: running(postgres_server) == "0")


def running(server: PostgresServer) -> str:
    return server.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'holdfast sql.query'"
    )


async def test_a_cancelled_statement_is_stopped_on_the_server(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    task = asyncio.create_task(node.execute(context, {"url": empty_postgres_url, "sql": ENDLESS, "timeout": "1h"}))
    await eventually(lambda: running(postgres_server) == "1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: running(postgres_server) == "0")


async def test_many_statements_at_once_keep_to_their_places(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    holder = await asyncpg.connect(empty_postgres_url)
    await holder.execute("SELECT pg_advisory_lock(1)")
    sql = "SELECT pg_advisory_xact_lock_shared(1) AS got"
    tasks = [asyncio.create_task(found(node, context, empty_postgres_url, sql)) for _ in range(2 * SERVER_PLACES)]
    await eventually(lambda: running(postgres_server) == str(SERVER_PLACES))
    await holder.close()
    assert len(await asyncio.gather(*tasks)) == 2 * SERVER_PLACES


async def test_a_locked_row_is_worth_another_try(node: SqlQuery, context: NodeContext, url: str) -> None:
    holder = await asyncpg.connect(url)
    await holder.execute("BEGIN; UPDATE orders SET total = 0")
    failed = await failure(node, context, url, "SELECT 1 AS a FROM orders FOR UPDATE NOWAIT", mode="write")
    await holder.close()
    assert (failed.error.details["code"], failed.final) == ("55P03", False)


async def test_a_connection_that_breaks_is_worth_another_try(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    task = asyncio.create_task(node.execute(context, {"url": empty_postgres_url, "sql": ENDLESS, "timeout": "1h"}))
    await eventually(lambda: running(postgres_server) == "1")
    postgres_server.terminate_backends(empty_postgres_url.rpartition("/")[2])
    outcome = await task
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("connection", False)


async def test_nobody_listening_is_worth_another_try(node: SqlQuery, context: NodeContext) -> None:
    failed = await failure(node, context, "postgresql://a@127.0.0.1:9/b", "SELECT 1")
    assert (failed.error.type, failed.final) == ("connection", False)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:{port}/postgres", "postgresql://a@127.0.0.1:{port}/no"])
async def test_who_may_not_connect_is_refused_for_good(
    url: str, node: SqlQuery, context: NodeContext, postgres_server: PostgresServer
) -> None:
    assert (await failure(node, context, url.format(port=postgres_server.port), "SELECT 1")).final


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0.0.0.0"])
async def test_no_spelling_of_a_private_address_is_reached(
    host: str, context: NodeContext, postgres_server: PostgresServer
) -> None:
    node = SqlQuery(DatabaseReach(EgressGuard("public").allows))
    url = f"postgresql://postgres@{host}:{postgres_server.port}/postgres"
    failed = await failure(node, context, url, "SELECT 1")
    assert failed.error.type in ("address_not_allowed", "connection")
    assert failed.error.type == "address_not_allowed" or host == "2130706433"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_instances_own_database_is_closed(
    host: str, context: NodeContext, empty_postgres_url: str, postgres_server: PostgresServer
) -> None:
    name = empty_postgres_url.rpartition("/")[2]
    node = SqlQuery(DatabaseReach(lambda _: True, own_server=("127.0.0.1", postgres_server.port, name)))
    failed = await failure(node, context, f"postgresql://postgres@{host}:{postgres_server.port}/{name}", "SELECT 1")
    assert failed.error.message == "url: this is the database of Holdfast itself"
    other = f"postgresql://postgres@{host}:{postgres_server.port}/postgres"
    assert (await found(node, context, other, "SELECT 1 AS a"))["rows"] == [{"a": 1}]


async def test_nothing_of_the_process_own_access_is_used(
    node: SqlQuery, context: NodeContext, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PGHOST", "203.0.113.1"), ("PGPORT", "1"), ("PGUSER", "x"), ("PGSSLMODE", "verify-full")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1")
    assert (await found(node, context, empty_postgres_url, "SELECT current_user AS u"))["rows"] == [{"u": "postgres"}]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://host/db", "expected postgresql://user"),
        ("postgresql://a@host", "expected postgresql://user"),
        ("postgresql://a@host:x/db", "isn't a valid address"),
        ("postgresql://a:s3cr3t@host/db?passfile=/etc/passwd", "the option passfile can't be given"),
        ("postgresql://a:s3cr3t@host/db?host=/var/run", "the option host can't be given"),
        ("postgresql://a:s3cr3t@host/db?sslmode=x", "sslmode is one of"),
    ],
)
def test_an_address_that_names_no_server_is_refused_without_quoting_it(url: str, message: str) -> None:
    with pytest.raises(ValueError, match="url: ") as caught:
        read_server(url)
    assert message in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_server_is_read_with_its_signs_decoded() -> None:
    server = read_server("postgresql://a%40b:p%2Fw@db.example.com:6432/my%20db?sslmode=verify-full")
    assert (server.host, server.port, server.database) == ("db.example.com", 6432, "my db")
    assert (server.user, server.password, server.mode) == ("a@b", "p/w", "verify-full")


@pytest.mark.parametrize(
    ("sql", "same", "names"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ("a", "b")),
        ("SELECT ':a', \":b\", 1::int, :c", "SELECT ':a', \":b\", 1::int, $1", ("c",)),
        ("SELECT E'it\\'s :a', :b", "SELECT E'it\\'s :a', $1", ("b",)),
        ("SELECT 'it''s :a' -- :b\n, :c", "SELECT 'it''s :a' -- :b\n, $1", ("c",)),
        ("SELECT /* :a */ $tag$ :b $tag$, $$ :c $$, :d", "SELECT /* :a */ $tag$ :b $tag$, $$ :c $$, $1", ("d",)),
        ("SELECT :a::text[1:2]", "SELECT $1::text[1:2]", ("a",)),
    ],
)
def test_names_are_found_where_they_are_parameters(sql: str, same: str, names: tuple[str, ...]) -> None:
    assert numbered(sql) == (same, names)
