"""Who may come in (API keys), what was answered before (idempotency keys), whether the secret key is the right one."""

from typing import Final

import asyncpg

from holdfast.model.access import ApiKey
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.model.records import StoredAnswer
from holdfast.stores.codec import decode, decode_texts, encode
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.rows import api_key

ADD_KEY: Final = """
INSERT INTO api_keys (id, tenant_id, name, role, instance_admin, secret_hash, created_at, expires_at, revoked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
"""
# api_keys: unique index on secret_hash
FIND_KEY: Final = "SELECT * FROM api_keys WHERE secret_hash = $1"
LIST_KEYS: Final = "SELECT * FROM api_keys WHERE tenant_id = $1 ORDER BY id"
REVOKE_KEY: Final = """
UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE tenant_id = $1 AND id = $2 RETURNING id
"""
HAS_OWNER: Final = "SELECT EXISTS (SELECT FROM api_keys WHERE role = 'owner' AND revoked_at IS NULL)"

# A dump restored elsewhere is another store; a standby that takes over is the same.
IDENTITY: Final = """
SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid FROM pg_database
WHERE datname = current_database()
"""

# dedupe: primary key
FIND_ANSWER: Final = """
SELECT fingerprint, object_ids, status, answer FROM dedupe
WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND expires_at > $4
"""
SAVE_ANSWER: Final = """
UPDATE dedupe SET status = $4, answer = $5::json WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND status IS NULL
"""

REMEMBER_SECRET: Final = """
INSERT INTO instance (key, value) VALUES ('secret_digest', $1) ON CONFLICT (key) DO NOTHING
"""
READ_SECRET: Final = "SELECT value FROM instance WHERE key = 'secret_digest'"


class Access(Part):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None:
        async def work(connection: Connection) -> None:
            try:
                await connection.fetch(
                    ADD_KEY,
                    key.id,
                    key.tenant,
                    key.name,
                    key.role,
                    key.instance_admin,
                    secret_hash,
                    key.created_at,
                    key.expires_at,
                    key.revoked_at,
                )
            except asyncpg.ForeignKeyViolationError:
                raise NotFound(f"no tenant {key.tenant}") from None

        await self._db.transact(work)

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None:
        row = await self._db.first(FIND_KEY, secret_hash)
        return None if row is None else api_key(row)

    async def list_api_keys(self, tenant: str) -> list[ApiKey]:
        return [api_key(row) for row in await self._db.fetch(LIST_KEYS, tenant)]

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None:
        """Raises ``NotFound``. A key that was revoked before keeps its time."""
        if not is_id(key_id) or not await self._db.fetch(REVOKE_KEY, tenant, key_id, now):
            raise NotFound(f"no API key {key_id}")

    async def has_owner(self) -> bool:
        return bool(await self._db.value(HAS_OWNER))

    async def find_answer(self, tenant: str, scope: str, key: str, now: Instant) -> StoredAnswer | None:
        row = await self._db.first(FIND_ANSWER, tenant, scope, key, now)
        if row is None:
            return None
        return StoredAnswer(row["fingerprint"], decode_texts(row["object_ids"]), row["status"], decode(row["answer"]))

    async def save_answer(self, tenant: str, scope: str, key: str, status: int, body: JSON) -> None:
        await self._db.fetch(SAVE_ANSWER, tenant, scope, key, status, encode(body))

    async def instance_secret_check(self, digest: str) -> bool:
        await self._db.fetch(REMEMBER_SECRET, digest)
        return bool(await self._db.value(READ_SECRET) == digest)

    async def identity(self) -> str:
        return str(await self._db.value(IDENTITY))

    async def instance_secret_known(self, digest: str) -> bool | None:
        known = await self._db.value(READ_SECRET)
        return None if known is None else bool(known == digest)
