"""Sealed values of all tables, and the values that the instance keeps of itself, on SQLite."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

from holdfast.ports.sealed import SealedKind, SealedValue
from holdfast.stores.sealed_rows import PLACES, sealed_value
from holdfast.stores.sqlite.session import Session

# Whole tables are read, in portions by primary key: a rotation is rare.
_LIST: Final = {
    kind: f"""
SELECT * FROM {place.table} WHERE {place.column} IS NOT NULL AND substr({place.column}, 1, ?) <> ? AND id > ?
ORDER BY id LIMIT ?"""
    for kind, place in PLACES.items()
}
_RESEAL: Final = {
    kind: f"UPDATE {place.table} SET {place.column} = ? WHERE id = ? AND {place.column} = ?"
    for kind, place in PLACES.items()
}
_READ: Final = "SELECT value FROM instance WHERE key = ?"
_KEEP: Final = "INSERT INTO instance (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
_REPLACE: Final = "UPDATE instance SET value = ? WHERE key = ? AND value = ?"


class Sealed(Session):
    async def list_sealed(self, kind: SealedKind, mark: bytes, after: str | None, limit: int) -> list[SealedValue]:
        given = (len(mark), mark, after or "", limit)
        rows = await self._read(lambda db: db.execute(_LIST[kind], given).fetchall())
        return [sealed_value(kind, row) for row in rows]

    async def reseal(self, values: Sequence[tuple[SealedValue, bytes]]) -> int:
        def work(db: sqlite3.Connection) -> int:
            return sum(
                db.execute(_RESEAL[value.kind], (new, value.row, value.sealed)).rowcount for value, new in values
            )

        return await self._write(work)

    async def instance_value(self, key: str) -> str | None:
        return await self._read(lambda db: _kept(db, key))

    async def keep_instance_value(self, key: str, value: str) -> str:
        def work(db: sqlite3.Connection) -> str:
            db.execute(_KEEP, (key, value))
            return _kept(db, key) or value

        return await self._write(work)

    async def replace_instance_value(self, key: str, known: Collection[str], value: str) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            return any(db.execute(_REPLACE, (value, key, one)).rowcount for one in known)

        return await self._write(work)


def _kept(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute(_READ, (key,)).fetchone()
    return None if row is None else str(row["value"])
