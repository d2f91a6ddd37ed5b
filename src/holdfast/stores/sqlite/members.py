"""Who is a member of which tenant, and as what, on SQLite."""

import sqlite3

from holdfast.model.access import Membership, Role
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.stores.access_rows import membership
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import people as sql


class Members(Session):
    async def list_members(self, tenant: str, cursor: str | None, limit: int) -> Page[Membership]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(sql.MEMBERS, (tenant, after, limit + 1)).fetchall())
        items = tuple(membership(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].user.id) if len(rows) > limit else None)

    async def get_member(self, tenant: str, user_id: str) -> Membership:
        return await self._read(lambda db: _found(db, tenant, user_id))

    async def memberships(self, user_id: str) -> list[Membership]:
        return await self._read(lambda db: [membership(row) for row in db.execute(sql.MEMBERSHIPS, (user_id,))])

    async def set_role(self, tenant: str, user_id: str, role: Role) -> Membership:
        def work(db: sqlite3.Connection) -> Membership:
            if role is not Role.OWNER:
                _refuse_last_owner(db, _found(db, tenant, user_id))
            db.execute(sql.SET_ROLE, (role.text, tenant, user_id))
            return _found(db, tenant, user_id)

        return await self._write(work)

    async def remove_member(self, tenant: str, user_id: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            member = _found(db, tenant, user_id)
            _refuse_last_owner(db, member)
            db.execute(sql.REMOVE, (tenant, user_id))
            if member.user.kind == "service":
                db.execute(sql.REVOKE_KEYS, (host_now(), tenant, user_id))
                db.execute(sql.DROP_ACCOUNT, (user_id,))

        await self._write(work)


def join(db: sqlite3.Connection, tenant: str, user_id: str, role: Role, now: Instant) -> None:
    """Makes a member; who is one already keeps the higher role. Raises ``NotFound``."""
    if db.execute(sql.TENANT, (tenant,)).fetchone() is None:
        raise NotFound(f"no tenant {tenant}")
    member = member_of(db, tenant, user_id)
    highest = role if member is None else max(role, member.role)
    db.execute(sql.JOIN, (tenant, user_id, highest.text, now))


def member_of(db: sqlite3.Connection, tenant: str, user_id: str) -> Membership | None:
    row = db.execute(sql.MEMBER, (tenant, user_id)).fetchone()
    return None if row is None else membership(row)


def _found(db: sqlite3.Connection, tenant: str, user_id: str) -> Membership:
    member = member_of(db, tenant, user_id)
    if member is None:
        raise NotFound(f"no member {user_id}")
    return member


def _refuse_last_owner(db: sqlite3.Connection, member: Membership) -> None:
    counts = member.role is Role.OWNER and member.user.kind == "person" and member.user.disabled_at is None
    if counts and db.execute(sql.OTHER_OWNER, (member.tenant, member.user.id)).fetchone() is None:
        raise Conflict("this is the last owner of the tenant")
