"""``sql.query``: one statement on a PostgreSQL or SQLite database; its output is ``{rows, count, more}``.

Values are bound by the database, never written into the statement. Reading is the default, and enforced by the
database; ``mode: write`` changes, in one transaction. A statement that fails for good (syntax, constraints, rights) is
final; connections, locks, deadlocks and time-outs are worth another try. A write whose connection broke while it was
committed runs again: make such statements repeatable.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from holdfast.failures import MESSAGE_LIMIT
from holdfast.model.instant import SECOND, parse_duration
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import SECRET_MARK, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes import connection
from holdfast.nodes.node import DURATION_PATTERN, DURATION_RULE, as_text, failed, object_schema, wrong_params
from holdfast.nodes.sql_gates import Gates
from holdfast.nodes.sql_postgres import SCHEMES, query_postgres
from holdfast.nodes.sql_sqlite import PREFIX, query_sqlite
from holdfast.nodes.sql_statement import DatabaseReach, Found, SqlFailed, Statement
from holdfast.nodes.threads import Threads
from holdfast.ports import NodeContext

DEFAULT_ROWS: Final = 1_000
MOST_ROWS: Final = 100_000
MOST_RUNS: Final = 10_000
LONGEST: Final = 3600 * SECOND
_URL_RULE: Final = "expected postgresql://user:password@host/database or sqlite:///file.db"
_VALUES: Final[dict[str, Any]] = {"type": ["array", "object"]}
_ONE: Final[dict[str, Any]] = {
    "not": {"required": ["params", "batch"]},
    "x-holdfast-message": "give one of params and batch, not both",
}
_DATABASE: Final[dict[str, Any]] = {
    "oneOf": [{"required": ["url"]}, {"required": ["connection"]}],
    "x-holdfast-message": "give one of url and connection",
}

SPEC: Final = NodeSpec(
    type="sql.query",
    title="SQL query",
    description="Runs a statement on a PostgreSQL or SQLite database.",
    icon="database",
    category="Integrations",
    timeout=300 * SECOND,
    params=object_schema(
        {
            "url": {
                "type": "string",
                "title": "Database",
                "description": "PostgreSQL or SQLite. A relative SQLite file lies in the first folder that is open.",
                "pattern": "^(postgres(ql)?://[^/]|sqlite:///[^?#])",
                "x-holdfast-message": f"{_URL_RULE}; other databases aren't supported yet",
                "examples": ["postgresql://report:secret@db.example.com/shop?sslmode=require", "sqlite:///sales.db"],
                SECRET_MARK: True,
            },
            "connection": connection.param("database", "The database, in the place of its address."),
            "sql": {
                "type": "string",
                "title": "Statement",
                "description": "One statement. Values stand in params: as :name, or $1 (PostgreSQL) and ? (SQLite).",
                "minLength": 1,
                "maxLength": 100_000,
                "examples": ["SELECT id, total FROM orders WHERE customer = :customer"],
            },
            "params": {
                **_VALUES,
                "title": "Parameters",
                "description": "The values, by name or in order.",
                "examples": [{"customer": "{{ input.customer }}"}],
                SECRET_MARK: True,
            },
            "batch": {
                "type": "array",
                "title": "Batch",
                "description": "Many params: the statement runs once for each, all in one transaction.",
                "items": _VALUES,
                "maxItems": MOST_RUNS,
                SECRET_MARK: True,
            },
            "mode": {
                "type": "string",
                "title": "Mode",
                "description": "Whether the statement may change something.",
                "enum": ["read", "write"],
                "default": "read",
            },
            "max_rows": {
                "type": "integer",
                "title": "Most rows",
                "description": "The output says more: true when there were more.",
                "minimum": 1,
                "maximum": MOST_ROWS,
                "default": DEFAULT_ROWS,
            },
            "timeout": {
                "type": "string",
                "title": "Timeout",
                "description": "How long connection and statement may take; the node's own timeout also holds.",
                "pattern": DURATION_PATTERN,
                "x-holdfast-message": DURATION_RULE,
                "default": "30s",
            },
        },
        ("sql",),
        allOf=[_ONE, _DATABASE],
    ),
    example={
        "url": "sqlite:///example.db",
        "sql": "CREATE TABLE IF NOT EXISTS sales (day TEXT PRIMARY KEY, total REAL)",
        "mode": "write",
    },
)


class SqlQuery:
    """``reach`` is what statements may reach: addresses and folders."""

    spec = SPEC

    def __init__(self, reach: DatabaseReach) -> None:
        self._reach = reach
        self._threads = Threads()
        self._gates = Gates()

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            statement = read_statement(params)
            url = await _address(context, params)
            context.check_host(host_of(url), {**params, "url": url})
            found = await self._query(await self._reach.of(context.tenant, host_of(url)), url, statement)
        except SqlFailed as error:
            return failed(error.kind, str(error)[:MESSAGE_LIMIT], final=error.final, code=error.code)
        except ValueError as error:
            return wrong_params(str(error)[:MESSAGE_LIMIT])
        return Succeeded({"rows": found.rows, "count": found.count, "more": found.more})

    async def _query(self, reach: DatabaseReach, url: str, statement: Statement) -> Found:
        if not statement.runs:
            return Found([], 0)
        if url.startswith(PREFIX):
            return await query_sqlite(self._threads, self._gates, reach, url, statement)
        if url.partition("://")[0] in SCHEMES:
            return await query_postgres(self._gates, reach, url, statement)
        raise ValueError(f"url: {_URL_RULE}; other databases aren't supported yet")


async def _address(context: NodeContext, params: JSONObject) -> str:
    name = params.get(connection.NAME)
    if name is None:
        return as_text(params.get("url")).strip()
    if "url" in params:
        raise ValueError("give one of url and connection, not both")
    return connection.database_url(await context.connection(as_text(name), "database"))


def host_of(url: str) -> str:
    """The host that the statement goes to; empty for a file."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def read_statement(params: JSONObject) -> Statement:
    """The statement of filled params. Raises ``ValueError``."""
    limit = parse_duration(as_text(params.get("timeout", "30s")))
    if not 0 < limit <= LONGEST:
        raise ValueError("timeout: must be more than nothing and at most 1h")
    most = params.get("max_rows", DEFAULT_ROWS)
    return Statement(
        sql=as_text(params.get("sql")),
        runs=_runs(params),
        write=params.get("mode") == "write",
        max_rows=most if isinstance(most, int) else DEFAULT_ROWS,
        limit=limit,
    )


def _runs(params: JSONObject) -> tuple[JSON, ...]:
    batch = params.get("batch")
    if isinstance(batch, list):
        if "params" in params:
            raise ValueError("give one of params and batch, not both")
        return tuple(batch)
    return (params.get("params") or [],)
