"""Secrets: named values of a tenant that are written here and read only by the engine, where a signature or a request
needs them. Nobody gets a value back: lists show names, times, and where a secret may go.

A value is sealed (``ports.Vault``) before it reaches the store, together with where it may go: whoever changes that in
the store has a value that doesn't open. One that this process can't open (sealed with another secret key, or changed in
the store) is a ``SealingFailed`` that names the secret and the way out. Values aren't kept in memory: a replaced or
deleted one counts from its commit on, in every process.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.engine.connections.tokens import Tokens
from holdfast.engine.repeating import repeated
from holdfast.engine.secret_drafts import NAME, SecretDraft, host_of, problems_with
from holdfast.engine.shared_reads import SharedReads
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.records import Page
from holdfast.model.secret import SealedSecret, SecretType, sealed_for
from holdfast.ports import Clock, Entropy, Keep, SealingFailed, SecretUses, Store, Vault

# As often as others may make and delete the same name at the same time.
_TRIES: Final = 5

_Wanted = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class OpenedSecret:
    """A secret with its value: for the moment in which it is used."""

    name: str
    type: SecretType
    value: str = field(repr=False)
    hosts: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    sealed: SealedSecret | None = field(default=None, repr=False)


class Secrets:
    """The entrance for secrets. ``uses``: who is told that one was used; ``tokens`` fetches those of connections."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Clock,
        entropy: Entropy,
        uses: SecretUses | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.tokens = tokens
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._uses = uses
        self._reads: SharedReads[_Wanted, dict[str, OpenedSecret]] = SharedReads(self._read)

    async def put(self, tenant: str, name: str, given: str | SecretDraft) -> SealedSecret:
        """Makes the secret or replaces its value. Raises ``Invalid``.

        Where it may go is only ever changed together with its value: so nobody sends a value that they don't know to a
        place of their own.
        """
        draft = tidy(SecretDraft(given) if isinstance(given, str) else given)
        if problems := problems_with(name, draft):
            raise Invalid(problems, "The secret is not valid")
        return await repeated(lambda: self._put(tenant, name, draft), self._clock, self._entropy)

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
        return {name: secret.value for name, secret in (await self.opened(tenant, names)).items()}

    async def opened(self, tenant: str, names: Collection[str]) -> dict[str, OpenedSecret]:
        """Those that exist, by name, opened. For the engine alone. Raises ``SealingFailed``, ``Unavailable``."""
        return dict(await self._reads.get((tenant, frozenset(names)))) if names else {}

    def used(self, tenant: str, name: str, by: str) -> None:
        """Tells the audit log. ``by`` as in ``SecretUses``."""
        if self._uses is not None:
            self._uses.secret_used(tenant, name, by)

    def new_mark(self) -> str:
        """A text that nobody can know before."""
        return self._entropy.new_key()

    def open(self, secret: SealedSecret) -> OpenedSecret:
        """For the engine alone. Raises ``SealingFailed``."""
        return self._opened(secret)

    async def sealed(self, tenant: str, name: str) -> SealedSecret | None:
        """As it is kept. Raises ``Unavailable``."""
        return (await self._store.get_secrets(tenant, [name])).get(name)

    async def replace(
        self, tenant: str, name: str, draft: SecretDraft, found: SealedSecret | None
    ) -> SealedSecret | None:
        """Puts a valid draft in the place of what was ``found``; None, and nothing, if that has changed since."""
        now = self._clock.now()
        begun = found or SealedSecret(self._entropy.new_id(now), tenant, name, b"", now, now)
        secret = _changed(begun, draft)
        secret = replace(secret, sealed=self._vault.seal(tenant, sealed_for(secret), draft.value), updated_at=now)
        with suppress(Conflict):
            kept = await self._store.put_secret(secret, now, None if found is None else found.sealed)
            if kept.id == secret.id and kept.sealed == secret.sealed:
                return kept
        return None

    async def _read(self, wanted: _Wanted) -> dict[str, OpenedSecret]:
        tenant, names = wanted
        found = await self._store.get_secrets(tenant, names)
        return {name: self._opened(secret) for name, secret in found.items()}

    def _opened(self, secret: SealedSecret) -> OpenedSecret:
        try:
            value = self._vault.open(secret.tenant, sealed_for(secret), secret.sealed)
        except SealingFailed as error:
            way_out = "set its value again, or give this process the key that it was sealed with"
            raise SealingFailed(f"the secret {secret.name} {error}; {way_out}") from None
        return OpenedSecret(secret.name, secret.type, value, secret.hosts, secret.kinds, secret)

    async def _put(self, tenant: str, name: str, draft: SecretDraft) -> SealedSecret:
        """Sealed for the id that the name has in the store, whoever made it first."""
        for _ in range(_TRIES):
            now = self._clock.now()
            found = (await self._store.get_secrets(tenant, [name])).get(name)
            begun = found or SealedSecret(self._entropy.new_id(now), tenant, name, b"", now, now)
            secret = _changed(begun, draft)
            secret = replace(secret, sealed=self._vault.seal(tenant, sealed_for(secret), draft.value), updated_at=now)
            with suppress(Conflict):
                kept = await self._store.put_secret(secret, now)
                if kept.id == secret.id:
                    return kept
        raise Conflict(f"the secret {name} is being changed by others; try again")


def tidy(draft: SecretDraft) -> SecretDraft:
    hosts = draft.hosts
    return replace(draft, hosts=tuple(dict.fromkeys(map(host_of, hosts)))) if isinstance(hosts, tuple) else draft


def _changed(secret: SealedSecret, draft: SecretDraft) -> SealedSecret:
    """With everything of the draft but its value."""
    return replace(
        secret,
        type=draft.type,
        hosts=secret.hosts if isinstance(draft.hosts, Keep) else draft.hosts,
        kinds=secret.kinds if isinstance(draft.kinds, Keep) else draft.kinds,
        description=secret.description if isinstance(draft.description, Keep) else draft.description,
    )
