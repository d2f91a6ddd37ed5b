"""The way to the database: a pool of connections, transactions, and what a driver's error means.

Every statement goes through ``Database``, so that no exception of the driver travels further: trouble with the
connection or the server's resources is ``Unavailable``, anything else a ``StatementRefused`` that names the SQL state
(a defect, not an outage). A deadlock or a serialisation failure rolls the whole transaction back and is tried again.

A connection can fall silent: the other side is gone and nobody says so. Whoever gives a statement up, because it was
cancelled or took too long, leaves the server a moment to confirm that; a connection on which nothing comes back is
ended. After a statement that took too long, so is what was lent for long by then, and what nobody uses: all of them may
be as silent, and each would cost its next user the whole patience. A cancelled one says nothing about others: a server
that has much to do confirms late. What is cancelled therefore ends soon, whatever the network does.

Plans must not depend on fresh statistics: a table that was empty when it was analysed and holds a million rows now
would be scanned from end to end. Sessions therefore prefer index look-ups in nested loops, which is right for every
statement here (few rows in, few rows out), and keep one generic plan per statement.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

import asyncpg
import structlog

from holdfast.model.errors import Conflict, HoldfastError, Unavailable
from holdfast.ports.behalf import reads_for
from holdfast.stores.postgres.sql import net

_log = structlog.get_logger("holdfast.stores.postgres")

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # generic for the type checker only
    Connection = asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool
Row = asyncpg.Record

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 10.0
CLOSE_TIMEOUT: Final = 1.0
STATEMENT_TIMEOUT: Final = 30.0
# For what takes milliseconds and is repeated or reconciled where its answer is lost.
PROMPT: Final = 10.0
# How long the server may take to confirm that a statement was given up.
CONFIRMATION: Final = 1.0
# What was lent so long ago when another connection turns out to be silent is given up with it.
LENT_LONG: Final = 5.0
TRIES: Final = 8
# How many connections read on behalf of tenants (``net``), made as they are needed.
READERS: Final = 4
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
# Why a statement may still be under way on a connection.
_GIVEN_UP: Final = (TimeoutError, asyncio.CancelledError)
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


class _Pooled(asyncpg.Connection[Row] if TYPE_CHECKING else asyncpg.Connection):  # type: ignore[misc]
    """A connection of the pool. It knows since when it is lent (the loop's clock), and waits for a confirmation.

    ``limit``: the patience with what it is lent for. ``alone``: its end says nothing about other connections.
    """

    lent_at: float | None = None
    waiting: asyncio.TimerHandle | None = None
    limit: asyncio.Timeout | None = None
    alone: bool = False
    # For whom it reads, of those that are in the role of a tenant; None: not known.
    tenant: str | None = None

    def itself(self) -> "_Pooled":
        """Asked of the pool's proxy, which hands on what it doesn't know."""
        return self

    def lend(self, now: float) -> None:
        self.lent_at, self.limit, self.alone = now, None, False

    def give_back(self) -> None:
        self.lent_at = None
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def expect_confirmation(self, error: BaseException, silent: Callable[["_Pooled"], None]) -> None:
        """Calls ``silent`` unless the connection is given back soon; ``error``: why its statement was given up."""
        if self.waiting is None and not self.is_closed():
            late = isinstance(error, TimeoutError) or (self.limit is not None and self.limit.expired())
            self.alone = not late
            self.waiting = asyncio.get_running_loop().call_later(CONFIRMATION, silent, self)


class Database:
    """A pool of connections. Nothing is connected before ``open``."""

    def __init__(self, url: str, pool_size: int) -> None:
        self.url = url
        self._size = pool_size
        self._pool: Pool | None = None
        self._readers: Pool | None = None
        self._apart: bool | None = None
        self._made: WeakSet[_Pooled] = WeakSet()
        self._returns: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Raises ``Unavailable``."""
        if self._pool is None:
            with translated():
                self._pool = await self._new_pool(1, self._size, self._prepare)
                self._readers = await self._new_pool(0, READERS, self._prepare_reader)

    async def _new_pool(self, least: int, most: int, prepare: Callable[[Any], Coroutine[Any, Any, None]]) -> Pool:
        pool: Pool = await asyncpg.create_pool(
            self.url,
            min_size=least,
            max_size=most,
            timeout=CONNECT_TIMEOUT,
            command_timeout=STATEMENT_TIMEOUT,
            statement_cache_size=400,
            max_cached_statement_lifetime=0,
            max_inactive_connection_lifetime=0,
            server_settings=SESSION,
            connection_class=_Pooled,
            init=prepare,
            reset=_keep_session,
        )
        return pool

    async def close(self) -> None:
        pools, self._pool, self._readers = (self._pool, self._readers), None, None
        for pool in pools:
            if pool is not None:
                await _closed(pool)

    async def fetch(self, statement: str, *values: Any, patience: float | None = None) -> list[Row]:
        """One statement, one transaction. ``patience``: seconds, for what is to be given up sooner than others."""

        async def once(connection: Connection) -> list[Row]:
            return await connection.fetch(statement, *values)

        return await self._run(once, patience)

    async def first(self, statement: str, *values: Any) -> Row | None:
        """The row of a look-up by a key."""
        rows = await self.fetch(statement, *values, patience=PROMPT)
        return rows[0] if rows else None

    async def value(self, statement: str, *values: Any, patience: float | None = None) -> Any:
        rows = await self.fetch(statement, *values, patience=patience)
        return rows[0][0] if rows else None

    async def seen(self, statement: str, *values: Any, patience: float | None = None) -> list[Row]:
        """As ``fetch``, of what the tenant may see for whom this task reads (``ports.behalf``). Reads only."""
        tenant = reads_for()
        if tenant is None or not await self.keeps_tenants_apart():
            return await self.fetch(statement, *values, patience=patience)

        async def once(connection: Connection) -> list[Row]:
            await _read_for(connection, tenant)
            return await connection.fetch(statement, *values)

        return await self._run(once, patience, self._readers)

    async def seen_first(self, statement: str, *values: Any) -> Row | None:
        rows = await self.seen(statement, *values, patience=PROMPT)
        return rows[0] if rows else None

    async def seen_value(self, statement: str, *values: Any) -> Any:
        rows = await self.seen(statement, *values)
        return rows[0][0] if rows else None

    async def keeps_tenants_apart(self) -> bool:
        """Whether the second net is spread and this process may read under it; asked once."""
        if self._apart is None:
            covered = {row["tablename"] for row in await self.fetch(net.COVERED)}
            self._apart = bool(await self.value(net.MAY)) and covered >= set(net.conditions())
        return self._apart

    async def apart(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """``work`` on one connection; each of its statements is a transaction. It may run again from its start, so only
        the last one may write."""
        return await self._run(work, None)

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, patience: float | None = None) -> T:
        """``work`` in one transaction; it may run again from its start, so it must not keep state outside."""

        async def once(connection: Connection) -> T:
            pooled = _itself(connection)
            async with connection.transaction():
                try:
                    return await work(connection)
                except _GIVEN_UP as error:
                    # Before the transaction is rolled back, which waits for the server.
                    pooled.expect_confirmation(error, self._fell_silent)
                    raise

        return await self._run(once, patience)

    async def _run(
        self, work: Callable[[Connection], Awaitable[T]], patience: float | None, pool: Pool | None = None
    ) -> T:
        """On a connection of ``pool``, or of those that the engine uses."""
        for remaining in reversed(range(TRIES)):
            try:
                async with self._connection(pool) as connection, asyncio.timeout(patience) as limit:
                    _itself(connection).limit = limit
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
    async def _connection(self, pool: Pool | None) -> AsyncIterator[Connection]:
        pool = pool or self._pool
        if pool is None:
            raise Unavailable("the database is not open")
        asked = _asked_to_stop()
        try:
            async with self._lent(pool) as connection:
                yield connection
        except (*_TRY_AGAIN, asyncpg.InvalidCachedStatementError):
            raise
        except DRIVER_ERRORS as error:
            if _asked_to_stop() > asked:
                # Rolling back or giving the connection back failed too, and that error came in the place of this one:
                # without it the task would never learn that it was cancelled, and whoever waits for its end never ends.
                raise asyncio.CancelledError from error
            raise meaning(error) from error

    @asynccontextmanager
    async def _lent(self, pool: Pool) -> AsyncIterator[Connection]:
        connection = await pool.acquire(timeout=CONNECT_TIMEOUT)
        pooled = _itself(connection)
        pooled.lend(asyncio.get_running_loop().time())
        try:
            yield connection
        except BaseException as error:
            if isinstance(error, _GIVEN_UP):
                pooled.expect_confirmation(error, self._fell_silent)
            await self._return(pool, connection, pooled)
            raise
        pooled.give_back()
        await pool.release(connection)  # nothing is under way on it, so this waits for nobody

    async def _return(self, pool: Pool, connection: Connection, pooled: _Pooled) -> None:
        """Gives back what may still be busy, to the end, even where nobody waits for that any more."""
        if pooled.is_closed():
            self._give_up(pooled)
        returning = asyncio.create_task(_returned(pool, connection, pooled), name="connection-return")
        self._returns.add(returning)
        returning.add_done_callback(self._returns.discard)
        await asyncio.shield(returning)

    def _fell_silent(self, pooled: _Pooled) -> None:
        if pooled.is_closed():
            return
        _log.warning("a connection to the database fell silent; connecting anew")
        pooled.terminate()
        self._give_up(pooled)

    def _give_up(self, lost: _Pooled) -> None:
        """Ends what may be as lost as this one: what nobody uses, and what was lent long ago."""
        if lost.alone:
            return
        recent = asyncio.get_running_loop().time() - LENT_LONG
        for pooled in list(self._made):
            if pooled is not lost and not pooled.is_closed() and (pooled.lent_at is None or pooled.lent_at < recent):
                pooled.terminate()

    async def _prepare(self, connection: Any) -> None:
        try:
            await set_codecs(connection)
        except BaseException:
            connection.terminate()  # the pool would close it in order, and wait for the server
            raise
        self._made.add(connection)

    async def _prepare_reader(self, connection: Any) -> None:
        try:
            await connection.execute(net.BECOME_TENANT)
        except BaseException:
            connection.terminate()
            raise
        await self._prepare(connection)


async def _closed(pool: Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await pool.close()
    except DRIVER_ERRORS:
        pool.terminate()


async def _read_for(connection: Connection, tenant: str) -> None:
    """A connection stays with its tenant until another one reads: that costs a round trip only when it changes."""
    pooled = _itself(connection)
    if pooled.tenant != tenant:
        pooled.tenant = None  # until it is certain
        await connection.fetch(net.READ_FOR, tenant)
        pooled.tenant = tenant


def _itself(connection: Connection) -> _Pooled:
    """What stands behind the pool's proxy, which has nothing behind it any more once it was given back."""
    proxy: Any = connection
    itself: _Pooled = proxy.itself()
    return itself


async def _returned(pool: Pool, connection: Connection, pooled: _Pooled) -> None:
    with suppress(*DRIVER_ERRORS):  # the pool has ended it then; why it was given up is told already
        await pool.release(connection)
    pooled.give_back()


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
