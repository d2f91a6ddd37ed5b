"""Signing in by way of an OpenID Connect provider: the code flow with PKCE (S256), state and nonce.

What a sign-in needs on its way back (state, nonce, verifier, the invite that it accepts) travels in the browser's own
cookie, sealed and good for ten minutes, so that only the browser that began it can end it, and nothing is kept here.

Who comes back is the person that the provider's subject is linked to; else the one with the address that it vouches
for, who is linked from then on, and to no other subject; else whoever accepts an invite for that address; else, where
the settings name its domain and a role, a new person with that role. Nobody else gets in. One-time codes are the
provider's business on this way.

Whoever made an account by a link needn't own its address: they may wait for its owner. So when an account is linked,
its password and one-time codes are taken away and its sessions end. (Not of an admin of the instance, who may do
everything already.)
"""

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from cryptography.hazmat.primitives.constant_time import bytes_eq

from holdfast.engine.people.addresses import LONGEST_NAME, address_of
from holdfast.engine.people.first_owner import FIRST_TENANT
from holdfast.engine.people.invites import Invites
from holdfast.engine.people.openid_provider import OpenIdFailed, Provider, Vouched
from holdfast.engine.people.sign_in import OWNER
from holdfast.engine.people.tokens import new_token
from holdfast.model.access import Role, User
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import MINUTE, Micros
from holdfast.ports import Clock, Entropy, NewUser, SealingFailed, Store, UserChange, Vault

WAY_FOR: Final[Micros] = 10 * MINUTE
_SEALED_AS: Final = "openid sign-in"
_SCOPE: Final = "openid email profile"


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Who gets in without an invite: addresses of these domains, with this role; None: nobody."""

    domains: frozenset[str] = frozenset()
    role: Role | None = None

    def role_of(self, email: str) -> Role | None:
        return self.role if email.rpartition("@")[2] in self.domains else None


class Way(NamedTuple):
    """Where the provider asks who somebody is, and what the browser keeps until then."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider sends the browser back with."""

    code: str = ""
    state: str = ""
    issuer: str | None = None
    error: str | None = None


class OpenId:
    """The entrance. ``name`` is what people call the provider."""

    def __init__(
        self,
        name: str,
        provider: Provider,
        newcomers: Newcomers,
        store: Store,
        vault: Vault,
        clock: Clock,
        entropy: Entropy,
        invites: Invites,
    ) -> None:
        self.name = name
        self._provider = provider
        self._newcomers = newcomers
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._invites = invites

    async def begin(self, redirect: str, invite: str | None = None) -> Way:
        """Raises ``OpenIdFailed``."""
        state, nonce, verifier = (new_token(self._entropy) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self._provider.client.id,
            "redirect_uri": redirect,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = await self._provider.endpoint("authorization_endpoint")
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "redirect": redirect, "invite": invite}
        sealed = self._vault.seal(OWNER, _SEALED_AS, json.dumps({**kept, "at": self._clock.now()}))
        url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
        return Way(url, base64.urlsafe_b64encode(sealed).decode())

    async def finish(self, returned: Returned, sealed: str | None) -> tuple[User, str | None]:
        """Who that is, and the tenant of the invite that they accepted. Raises ``OpenIdFailed``."""
        kept = self._kept(sealed)
        if not bytes_eq(str(kept["state"]).encode(), returned.state.encode()):
            raise OpenIdFailed("state", "the sign-in was not begun in this browser")
        await self._check_issuer(returned)
        if returned.error is not None or not returned.code:
            raise OpenIdFailed("refused", "the provider signed nobody in")
        vouched = await self._provider.exchange(returned.code, kept["verifier"], kept["redirect"], kept["nonce"])
        user, tenant = await self._who(vouched, kept["invite"])
        if user.disabled_at is not None or user.kind != "person":
            raise OpenIdFailed("unknown", "nobody with this address may sign in here")
        user = await self._store.change_user(user.id, UserChange(signed_in_at=self._clock.now()))
        return user, tenant

    def _kept(self, sealed: str | None) -> dict[str, Any]:
        """What the browser kept. Raises ``OpenIdFailed``."""
        try:
            opened = self._vault.open(OWNER, _SEALED_AS, base64.urlsafe_b64decode(sealed or ""))
        except (SealingFailed, ValueError):
            raise OpenIdFailed("state", "the sign-in was not begun in this browser") from None
        kept: dict[str, Any] = json.loads(opened)
        if self._clock.now() - kept["at"] > WAY_FOR:
            raise OpenIdFailed("state", "the sign-in took too long; begin again")
        return kept

    async def _check_issuer(self, returned: Returned) -> None:
        """An answer of another provider isn't ours (RFC 9207)."""
        said = (await self._provider.describe()).get("authorization_response_iss_parameter_supported") is True
        if returned.issuer != self._provider.client.issuer and (said or returned.issuer is not None):
            raise OpenIdFailed("refused", "another provider answered")

    async def _who(self, vouched: Vouched, invite: str | None) -> tuple[User, str | None]:
        try:
            email = address_of(vouched.email)
        except Invalid:
            raise OpenIdFailed("unverified", "the provider's address isn't one") from None
        linked = await self._store.find_identity(self._provider.client.issuer, vouched.subject)
        if invite is not None:
            await self._check_own(linked, email)
            user, tenant = await self._invited(invite, email, vouched)
        else:
            user, tenant = await self._known(linked, email, vouched), None
        if linked is None:
            await self._link(vouched, user)
            await self._hand_over(user)
        return user, tenant

    async def _check_own(self, linked: str | None, email: str) -> None:
        """An invite is for an address: a subject that is linked to the person of another one doesn't accept it."""
        found = None if linked is None else await self._store.credentials(email)
        if linked is not None and (found is None or found.user.id != linked):
            raise OpenIdFailed("unknown", "this account of the provider belongs to another person here")

    async def _known(self, linked: str | None, email: str, vouched: Vouched) -> User:
        if linked is not None:
            return await self._store.get_user(linked)
        found = await self._store.credentials(email)
        if found is not None:
            return found.user
        role = self._newcomers.role_of(email)
        if role is None:
            raise OpenIdFailed("unknown", "nobody with this address may sign in here; ask for an invite")
        now = self._clock.now()
        user = User(self._entropy.new_id(now), "person", _name(vouched, email), now, email=email)
        await self._store.add_user(NewUser(user), FIRST_TENANT, role, now)
        return user

    async def _invited(self, invite: str, email: str, vouched: Vouched) -> tuple[User, str | None]:
        try:
            return await self._invites.accept_trusted(invite, email, _name(vouched, email))
        except (NotFound, Conflict) as error:
            raise OpenIdFailed("invite", str(error)) from None

    async def _hand_over(self, user: User) -> None:
        """Leaves the account to whom the provider vouches for."""
        found = await self._store.credentials_of(user.id)
        if found is None or found.password_hash is None or user.instance_admin or user.disabled_at is not None:
            return
        nothing = UserChange(password_hash=None, totp=None, recovery=frozenset())
        await self._store.change_user(user.id, nothing, end_sessions_but=None)

    async def _link(self, vouched: Vouched, user: User) -> None:
        try:
            await self._store.link_identity(self._provider.client.issuer, vouched.subject, user.id, self._clock.now())
        except Conflict:
            raise OpenIdFailed("unknown", "this account here is another one's of the provider") from None


def _name(vouched: Vouched, email: str) -> str:
    """What the provider calls them, if that can be shown."""
    name = " ".join(vouched.name.split())[:LONGEST_NAME]
    return name if name and name.isprintable() else email.partition("@")[0]
