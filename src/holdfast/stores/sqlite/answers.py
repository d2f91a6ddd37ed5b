"""The ``AnswerStore`` part of the port on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.model.records import StoredAnswer
from holdfast.stores.codec import decode, decode_texts, encode
from holdfast.stores.sqlite.session import Session

# primary key
_FIND_ANSWER: Final = """
SELECT fingerprint, object_ids, status, answer FROM dedupe
WHERE tenant_id = ? AND scope = ? AND key = ? AND expires_at > ?"""
_SAVE_ANSWER: Final = """
UPDATE dedupe SET status = ?, answer = ? WHERE tenant_id = ? AND scope = ? AND key = ? AND status IS NULL"""
_REMEMBER: Final = "INSERT INTO instance (key, value) VALUES ('secret_digest', ?) ON CONFLICT (key) DO NOTHING"
_RECALL: Final = "SELECT value FROM instance WHERE key = 'secret_digest'"


class Answers(Session):
    async def find_answer(self, tenant: str, scope: str, key: str, now: Instant) -> StoredAnswer | None:
        row = await self._read(lambda db: db.execute(_FIND_ANSWER, (tenant, scope, key, now)).fetchone())
        if row is None:
            return None
        return StoredAnswer(row["fingerprint"], decode_texts(row["object_ids"]), row["status"], decode(row["answer"]))

    async def save_answer(self, tenant: str, scope: str, key: str, status: int, body: JSON) -> None:
        await self._write(lambda db: db.execute(_SAVE_ANSWER, (status, encode(body), tenant, scope, key)))

    async def instance_secret_check(self, digest: str) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            db.execute(_REMEMBER, (digest,))
            return bool(db.execute(_RECALL).fetchone()["value"] == digest)

        return await self._write(work)

    async def identity(self) -> str:
        return self.place

    async def instance_secret_known(self, digest: str) -> bool | None:
        row = await self._read(lambda db: db.execute(_RECALL).fetchone())
        return None if row is None else bool(row["value"] == digest)
