"""Inserting jobs in your own transaction: ``commit`` makes them exist, ``rollback`` makes them never have been.

::

    with engine.begin() as connection:                  # SQLAlchemy; or psycopg, asyncpg, sqlite3, aiosqlite
        connection.execute(insert(orders).values(...))
        holdfast.enqueue(connection, send_invoice, {"order": 7})

Your tables and Holdfast's are in one database, and the connection finds Holdfast's by their bare names (on PostgreSQL:
its schema is in the ``search_path``). On PostgreSQL a worker is woken at the commit; on SQLite it looks within 200 ms.

What needs an answer from the store while your transaction is still open (``unique_key``, ``debounce``,
``concurrency_key``) is refused: it would make other people's transactions wait for yours.

Whatever is wrong with a job is ``holdfast.Invalid``, which names each field and rule; then nothing was written.
"""

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Unpack

from holdfast.engine.drafts import JobDraft, new_job, problems_with
from holdfast.http.body import MAX_BODY, understood
from holdfast.http.schemas.jobs import JobIn
from holdfast.model.errors import HoldfastError, Invalid, Problem
from holdfast.model.job import NewJob
from holdfast.sdk.work import TITLE, JobOptions, Work, job_body
from holdfast.stores.enqueued import enqueued
from holdfast.stores.postgres.enqueue import ENQUEUE as POSTGRES
from holdfast.stores.sqlite.enqueue import ENQUEUE as SQLITE
from holdfast.system import SystemClock, SystemEntropy

_TENANT: Final = "default"
_REFUSED: Final = (
    "unique_key",
    "unique_window",
    "unique_states",
    "debounce",
    "concurrency_key",
    "concurrency_limit",
    "rate",
)
_KNOWN: Final = "SELECT 1 FROM tenants WHERE id = {tenant}"
# How the databases say that a table or column isn't there.
_ABSENT: Final = frozenset({"42P01", "42703"})
_ABSENT_ON_SQLITE: Final = ("no such table", "no such column", "has no column named")
_clock: Final = SystemClock()
_entropy: Final = SystemEntropy()


class NoTables(HoldfastError):
    """The connection doesn't find Holdfast's tables. On PostgreSQL the transaction is lost, as after any error."""


def enqueue(
    connection: Any, work: Work, args: Any = None, *, tenant: str = _TENANT, **options: Unpack[JobOptions]
) -> str:
    """Inserts a job with ``connection``'s transaction; its id.

    ``connection``: a SQLAlchemy ``Connection`` or ``Session``, a psycopg or ``sqlite3`` connection. Raises
    ``TypeError`` for anything else, ``Invalid`` for a job that can't be, ``ValueError`` on SQLite for a connection that
    would commit each statement by itself, ``NoTables`` when Holdfast's tables aren't there.
    """
    driver = _driver(connection)
    if driver in ("asyncpg", "aiosqlite") or _is_async(connection):
        raise TypeError("this connection is async: use `await holdfast.enqueue_async(connection, …)`")
    job = _job(work, args, tenant, options)
    jobs = _written(job)
    with _tables():
        if driver == "sqlalchemy":
            _run_sqlalchemy(connection, tenant, jobs)
        elif driver == "psycopg":
            _check_known(tenant, connection.execute(_KNOWN.replace("{tenant}", "%s"), (tenant,)).fetchone())
            connection.execute(POSTGRES.replace("{jobs}", "%s"), (jobs,))
        else:
            _check_open(connection)
            _check_known(tenant, connection.execute(_KNOWN.replace("{tenant}", "?"), (tenant,)).fetchone())
            for statement in SQLITE:
                connection.execute(statement.replace("{jobs}", "?"), (jobs,))
    return job.id


async def enqueue_async(
    connection: Any, work: Work, args: Any = None, *, tenant: str = _TENANT, **options: Unpack[JobOptions]
) -> str:
    """As ``enqueue``, on an async connection of SQLAlchemy (or its ``AsyncSession``), asyncpg, psycopg or aiosqlite."""
    driver = _driver(connection)
    if driver == "sqlite3" or (driver in ("sqlalchemy", "psycopg") and not _is_async(connection)):
        raise TypeError("this connection is not async: use `holdfast.enqueue(connection, …)`")
    job = _job(work, args, tenant, options)
    jobs = _written(job)
    with _tables():
        await _run_async(connection, driver, tenant, jobs)
    return job.id


