"""The ``AccessStore`` and ``Mailbox`` parts of the port on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.access import ApiKey
from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.model.records import Mail, Page, StoredAnswer
from holdfast.stores.codec import decode, decode_cursor, decode_texts, encode, encode_cursor
from holdfast.stores.rows import api_key, mail
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Session

_ADD_KEY: Final = """
INSERT INTO api_keys (id, tenant_id, name, role, instance_admin, secret_hash, created_at, expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""
# the unique index on secret_hash
_FIND_KEY: Final = "SELECT * FROM api_keys WHERE secret_hash = ?"
# api_keys_tenant
_LIST_KEYS: Final = "SELECT * FROM api_keys WHERE tenant_id = ? ORDER BY id DESC"
_REVOKE: Final = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND tenant_id = ?"
_HAS_OWNER: Final = "SELECT 1 FROM api_keys WHERE role = 'owner' AND revoked_at IS NULL LIMIT 1"
# primary key
_FIND_ANSWER: Final = """
SELECT fingerprint, object_ids, status, answer FROM dedupe
WHERE tenant_id = ? AND scope = ? AND key = ? AND expires_at > ?"""
_SAVE_ANSWER: Final = """
UPDATE dedupe SET status = ?, answer = ? WHERE tenant_id = ? AND scope = ? AND key = ? AND status IS NULL"""
_REMEMBER: Final = "INSERT INTO instance (key, value) VALUES ('secret_digest', ?) ON CONFLICT (key) DO NOTHING"
_RECALL: Final = "SELECT value FROM instance WHERE key = 'secret_digest'"
_ADD_MAIL: Final = """
INSERT INTO mail (id, tenant_id, sender, recipients, subject, text, html, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING"""
# mail_tenant, backwards; by time, since a mail's id may be its job's idempotency key
_LIST_MAIL: Final = """
SELECT * FROM mail WHERE tenant_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?"""


class Access(Session):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None:
        row = (key.id, key.tenant, key.name, key.role, key.instance_admin, secret_hash)
        times = (key.created_at, key.expires_at, key.revoked_at)
        await self._write(lambda db: db.execute(_ADD_KEY, (*row, *times)))

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None:
        row = await self._read(lambda db: db.execute(_FIND_KEY, (secret_hash,)).fetchone())
        return None if row is None else api_key(row)

    async def list_api_keys(self, tenant: str) -> list[ApiKey]:
        return await self._read(lambda db: [api_key(row) for row in db.execute(_LIST_KEYS, (tenant,))])

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None:
        if await self._write(lambda db: db.execute(_REVOKE, (now, key_id, tenant)).rowcount) == 0:
            raise NotFound(f"no key {key_id}")

    async def has_owner(self) -> bool:
        return await self._read(lambda db: db.execute(_HAS_OWNER).fetchone() is not None)

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

    async def keep_mail(self, mail: Mail) -> None:
        row = (mail.id, mail.tenant, mail.sender, encode(mail.to), mail.subject, mail.text, mail.html, mail.at)
        await self._write(lambda db: db.execute(_ADD_MAIL, row))

    async def list_mail(self, tenant: str, cursor: str | None, limit: int) -> Page[Mail]:
        at, mail_id = (1 << 62, AFTER_ALL_IDS) if cursor is None else decode_cursor(cursor, int, str)

        def work(db: sqlite3.Connection) -> Page[Mail]:
            rows = db.execute(_LIST_MAIL, (tenant, at, mail_id, limit + 1)).fetchall()
            items = tuple(mail(row) for row in rows[:limit])
            return Page(items, encode_cursor(items[-1].at, items[-1].id) if len(rows) > limit else None)

        return await self._read(work)
