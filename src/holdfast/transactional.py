"""Inserting jobs in your own transaction: ``commit`` makes them exist, ``rollback`` makes them never have been.

::

    with engine.begin() as connection:                  # SQLAlchemy; or psycopg, asyncpg, sqlite3, aiosqlite
        connection.execute(insert(orders).values(...))
        holdfast.enqueue(connection, send_invoice, {"order": 7})

Your tables and Holdfast's are in one database, and the connection finds Holdfast's by their bare names (on PostgreSQL:
its schema is in the ``search_path``). On PostgreSQL a worker is woken at the commit; on SQLite it looks within 200 ms.

What needs an answer from the store while your transaction is still open (``unique_key``, ``debounce``,
``concurrency_key``) is refused: it would make other people's transactions wait for yours.
"""

import sys
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Unpack

from holdfast.engine.drafts import new_job, problems_with
from holdfast.http.body import MAX_BODY
from holdfast.http.schemas.jobs import JobIn
from holdfast.model.errors import Invalid, Problem
from holdfast.model.job import NewJob
from holdfast.sdk.work import JobOptions, Work, job_body
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
_clock: Final = SystemClock()
_entropy: Final = SystemEntropy()


def enqueue(
    connection: Any, work: Work, args: Any = None, *, tenant: str = _TENANT, **options: Unpack[JobOptions]
) -> str:
    """Inserts a job with ``connection``'s transaction; its id.

    ``connection``: a SQLAlchemy ``Connection`` or ``Session``, a psycopg or ``sqlite3`` connection. Raises
    ``TypeError`` for anything else, ``Invalid`` or ``ValueError`` for a job that can't be, ``ValueError`` on SQLite for
    a connection that would commit each statement by itself.
    """
    driver = _driver(connection)
    if driver in ("asyncpg", "aiosqlite") or _is_async(connection):
        raise TypeError("this connection is async: use `await holdfast.enqueue_async(connection, …)`")
    job = _job(work, args, tenant, options)
    jobs = _written(job)
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
    return job.id


def _job(work: Work, args: Any, tenant: str, options: JobOptions) -> NewJob:
    refused = [Problem(name, "can't be decided inside your own transaction") for name in _REFUSED if name in options]
    if refused:
        raise Invalid(refused, "The job can't be inserted this way; use holdfast.Client")
    draft = JobIn.model_validate(job_body(work, args, **options)).draft()
    now = _clock.now()
    if problems := problems_with([draft], now):
        raise Invalid(problems, "The job is not valid")
    return new_job(_entropy.new_id(now), tenant, draft, str(uuid.uuid4()), now)


def _written(job: NewJob) -> str:
    """The statement's parameter. Raises ``Invalid`` for a job that the API would take for too large, too."""
    jobs = enqueued([job])
    if len(jobs) > MAX_BODY:
        raise Invalid([Problem("payload", f"is too large; a job has at most {MAX_BODY // 1024} KiB")], "Too large")
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
