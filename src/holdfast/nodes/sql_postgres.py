"""``sql.query`` on PostgreSQL: one statement in one transaction, on a connection of its own.

The host is looked up here and connected by the literal address that was judged. Nothing of this process's own access is
used: no password, certificate or service from its environment or home. The protocol takes one statement at a time; a
transaction that only reads is read only to the server, and its own timeout ends a statement there.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON
from holdfast.nodes.sql_gates import SERVER_PLACES, Gates
from holdfast.nodes.sql_statement import ROOM, DatabaseReach, Found, SqlFailed, Statement, numbered, read_only
from holdfast.nodes.sql_values import Rows, TooMuch, for_type, from_json_column, portable

SCHEMES: Final = ("postgresql", "postgres")
MODES: Final = ("prefer", "disable", "require", "verify-full")
_PORT: Final = 5432
_CONNECT_SECONDS: Final = 10
_CLOSE_SECONDS: Final = 2
_AT_ONCE: Final = 200
# Classes of SQLSTATE that another try may not meet: connection, rollback, resources, intervention, system.
_RETRYABLE: Final = ("08", "40", "53", "57", "58")
_RETRYABLE_CODES: Final = ("55P03", "25006")


@dataclass(frozen=True, slots=True)
class Server:
    """Where and as whom to connect."""

    host: str
    port: int
    database: str
    user: str
    password: str
    mode: str


async def query_postgres(gates: Gates, reach: DatabaseReach, url: str, statement: Statement) -> Found:
    """Raises ``SqlFailed``, and ``ValueError`` for what no server can be asked."""
    server = read_server(url)
    async with gates.of(f"{server.host}:{server.port}", SERVER_PLACES):
        return await _query(reach, server, statement)


async def _query(reach: DatabaseReach, server: Server, statement: Statement) -> Found:
    try:
        async with asyncio.timeout(statement.limit / SECOND):
            return await _asked(await _connected(reach, server, statement), statement)
    except TimeoutError:
        raise SqlFailed("timeout", f"{server.host} didn't answer in time", final=False) from None
    except TooMuch:
        raise SqlFailed("too_large", f"the rows hold more than {ROOM} characters", final=True) from None
    except asyncpg.PostgresError as error:
        raise _failure(error, statement) from None
    except asyncpg.InterfaceError:
        raise SqlFailed("sql", "a parameter doesn't fit the statement", final=True) from None
    except ssl.SSLCertVerificationError:
        raise SqlFailed("certificate", f"{server.host}: its certificate isn't trusted", final=True) from None
    except OSError:
        raise SqlFailed("connection", f"{server.host}: no connection, or it broke", final=False) from None


async def _asked(connection: "asyncpg.Connection[Any]", statement: Statement) -> Found:
    """Runs the statement and ends the connection, at once when something went wrong."""
    try:
        found = await _in_transaction(connection, statement)
    except asyncpg.InterfaceError:
        # What broke the connection is hidden by the driver's own attempt to end the transaction on it.
        if connection.is_closed():
            raise ConnectionError from None
        connection.terminate()
        raise
    except BaseException:
        connection.terminate()
        raise
    await connection.close(timeout=_CLOSE_SECONDS)
    return found


def read_server(url: str) -> Server:
    """The server of an address; raises ``ValueError`` without quoting it."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError("url: isn't a valid address") from None
    unknown = sorted(options.keys() - {"sslmode"})
    if unknown:
        raise ValueError(f"url: the option {unknown[0]} can't be given; only sslmode can")
    mode = options.get("sslmode", "prefer")
    if mode not in MODES:
        raise ValueError(f"url: sslmode is one of {', '.join(MODES)}")
    database = unquote(parts.path.lstrip("/"))
    if not parts.hostname or not parts.username or not database:
        raise ValueError("url: expected postgresql://user:password@host/database")
    return Server(parts.hostname, port, database, unquote(parts.username), unquote(parts.password or ""), mode)


async def _connected(reach: DatabaseReach, server: Server, statement: Statement) -> "asyncpg.Connection[Any]":
    addresses = await _addresses(server.host, server.port)
    allowed = [address for address in addresses if reach.allows(address)]
    if not allowed:
        message = f"{server.host}: the address isn't open to outgoing requests"
        raise SqlFailed("address_not_allowed", message, final=True)
    await _check_own(reach, server, allowed)
    for place, address in enumerate(allowed, 1):
        try:
            return await _connect(address, server, statement)
        except OSError:
            if place == len(allowed):
                raise
    raise AssertionError("unreachable: the last address raises")


