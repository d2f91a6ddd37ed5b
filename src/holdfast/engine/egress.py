"""Where tenants may connect to, as their admins have set it: read from the store, and known for two seconds.

So a change counts within seconds in every process. A tenant that isn't there may connect to nothing. While the store is
away nothing older than that is trusted: ``Unavailable``.
"""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from holdfast.engine.shared_reads import SharedReads
from holdfast.model.egress import Egress
from holdfast.model.errors import NotFound
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Clock, Store

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")

KNOWN_FOR: Final[Micros] = 2 * SECOND
_MOST: Final = 10_000
_NOWHERE: Final = Egress(only=())


class EgressPolicies:
    """Call ``of`` before each connection. ``local``: the local user's steps reach this machine's services, until there
    is a person, and with them others who save steps."""

    def __init__(self, store: Store, clock: Clock, *, local: bool = False) -> None:
        self._store = store
        self._local = local
        self._clock = clock
        self._known: OrderedDict[str, tuple[Instant, Egress]] = OrderedDict()
        self._reads: SharedReads[str, Egress] = SharedReads(self._read)

    async def of(self, tenant: str) -> Egress:
        """The policy of the tenant now. Raises ``Unavailable``."""
        known = self._known.get(tenant)
        if known is not None and 0 <= self._clock.now() - known[0] < KNOWN_FOR:
            return known[1]
        return await self._reads.get(tenant)

    async def _is_local(self) -> bool:
        """A person, once made, ends it for good."""
        self._local = self._local and not await self._store.has_person()
        return self._local

    async def _read(self, tenant: str) -> Egress:
        now = self._clock.now()
        try:
            egress = (await self._store.get_tenant(tenant, now)).egress
            if await self._is_local():
                egress = replace(egress, also=(*egress.also, *LOOPBACK))
        except NotFound:
            egress = _NOWHERE
        self._known[tenant] = now, egress
        self._known.move_to_end(tenant)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return egress
