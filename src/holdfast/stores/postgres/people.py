"""People and service accounts: who they are, what proves them, and the first of them.

An address is taken by the unique index, not by looking first. Whoever makes the first person holds the table alone;
whoever might end the last admin of the instance holds all of these, in order of their ids.
"""

import asyncpg

from holdfast.model.access import Credentials, Role, User
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.ports import KEEP, Keep, NewUser, UserChange
from holdfast.stores.access_rows import changed_user, credentials, may_end_admin, new_user, user
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sessions import END_ALL
from holdfast.stores.postgres.sql import members
from holdfast.stores.postgres.sql import people as sql


class People(Part):
    async def has_owner(self) -> bool:
        return bool(await self._db.value(sql.HAS_OWNER))

    async def has_instance_admin(self, now: Instant) -> bool:
        return bool(await self._db.value(sql.HAS_ADMIN, now))

    async def has_person(self) -> bool:
        return bool(await self._db.value(sql.HAS_PERSON))

    async def add_first_owner(self, new: NewUser, tenant: str, now: Instant) -> bool:
        async def work(connection: Connection) -> bool:
            await connection.fetch(sql.ALONE)
            others = await connection.fetchrow(sql.OTHERS, new.user.id)
            assert others is not None
            if not others["some"]:
                await make_user(connection, new)
                await join(connection, members.ADD, tenant, new.user.id, Role.OWNER, now)
            return bool(others["mine"] or not others["some"])

        return await self._db.transact(work)

    async def add_user(self, new: NewUser, tenant: str, role: Role, now: Instant) -> None:
        async def work(connection: Connection) -> None:
            await make_user(connection, new)
            await join(connection, members.ADD, tenant, new.user.id, role, now)

        await self._db.transact(work)

    async def get_user(self, user_id: str) -> User:
        row = await self._db.first(sql.GET, user_id) if is_id(user_id) else None
        if row is None:
            raise _nobody(user_id)
        return user(row)

    async def credentials(self, email: str) -> Credentials | None:
        row = await self._db.first(sql.PROOF, email) if "\0" not in email else None
        return None if row is None else credentials(row)

    async def credentials_of(self, user_id: str) -> Credentials | None:
        row = await self._db.first(sql.PROOF_OF, user_id) if is_id(user_id) else None
        return None if row is None else credentials(row)

    async def change_user(
        self, user_id: str, change: UserChange, *, end_sessions_but: str | Keep | None = KEEP
    ) -> User:
        async def work(connection: Connection) -> User:
            if may_end_admin(change) and [row["id"] for row in await connection.fetch(sql.ADMINS)] == [user_id]:
                raise Conflict("this is the last admin of the instance")
            row = await connection.fetchrow(sql.LOCK, user_id)
            if row is None:
                raise _nobody(user_id)
            await connection.fetch(sql.CHANGE, user_id, *changed_user(row, change))
            if change.instance_admin is True:
                await connection.fetch(sql.DROP_LINKS, user_id)
            if not isinstance(end_sessions_but, Keep):
                await connection.fetch(END_ALL, user_id, end_sessions_but)
            return await find_user(connection, user_id)

        if not is_id(user_id):
            raise _nobody(user_id)
        return await self._db.transact(work)

    async def use_code_step(self, user_id: str, step: int) -> bool:
        return bool(await self._db.fetch(sql.USE_STEP, user_id, step))

    async def use_recovery(self, user_id: str, code_hash: str) -> bool:
        return "\0" not in code_hash and bool(await self._db.fetch(sql.USE_RECOVERY, user_id, code_hash))

    async def find_identity(self, issuer: str, subject: str) -> str | None:
        if "\0" in issuer + subject:
            return None
        row = await self._db.first(sql.FIND_IDENTITY, issuer, subject)
        return None if row is None else str(row["user_id"])

    async def link_identity(self, issuer: str, subject: str, user_id: str, now: Instant) -> None:
        await self._db.fetch(sql.LINK, issuer, subject, user_id, now)
        if await self.find_identity(issuer, subject) != user_id:
            raise Conflict("this identity belongs to somebody else, or they have another one there")

    async def list_users(self, cursor: str | None, limit: int) -> Page[User]:
        rows = await self._db.fetch(sql.LIST, id_after(cursor), limit + 1)
        items = tuple(user(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def make_user(connection: Connection, new: NewUser) -> None:
    """Nothing when an earlier try of the call made them. Raises ``Conflict`` when the address is taken."""
    try:
        await connection.fetch(sql.ADD, *new_user(new))
    except asyncpg.UniqueViolationError:
        raise Conflict("there is somebody with this address already") from None


async def join(connection: Connection, statement: str, tenant: str, user_id: str, role: Role, now: Instant) -> None:
    """Raises ``NotFound`` when there is no such tenant or user."""
    try:
        await connection.fetch(statement, tenant, user_id, role.text, now)
    except asyncpg.ForeignKeyViolationError:
        raise NotFound(f"no tenant {tenant}, or no user {user_id}") from None


async def find_user(connection: Connection, user_id: str) -> User:
    """Raises ``NotFound``."""
    row = await connection.fetchrow(sql.GET, user_id)
    if row is None:
        raise _nobody(user_id)
    return user(row)


def _nobody(user_id: str) -> NotFound:
    return NotFound(f"no user {user_id}")
