"""Applying migrations to a SQLite file: all missing ones in one write transaction, which is the lock."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from holdfast.model.instant import Instant
from holdfast.stores.migrations import Migration, missing, shipped

_PACKAGE: Final = "holdfast.stores.sqlite"
_RECORD: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL, checksum TEXT NOT NULL
) WITHOUT ROWID"""
_EXISTS: Final = "SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'"
_APPLIED: Final = "SELECT name, checksum FROM schema_migrations"
_ADD: Final = "INSERT INTO schema_migrations (name, applied_at, checksum) VALUES (?, ?, ?)"


def pending(db: sqlite3.Connection) -> list[Migration]:
    """What isn't applied yet. Raises ``Conflict`` for a schema that isn't ours to change."""
    applied: dict[str, str] = {}
    if db.execute(_EXISTS).fetchone() is not None:
        applied = {row["name"]: row["checksum"] for row in db.execute(_APPLIED)}
    return missing(shipped(_PACKAGE), applied)


def migrate(db: sqlite3.Connection, now: Instant) -> list[str]:
    """Within a write transaction; the names of what was applied."""
    db.execute(_RECORD)
    migrations = pending(db)
    for migration in migrations:
        for statement in statements(migration.sql):
            db.execute(statement)
        db.execute(_ADD, (migration.name, now, migration.checksum))
    return [migration.name for migration in migrations]


def statements(script: str) -> Iterator[str]:
    """The statements of a script; the driver's own ``executescript`` would commit first."""
    lines: list[str] = []
    for line in script.splitlines(keepends=True):
        lines.append(line)
        text = "".join(lines)
        if sqlite3.complete_statement(text):
            yield text
            lines.clear()
