"""Who is a member of which tenant, and as what. Whoever might take the last owner away holds the tenant's row alone."""

from holdfast.model.access import Membership, Role
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.records import Page
from holdfast.stores.access_rows import membership
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import members as sql


class Members(Part):
    async def list_members(self, tenant: str, cursor: str | None, limit: int) -> Page[Membership]:
        rows = await self._db.fetch(sql.LIST, tenant, id_after(cursor), limit + 1)
        items = tuple(membership(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].user.id) if len(rows) > limit else None)

    async def get_member(self, tenant: str, user_id: str) -> Membership:
        row = await self._db.first(sql.GET, tenant, user_id) if is_id(user_id) else None
        if row is None:
            raise _stranger(user_id)
        return membership(row)

    async def memberships(self, user_id: str) -> list[Membership]:
        return [membership(row) for row in await self._db.fetch(sql.OF_USER, user_id)] if is_id(user_id) else []

    async def set_role(self, tenant: str, user_id: str, role: Role) -> Membership:
        async def work(connection: Connection) -> Membership:
            await _standing(connection, tenant, user_id, stays=role is Role.OWNER)
            await connection.fetch(sql.SET_ROLE, tenant, user_id, role.text)
            row = await connection.fetchrow(sql.GET, tenant, user_id)
            assert row is not None  # its tenant is locked
            return membership(row)

        return await self._db.transact(work)

    async def remove_member(self, tenant: str, user_id: str) -> None:
        async def work(connection: Connection) -> None:
            standing = await _standing(connection, tenant, user_id, stays=False)
            await connection.fetch(sql.REMOVE, tenant, user_id)
            if standing["kind"] == "service":
                # Who adds a key to the account holds its membership: by now that key is there, or never will be.
                await connection.fetch(sql.REVOKE_KEYS, tenant, user_id)
                await connection.fetch(sql.DROP_ACCOUNT, user_id)

        await self._db.transact(work)


async def _standing(connection: Connection, tenant: str, user_id: str, *, stays: bool) -> Row:
    """How the member stands, with the tenant locked. ``stays``: an owner stays one.

    Raises ``NotFound``, or ``Conflict`` for a last owner who doesn't stay one.
    """
    row = None
    if is_id(user_id) and "\0" not in tenant:
        await connection.fetch(sql.ALONE, tenant)
        row = await connection.fetchrow(sql.STANDING, tenant, user_id)
    if row is None:
        raise _stranger(user_id)
    if row["owner"] and not stays and not row["another"]:
        raise Conflict("this is the last owner of the tenant")
    return row


def _stranger(user_id: str) -> NotFound:
    return NotFound(f"no member {user_id}")
