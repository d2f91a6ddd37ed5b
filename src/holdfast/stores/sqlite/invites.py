"""Links that may be used once, on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.access import Invite, Role, User
from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.ports import NewUser
from holdfast.stores.access_rows import invite
from holdfast.stores.sqlite.members import join, member_of
from holdfast.stores.sqlite.people import find_user, make_user
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sessions import end_all
from holdfast.stores.sqlite.sql.people import DROP_LINKS

# A new one takes the place of an unused one, token and all. invites_open
_ADD: Final = """
INSERT INTO invites (id, token_hash, purpose, tenant_id, email, role, user_id, created_by, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (purpose, coalesce(tenant_id, ''), email) WHERE used_at IS NULL DO UPDATE
SET id = excluded.id, token_hash = excluded.token_hash, role = excluded.role, user_id = excluded.user_id,
  created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at"""
# the unique index on token_hash
_FIND: Final = "SELECT * FROM invites WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?"
_USED: Final = "SELECT * FROM invites WHERE token_hash = ? AND purpose = ? AND used_at = ?"
# invites_by_tenant, backwards
_LIST: Final = """
SELECT * FROM invites INDEXED BY invites_by_tenant
WHERE tenant_id = ? AND used_at IS NULL AND expires_at > ? ORDER BY id DESC"""
# primary keys
_REVOKE: Final = "DELETE FROM invites WHERE tenant_id = ? AND id = ? AND used_at IS NULL"
_USE: Final = "UPDATE invites SET used_at = ? WHERE id = ?"
_SET_PASSWORD: Final = "UPDATE users SET password_hash = ? WHERE id = ?"
_HAS_PASSWORD: Final = "SELECT 1 FROM users WHERE id = ? AND password_hash = ?"


class Invites(Session):
    async def add_invite(self, invite: Invite, token_hash: bytes) -> None:
        role = None if invite.role is None else invite.role.text
        row = (
            *(invite.id, token_hash, invite.purpose, invite.tenant, invite.email, role, invite.user_id),
            *(invite.created_by, invite.created_at, invite.expires_at),
        )
        await self._write(lambda db: db.execute(_ADD, row))

    async def find_invite(self, token_hash: bytes, now: Instant) -> Invite | None:
        row = await self._read(lambda db: db.execute(_FIND, (token_hash, now)).fetchone())
        return None if row is None else invite(row)

    async def list_invites(self, tenant: str, now: Instant) -> list[Invite]:
        return await self._read(lambda db: [invite(row) for row in db.execute(_LIST, (tenant, now))])

    async def revoke_invite(self, tenant: str, invite_id: str) -> None:
        if await self._write(lambda db: db.execute(_REVOKE, (tenant, invite_id)).rowcount) == 0:
            raise NotFound(f"no invite {invite_id}")

    async def accept_invite(self, token_hash: bytes, new: NewUser | None, user_id: str | None, now: Instant) -> User:
        def work(db: sqlite3.Connection) -> User:
            used = db.execute(_USED, (token_hash, "member", now)).fetchone()
            if new is not None and used is not None and member_of(db, used["tenant_id"], new.user.id) is not None:
                return find_user(db, new.user.id)  # an earlier try of this call, whose answer was lost
            row = _use(db, token_hash, "member", now)
            if new is not None:
                make_user(db, new)
            accepting = find_user(db, wanted)
            join(db, row["tenant_id"], wanted, Role.of(row["role"]), now)
            db.execute(DROP_LINKS, (wanted,))
            return accepting

        wanted = new.user.id if new is not None else str(user_id)
        return await self._write(work)

    async def accept_password(self, token_hash: bytes, password_hash: str, now: Instant) -> User:
        def work(db: sqlite3.Connection) -> User:
            used = db.execute(_USED, (token_hash, "password", now)).fetchone()
            if used is not None and db.execute(_HAS_PASSWORD, (used["user_id"], password_hash)).fetchone() is not None:
                return find_user(db, used["user_id"])  # an earlier try of this call, whose answer was lost
            row = _use(db, token_hash, "password", now)
            db.execute(_SET_PASSWORD, (password_hash, row["user_id"]))
            end_all(db, row["user_id"], None)
            return find_user(db, row["user_id"])

        return await self._write(work)


def _use(db: sqlite3.Connection, token_hash: bytes, purpose: str, now: Instant) -> sqlite3.Row:
    """Uses the invite up. Raises ``NotFound``."""
    row: sqlite3.Row | None = db.execute(_FIND, (token_hash, now)).fetchone()
    if row is None or row["purpose"] != purpose:
        raise NotFound("the invite is unknown, used or over")
    db.execute(_USE, (now, row["id"]))
    return row
