"""What a store keeps sealed, as whoever seals it anew sees it; and the few values that an instance keeps of itself.

What holds for every method is said in ``ports``. These serve the whole instance, no tenant.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple, Protocol

# Secrets; subscriptions' signing secrets, and those before them that still sign; seeds of one-time codes.
SealedKind = Literal["secret", "signing", "signing_before", "totp"]
SEALED_KINDS: Final[tuple[SealedKind, ...]] = ("secret", "signing", "signing_before", "totp")


class SealedValue(NamedTuple):
    """One sealed value: of which row, and for which tenant and id (``bound_to``) it was sealed."""

    kind: SealedKind
    row: str
    tenant: str
    bound_to: str
    sealed: bytes


class SealedStore(Protocol):
    async def list_sealed(self, kind: SealedKind, mark: bytes, after: str | None, limit: int) -> list[SealedValue]:
        """Those whose sealed bytes don't begin with ``mark``, by row, behind that one."""
        ...

    async def reseal(self, values: Sequence[tuple[SealedValue, bytes]]) -> int:
        """Puts the new bytes in the place of those that were read; how many. One that was changed since stays."""
        ...

    async def instance_value(self, key: str) -> str | None:
        """What the instance keeps under that key."""
        ...

    async def keep_instance_value(self, key: str, value: str) -> str:
        """Keeps the value, unless there is one already; what is kept."""
        ...

    async def replace_instance_value(self, key: str, known: Collection[str], value: str) -> bool:
        """Keeps the value in the place of one of those; False, and nothing, when it is another by now."""
        ...
