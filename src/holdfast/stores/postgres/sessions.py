"""Sessions: found by the hash of their token with every request, together with what their person may do now."""

from typing import Final

from holdfast.model.access import Session, SignedIn
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.stores.access_rows import SESSION, USER, session, signed_in
from holdfast.stores.postgres.part import Part

ADD: Final = """
INSERT INTO sessions (id, token_hash, user_id, tenant_id, created_at, seen_at, expires_at, address, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
"""
# sessions: the unique index on token_hash; users, memberships, tenants: primary keys
FIND: Final = f"""
SELECT {SESSION}, m.role, t.suspended_at IS NOT NULL AS suspended, {USER}
FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
LEFT JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
LEFT JOIN tenants t ON t.id = s.tenant_id
WHERE s.token_hash = $1 AND s.expires_at > $2
"""
TOUCH: Final = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1 AND seen_at <= $2"
# memberships: primary key
MOVE: Final = """
UPDATE sessions s SET tenant_id = $2 FROM memberships m
WHERE s.id = $1 AND m.tenant_id = $2 AND m.user_id = s.user_id RETURNING s.id
"""
# sessions_by_user
LIST: Final = "SELECT * FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY id DESC"
END: Final = "DELETE FROM sessions WHERE id = $2 AND user_id = $1 RETURNING id"
# Locked in order of their ids, so that two who end the same ones wait for each other and no more. sessions_by_user
END_ALL: Final = """
WITH theirs AS MATERIALIZED (
    SELECT id FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid ORDER BY id FOR UPDATE
), ended AS (
    DELETE FROM sessions s USING theirs WHERE s.id = theirs.id RETURNING 1
)
SELECT count(*) FROM ended
"""


class Sessions(Part):
    async def add_session(self, session: Session, token_hash: bytes) -> None:
        await self._db.fetch(
            ADD,
            *(session.id, token_hash, session.user_id, session.tenant),
            *(session.created_at, session.seen_at, session.expires_at, session.address, session.agent),
        )

    async def find_session(self, token_hash: bytes, now: Instant) -> SignedIn | None:
        row = await self._db.first(FIND, token_hash, now)
        return None if row is None else signed_in(row)

    async def touch_session(self, session_id: str, seen_at: Instant, expires_at: Instant) -> None:
        await self._db.fetch(TOUCH, session_id, seen_at, expires_at)

    async def move_session(self, session_id: str, tenant: str) -> None:
        if "\0" in tenant or not is_id(session_id) or not await self._db.fetch(MOVE, session_id, tenant):
            raise NotFound(f"no tenant {tenant} of which the person is a member")

    async def list_sessions(self, user_id: str, now: Instant) -> list[Session]:
        return [session(row) for row in await self._db.fetch(LIST, user_id, now)]

    async def end_session(self, user_id: str, session_id: str) -> None:
        if not is_id(session_id) or not await self._db.fetch(END, user_id, session_id):
            raise NotFound(f"no session {session_id}")

    async def end_sessions(self, user_id: str, but: str | None = None) -> int:
        return int(await self._db.value(END_ALL, user_id, but))
