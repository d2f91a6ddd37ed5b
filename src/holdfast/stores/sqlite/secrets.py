"""Sealed secrets on SQLite."""

import sqlite3
from collections.abc import Collection
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.secret import SealedSecret
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.secret_rows import sealed_secret, secret_columns
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Session

# secrets_by_name
_SELECT: Final = "SELECT * FROM secrets INDEXED BY secrets_by_name WHERE tenant_id = ?"
_NAMED: Final = f"{_SELECT} AND name IN (SELECT value FROM json_each(?))"
_LIST: Final = f"{_SELECT} AND name > ? ORDER BY name LIMIT ?"
# A value is sealed for its id: one sealed for another than the tenant has under that name replaces nothing.
_PUT: Final = """
INSERT INTO secrets (id, tenant_id, name, sealed, type, hosts, kinds, description, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
ON CONFLICT (tenant_id, name) DO UPDATE
SET sealed = excluded.sealed, type = excluded.type, hosts = excluded.hosts, kinds = excluded.kinds,
  description = excluded.description, updated_at = excluded.updated_at
WHERE id = excluded.id AND (?10 IS NULL OR sealed = ?10)"""
_DELETE: Final = "DELETE FROM secrets WHERE tenant_id = ? AND name = ?"


class Secrets(Session):
    async def put_secret(self, secret: SealedSecret, now: Instant, seen: bytes | None = None) -> SealedSecret:
        """What is kept now. Its id is another when somebody else made the secret meanwhile."""

        def work(db: sqlite3.Connection) -> SealedSecret:
            db.execute(_PUT, (*secret_columns(secret), now, seen))
            return _named(db, secret.tenant, [secret.name])[secret.name]

        return await self._write(work)

    async def get_secrets(self, tenant: str, names: Collection[str]) -> dict[str, SealedSecret]:
        return await self._read(lambda db: _named(db, tenant, names))

    async def list_secrets(self, tenant: str, cursor: str | None, limit: int) -> Page[SealedSecret]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(_LIST, (tenant, after, limit + 1)).fetchall())
        items = tuple(sealed_secret(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

    async def delete_secret(self, tenant: str, name: str) -> None:
        if await self._write(lambda db: db.execute(_DELETE, (tenant, name)).rowcount) == 0:
            raise NotFound(f"no secret {name}")


def _named(db: sqlite3.Connection, tenant: str, names: Collection[str]) -> dict[str, SealedSecret]:
    rows = db.execute(_NAMED, (tenant, id_list(names)))
    return {row["name"]: sealed_secret(row) for row in rows}
