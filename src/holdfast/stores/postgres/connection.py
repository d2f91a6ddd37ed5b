"""The way to the database: a pool of connections, transactions, and what a driver's error means.

Every statement goes through ``Database``, so that no exception of the driver travels further: trouble with the
connection or the server's resources is ``Unavailable``, anything else a ``StatementRefused`` that names the SQL state
(a defect, not an outage). A deadlock or a serialisation failure rolls the whole transaction back and is tried again.

Plans must not depend on fresh statistics: a table that was empty when it was analysed and holds a million rows now
would be scanned from end to end. Sessions therefore prefer index look-ups in nested loops, which is right for every
statement here (few rows in, few rows out), and keep one generic plan per statement.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg

from holdfast.model.errors import Conflict, HoldfastError, Unavailable

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # generic for the type checker only
    Connection = asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool
Row = asyncpg.Record

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 10.0
CLOSE_TIMEOUT: Final = 5.0
STATEMENT_TIMEOUT: Final = 30.0
TRIES: Final = 8
PAUSE: Final = 0.02

# What the server does about a process that it can't hear any more: its locks must not outlive it for long. A statement
# ends at the latest after its caller has given up on it.
LIMITS: Final = {
    "idle_in_transaction_session_timeout": "15s",
    "lock_timeout": "10s",
    "statement_timeout": "35s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
SESSION: Final = {
    "application_name": "holdfast",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    **LIMITS,
}

DRIVER_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class TryAgain(Exception):
    """Raised inside a transaction that found the world changed since it looked: it is to begin again."""


_TRY_AGAIN: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, TryAgain)
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when a connection breaks in the middle of a message
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,  # this process stood still for too long
    asyncpg.PostgresSystemError,
    *_TRY_AGAIN,
)


class StatementRefused(HoldfastError):
    """The database refused a statement for a reason that no repetition cures."""


class Database:
    """A pool of connections. Nothing is connected before ``open``."""

    def __init__(self, url: str, pool_size: int) -> None:
        self.url = url
        self._size = pool_size
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Raises ``Unavailable``."""
        if self._pool is None:
            with translated():
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=self._size,
                    timeout=CONNECT_TIMEOUT,
                    command_timeout=STATEMENT_TIMEOUT,
                    statement_cache_size=400,
                    max_cached_statement_lifetime=0,
                    max_inactive_connection_lifetime=0,
                    server_settings=SESSION,
                    init=set_codecs,
                    reset=_keep_session,
                )

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await pool.close()
            except DRIVER_ERRORS:
                pool.terminate()

    async def fetch(self, statement: str, *values: Any) -> list[Row]:
        """One statement, one transaction."""

        async def once(connection: Connection) -> list[Row]:
            return await connection.fetch(statement, *values)

        return await self._run(once)

    async def first(self, statement: str, *values: Any) -> Row | None:
        rows = await self.fetch(statement, *values)
        return rows[0] if rows else None

    async def value(self, statement: str, *values: Any) -> Any:
        rows = await self.fetch(statement, *values)
        return rows[0][0] if rows else None

    async def transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """``work`` in one transaction; it may run again from its start, so it must not keep state outside."""

        async def once(connection: Connection) -> T:
            async with connection.transaction():
                return await work(connection)

        return await self._run(once)

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        for remaining in reversed(range(TRIES)):
            try:
                async with self._connection() as connection:
                    return await work(connection)
            except _TRY_AGAIN as error:
                if remaining == 0:
                    raise Unavailable("the database keeps refusing this transaction; try again") from error
                # Those that collided must not come back in step; each further time they stand further apart.
                await asyncio.sleep(random.random() * PAUSE * (TRIES - remaining))
            except asyncpg.InvalidCachedStatementError as error:
                # The schema changed under a prepared statement; the driver has dropped it, so once more is enough.
                if remaining == 0:
                    raise Unavailable("the database's schema is changing; try again") from error
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise Unavailable("the database is not open")
        asked = _asked_to_stop()
        try:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT) as connection:
                yield connection
        except (*_TRY_AGAIN, asyncpg.InvalidCachedStatementError):
            raise
        except DRIVER_ERRORS as error:
            if _asked_to_stop() > asked:
                # Rolling back or giving the connection back failed too, and that error came in the place of this one:
                # without it the task would never learn that it was cancelled, and whoever waits for its end never ends.
                raise asyncio.CancelledError from error
            raise meaning(error) from error


class translated:  # noqa: N801  (reads as a phrase: with translated())
    """Turns a driver's error inside its block into what it means."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DRIVER_ERRORS):
            raise meaning(error) from error


def meaning(error: BaseException) -> HoldfastError:
    """What a driver's error means to a caller. The message holds no value of a row."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("an id or a key of this is taken already")
    # The driver's own complaint about an argument is an InterfaceError and a ValueError at once.
    if isinstance(error, ValueError) or not isinstance(error, _AWAY):
        state = getattr(error, "sqlstate", None) or "none"
        return StatementRefused(f"the database refused a statement ({type(error).__name__}, SQL state {state})")
    return Unavailable(f"the database can't be reached ({type(error).__name__})")


def _asked_to_stop() -> int:
    """How often the running task was cancelled so far."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


async def set_codecs(connection: Any) -> None:
    """Ids travel as text, as the rest of the program knows them."""
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str, format="text")


async def _keep_session(connection: Any) -> None:
    """No statement here changes its session, so a connection needs no round trip when it is given back."""
