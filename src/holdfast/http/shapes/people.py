"""Who is signed in, people, links and service accounts as JSON."""

from typing_extensions import TypedDict

from holdfast.engine.people.invites import Look, Made
from holdfast.http.shapes.times import moment
from holdfast.model.access import Invite, Membership, Session, User
from holdfast.model.instant import format_instant


class OpenIdShape(TypedDict):
    name: str


class OptionsShape(TypedDict):
    """How one may sign in here. `setup`: the caller may make the first owner; `local`: they are in by themselves."""

    setup: bool
    local: bool
    openid: OpenIdShape | None


class UserShape(TypedDict):
    """A person who is signed in; `totp`: they are asked for one-time codes."""

    id: str
    email: str | None
    name: str
    totp: bool
    instance_admin: bool


class SessionTenantShape(TypedDict):
    id: str
    name: str
    suspended: bool


class TenantChoiceShape(TypedDict):
    """A tenant that the caller may work in, and their role there."""

    id: str
    name: str
    role: str


class SessionShape(TypedDict):
    """Who calls, where, and what they may do.

    `role` is null for a person who is a member there no more; `scopes` null for one who isn't narrowed.
    """

    user: UserShape | None
    kind: str
    name: str
    tenant: SessionTenantShape
    role: str | None
    instance_admin: bool
    scopes: list[str] | None
    tenants: list[TenantChoiceShape]
    expires_at: str | None


class BrowserShape(TypedDict):
    """A session of one's own; `current`: the one that asks."""

    id: str
    tenant: str
    created_at: str
    seen_at: str
    expires_at: str
    address: str
    agent: str
    current: bool


class BrowsersShape(TypedDict):
    items: list[BrowserShape]
    next: str | None


class NewCodesShape(TypedDict):
    """A secret that isn't kept until it is confirmed, as text and as an address for a QR code."""

    secret: str
    uri: str


class RecoveryCodesShape(TypedDict):
    """Each counts once, in the place of a one-time code. They are shown this once."""

    recovery_codes: list[str]


class MemberShape(TypedDict):
    """A person or service account of the tenant."""

    id: str
    kind: str
    name: str
    email: str | None
    role: str
    since: str
    disabled: bool
    totp: bool
    instance_admin: bool
    signed_in_at: str | None


class MembersShape(TypedDict):
    items: list[MemberShape]
    next: str | None


class LinkShape(TypedDict):
    """A link that may be used once; it is shown this once."""

    url: str
    expires_at: str


class NewInviteShape(TypedDict):
    """A new invite. `url` is shown this once; `mailed`: a mail server took it too."""

    id: str
    email: str
    role: str
    url: str
    expires_at: str
    mailed: bool


class InviteShape(TypedDict):
    """An invite that can still be used."""

    id: str
    email: str
    role: str
    created_by: str
    created_at: str
    expires_at: str


class InvitesShape(TypedDict):
    items: list[InviteShape]
    next: str | None


class LookShape(TypedDict):
    """What a link is good for. `known`: there is a person with this address, who proves it with their password."""

    purpose: str
    email: str
    tenant: str | None
    role: str | None
    known: bool


class ServiceAccountShape(TypedDict):
    id: str
    name: str
    role: str
    created_at: str


class ServiceAccountsShape(TypedDict):
    items: list[ServiceAccountShape]
    next: str | None


class WayShape(TypedDict):
    """Where the OpenID provider asks who somebody is."""

    url: str


def user_shape(user: User) -> UserShape:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "totp": user.has_totp,
        "instance_admin": user.instance_admin,
    }


def browser_shape(session: Session, current: str | None) -> BrowserShape:
    return {
        "id": session.id,
        "tenant": session.tenant,
        "created_at": format_instant(session.created_at),
        "seen_at": format_instant(session.seen_at),
        "expires_at": format_instant(session.expires_at),
        "address": session.address,
        "agent": session.agent,
        "current": session.id == current,
    }


def member_shape(member: Membership) -> MemberShape:
    user = member.user
    return {
        "id": user.id,
        "kind": user.kind,
        "name": user.name,
        "email": user.email,
        "role": member.role.text,
        "since": format_instant(member.since),
        "disabled": user.disabled_at is not None,
        "totp": user.has_totp,
        "instance_admin": user.instance_admin,
        "signed_in_at": moment(user.signed_in_at),
    }


def new_invite_shape(made: Made) -> NewInviteShape:
    invite = made.invite
    return {
        "id": invite.id,
        "email": invite.email,
        "role": "" if invite.role is None else invite.role.text,
        "url": made.url,
        "expires_at": format_instant(invite.expires_at),
        "mailed": made.mailed,
    }


def invite_shape(invite: Invite) -> InviteShape:
    return {
        "id": invite.id,
        "email": invite.email,
        "role": "" if invite.role is None else invite.role.text,
        "created_by": invite.created_by,
        "created_at": format_instant(invite.created_at),
        "expires_at": format_instant(invite.expires_at),
    }


def look_shape(look: Look) -> LookShape:
    invite = look.invite
    return {
        "purpose": invite.purpose,
        "email": invite.email,
        "tenant": look.tenant_name,
        "role": None if invite.role is None else invite.role.text,
        "known": look.known,
    }


def service_account_shape(member: Membership) -> ServiceAccountShape:
    return {
        "id": member.user.id,
        "name": member.user.name,
        "role": member.role.text,
        "created_at": format_instant(member.user.created_at),
    }
