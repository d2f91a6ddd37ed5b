"""The first owner, made in the store itself: a server that others can reach doesn't start without one.

Either a person, who signs in and makes the others, or an owner's key for programs, an admin of the instance. Later ones
are made through the API. Doing it again is harmless: an instance that has a person, or for a key an admin, is left as
it is, so a deployment may do it at every start. Whoever can open the store can also give a person a new password, which
is the way back in for an owner who lost theirs. All of it stands in the audit log.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from holdfast.cli.samples import TENANT
from holdfast.cli.store_acts import record
from holdfast.compose import open_store
from holdfast.engine.people.addresses import address_of
from holdfast.engine.people.first_owner import add_first_owner
from holdfast.engine.people.passwords import Passwords, checked
from holdfast.engine.people.tokens import KEY_PREFIX, digest_of, new_token
from holdfast.model.access import ApiKey, User
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.json import JSONObject
from holdfast.ports import Store, UserChange
from holdfast.settings import Settings
from holdfast.system import SystemEntropy

_VARIABLE: Final = "HOLDFAST_API_KEY"
_SHORTEST: Final = len(KEY_PREFIX) + 40


async def ensure_owner(settings: Settings, name: str) -> str | None:
    """The key that was made; None when there is an admin of the instance. Raises ``Invalid``, ``Unavailable``."""
    given = os.environ.get(_VARIABLE) or None
    if given is not None and not (given.startswith(KEY_PREFIX) and len(given) >= _SHORTEST and given.isascii()):
        rule = f"must begin with {KEY_PREFIX} and have {_SHORTEST} characters or more; unset it to get one made"
        raise Invalid([Problem(_VARIABLE, rule)], "This is no key for an owner")
    async with _opened(settings) as store:
        now = await store.clock()
        if await store.has_instance_admin(now):
            return None
        secret = given or KEY_PREFIX + new_token(SystemEntropy())
        if await store.find_api_key(digest_of(secret)) is not None:
            rule = "is a key that is no admin of the instance (any more); give another, or unset it to get one made"
            raise Invalid([Problem(_VARIABLE, rule)], "This is no key for an owner")
        key = ApiKey(SystemEntropy().new_id(now), TENANT, name, "owner", instance_admin=True, created_at=now)
        # First on record: a key that was made and whose command failed then would be shown to nobody.
        await record(store, "keys.owner", key.id, {"name": name, "role": "owner", "instance_admin": True}, [TENANT])
        await store.add_api_key(key, digest_of(secret))
        return secret


async def add_person(settings: Settings, email: str, name: str, password: str) -> User | None:
    """The first person; None when there is a person already. Raises ``Invalid``, ``Unavailable``."""
    async with _opened(settings) as store:
        return await person_in(store, email, name, password)


async def person_in(store: Store, email: str, name: str, password: str) -> User | None:
    """As ``add_person``, in a store that is open."""
    if await store.has_person():
        return None
    passwords = Passwords()
    try:
        made = await add_first_owner(store, SystemEntropy(), passwords, await store.clock(), email, name, password)
    finally:
        await passwords.close()
    if made is not None:
        detail: JSONObject = {"user": made.email, "role": "owner", "instance_admin": True}
        await record(store, "users.add_owner", made.id, detail, [TENANT])
    return made


async def reset_person(settings: Settings, email: str, password: str) -> User:
    """Sets the password, takes one-time codes away and ends every session. Raises ``NotFound``, ``Invalid``."""
    address = address_of(email)
    passwords = Passwords()
    async with _opened(settings) as store:
        found = await store.credentials(address)
        if found is None:
            raise NotFound(f"nobody has the address {address}")
        try:
            hashed = await passwords.hash(checked(password, address))
        finally:
            await passwords.close()
        change = UserChange(password_hash=hashed, totp=None, recovery=frozenset())
        user = await store.change_user(found.user.id, change, end_sessions_but=None)
        tenants = [member.tenant for member in await store.memberships(user.id)]
        detail: JSONObject = {"user": user.email, "one_time_codes_taken_away": found.user.has_totp}
        await record(store, "users.reset", user.id, detail, tenants)
        return user


async def ensure_named_owner(store: Store, settings: Settings) -> None:
    """The first owner that the settings name, if there is no person yet. Raises ``Invalid``."""
    email, password = settings.owner_email, settings.owner_password
    if email is None and password is None:
        return
    missing = [
        Problem(f"HOLDFAST_OWNER_{name}", "is missing: one is used with the other")
        for name, value in (("EMAIL", email), ("PASSWORD", password))
        if value is None
    ]
    if email is None or password is None:
        raise Invalid(missing, "The first owner can't be made")
    try:
        await person_in(store, email, "", password.get_secret_value())
    except Invalid as error:
        named = [Problem(f"HOLDFAST_OWNER_{problem.path.upper()}", problem.message) for problem in error.problems]
        raise Invalid(named, "The first owner can't be made") from None


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    """The store, whose tables must be there; a file of one's own is migrated here."""
    store = await open_store(settings)
    try:
        missing = await store.pending_migrations()
        if missing and not store.shared:
            await store.migrate()
        elif missing:
            raise Invalid([Problem("HOLDFAST_DATABASE_URL", "the database isn't migrated; run `holdfast migrate`")])
        yield store
    finally:
        await store.close()
