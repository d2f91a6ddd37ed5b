"""One's own account: name, password, one-time codes. What opens the account anew asks for the password first."""

from typing import Final, NamedTuple

from holdfast.engine.people import one_time
from holdfast.engine.people.addresses import name_of
from holdfast.engine.people.passwords import Passwords, checked
from holdfast.engine.people.sign_in import OWNER, SignIn, WrongCredentials
from holdfast.model.access import User
from holdfast.model.errors import Invalid, Problem
from holdfast.ports import Clock, Entropy, Store, UserChange, Vault

_TITLE: Final = "The change is not valid"


class NewCodes(NamedTuple):
    """A seed that isn't kept yet, as text and for a QR code."""

    seed: str
    uri: str


class Accounts:
    """The entrance of who is signed in."""

    def __init__(
        self, store: Store, clock: Clock, entropy: Entropy, vault: Vault, passwords: Passwords, sign_in: SignIn
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._vault = vault
        self._passwords = passwords
        self._sign_in = sign_in

    async def rename(self, user: User, name: str) -> User:
        """Raises ``Invalid``."""
        return await self._store.change_user(user.id, UserChange(name=name_of(name)))

    async def change_password(self, user: User, session: str, current: str, new: str, address: str) -> None:
        """Every other session ends. Raises ``Invalid``, ``HeldBack``, ``Busy``."""
        checked(new, user.email or "", "new")
        await self._check(user, current, address, "current")
        change = UserChange(password_hash=await self._passwords.hash(new))
        await self._store.change_user(user.id, change, end_sessions_but=session)

    def new_codes(self, user: User) -> NewCodes:
        """Nothing is kept until ``confirm_codes`` brings a code of it."""
        seed = one_time.new_seed(self._entropy)
        return NewCodes(seed, one_time.uri_of(seed, user.email or user.name))

    async def confirm_codes(
        self, user: User, session: str, secret: str, code: str, password: str, address: str
    ) -> list[str]:
        """Codes of this seed are asked for from now on; the recovery codes, shown this once. Every other session ends.

        Raises ``Invalid``, ``HeldBack``, ``Busy``.
        """
        seed = one_time.seed_of(secret)
        await self._check(user, password, address, "password")
        step = one_time.step_of(seed, code.strip(), self._clock.now())
        if step is None:
            raise Invalid([Problem("code", "isn't what the app shows now; look at its clock")], _TITLE)
        codes = one_time.new_recovery_codes(self._entropy)
        sealed = self._vault.seal(OWNER, user.id, seed)
        change = UserChange(totp=sealed, recovery=one_time.recovery_hashes(codes))
        await self._store.change_user(user.id, change, end_sessions_but=session)
        await self._store.use_code_step(user.id, step)
        return codes

    async def remove_codes(self, user: User, password: str, address: str) -> None:
        """Raises ``Invalid``, ``HeldBack``, ``Busy``."""
        await self._check(user, password, address, "password")
        await self._store.change_user(user.id, UserChange(totp=None, recovery=frozenset()))

    async def _check(self, user: User, password: str, address: str, path: str) -> None:
        try:
            await self._sign_in.check_password(user.id, password, address)
        except WrongCredentials:
            raise Invalid([Problem(path, "is wrong")], _TITLE) from None
