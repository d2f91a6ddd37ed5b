"""The dev mailbox on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.records import Mail, Page
from holdfast.stores.codec import decode_cursor, encode, encode_cursor
from holdfast.stores.rows import mail
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Session

_ADD_MAIL: Final = """
INSERT INTO mail (id, tenant_id, sender, recipients, subject, text, html, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING"""
# mail_tenant, backwards; by time, since a mail's id may be its job's idempotency key
_LIST_MAIL: Final = """
SELECT * FROM mail WHERE tenant_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?"""


class Mails(Session):
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
