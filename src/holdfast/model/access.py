"""Who may come in: people and service accounts, their roles in tenants, sessions, invites and API keys as values. Pure.

Nothing here holds a secret in clear: a password is its argon2id hash, a token (of a session, an invite, a key) is known
by its SHA-256 alone, and the seed of one-time codes is sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from holdfast.model.instant import Instant

UserKind = Literal["person", "service"]
# member: a new person, or one who is known, joins a tenant. password: a person chooses a new password.
InvitePurpose = Literal["member", "password"]

ALL_SCOPES: Final = None


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    VIEWER = 1
    OPERATOR = 2
    EDITOR = 3
    ADMIN = 4
    OWNER = 5

    @property
    def text(self) -> str:
        """As it is written outside and in the store."""
        return self.name.lower()

    @classmethod
    def of(cls, text: str) -> "Role":
        """Raises ``KeyError``."""
        return cls[text.upper()]


@dataclass(frozen=True, slots=True)
class User:
    """A person, who signs in, or a service account, which only has keys and belongs to one tenant.

    ``email`` is in lower case and None for a service account. ``instance_admin`` comes from being the first owner, or
    from one who is that already. A disabled user's sessions and keys are refused.
    """

    id: str
    kind: UserKind
    name: str
    created_at: Instant
    email: str | None = None
    instance_admin: bool = False
    disabled_at: Instant | None = None
    signed_in_at: Instant | None = None
    has_password: bool = False
    has_totp: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves a person: read at sign-in alone. ``totp`` is sealed; ``recovery`` holds hashes of unused codes."""

    user: User
    password_hash: str | None
    totp: bytes | None = None
    recovery: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's role in a tenant, with both as they are shown."""

    tenant: str
    tenant_name: str
    user: User
    role: Role
    since: Instant
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A person's signed-in browser, in one tenant at a time. ``address`` and ``agent`` are where it was begun."""

    id: str
    user_id: str
    tenant: str
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that counts, with what its person may do now in the session's tenant.

    ``role`` is None when they are no member there (any more): they may only choose another tenant.
    """

    session: Session
    user: User
    role: Role | None
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Invite:
    """A link that may be used once. ``tenant`` and ``role`` for a member; ``user_id`` for a password."""

    id: str
    purpose: InvitePurpose
    email: str
    created_by: str
    created_at: Instant
    expires_at: Instant
    tenant: str | None = None
    role: Role | None = None
    user_id: str | None = None
    used_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key without its secret. ``role``: owner, admin, editor, operator or viewer.

    ``scopes`` narrows it (``jobs:write``, ``runs:read``; None: all that the role may). ``user_id`` is the service
    account that it belongs to; ``refused``: that account is disabled, so the key is no good now.
    """

    id: str
    tenant: str
    name: str
    role: str
    instance_admin: bool
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    scopes: frozenset[str] | None = ALL_SCOPES
    user_id: str | None = None
    created_by: str = ""
    used_at: Instant | None = None
    used_from: str = ""
    refused: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Throttle:
    """How often something failed lately. ``until``: nothing is tried before; None: not held back."""

    key: str
    failures: int
    until: Instant | None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When and from where a key was last used."""

    at: Instant
    address: str


KeyUses = Mapping[str, KeyUse]
