"""Sessions of signed-in people on SQLite (``session`` is something else: what every part of this store works with)."""

import sqlite3
from typing import Final

from holdfast.model.access import Session as Signed
from holdfast.model.access import SignedIn
from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.stores.access_rows import SESSION, USER, session, signed_in
from holdfast.stores.sqlite.session import Session

_ADD: Final = """
INSERT INTO sessions (id, token_hash, user_id, tenant_id, created_at, seen_at, expires_at, address, agent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""
# the unique index on token_hash; primary keys
_FIND: Final = f"""
SELECT {SESSION}, m.role, t.suspended_at IS NOT NULL AS suspended, {USER}
FROM sessions s CROSS JOIN users u ON u.id = s.user_id
LEFT JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
LEFT JOIN tenants t ON t.id = s.tenant_id
WHERE s.token_hash = ? AND s.expires_at > ? AND u.disabled_at IS NULL"""
_TOUCH: Final = "UPDATE sessions SET seen_at = ?2, expires_at = ?3 WHERE id = ?1 AND seen_at <= ?2"
# primary keys
_MOVE: Final = """
UPDATE sessions SET tenant_id = ?2 WHERE id = ?1
  AND EXISTS (SELECT 1 FROM memberships m WHERE m.tenant_id = ?2 AND m.user_id = sessions.user_id)"""
# sessions_by_user
_LIST: Final = "SELECT * FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC"
_END: Final = "DELETE FROM sessions WHERE user_id = ? AND id = ?"
_END_ALL: Final = "DELETE FROM sessions WHERE user_id = ? AND id IS NOT ?"


class Sessions(Session):
    async def add_session(self, session: Signed, token_hash: bytes) -> None:
        row = (
            *(session.id, token_hash, session.user_id, session.tenant),
            *(session.created_at, session.seen_at, session.expires_at, session.address, session.agent),
        )
        await self._write(lambda db: db.execute(_ADD, row))

    async def find_session(self, token_hash: bytes, now: Instant) -> SignedIn | None:
        row = await self._read(lambda db: db.execute(_FIND, (token_hash, now)).fetchone())
        return None if row is None else signed_in(row)

    async def touch_session(self, session_id: str, seen_at: Instant, expires_at: Instant) -> None:
        await self._write(lambda db: db.execute(_TOUCH, (session_id, seen_at, expires_at)))

    async def move_session(self, session_id: str, tenant: str) -> None:
        if await self._write(lambda db: db.execute(_MOVE, (session_id, tenant)).rowcount) == 0:
            raise NotFound(f"no tenant {tenant} of which the person is a member")

    async def list_sessions(self, user_id: str, now: Instant) -> list[Signed]:
        return await self._read(lambda db: [session(row) for row in db.execute(_LIST, (user_id, now))])

    async def end_session(self, user_id: str, session_id: str) -> None:
        if await self._write(lambda db: db.execute(_END, (user_id, session_id)).rowcount) == 0:
            raise NotFound(f"no session {session_id}")

    async def end_sessions(self, user_id: str, but: str | None = None) -> int:
        return await self._write(lambda db: end_all(db, user_id, but))


def end_all(db: sqlite3.Connection, user_id: str, but: str | None) -> int:
    return db.execute(_END_ALL, (user_id, but)).rowcount
