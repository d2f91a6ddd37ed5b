"""People and service accounts on SQLite. One transaction writes at a time, so looking first is exact."""

import sqlite3

from holdfast.model.access import Credentials, Role, User
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.ports import KEEP, Keep, NewUser, UserChange
from holdfast.stores.access_rows import changed_user, credentials, encode_set, may_end_admin, new_user, user
from holdfast.stores.codec import decode_cursor, decode_texts, encode_cursor
from holdfast.stores.sqlite.members import join, member_of
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sessions import end_all
from holdfast.stores.sqlite.sql import people as sql


class People(Session):
    async def has_owner(self) -> bool:
        return bool((await self._read(lambda db: db.execute(sql.HAS_OWNER).fetchone()))["found"])

    async def has_instance_admin(self, now: Instant) -> bool:
        return bool((await self._read(lambda db: db.execute(sql.HAS_ADMIN, (now,)).fetchone()))["found"])

    async def has_person(self) -> bool:
        return await self._read(lambda db: db.execute(sql.HAS_PERSON).fetchone() is not None)

    async def add_first_owner(self, new: NewUser, tenant: str, now: Instant) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            if db.execute(sql.HAS_PERSON).fetchone() is not None:
                # True for an earlier try of this call.
                return db.execute(sql.EXISTS, (new.user.id,)).fetchone() is not None
            make_user(db, new)
            join(db, tenant, new.user.id, Role.OWNER, now)
            return True

        return await self._write(work)

    async def add_user(self, new: NewUser, tenant: str, role: Role, now: Instant) -> None:
        def work(db: sqlite3.Connection) -> None:
            make_user(db, new)
            if member_of(db, tenant, new.user.id) is None:  # otherwise an earlier try of this call made them
                join(db, tenant, new.user.id, role, now)

        await self._write(work)

    async def get_user(self, user_id: str) -> User:
        return await self._read(lambda db: find_user(db, user_id))

    async def credentials(self, email: str) -> Credentials | None:
        row = await self._read(lambda db: db.execute(sql.PROOF, (email,)).fetchone())
        return None if row is None else credentials(row)

    async def credentials_of(self, user_id: str) -> Credentials | None:
        row = await self._read(lambda db: db.execute(sql.PROOF_OF, (user_id,)).fetchone())
        return None if row is None else credentials(row)

    async def change_user(
        self, user_id: str, change: UserChange, *, end_sessions_but: str | Keep | None = KEEP
    ) -> User:
        def work(db: sqlite3.Connection) -> User:
            if may_end_admin(change) and [row["id"] for row in db.execute(sql.ADMINS)] == [user_id]:
                raise Conflict("this is the last admin of the instance")
            row = db.execute(sql.WHOLE, (user_id,)).fetchone()
            if row is None:
                raise _nobody(user_id)
            db.execute(sql.CHANGE, (*changed_user(row, change), user_id))
            if change.instance_admin is True:
                db.execute(sql.DROP_LINKS, (user_id,))
            if not isinstance(end_sessions_but, Keep):
                end_all(db, user_id, end_sessions_but)
            return find_user(db, user_id)

        return await self._write(work)

    async def use_code_step(self, user_id: str, step: int) -> bool:
        return await self._write(lambda db: db.execute(sql.USE_STEP, (user_id, step)).rowcount) > 0

    async def use_recovery(self, user_id: str, code_hash: str) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            row = db.execute(sql.RECOVERY, (user_id,)).fetchone()
            codes = set() if row is None else set(decode_texts(row["recovery"]))
            if code_hash not in codes:
                return False
            db.execute(sql.SET_RECOVERY, (encode_set(codes - {code_hash}), user_id))
            return True

        return await self._write(work)

    async def find_identity(self, issuer: str, subject: str) -> str | None:
        row = await self._read(lambda db: db.execute(sql.FIND_IDENTITY, (issuer, subject)).fetchone())
        return None if row is None else str(row["user_id"])

    async def link_identity(self, issuer: str, subject: str, user_id: str, now: Instant) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute(sql.LINK, (issuer, subject, user_id, now))
            found = db.execute(sql.FIND_IDENTITY, (issuer, subject)).fetchone()
            if found is None or found["user_id"] != user_id:
                raise Conflict("this identity belongs to somebody else, or they have another one there")

        await self._write(work)

    async def list_users(self, cursor: str | None, limit: int) -> Page[User]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(sql.LIST, (after, limit + 1)).fetchall())
        items = tuple(user(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def make_user(db: sqlite3.Connection, new: NewUser) -> None:
    """Nothing when an earlier try of the call made them. Raises ``Conflict`` when the address is taken."""
    if db.execute(sql.TAKEN, (new.user.email, new.user.id)).fetchone() is not None:
        raise Conflict("there is somebody with this address already")
    db.execute(sql.ADD, new_user(new))


def find_user(db: sqlite3.Connection, user_id: str) -> User:
    """Raises ``NotFound``."""
    row = db.execute(sql.GET, (user_id,)).fetchone()
    if row is None:
        raise _nobody(user_id)
    return user(row)


def _nobody(user_id: str) -> NotFound:
    return NotFound(f"no user {user_id}")
