"""The dev mailbox."""

from typing import Final

from holdfast.model.records import Mail, Page
from holdfast.stores.codec import bad_cursor, decode_cursor, encode, encode_cursor
from holdfast.stores.postgres.part import Part
from holdfast.stores.rows import mail

KEEP: Final = """
INSERT INTO mail (id, tenant_id, sender, recipients, subject, text, html, at)
VALUES ($1, $2, $3, $4::json, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING
"""
# mail_by_tenant (tenant_id, at, id), backwards
LIST: Final = """
SELECT * FROM mail WHERE tenant_id = $1 AND ($2::bigint IS NULL OR (at, id) < ($2, $3))
ORDER BY at DESC, id DESC LIMIT $4
"""


class Mails(Part):
    async def keep_mail(self, mail: Mail) -> None:
        recipients = encode(list(mail.to))
        await self._db.fetch(
            KEEP, mail.id, mail.tenant, mail.sender, recipients, mail.subject, mail.text, mail.html, mail.at
        )

    async def list_mail(self, tenant: str, cursor: str | None, limit: int) -> Page[Mail]:
        at, last = _place(cursor)
        rows = await self._db.seen(LIST, tenant, at, last, limit + 1)
        items = tuple(mail(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].at, items[-1].id) if len(rows) > limit else None)


def _place(cursor: str | None) -> tuple[int | None, str | None]:
    if cursor is None:
        return None, None
    at, last = decode_cursor(cursor, int, str)
    if not isinstance(at, int) or not 0 <= at < 1 << 63 or not isinstance(last, str) or "\0" in last:
        raise bad_cursor()
    return at, last
