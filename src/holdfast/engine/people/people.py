"""``People``: everything about them in one entrance, made once per process.

The first owner is made once for an instance, by whoever can open the store or is the local user; from then on nobody is
signed in without proving who they are.
"""

from dataclasses import dataclass
from typing import Final

from holdfast.engine.people.accounts import Accounts
from holdfast.engine.people.first_owner import add_first_owner
from holdfast.engine.people.invites import Invites
from holdfast.engine.people.key_uses import KeyUseWriter
from holdfast.engine.people.members import Members
from holdfast.engine.people.openid import Newcomers, OpenId
from holdfast.engine.people.openid_provider import OpenIdClient, Provider, Web
from holdfast.engine.people.passwords import Passwords
from holdfast.engine.people.sessions import Sessions
from holdfast.engine.people.sign_in import SignIn
from holdfast.engine.people.throttling import Throttling
from holdfast.model.access import User
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, MailTransport, Store, Vault

# As long may somebody who was made by another process stay unseen here.
_LOOK_AGAIN: Final[Micros] = SECOND


@dataclass(frozen=True, slots=True)
class Signing:
    """The OpenID provider that people may sign in by, as the settings name it."""

    name: str
    client: OpenIdClient
    newcomers: Newcomers
    web: Web


class People:
    """The entrance."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Clock,
        entropy: Entropy,
        transport: MailTransport,
        *,
        mailed: bool,
        signing: Signing | None = None,
    ) -> None:
        self.passwords = Passwords()
        self.throttling = Throttling(store, clock)
        self.sessions = Sessions(store, clock, entropy)
        self.sign_in = SignIn(store, clock, vault, self.passwords, self.throttling)
        self.accounts = Accounts(store, clock, entropy, vault, self.passwords, self.sign_in)
        self.members = Members(store, clock, entropy)
        self.invites = Invites(store, clock, entropy, self.passwords, self.sign_in, transport, mailed=mailed)
        self.key_uses = KeyUseWriter(store, clock, entropy)
        self.openid: OpenId | None = None
        if signing is not None:
            provider = Provider(signing.client, signing.web, clock)
            around = (store, vault, clock, entropy, self.invites)
            self.openid = OpenId(signing.name, provider, signing.newcomers, *around)
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._exist = False
        self._looked: Instant | None = None

    async def exist(self) -> bool:
        """Whether any person was ever made. Once true it stays so; a no is looked at again after a second."""
        now = self._clock.now()
        if not self._exist and (self._looked is None or now - self._looked >= _LOOK_AGAIN):
            self._exist = await self._store.has_person()
            self._looked = now
        return self._exist

    async def add_first_owner(self, email: str, name: str, password: str) -> User | None:
        """The first person, an owner and an admin of the instance; None when there is a person. Raises ``Invalid``."""
        now = self._clock.now()
        made = await add_first_owner(self._store, self._entropy, self.passwords, now, email, name, password)
        self._exist = True
        return made

    async def close(self) -> None:
        await self.passwords.close()
