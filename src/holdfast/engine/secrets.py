"""Secrets: named values of a tenant that are written here and read only by the engine, where a signature or a request
needs them. Nobody gets a value back: lists show names and times.

A value is sealed (``ports.Vault``) before it reaches the store. One that this process can't open (sealed with another
secret key, or changed in the store) is a ``SealingFailed`` that names the secret and the way out. Values aren't kept in
memory: a replaced or deleted one counts from its commit on, in every process.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from holdfast.engine.repeating import repeated
from holdfast.engine.shared_reads import SharedReads
from holdfast.model.errors import Conflict, Invalid, NotFound, Problem
from holdfast.model.json import problems_of
from holdfast.model.records import Page
from holdfast.model.secret import SealedSecret
from holdfast.ports import Clock, Entropy, SealingFailed, Store, Vault

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
NAME_RULE: Final = "must be 1 to 64 letters, digits and _, and not begin with a digit"
LONGEST_VALUE: Final = 64 * 1024
# As often as others may make and delete the same name at the same time.
_TRIES: Final = 5

_Wanted = tuple[str, frozenset[str]]


class Secrets:
    """The entrance for secrets."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._reads: SharedReads[_Wanted, dict[str, str]] = SharedReads(self._read)

    async def put(self, tenant: str, name: str, value: str) -> SealedSecret:
        """Makes the secret or replaces its value. Raises ``Invalid``."""
        if problems := _problems(name, value):
            raise Invalid(problems, "The secret is not valid")
        return await repeated(lambda: self._put(tenant, name, value), self._clock, self._entropy)

    async def list(self, tenant: str, cursor: str | None, limit: int) -> Page[SealedSecret]:
        """By name."""
        return await self._store.list_secrets(tenant, cursor, limit)

    async def delete(self, tenant: str, name: str) -> None:
        """Raises ``NotFound``."""
        if NAME.fullmatch(name) is None:
            raise NotFound("there is no secret with this name")
        await self._store.delete_secret(tenant, name)

    async def values(self, tenant: str, names: Collection[str]) -> dict[str, str]:
        """The values of those that exist, by name. For the engine alone. Raises ``SealingFailed``, ``Unavailable``."""
        return dict(await self._reads.get((tenant, frozenset(names)))) if names else {}

    async def _read(self, wanted: _Wanted) -> dict[str, str]:
        tenant, names = wanted
        found = await self._store.get_secrets(tenant, names)
        return {name: self._opened(secret) for name, secret in found.items()}

    def _opened(self, secret: SealedSecret) -> str:
        try:
            return self._vault.open(secret.tenant, secret.id, secret.sealed)
        except SealingFailed as error:
            way_out = "set its value again, or give this process the key that it was sealed with"
            raise SealingFailed(f"the secret {secret.name} {error}; {way_out}") from None

    async def _put(self, tenant: str, name: str, value: str) -> SealedSecret:
        """Sealed for the id that the name has in the store, whoever made it first."""
        for _ in range(_TRIES):
            now = self._clock.now()
            found = (await self._store.get_secrets(tenant, [name])).get(name)
            secret_id = self._entropy.new_id(now) if found is None else found.id
            sealed = self._vault.seal(tenant, secret_id, value)
            secret = SealedSecret(secret_id, tenant, name, sealed, now, now)
            with suppress(Conflict):
                kept = await self._store.put_secret(secret, now)
                if kept.id == secret_id:
                    return kept
        raise Conflict(f"the secret {name} is being changed by others; try again")


def _problems(name: str, value: str) -> list[Problem]:
    problems = [] if NAME.fullmatch(name) else [Problem("name", NAME_RULE)]
    if not value:
        problems.append(Problem("value", "must not be empty"))
    wrong = [Problem("value", message) for _, message in problems_of(value)]
    if not wrong and len(value.encode()) > LONGEST_VALUE:
        wrong = [Problem("value", f"must have at most {LONGEST_VALUE // 1024} KiB")]
    return problems + wrong
