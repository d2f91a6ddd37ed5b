"""The first owner's key, made in the store itself: a server that others can reach doesn't start without one.

Whoever can open the store may do that once; later keys are made through the API. Doing it again is harmless: an
instance that has an owner is left as it is, so a deployment may do it at every start.
"""

import os
import secrets
from typing import Final

from holdfast.cli.samples import TENANT
from holdfast.compose import open_store
from holdfast.http.auth import hash_of
from holdfast.model.access import ApiKey
from holdfast.model.errors import Invalid, Problem
from holdfast.settings import Settings
from holdfast.system import SystemEntropy

_VARIABLE: Final = "HOLDFAST_API_KEY"
_PREFIX: Final = "hf_"
_SHORTEST: Final = len(_PREFIX) + 40


async def ensure_owner(settings: Settings, name: str) -> str | None:
    """The key that was made; None when there is an owner already. Raises ``Invalid``, ``Unavailable``."""
    given = os.environ.get(_VARIABLE) or None
    if given is not None and not (given.startswith(_PREFIX) and len(given) >= _SHORTEST and given.isascii()):
        rule = f"must begin with {_PREFIX} and have {_SHORTEST} characters or more; unset it to get one made"
        raise Invalid([Problem(_VARIABLE, rule)], "This is no key for an owner")
    store = await open_store(settings)
    try:
        if await store.pending_migrations():
            raise Invalid([Problem("HOLDFAST_DATABASE_URL", "the database isn't migrated; run `holdfast migrate`")])
        if await store.has_owner():
            return None
        secret, now = given or _PREFIX + secrets.token_urlsafe(32), await store.clock()
        key = ApiKey(SystemEntropy().new_id(now), TENANT, name, "owner", instance_admin=True, created_at=now)
        await store.add_api_key(key, hash_of(secret))
        return secret
    finally:
        await store.close()
