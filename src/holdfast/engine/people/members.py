"""Who belongs to a tenant, and in which role. Nobody gives, or takes from another, a role above their own.

A person may be a member of several tenants, so what reaches beyond one (choosing their password, switching them off) is
for admins of the instance; a link to choose a password also for the admins of a tenant that is the person's only one.
"""

from dataclasses import dataclass

from holdfast.engine.people.addresses import name_of
from holdfast.model.access import Membership, Role, User
from holdfast.model.errors import Conflict, Forbidden
from holdfast.model.records import Page
from holdfast.ports import KEEP, Clock, Entropy, NewUser, Store, UserChange


@dataclass(frozen=True, slots=True)
class Giver:
    """Who does it, and what they may."""

    role: Role
    instance_admin: bool
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What is to be changed of a member; None stays."""

    role: Role | None = None
    disabled: bool | None = None
    instance_admin: bool | None = None


class Members:
    """The entrance."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy

    async def list(self, tenant: str, cursor: str | None, limit: int) -> Page[Membership]:
        return await self._store.list_members(tenant, cursor, limit)

    async def add_service(self, giver: Giver, tenant: str, name: str, role: Role) -> Membership:
        """A service account. Raises ``Invalid``, ``Forbidden``."""
        may_give(giver, role)
        now = self._clock.now()
        user = User(self._entropy.new_id(now), "service", name_of(name), now)
        await self._store.add_user(NewUser(user), tenant, role, now)
        return await self._store.get_member(tenant, user.id)

    async def change(self, giver: Giver, tenant: str, user_id: str, change: MemberChange) -> Membership:
        """Raises ``NotFound``, ``Forbidden``, ``Conflict``."""
        member = await self._mine(giver, tenant, user_id)
        if change.role is not None:
            may_give(giver, change.role)
            await self._check_keys(member, change.role)
        if change.disabled is not None or change.instance_admin is not None:
            _may_switch(giver, member, change)
        if change.role is not None and change.role is not member.role:
            await self._store.set_role(tenant, user_id, change.role)
        if change.instance_admin is not None and change.instance_admin is not member.user.instance_admin:
            await self._store.change_user(user_id, UserChange(instance_admin=change.instance_admin))
        if change.disabled is not None and change.disabled is not (member.user.disabled_at is not None):
            at = self._clock.now() if change.disabled else None
            ending = None if change.disabled else KEEP
            await self._store.change_user(user_id, UserChange(disabled_at=at), end_sessions_but=ending)
        return await self._store.get_member(tenant, user_id)

    async def remove(self, giver: Giver, tenant: str, user_id: str) -> None:
        """Raises ``NotFound``, ``Forbidden``, ``Conflict``."""
        await self._mine(giver, tenant, user_id)
        await self._store.remove_member(tenant, user_id)

    async def sign_out(self, giver: Giver, tenant: str, user_id: str) -> None:
        """Everywhere. Raises ``NotFound``, ``Forbidden``."""
        await self._mine(giver, tenant, user_id)
        await self._store.end_sessions(user_id)

    async def for_password(self, giver: Giver, tenant: str, user_id: str) -> User:
        """Whom a link to choose a password may be made for. Raises ``NotFound``, ``Forbidden``."""
        member = await self._mine(giver, tenant, user_id)
        if member.user.kind != "person":
            raise Conflict("a service account has no password; it has keys")
        elsewhere = any(each.tenant != tenant for each in await self._store.memberships(user_id))
        if not giver.instance_admin and (elsewhere or member.user.instance_admin):
            why = "is an admin of the instance" if member.user.instance_admin else "belongs to other tenants too"
            raise Forbidden(f"this person {why}; only an admin of the instance may do that")
        return member.user

    async def _mine(self, giver: Giver, tenant: str, user_id: str) -> Membership:
        """A member of whom the giver may change something."""
        member = await self._store.get_member(tenant, user_id)
        if member.role > giver.role and not giver.instance_admin:
            raise Forbidden(f"only a caller with the role {member.role.text} may do that to one who has it")
        return member

    async def _check_keys(self, member: Membership, role: Role) -> None:
        """A service account's keys have at most its role."""
        if member.user.kind == "person" or role >= member.role:
            return
        for key in await self._store.list_api_keys(member.tenant):
            if key.user_id == member.user.id and key.revoked_at is None and Role.of(key.role) > role:
                raise Conflict(f"its key {key.name} has the role {key.role}; revoke that first")


def _may_switch(giver: Giver, member: Membership, change: MemberChange) -> None:
    """Raises ``Forbidden``, ``Conflict``."""
    if not giver.instance_admin:
        raise Forbidden("only an admin of the instance switches people off and on, or makes them one")
    if change.disabled and member.user.id == giver.user_id:
        raise Conflict("nobody switches themselves off")
    if change.instance_admin and member.user.kind != "person":
        raise Conflict("a service account is no admin of the instance")


def may_give(giver: Giver, role: Role) -> None:
    """Raises ``Forbidden``."""
    if role > giver.role and not giver.instance_admin:
        raise Forbidden(f"only a caller with the role {role.text} gives it to others")
