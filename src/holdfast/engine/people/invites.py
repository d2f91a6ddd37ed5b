"""Links that let a person in once: to become a member of a tenant (7 days), or to choose a password (1 day).

The token stands behind the ``#`` of the link, which browsers send to nobody, so that it is in no log. An invite is
mailed too where a mail server is set. The dev mailbox, which every member of a tenant reads, is told without the link.

Whoever has an invite's link may become a new person with its address. One who is known must be who is signed in, or
prove it with their password: the link alone opens nobody's account. A link for a password asks for a one-time code
where the person has set that up.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from holdfast.engine.people.addresses import address_of, name_of
from holdfast.engine.people.members import Giver, may_give
from holdfast.engine.people.passwords import Passwords, checked
from holdfast.engine.people.sign_in import SignIn
from holdfast.engine.people.tokens import LONGEST, digest_of, new_token
from holdfast.model.access import Credentials, Invite, Role, User
from holdfast.model.errors import Conflict, Invalid, NotFound, Problem
from holdfast.model.instant import DAY, Micros, format_instant
from holdfast.model.records import Mail
from holdfast.ports import Clock, Entropy, MailTransport, NewUser, Store

MEMBER_FOR: Final[Micros] = 7 * DAY
PASSWORD_FOR: Final[Micros] = DAY
_MAIL_SECONDS: Final = 10
_UNKNOWN: Final = "this link is unknown, was used, or is too old"
_NO_LINK: Final = "(The link is shown to who invites: everybody in the tenant reads this mailbox.)"
_log = structlog.get_logger("holdfast.engine")


@dataclass(frozen=True, slots=True)
class Made:
    """A new invite, its link (shown this once), and whether it was mailed."""

    invite: Invite
    url: str
    mailed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a link is good for; ``known``: a person has its address."""

    invite: Invite
    tenant_name: str | None
    known: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What who follows a link brings. ``signed_in``: the person whose session the browser has."""

    name: str | None = None
    password: str | None = None
    code: str | None = None
    signed_in: User | None = None
    address: str = ""


class Invites:
    """The entrance. ``mails``: None where mail goes to the dev mailbox."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        passwords: Passwords,
        sign_in: SignIn,
        transport: MailTransport,
        *,
        mailed: bool,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._passwords = passwords
        self._sign_in = sign_in
        self._transport = transport
        self._mailed = mailed

    async def invite(self, giver: Giver, by: str, tenant: str, email: str, role: Role, base: str) -> Made:
        """Raises ``Invalid``, ``Forbidden``, ``NotFound``, ``Conflict`` for one who is a member."""
        address = address_of(email)
        may_give(giver, role)
        now = self._clock.now()
        record = await self._store.get_tenant(tenant, now)
        known = await self._store.credentials(address)
        if known is not None and any(m.tenant == tenant for m in await self._store.memberships(known.user.id)):
            raise Conflict("this person is a member already")
        expires = now + MEMBER_FOR
        invite = Invite(self._entropy.new_id(now), "member", address, by, now, expires, tenant=tenant, role=role)
        url = await self._kept(invite, base)
        return Made(invite, url, await self._mail(invite, record.name, url))

    async def for_password(self, user: User, by: str, base: str) -> Made:
        """A link with which the person chooses a new password."""
        now = self._clock.now()
        invite = Invite(
            self._entropy.new_id(now), "password", user.email or "", by, now, now + PASSWORD_FOR, user_id=user.id
        )
        return Made(invite, await self._kept(invite, base))

    async def end_those_of(self, maker: User, tenant: str, role: Role | None) -> None:
        """Ends the open invites that a person made and couldn't make with the role that they have now (None: none)."""
        if maker.email is None or maker.instance_admin:
            return
        for invite in await self._store.list_invites(tenant, self._clock.now()):
            given = invite.role or Role.OWNER
            if invite.created_by == maker.email and (role is None or role < Role.ADMIN or given > role):
                with suppress(NotFound):  # used or revoked meanwhile
                    await self._store.revoke_invite(tenant, invite.id)

    async def look(self, token: str) -> Look:
        """Raises ``NotFound``."""
        invite = await self._found(token)
        known = await self._store.credentials(invite.email) is not None
        if invite.tenant is None:
            return Look(invite, None, known)
        return Look(invite, (await self._store.get_tenant(invite.tenant, self._clock.now())).name, known)

    async def accept(self, token: str, given: Answer) -> tuple[User, str | None]:
        """Who came in by the link, and the tenant they came into.

        Raises ``NotFound``, ``Invalid``, ``WrongCredentials``, ``CodeNeeded``, ``HeldBack``, ``Busy``.
        """
        invite = await self._found(token)
        if invite.purpose == "password":
            return await self._choose_password(invite, token, given), None
        known = await self._store.credentials(invite.email)
        if known is None:
            new = await self._new_person(invite, given)
            user = await self._store.accept_invite(digest_of(token), new, None, self._clock.now())
        else:
            await self._prove(known, given)
            user = await self._store.accept_invite(digest_of(token), None, known.user.id, self._clock.now())
        return user, invite.tenant

    async def accept_trusted(self, token: str, email: str, name: str) -> tuple[User, str | None]:
        """As ``accept``, for one whose address another has vouched for. Raises ``NotFound``, ``Conflict``."""
        invite = await self._found(token)
        if invite.purpose != "member" or invite.email != email:
            raise Conflict("this link is for another address")
        known = await self._store.credentials(email)
        now = self._clock.now()
        if known is None:
            new = NewUser(User(self._entropy.new_id(now), "person", name, now, email=email))
            user = await self._store.accept_invite(digest_of(token), new, None, now)
        elif known.user.disabled_at is not None:
            raise NotFound(_UNKNOWN)
        else:
            user = await self._store.accept_invite(digest_of(token), None, known.user.id, now)
        return user, invite.tenant

    async def _kept(self, invite: Invite, base: str) -> str:
        token = new_token(self._entropy)
        await self._store.add_invite(invite, digest_of(token))
        return f"{base}/app/invite#{token}"

    async def _found(self, token: str) -> Invite:
        found = None
        if token and len(token) <= LONGEST:
            found = await self._store.find_invite(digest_of(token), self._clock.now())
        if found is None:
            raise NotFound(_UNKNOWN)
        return found

    async def _prove(self, known: Credentials, given: Answer) -> None:
        """That who follows the link is the person whom it is for."""
        if known.user.disabled_at is not None:
            raise NotFound(_UNKNOWN)
        if given.signed_in is not None and given.signed_in.id == known.user.id:
            return
        if given.password is None:
            rule = "is needed: there is an account with this address; or sign in with it first"
            raise Invalid([Problem("password", rule)], "The link can't be used like this")
        await self._sign_in.prove(known.user.email or "", given.password, given.code, given.address)

    async def _new_person(self, invite: Invite, given: Answer) -> NewUser:
        missing = [Problem(path, "is missing") for path in ("name", "password") if getattr(given, path) is None]
        if missing or given.name is None or given.password is None:
            raise Invalid(missing, "The account is not valid")
        name, password = name_of(given.name), checked(given.password, invite.email)
        now = self._clock.now()
        user = User(self._entropy.new_id(now), "person", name, now, email=invite.email, signed_in_at=now)
        return NewUser(user, await self._passwords.hash(password))

    async def _choose_password(self, invite: Invite, token: str, given: Answer) -> User:
        found = None if invite.user_id is None else await self._store.credentials_of(invite.user_id)
        if found is None or found.user.disabled_at is not None:
            raise NotFound(_UNKNOWN)
        if given.password is None:
            raise Invalid([Problem("password", "is missing")], "The password is not valid")
        password = checked(given.password, invite.email)
        await self._sign_in.check_code(found, given.code, given.address)
        hashed = await self._passwords.hash(password)
        return await self._store.accept_password(digest_of(token), hashed, self._clock.now())

    async def _mail(self, invite: Invite, tenant_name: str, url: str) -> bool:
        """Whether a mail server took it; the link is in the answer anyhow."""
        link = url if self._mailed else _NO_LINK
        text = (
            f"{invite.created_by} invites you to {tenant_name} on Holdfast.\n\n{link}\n\n"
            f"The link can be used once, until {format_instant(invite.expires_at)}.\n"
        )
        subject = f"You are invited to {' '.join(tenant_name.split())}"
        mail = Mail(
            id=invite.id, tenant=invite.tenant or "", sender="", to=(invite.email,), subject=subject, text=text,
            html=None, at=invite.created_at,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_MAIL_SECONDS):
                await self._transport.send(mail, (), (), ())
        except (ConnectionError, ValueError, TimeoutError) as error:
            _log.warning("an invite could not be mailed", invite=invite.id, reason=type(error).__name__)
            return False
        return self._mailed
