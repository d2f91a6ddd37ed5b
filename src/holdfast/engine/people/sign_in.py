"""Signing in with an address, a password and, where the person has set it up, a one-time code.

Whatever is wrong with the address or the password gives the same error after the same work. A missing or wrong code is
told apart, but only to who has the right password; a wrong one counts as a failure like a wrong password.
"""

from functools import partial
from typing import Final

from holdfast.engine.people import one_time
from holdfast.engine.people.passwords import Passwords
from holdfast.engine.people.throttling import Throttled, Throttling
from holdfast.model.access import Credentials, User
from holdfast.model.errors import HoldfastError
from holdfast.model.household import household
from holdfast.ports import Clock, SealingFailed, Store, UserChange, Vault

# What seals a person's seed of one-time codes belongs to the instance, not to a tenant.
OWNER: Final = ""


class WrongCredentials(HoldfastError):
    """The address or the password is wrong, or nobody may sign in with them."""

    def __init__(self) -> None:
        super().__init__("the address or the password is wrong")


class CodeNeeded(HoldfastError):
    """The password is right, and a one-time code is missing or wrong."""


class SignIn:
    """Checks who somebody is; what follows from that is the caller's business."""

    def __init__(self, store: Store, clock: Clock, vault: Vault, passwords: Passwords, throttling: Throttling) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._passwords = passwords
        self._throttling = throttling

    async def prove(self, email: str, password: str, code: str | None, address: str) -> User:
        """Who that is. Raises ``WrongCredentials``, ``CodeNeeded``, ``HeldBack``, ``Busy``."""
        at_home = partial(self._is_at_home, email, address)
        async with self._throttling.trying("sign-in", email, address, at_home) as a_try:
            found = await self._store.credentials(email)
            user = await self._proven(found, password, code, a_try)
            await a_try.succeeded()
        return await self._signed_in(user, found, password)

    async def check_password(self, user_id: str, password: str, address: str) -> Credentials:
        """That who is signed in knows the password. Raises ``WrongCredentials``, ``HeldBack``, ``Busy``."""
        async with self._throttling.trying("password", user_id, address) as a_try:
            found = await self._store.credentials_of(user_id)
            fits = await self._passwords.fits(password, None if found is None else found.password_hash)
            if not fits or found is None:
                await a_try.failed()
                raise WrongCredentials
            await a_try.succeeded()
        return found

    async def check_code(self, found: Credentials, code: str | None, address: str) -> None:
        """A code of one who proved themselves otherwise, and who has them set up. Raises as ``prove``."""
        if found.totp is not None:
            async with self._throttling.trying("code", found.user.id, address) as a_try:
                await self._check_code(found, found.totp, code, a_try)
                await a_try.succeeded()

    async def _is_at_home(self, email: str, address: str) -> bool:
        """Whether the person is signed in where the try comes from."""
        found = await self._store.credentials(email)
        if found is None or not address:
            return False
        sessions = await self._store.list_sessions(found.user.id, self._clock.now())
        return household(address) in {household(session.address) for session in sessions}

    async def _proven(self, found: Credentials | None, password: str, code: str | None, a_try: Throttled) -> User:
        may = found is not None and found.user.kind == "person" and found.user.disabled_at is None
        known = found.password_hash if found is not None and may else None
        if not await self._passwords.fits(password, known) or found is None:
            await a_try.failed()
            raise WrongCredentials
        if found.totp is not None:
            await self._check_code(found, found.totp, code, a_try)
        return found.user

    async def _check_code(self, found: Credentials, sealed: bytes, code: str | None, a_try: Throttled) -> None:
        if code is None or not code.strip():
            raise CodeNeeded("enter the code that your authenticator app shows")
        if not await self._code_counts(found, sealed, code.strip()):
            await a_try.failed()
            raise CodeNeeded("the code is wrong, too old, or was used before")

    async def _code_counts(self, found: Credentials, sealed: bytes, code: str) -> bool:
        user_id = found.user.id
        if code.isascii() and code.isdecimal():
            try:
                seed = self._vault.open(OWNER, user_id, sealed)
            except SealingFailed:
                raise CodeNeeded("codes can't be checked under this secret key; use a recovery code") from None
            step = one_time.step_of(seed, code, self._clock.now())
            return step is not None and await self._store.use_code_step(user_id, step)
        wanted = one_time.recovery_hash(code)
        return wanted in found.recovery and await self._store.use_recovery(user_id, wanted)

    async def _signed_in(self, user: User, found: Credentials | None, password: str) -> User:
        change = UserChange(signed_in_at=self._clock.now())
        if found is not None and found.password_hash is not None and self._passwords.outdated(found.password_hash):
            change = UserChange(signed_in_at=change.signed_in_at, password_hash=await self._passwords.hash(password))
        return await self._store.change_user(user.id, change)