async def _addresses(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def _check_own(reach: DatabaseReach, server: Server, addresses: Sequence[str]) -> None:
    """Whoever knows the instance's own database's address and name still doesn't read it through a workflow."""
    if reach.own_server is None:
        return
    host, port, database = reach.own_server
    if (port, database) == (server.port, server.database) and set(await _addresses(host, port)) & set(addresses):
        raise ValueError("url: this is the database of Holdfast itself")


async def _connect(address: str, server: Server, statement: Statement) -> "asyncpg.Connection[Any]":
    try:
        return await _connect_as(address, server, statement, _context(server))
    except ConnectionError as error:
        if server.mode != "prefer" or "SSL" not in str(error):
            raise
    return await _connect_as(address, server, statement, False)


async def _connect_as(
    address: str, server: Server, statement: Statement, context: ssl.SSLContext | bool
) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(
        host=address,
        port=server.port,
        user=server.user,
        # An empty one stands for none: without any, the driver would look into its environment.
        password=server.password,
        database=server.database,
        ssl=context,
        timeout=_CONNECT_SECONDS,
        statement_cache_size=0,
        server_settings={
            "application_name": "holdfast sql.query",
            "statement_timeout": str(max(statement.limit // 1000, 1)),
            "default_transaction_read_only": "off" if statement.write else "on",
            "TimeZone": "UTC",
        },
    )


class _Named(ssl.SSLContext):
    """A context that checks the name of the host, though the connection is made to an address."""

    name: str

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, self.name, session)


def _context(server: Server) -> ssl.SSLContext | bool:
    if server.mode == "disable":
        return False
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    context.name = server.host
    if server.mode == "verify-full":
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _in_transaction(connection: "asyncpg.Connection[Any]", statement: Statement) -> Found:
    async with connection.transaction(readonly=not statement.write):
        sql, names = numbered(statement.sql) if _is_named(statement) else (statement.sql, ())
        prepared: PreparedStatement[Any] = await connection.prepare(sql)
        kinds = [kind.name for kind in prepared.get_parameters()]
        runs = [_values(values, names, kinds) for values in statement.runs]
        if prepared.get_attributes() and len(runs) == 1:
            return await _rows(prepared, runs[0], statement)
        changed = 0
        for values in runs:
            await prepared.fetch(*values)
            changed += _count(prepared.get_statusmsg() or "")
        return Found([], changed)


def _is_named(statement: Statement) -> bool:
    return any(isinstance(values, dict) for values in statement.runs)


def _values(values: JSON, names: tuple[str, ...], kinds: list[str]) -> list[Any]:
    if isinstance(values, dict):
        missing = [name for name in names if name not in values]
        if missing:
            raise ValueError(f"params: the statement reads :{missing[0]}, which isn't given")
        values = [values[name] for name in names]
    given = values if isinstance(values, list) else []
    if len(given) != len(kinds):
        raise ValueError(f"params: the statement has {len(kinds)} parameters, and {len(given)} are given")
    return [_value(place, value, kind) for place, (value, kind) in enumerate(zip(given, kinds, strict=True), 1)]


def _value(place: int, value: JSON, kind: str) -> Any:
    try:
        return for_type(value, kind)
    except (ValueError, TypeError, ArithmeticError):
        raise ValueError(f"params: parameter {place} isn't a {kind}") from None


async def _rows(prepared: "PreparedStatement[Any]", values: Sequence[Any], statement: Statement) -> Found:
    columns = prepared.get_attributes()
    is_json = [column.type.name in ("json", "jsonb") for column in columns]
    rows = Rows([column.name for column in columns], statement.max_rows, ROOM)
    cursor = await prepared.cursor(*values)
    while records := await cursor.fetch(min(_AT_ONCE, statement.max_rows + 1)):
        for record in records:
            pairs = zip(record.values(), is_json, strict=True)
            if not rows.add([from_json_column(value) if kind else portable(value) for value, kind in pairs]):
                return Found(rows.items, len(rows.items), True)
    return Found(rows.items, len(rows.items))


def _count(status: str) -> int:
    """How many rows ``INSERT 0 5`` or ``UPDATE 5`` tells of."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _failure(error: asyncpg.PostgresError, statement: Statement) -> SqlFailed:
    code = str(getattr(error, "sqlstate", "") or "")
    if code == "25006" and not statement.write:
        return read_only()
    if code == "57014":
        return SqlFailed("timeout", "the statement was stopped: its time was over", final=False, code=code)
    kind = "connection" if code.startswith(("08", "57P")) else "sql"
    final = not code.startswith(_RETRYABLE) and code not in _RETRYABLE_CODES
    # The first line alone: details quote the values of rows.
    return SqlFailed(kind, str(error).splitlines()[0] if str(error) else "refused", final=final, code=code)
