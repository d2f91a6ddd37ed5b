"""Deleted tenants: when their time has come all that they had goes, in portions that stall nobody.

That a tenant goes is put on the instance's record before anything of it is gone, by each process that begins with it:
the tenant's own record goes with it. The store waits until nothing of the tenant runs (it asks what does to stop).
"""

from typing import Final

import structlog

from holdfast.engine.loop import Loop
from holdfast.model.audit import INSTANCE, NewAudit
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.json import JSONObject
from holdfast.model.records import TenantRecord
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.purger")
_CHUNK: Final = 500
_PAGE: Final = 500
_EVERY: Final[Micros] = 20 * SECOND

PURGED: Final = "tenants.purge"


class Purger(Loop):
    """Looks every few seconds; goes on at once while there is something to take away."""

    name = "purger"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, every: Micros = _EVERY) -> None:
        super().__init__(clock, entropy, every)
        self._store = store
        self._begun: set[str] = set()

    async def run_once(self) -> bool:
        now = self._clock.now()
        doomed = await self._doomed(now)
        if not doomed:
            return False
        new = [tenant for tenant in doomed if tenant.id not in self._begun]
        if new:
            await self._store.append_audit([_on_record(tenant, now) for tenant in new])
            self._begun.update(tenant.id for tenant in new)
        deleted = await self._store.purge_tenants(now, _CHUNK)
        if deleted:
            _log.info("purged", rows=deleted)
        return deleted > 0

    async def _doomed(self, now: Instant) -> list[TenantRecord]:
        doomed: list[TenantRecord] = []
        cursor: str | None = None
        while True:
            page = await self._store.list_tenants(now, cursor, _PAGE)
            doomed += [each for each in page.items if each.delete_at is not None and each.delete_at <= now]
            cursor = page.next
            if cursor is None:
                return doomed


def _on_record(tenant: TenantRecord, now: Instant) -> NewAudit:
    detail: JSONObject = {"name": tenant.name}
    return NewAudit(INSTANCE, now, "engine", "", "engine", PURGED, f"tenants/{tenant.id}", "done", detail=detail)
