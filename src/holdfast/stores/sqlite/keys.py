"""API keys on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.access import ApiKey, KeyUses
from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.stores.access_rows import api_key, encode_scopes
from holdfast.stores.sqlite.session import Session

# primary keys. A key that is there already was made by an earlier try of this call.
_PLACE: Final = "SELECT 1 FROM tenants WHERE id = ?"
_ACCOUNT: Final = """
SELECT 1 FROM memberships m CROSS JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = ? AND m.user_id = ? AND u.kind = 'service'"""
_ADD: Final = """
INSERT INTO api_keys (id, tenant_id, name, role, scopes, user_id, instance_admin, secret_hash, created_by,
                      created_at, expires_at, revoked_at, used_at, used_from)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""
# primary keys
_SHOWN: Final = """
SELECT k.*, k.user_id IS NOT NULL AND (u.id IS NULL OR u.disabled_at IS NOT NULL) AS refused,
  t.suspended_at IS NOT NULL AS suspended
FROM api_keys k CROSS JOIN tenants t ON t.id = k.tenant_id LEFT JOIN users u ON u.id = k.user_id"""
# the unique index on secret_hash
_FIND: Final = f"{_SHOWN} WHERE k.secret_hash = ?"
# api_keys_by_tenant, backwards
_LIST: Final = f"{_SHOWN} WHERE k.tenant_id = ? ORDER BY k.id DESC"
_REVOKE: Final = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND tenant_id = ?"
# primary key
_NOTE_USE: Final = """
UPDATE api_keys SET used_at = ?1, used_from = ?2 WHERE id = ?3 AND (used_at IS NULL OR used_at < ?1)"""


class Keys(Session):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None:
        def work(db: sqlite3.Connection) -> None:
            if db.execute(_PLACE, (key.tenant,)).fetchone() is None:
                raise NotFound(f"no tenant {key.tenant}")
            if key.user_id is not None and db.execute(_ACCOUNT, (key.tenant, key.user_id)).fetchone() is None:
                raise NotFound(f"no service account {key.user_id}")
            db.execute(_ADD, row)

        row = (
            *(key.id, key.tenant, key.name, key.role, encode_scopes(key.scopes), key.user_id, key.instance_admin),
            *(secret_hash, key.created_by, key.created_at, key.expires_at, key.revoked_at, key.used_at, key.used_from),
        )
        await self._write(work)

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None:
        row = await self._read(lambda db: db.execute(_FIND, (secret_hash,)).fetchone())
        return None if row is None else api_key(row)

    async def list_api_keys(self, tenant: str) -> list[ApiKey]:
        """Newest first."""
        return await self._read(lambda db: [api_key(row) for row in db.execute(_LIST, (tenant,))])

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None:
        """Raises ``NotFound``. A key that was revoked before keeps its time."""
        if await self._write(lambda db: db.execute(_REVOKE, (now, key_id, tenant)).rowcount) == 0:
            raise NotFound(f"no API key {key_id}")

    async def note_key_uses(self, uses: KeyUses) -> None:
        if uses:
            rows = [(use.at, use.address, key) for key, use in uses.items()]
            await self._write(lambda db: db.executemany(_NOTE_USE, rows))
