"""The store's people, sessions, invites, API keys and audit log. What holds for every method is said in ``ports``.

Tokens come in as their SHA-256 only. E-mail addresses come in lower case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.model.access import (
    ApiKey,
    Credentials,
    Invite,
    KeyUses,
    Membership,
    Role,
    Session,
    SignedIn,
    Throttle,
    User,
)
from holdfast.model.audit import AuditEntry, AuditHead, AuditOutcome, NewAudit
from holdfast.model.instant import Instant, Micros
from holdfast.model.records import Page
from holdfast.ports.values import KEEP, Keep


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to make; ``password_hash`` None: signs in by another way, or not at all (a service account)."""

    user: User
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is written of a user. ``totp`` is sealed; a new one forgets which steps were used. ``recovery``: hashes."""

    name: str | Keep = KEEP
    password_hash: str | Keep | None = KEEP
    totp: bytes | Keep | None = KEEP
    recovery: frozenset[str] | Keep = KEEP
    disabled_at: Instant | Keep | None = KEEP
    instance_admin: bool | Keep = KEEP
    signed_in_at: Instant | Keep = KEEP


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a list shows; None means any. ``action`` may end in ``*``; ``since``, ``before`` bound the time."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: AuditOutcome | None = None
    since: Instant | None = None
    before: Instant | None = None


class PeopleStore(Protocol):
    async def has_owner(self) -> bool:
        """Whether any owner (a person with that role who isn't disabled, or an unrevoked key of it) exists."""
        ...

    async def has_instance_admin(self, now: Instant) -> bool:
        """Whether anybody is one: a person who isn't disabled, or a key that counts now."""
        ...

    async def has_person(self) -> bool:
        """Whether any person was ever made."""
        ...

    async def add_first_owner(self, new: NewUser, tenant: str, now: Instant) -> bool:
        """Makes the instance's first person, an owner of the tenant; False, and nothing, when there is a person.

        Exact when several try at once.
        """
        ...

    async def add_user(self, new: NewUser, tenant: str, role: Role, now: Instant) -> None:
        """Makes a user who is a member of the tenant. Raises ``Conflict`` when the address is taken, ``NotFound``."""
        ...

    async def get_user(self, user_id: str) -> User:
        """Raises ``NotFound``."""
        ...

    async def credentials(self, email: str) -> Credentials | None: ...

    async def credentials_of(self, user_id: str) -> Credentials | None: ...

    async def change_user(
        self, user_id: str, change: UserChange, *, end_sessions_but: str | Keep | None = KEEP
    ) -> User:
        """With ``end_sessions_but`` every session but that one (None: every one) ends in the same transaction.

        Raises ``NotFound``; ``Conflict`` when the last one who is an admin of the instance would be none any more.
        """
        ...

    async def use_code_step(self, user_id: str, step: int) -> bool:
        """Notes that a one-time code of this step was used; False when it, or a later one, was used before."""
        ...

    async def use_recovery(self, user_id: str, code_hash: str) -> bool:
        """Takes the code away; False when it isn't there (any more)."""
        ...

    async def find_identity(self, issuer: str, subject: str) -> str | None:
        """The user id that an OpenID provider's subject belongs to."""
        ...

    async def link_identity(self, issuer: str, subject: str, user_id: str, now: Instant) -> None:
        """Raises ``Conflict`` when it belongs to somebody else."""
        ...

    async def list_users(self, cursor: str | None, limit: int) -> Page[User]:
        """All people of the instance, by id."""
        ...

    async def list_members(self, tenant: str, cursor: str | None, limit: int) -> Page[Membership]:
        """The tenant's people and service accounts, by user id."""
        ...

    async def get_member(self, tenant: str, user_id: str) -> Membership:
        """Raises ``NotFound``."""
        ...

    async def memberships(self, user_id: str) -> list[Membership]:
        """Where the user is a member, by the tenants' names."""
        ...

    async def set_role(self, tenant: str, user_id: str, role: Role) -> Membership:
        """Raises ``NotFound``; ``Conflict`` when the tenant would be left without an owner who isn't disabled."""
        ...

    async def remove_member(self, tenant: str, user_id: str) -> None:
        """Ends the membership; a service account is gone with it, and its keys are revoked. Raises as ``set_role``."""
        ...


class SessionStore(Protocol):
    async def add_session(self, session: Session, token_hash: bytes) -> None: ...

    async def find_session(self, token_hash: bytes, now: Instant) -> SignedIn | None:
        """One that isn't over, of a person who isn't disabled."""
        ...

    async def touch_session(self, session_id: str, seen_at: Instant, expires_at: Instant) -> None: ...

    async def move_session(self, session_id: str, tenant: str) -> None:
        """Into another tenant of its person. Raises ``NotFound`` when they are no member there."""
        ...

    async def list_sessions(self, user_id: str, now: Instant) -> list[Session]:
        """Those that aren't over, newest first."""
        ...

    async def end_session(self, user_id: str, session_id: str) -> None:
        """Raises ``NotFound``."""
        ...

    async def end_sessions(self, user_id: str, but: str | None = None) -> int:
        """All of a person's (but one); how many."""
        ...


class InviteStore(Protocol):
    async def add_invite(self, invite: Invite, token_hash: bytes) -> None:
        """A new one for the same purpose, tenant and address takes the place of an unused one."""
        ...

    async def find_invite(self, token_hash: bytes, now: Instant) -> Invite | None:
        """One that is neither used nor over."""
        ...

    async def list_invites(self, tenant: str, now: Instant) -> list[Invite]:
        """Those of members that can be used, newest first."""
        ...

    async def revoke_invite(self, tenant: str, invite_id: str) -> None:
        """Raises ``NotFound``."""
        ...

    async def accept_invite(self, token_hash: bytes, new: NewUser | None, user_id: str | None, now: Instant) -> User:
        """Uses the invite up and makes the member, in one transaction: a ``new`` person, or one who is known.

        A known one who is a member already keeps the higher of both roles. Raises ``NotFound`` when the invite is
        unknown, used or over; ``Conflict`` when the address is taken.
        """
        ...

    async def accept_password(self, token_hash: bytes, password_hash: str, now: Instant) -> User:
        """Uses the invite up, sets the password and ends every session of its person. Raises ``NotFound``."""
        ...


class KeyStore(Protocol):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None:
        """Raises ``NotFound`` when there is no such tenant, or the user is no service account of it."""
        ...

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None: ...

    async def list_api_keys(self, tenant: str) -> list[ApiKey]: ...

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None: ...

    async def note_key_uses(self, uses: KeyUses) -> None:
        """By key id; an older use than the one that is kept changes nothing."""
        ...


class ThrottleStore(Protocol):
    async def throttled(self, keys: Sequence[str], now: Instant) -> list[Throttle]:
        """Those of the keys for which something failed lately."""
        ...

    async def note_failure(self, key: str, now: Instant, forget_after: Micros, free: int, pause: Micros) -> Throttle:
        """One more failure. After ``free`` of them nothing is tried for ``pause``, twice as long after each further
        one, at most for ``forget_after``; nothing for that long, and it begins anew. Exact when several fail at
        once."""
        ...

    async def forgive(self, key: str) -> None:
        """Forgets its failures."""
        ...


class AuditStore(Protocol):
    async def append_audit(self, acts: Sequence[NewAudit]) -> None:
        """Appends each to its tenant's chain, in the order given; heads are locked in order of the tenants' ids."""
        ...

    async def list_audit(self, tenant: str, wanted: AuditFilter, cursor: str | None, limit: int) -> Page[AuditEntry]:
        """Newest first."""
        ...

    async def read_audit(self, tenant: str, after: int, limit: int) -> list[AuditEntry]:
        """Oldest first, those behind number ``after``."""
        ...

    async def audit_head(self, tenant: str) -> AuditHead | None: ...

    async def prune_audit(self, before: Instant, limit: int) -> int:
        """Takes the oldest entries of each chain away, and moves its anchor; how many."""
        ...
