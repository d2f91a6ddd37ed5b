"""The change to another secret key: everything that the store keeps sealed is sealed anew with the newest key.

Each row is replaced only if it is still what was read, in portions; a run that was interrupted is done by running it
again, and two at once do no harm. Whatever is sealed meanwhile with an older key, by processes that know no newer one,
is found by another round. Once nothing is left, the store remembers the newest key as its own: from then on a process
that doesn't know it is refused, and the older keys are needed by nobody but callback addresses that were given away.

A value that none of the keys opens stops nothing of the rest, but the last step: it is named, and the store goes on
remembering the key that it has.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

from holdfast.ports import SealingFailed, Store, Vault
from holdfast.ports.sealed import SEALED_KINDS, SealedKind, SealedValue

DIGEST: Final = "secret_digest"
_PORTION: Final = 200
_MOST_ROUNDS: Final = 20


class Keys(Vault, Protocol):
    """A vault with several keys; ``mark`` is what everything begins with that the newest one sealed."""

    @property
    def mark(self) -> bytes: ...


@dataclass(slots=True)
class Rotated:
    """How many values were sealed anew, by kind, and those that no key opens. ``done``: nothing is left."""

    resealed: Counter[SealedKind] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)
    done: bool = False


class Rotation:
    """Seals anew. ``digests``: those of the newest key, and of the older ones."""

    def __init__(self, store: Store, keys: Keys, newest: str, older: Collection[str]) -> None:
        self._store = store
        self._keys = keys
        self._newest = newest
        self._older = older

    async def run(self, told: Callable[[Rotated], None] = lambda _: None) -> Rotated:
        """Until nothing is left. ``told`` hears of each portion. Raises ``Unavailable``; then run it again."""
        found = Rotated()
        for _ in range(_MOST_ROUNDS):
            found.unreadable.clear()
            if not [kind for kind in SEALED_KINDS if await self._all_of(kind, found, told)]:
                break
        else:
            return found
        if not found.unreadable:
            found.done = await self._store.replace_instance_value(DIGEST, [*self._older, self._newest], self._newest)
        return found

    async def _all_of(self, kind: SealedKind, found: Rotated, told: Callable[[Rotated], None]) -> bool:
        """Whether there was something to do."""
        after, busy = None, False
        while values := await self._store.list_sealed(kind, self._keys.mark, after, _PORTION):
            anew = [(value, sealed) for value in values if (sealed := self._anew(value, found)) is not None]
            if anew:
                busy = True
                found.resealed[kind] += await self._store.reseal(anew)
                told(found)
            after = values[-1].row
        return busy

    def _anew(self, value: SealedValue, found: Rotated) -> bytes | None:
        try:
            opened = self._keys.open(value.tenant, value.bound_to, value.sealed)
        except SealingFailed as error:
            found.unreadable.append(f"{_WORDS[value.kind]} {value.row} {error}")
            return None
        return self._keys.seal(value.tenant, value.bound_to, opened)


_WORDS: Final = {
    "secret": "the secret",
    "signing": "the signing secret of the subscription",
    "signing_before": "the previous signing secret of the subscription",
    "totp": "the seed of one-time codes of the user",
}
