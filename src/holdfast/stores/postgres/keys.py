"""API keys: found by the hash of their secret with every request, and told now and then when they were last used."""

from typing import Final

from holdfast.model.access import ApiKey, KeyUses
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.stores.access_rows import api_key, encode_scopes
from holdfast.stores.postgres.part import Part

# tenants, memberships, users: primary keys. The account's row is locked, so that it can't go meanwhile and leave a key
# that holds. A key that is there already was made by an earlier try of this call.
ADD: Final = """
WITH place AS MATERIALIZED (
    SELECT t.id FROM tenants t WHERE t.id = $2 FOR KEY SHARE
), account AS MATERIALIZED (
    SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.tenant_id = $2 AND m.user_id = $6::uuid AND u.kind = 'service' FOR KEY SHARE
), made AS (
    INSERT INTO api_keys (id, tenant_id, name, role, scopes, user_id, instance_admin, secret_hash, created_by,
                          created_at, expires_at, revoked_at, used_at, used_from)
    SELECT $1, $2, $3, $4, $5::json, $6::uuid, $7, $8, $9, $10, $11, $12, $13, $14 FROM place
    WHERE $6::uuid IS NULL OR EXISTS (SELECT FROM account)
    ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM api_keys WHERE id = $1
"""
# users, tenants: primary keys
_SHOWN: Final = """
SELECT k.*, k.user_id IS NOT NULL AND (u.id IS NULL OR u.disabled_at IS NOT NULL) AS refused,
       t.suspended_at IS NOT NULL AS suspended
FROM api_keys k JOIN tenants t ON t.id = k.tenant_id LEFT JOIN users u ON u.id = k.user_id
"""
# the unique index on secret_hash
FIND: Final = _SHOWN + "WHERE k.secret_hash = $1"
# api_keys_by_tenant, backwards
LIST: Final = _SHOWN + "WHERE k.tenant_id = $1 ORDER BY k.id DESC"
REVOKE: Final = """
UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE tenant_id = $1 AND id = $2 RETURNING id
"""
# api_keys: primary key, in its order
NOTE_USES: Final = """
WITH used AS MATERIALIZED (
    SELECT k.id, given.at, given.address
    FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS given (id, at, address) JOIN api_keys k ON k.id = given.id
    WHERE k.used_at IS NULL OR k.used_at < given.at
    ORDER BY k.id FOR NO KEY UPDATE OF k
)
UPDATE api_keys k SET used_at = used.at, used_from = used.address FROM used WHERE k.id = used.id
"""


class Keys(Part):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None:
        rows = await self._db.fetch(
            ADD,
            *(key.id, key.tenant, key.name, key.role, encode_scopes(key.scopes), key.user_id, key.instance_admin),
            *(secret_hash, key.created_by, key.created_at, key.expires_at, key.revoked_at, key.used_at, key.used_from),
        )
        if not rows:
            raise NotFound(f"no tenant {key.tenant}, or no such service account of it")

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None:
        row = await self._db.first(FIND, secret_hash)
        return None if row is None else api_key(row)

    async def list_api_keys(self, tenant: str) -> list[ApiKey]:
        """Newest first."""
        return [api_key(row) for row in await self._db.seen(LIST, tenant)]

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None:
        """Raises ``NotFound``. A key that was revoked before keeps its time."""
        if not is_id(key_id) or not await self._db.fetch(REVOKE, tenant, key_id, now):
            raise NotFound(f"no API key {key_id}")

    async def note_key_uses(self, uses: KeyUses) -> None:
        if uses:
            ids = sorted(uses)
            await self._db.fetch(NOTE_USES, ids, [uses[key].at for key in ids], [uses[key].address for key in ids])
