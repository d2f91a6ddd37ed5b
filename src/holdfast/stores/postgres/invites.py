"""Links that may be used once. Whoever uses one changes its row first, so of many at once one comes through."""

from holdfast.model.access import Invite, Role, User
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.ports import NewUser
from holdfast.stores.access_rows import invite
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.people import find_user, join, make_user
from holdfast.stores.postgres.sessions import END_ALL
from holdfast.stores.postgres.sql import invites as sql
from holdfast.stores.postgres.sql import members, people


class Invites(Part):
    async def add_invite(self, invite: Invite, token_hash: bytes) -> None:
        role = None if invite.role is None else invite.role.text
        await self._db.fetch(
            sql.ADD,
            *(invite.id, token_hash, invite.purpose, invite.tenant, invite.email, role, invite.user_id),
            *(invite.created_by, invite.created_at, invite.expires_at),
        )

    async def find_invite(self, token_hash: bytes, now: Instant) -> Invite | None:
        row = await self._db.first(sql.FIND, token_hash, now)
        return None if row is None else invite(row)

    async def list_invites(self, tenant: str, now: Instant) -> list[Invite]:
        return [invite(row) for row in await self._db.seen(sql.LIST, tenant, now)]

    async def revoke_invite(self, tenant: str, invite_id: str) -> None:
        if not is_id(invite_id) or not await self._db.fetch(sql.REVOKE, tenant, invite_id):
            raise NotFound(f"no invite {invite_id}")

    async def accept_invite(self, token_hash: bytes, new: NewUser | None, user_id: str | None, now: Instant) -> User:
        async def work(connection: Connection) -> User:
            used = await connection.fetchrow(sql.USE, token_hash, "member", now)
            if used is None:
                # A new user's id is this call's own: whoever has it is what an earlier try of it made.
                if new is None or not await connection.fetch(sql.JOINED, token_hash, new.user.id, now):
                    raise _useless()
            else:
                if new is not None:
                    await make_user(connection, new)
                await join(connection, members.JOIN, used["tenant_id"], wanted, Role.of(used["role"]), now)
                await connection.fetch(people.DROP_LINKS, wanted)
            return await find_user(connection, wanted)

        wanted = _one_of(new, user_id)
        return await self._db.transact(work)

    async def accept_password(self, token_hash: bytes, password_hash: str, now: Instant) -> User:
        async def work(connection: Connection) -> User:
            used = await connection.fetchrow(sql.USE, token_hash, "password", now)
            if used is None:
                before = await connection.fetchrow(sql.CHOSEN, token_hash, password_hash, now)
                if before is None:
                    raise _useless()
                return await find_user(connection, before["id"])
            await connection.fetch(sql.SET_PASSWORD, used["user_id"], password_hash)
            await connection.fetch(END_ALL, used["user_id"], None)
            return await find_user(connection, used["user_id"])

        return await self._db.transact(work)


def _one_of(new: NewUser | None, user_id: str | None) -> str:
    """Who accepts. Raises ``NotFound`` for an id that is none."""
    if new is not None:
        return new.user.id
    if user_id is None or not is_id(user_id):
        raise NotFound(f"no user {user_id}")
    return user_id


def _useless() -> NotFound:
    return NotFound("the invite is unknown, used or over")