async def _run_async(connection: Any, driver: str, tenant: str, jobs: str) -> None:
    if driver == "sqlalchemy":
        await connection.run_sync(lambda plain: _run_sqlalchemy(plain, tenant, jobs))
    elif driver == "psycopg":
        known = await connection.execute(_KNOWN.replace("{tenant}", "%s"), (tenant,))
        _check_known(tenant, await known.fetchone())
        await connection.execute(POSTGRES.replace("{jobs}", "%s"), (jobs,))
    elif driver == "asyncpg":
        _check_known(tenant, await connection.fetchrow(_KNOWN.replace("{tenant}", "$1"), tenant))
        await connection.execute(POSTGRES.replace("{jobs}", "$1"), jobs)
    else:
        _check_open(connection)
        known = await connection.execute(_KNOWN.replace("{tenant}", "?"), (tenant,))
        _check_known(tenant, await known.fetchone())
        for statement in SQLITE:
            await connection.execute(statement.replace("{jobs}", "?"), (jobs,))


def draft_of(body: Mapping[str, Any]) -> JobDraft:
    """A job as the API reads it. Raises ``Invalid`` as the API refuses it."""
    try:
        return understood(JobIn, dict(body)).draft()
    except Invalid as error:
        raise Invalid(error.problems, TITLE) from None


def _job(work: Work, args: Any, tenant: str, options: JobOptions) -> NewJob:
    refused = [
        Problem(name, "can't be decided inside your own transaction")
        for name in _REFUSED
        if options.get(name) is not None
    ]
    if refused:
        raise Invalid(refused, "The job can't be inserted this way; use holdfast.Client")
    draft = draft_of(job_body(work, args, **options))
    now = _clock.now()
    if problems := problems_with([draft], now):
        raise Invalid(problems, TITLE)
    return new_job(_entropy.new_id(now), tenant, draft, str(uuid.uuid4()), now)


def _written(job: NewJob) -> str:
    """The statement's parameter. Raises ``Invalid`` for a job that the API would take for too large, too."""
    jobs = enqueued([job])
    if len(jobs) > MAX_BODY:
        raise Invalid([Problem("payload", f"is too large; a job has at most {MAX_BODY // 1024} KiB")], TITLE)
    return jobs


def _driver(connection: Any) -> str:
    """By the class's module, so that no driver is imported that the program doesn't use."""
    known = ("sqlalchemy", "psycopg", "asyncpg", "aiosqlite", "sqlite3")
    for kind in type(connection).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in known:
            return root
    raise TypeError(f"a {type(connection).__name__} is no connection that jobs can be inserted with; see the docstring")


def _is_async(connection: Any) -> bool:
    """Also for a class of your own that comes from an async one."""
    return any(kind.__name__.lower().startswith("async") for kind in type(connection).__mro__)


@contextmanager
def _tables() -> Iterator[None]:
    """Raises ``NoTables`` for the driver's error that tells of a table or column that isn't there."""
    try:
        yield
    except Exception as error:
        if not _is_absent(getattr(error, "orig", None) or error):
            raise
        raise NoTables(
            "this connection finds no Holdfast tables, or those of another version: run `holdfast migrate` with this "
            "database, or (on PostgreSQL) have the search_path name the schema that they are in"
        ) from error


def _is_absent(error: BaseException) -> bool:
    """``error``: of a driver, below SQLAlchemy's."""
    told = any(words in str(error) for words in _ABSENT_ON_SQLITE)
    return getattr(error, "sqlstate", None) in _ABSENT or (type(error).__name__ == "OperationalError" and told)


def _check_known(tenant: str, row: Any) -> None:
    """``row``: of ``_KNOWN``. A job of a tenant that isn't there would run, and nobody could see it."""
    if row is None:
        raise Invalid([Problem("tenant", f"there is no tenant with the id {tenant}")], "The job can't be inserted")


def _check_open(connection: Any) -> None:
    """On SQLite a job is several statements. Raises ``ValueError`` where each would commit by itself."""
    alone = connection.isolation_level is None or getattr(connection, "autocommit", None) is True
    if alone and not connection.in_transaction:
        raise ValueError("this connection is in autocommit mode: begin a transaction, with which the job is to exist")


def _run_sqlalchemy(connection: Any, tenant: str, jobs: str) -> None:
    """On a plain ``Connection`` or ``Session``."""
    text: Callable[[str], Any] = sys.modules["sqlalchemy"].text
    connection = connection.connection() if hasattr(connection, "get_bind") else connection  # of a session
    dialect = connection.dialect.name
    statements: Sequence[str] = (POSTGRES,) if dialect == "postgresql" else SQLITE if dialect == "sqlite" else ()
    if not statements:
        raise TypeError(f"Holdfast's tables can't be in a {dialect} database")
    if dialect == "sqlite":
        _check_open(connection.connection.driver_connection)
    known = connection.execute(text(_KNOWN.replace("{tenant}", ":tenant")), {"tenant": tenant})
    _check_known(tenant, known.fetchone())
    for statement in statements:
        connection.execute(text(statement.replace("{jobs}", ":jobs")), {"jobs": jobs})
