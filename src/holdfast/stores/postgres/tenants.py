"""Tenants: their names, shares, limits and rules. A name is taken by the unique index, not by looking first."""

from typing import Final

import asyncpg

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page, TenantRecord
from holdfast.ports import NewTenant, TenantChange
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.leads import raise_version
from holdfast.stores.postgres.paging import text_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import subscriptions, triggers
from holdfast.stores.rows import tenant_record
from holdfast.stores.setting_rows import changed_tenant, new_tenant, refuse_deletion, refuse_revival

# tenants: primary key; live_running, which is as short as all workers' slots, is read once.
SHOWN: Final = """
WITH running AS MATERIALIZED (
    SELECT tenant_id, count(*) AS running FROM live WHERE state = 'RUNNING' GROUP BY tenant_id
)
SELECT t.*, coalesce((SELECT running FROM running r WHERE r.tenant_id = t.id), 0) AS running FROM tenants t
"""
GET: Final = SHOWN + "WHERE t.id = $1"
LIST: Final = SHOWN + "WHERE $1::text IS NULL OR t.id > $1 ORDER BY t.id LIMIT $2"
ADD: Final = """
INSERT INTO tenants (id, created_at, name, weight, max_running, attributes, retention, egress)
VALUES ($1, $2, $3, $4, $5, $6::json, $7::json, $8::json) ON CONFLICT (id) DO NOTHING
"""
LOCK: Final = "SELECT * FROM tenants WHERE id = $1 FOR NO KEY UPDATE"
CHANGE: Final = """
UPDATE tenants
SET name = $2, weight = $3, max_running = $4, attributes = $5::json, retention = $6::json, egress = $7::json
WHERE id = $1
"""


SUSPEND: Final = """
UPDATE tenants SET suspended_at = coalesce(suspended_at, $2::bigint), delete_at = $3::bigint WHERE id = $1
"""
RESUME: Final = "UPDATE tenants SET suspended_at = NULL, delete_at = NULL WHERE id = $1"


class Tenants(Part):
    async def create_tenant(self, tenant: NewTenant, now: Instant) -> TenantRecord:
        async def work(connection: Connection) -> None:
            try:
                await connection.fetch(ADD, tenant.id, now, *new_tenant(tenant))
            except asyncpg.UniqueViolationError:
                raise _taken(tenant.name) from None

        await self._db.transact(work)
        made = await self.get_tenant(tenant.id, now)
        if made.name != tenant.name:  # otherwise an earlier try of this call made it
            raise Conflict("the tenant id is taken")
        return made

    async def change_tenant(self, tenant_id: str, change: TenantChange, now: Instant) -> TenantRecord:
        async def work(connection: Connection) -> None:
            settings = changed_tenant(await _locked(connection, tenant_id), change)
            try:
                await connection.fetch(CHANGE, tenant_id, *settings)
            except asyncpg.UniqueViolationError:
                raise _taken(settings.name) from None

        await self._db.transact(work)
        return await self.get_tenant(tenant_id, now)

    async def suspend_tenant(self, tenant_id: str, now: Instant, delete_at: Instant | None) -> TenantRecord:
        async def work(connection: Connection) -> None:
            refuse_revival(await _locked(connection, tenant_id), now)
            await connection.fetch(SUSPEND, tenant_id, now, delete_at)
            await connection.fetch(triggers.LOCK_OF_TENANT, tenant_id)
            await connection.fetch(triggers.SUSPEND, tenant_id)
            await raise_version(connection)

        refuse_deletion(tenant_id, delete_at)
        await self._db.transact(work)
        return await self.get_tenant(tenant_id, now)

    async def resume_tenant(self, tenant_id: str, now: Instant) -> TenantRecord:
        async def work(connection: Connection) -> None:
            row = await _locked(connection, tenant_id)
            refuse_revival(row, now)
            if row["suspended_at"] is None:
                return
            await connection.fetch(RESUME, tenant_id)
            await connection.fetch(triggers.LOCK_OF_TENANT, tenant_id)
            await connection.fetch(triggers.GO_ON, tenant_id, now)
            await connection.fetch(subscriptions.GO_ON, tenant_id, now)
            await raise_version(connection)

        await self._db.transact(work)
        return await self.get_tenant(tenant_id, now)

    async def keeps_tenants_apart(self) -> bool | None:
        return await self._db.keeps_tenants_apart()

    async def get_tenant(self, tenant_id: str, now: Instant) -> TenantRecord:
        row = await self._db.first(GET, tenant_id) if "\0" not in tenant_id else None
        if row is None:
            raise NotFound(f"no tenant {tenant_id}")
        return tenant_record(row)

    async def list_tenants(self, now: Instant, cursor: str | None, limit: int) -> Page[TenantRecord]:
        rows = await self._db.fetch(LIST, text_after(cursor), limit + 1)
        items = tuple(tenant_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def _locked(connection: Connection, tenant_id: str) -> Row:
    """Raises ``NotFound``."""
    row = await connection.fetchrow(LOCK, tenant_id) if "\0" not in tenant_id else None
    if row is None:
        raise NotFound(f"no tenant {tenant_id}")
    return row


def _taken(name: str) -> Conflict:
    return Conflict(f"there is another tenant {name} already")
