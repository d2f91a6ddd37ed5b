"""What was answered before (idempotency keys), whether the secret key is the right one, and which store this is."""

from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.model.records import StoredAnswer
from holdfast.stores.codec import decode, decode_texts, encode
from holdfast.stores.postgres.part import Part

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


class Answers(Part):
    async def find_answer(self, tenant: str, scope: str, key: str, now: Instant) -> StoredAnswer | None:
        row = await self._db.seen_first(FIND_ANSWER, tenant, scope, key, now)
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
