"""From rows to people, members, sessions, invites and keys, and what a change of a user writes. Pure.

Both stores select columns of the same names, as ``rows`` says. A user's columns are always those of ``USER``, of the
table ``users u``, so that they stand beside another table's.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from holdfast.model.access import (
    ALL_SCOPES,
    ApiKey,
    Credentials,
    Invite,
    Membership,
    Role,
    Session,
    SignedIn,
    User,
)
from holdfast.model.instant import Instant
from holdfast.ports import Keep, NewUser, UserChange
from holdfast.stores.codec import decode_texts, encode
from holdfast.stores.rows import Row

T = TypeVar("T")

USER: Final = """
u.id AS user_id, u.kind AS user_kind, u.name AS user_name, u.email, u.instance_admin, u.created_at AS user_created_at,
u.disabled_at, u.signed_in_at, u.password_hash IS NOT NULL AS has_password, u.totp IS NOT NULL AS has_totp"""
# Of ``sessions s`` beside ``users u``.
SESSION: Final = "s.id, s.tenant_id, s.created_at, s.seen_at, s.expires_at, s.address, s.agent"
# Of ``memberships m``, ``tenants t`` and ``users u``.
MEMBERSHIP: Final = f"""
m.tenant_id, t.name AS tenant_name, t.suspended_at IS NOT NULL AS suspended, m.role, m.created_at AS since, {USER}"""


class UserColumns(NamedTuple):
    """What a change writes, in the order in which both stores write it."""

    name: str
    password_hash: str | None
    totp: bytes | None
    code_step: int
    recovery: str
    disabled_at: Instant | None
    instance_admin: bool
    signed_in_at: Instant | None


def user(row: Row) -> User:
    return User(
        id=row["user_id"],
        kind=row["user_kind"],
        name=row["user_name"],
        created_at=row["user_created_at"],
        email=row["email"],
        instance_admin=bool(row["instance_admin"]),
        disabled_at=row["disabled_at"],
        signed_in_at=row["signed_in_at"],
        has_password=bool(row["has_password"]),
        has_totp=bool(row["has_totp"]),
    )


def new_user(new: NewUser) -> tuple[str, str, str | None, str, str | None, bool, Instant, Instant | None]:
    """Its columns: ``id, kind, email, name, password_hash, instance_admin, created_at, signed_in_at``."""
    one = new.user
    return (
        *(one.id, one.kind, one.email, one.name, new.password_hash),
        *(one.instance_admin, one.created_at, one.signed_in_at),
    )


def changed_user(row: Row, change: UserChange) -> UserColumns:
    """Of a locked user's whole row. A new seed forgets which steps of the one before were used."""
    return UserColumns(
        _kept(change.name, row["name"]),
        _kept(change.password_hash, row["password_hash"]),
        _kept(change.totp, row["totp"]),
        row["code_step"] if isinstance(change.totp, Keep) else 0,
        row["recovery"] if isinstance(change.recovery, Keep) else encode_set(change.recovery),
        _kept(change.disabled_at, row["disabled_at"]),
        _kept(change.instance_admin, bool(row["instance_admin"])),
        _kept(change.signed_in_at, row["signed_in_at"]),
    )


def may_end_admin(change: UserChange) -> bool:
    """Whether an admin of the instance may be none any more after it."""
    return change.instance_admin is False or isinstance(change.disabled_at, int)


def credentials(row: Row) -> Credentials:
    """Of a user's columns with ``password_hash``, ``totp`` and ``recovery``."""
    return Credentials(user(row), row["password_hash"], row["totp"], frozenset(decode_texts(row["recovery"])))


def membership(row: Row) -> Membership:
    return Membership(
        tenant=row["tenant_id"],
        tenant_name=row["tenant_name"],
        user=user(row),
        role=Role.of(row["role"]),
        since=row["since"],
        suspended=bool(row["suspended"]),
    )


def session(row: Row) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        tenant=row["tenant_id"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
        address=row["address"],
        agent=row["agent"],
    )


def signed_in(row: Row) -> SignedIn:
    """Of a session joined with its user and, where there are any, membership (``role``) and tenant (``suspended``)."""
    role = None if row["role"] is None else Role.of(row["role"])
    return SignedIn(session(row), user(row), role, bool(row["suspended"]))


def invite(row: Row) -> Invite:
    return Invite(
        id=row["id"],
        purpose=row["purpose"],
        email=row["email"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        tenant=row["tenant_id"],
        role=None if row["role"] is None else Role.of(row["role"]),
        user_id=row["user_id"],
        used_at=row["used_at"],
    )


def api_key(row: Row) -> ApiKey:
    """Of a key with ``refused`` (its service account is disabled or gone) and ``suspended`` (its tenant is)."""
    return ApiKey(
        id=row["id"],
        tenant=row["tenant_id"],
        name=row["name"],
        role=row["role"],
        instance_admin=bool(row["instance_admin"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        scopes=ALL_SCOPES if row["scopes"] is None else frozenset(decode_texts(row["scopes"])),
        user_id=row["user_id"],
        created_by=row["created_by"],
        used_at=row["used_at"],
        used_from=row["used_from"],
        refused=bool(row["refused"]),
        suspended=bool(row["suspended"]),
    )


def encode_set(texts: Iterable[str]) -> str:
    return encode(sorted(texts))


def encode_scopes(scopes: frozenset[str] | None) -> str | None:
    return None if scopes is None else encode_set(scopes)


def _kept(given: T | Keep, before: T) -> T:
    return before if isinstance(given, Keep) else given
