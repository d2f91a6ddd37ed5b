"""Bringing the schema up to date: missing migrations in order, each in its own transaction, under one lock.

The lock is a session's advisory lock, so a second process waits and then finds nothing to do; it falls away with its
connection. Migrations run on a connection of their own, with plain planner settings and no statement timeout.
"""

from typing import Any, Final

import asyncpg
import structlog

from holdfast.stores.migrations import Migration, missing, shipped
from holdfast.stores.postgres.connection import CONNECT_TIMEOUT, translated
from holdfast.stores.postgres.net import spread
from holdfast.stores.postgres.part import Part

_log = structlog.get_logger("holdfast.stores.postgres")

PACKAGE: Final = "holdfast.stores.postgres"
# Any number that no other program uses in this database: "holdfast" in ASCII.
LOCK: Final = 0x686F6C6466617374

ADD_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text COLLATE "C" PRIMARY KEY, applied_at bigint NOT NULL, checksum text NOT NULL
)
"""
HAS_TABLE: Final = "SELECT to_regclass('schema_migrations') IS NOT NULL"
APPLIED: Final = "SELECT name, checksum FROM schema_migrations"
RECORD: Final = """
INSERT INTO schema_migrations (name, applied_at, checksum)
VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $2)
"""


class Migrate(Part):
    async def migrate(self) -> list[str]:
        with translated():
            connection = await asyncpg.connect(self._db.url, timeout=CONNECT_TIMEOUT)
            try:
                await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
                await connection.execute(ADD_TABLE)
                todo = await _todo(connection)
                for migration in todo:
                    await _apply(connection, migration)
                if not await spread(connection):
                    _log.warning("row-level security is off: this user may not make the role for it")
            finally:
                await connection.close(timeout=CONNECT_TIMEOUT)
        return [migration.name for migration in todo]

    async def pending_migrations(self) -> list[str]:
        if not await self._db.value(HAS_TABLE):
            return [migration.name for migration in shipped(PACKAGE)]
        return [migration.name for migration in await _todo(self._db)]


async def _todo(source: Any) -> list[Migration]:
    applied = {row["name"]: row["checksum"] for row in await source.fetch(APPLIED)}
    return missing(shipped(PACKAGE), applied)


async def _apply(connection: Any, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(RECORD, migration.name, migration.checksum)
