"""The ``TenantStore`` part of the port on SQLite."""

import sqlite3
from typing import Final

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page, TenantRecord
from holdfast.ports import NewTenant, TenantChange
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.rows import tenant_record
from holdfast.stores.setting_rows import changed_tenant, new_tenant, refuse_deletion, refuse_revival
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import subscriptions, triggers
from holdfast.stores.sqlite.trigger_saves import raise_version

# primary key; live_running, whose entries are as few as there are slots
_SHOWN: Final = """
SELECT t.*, (SELECT count(*) FROM live INDEXED BY live_running WHERE state = 'RUNNING' AND tenant_id = t.id) AS running
FROM tenants t"""
_GET: Final = f"{_SHOWN} WHERE t.id = ?"
_LIST: Final = f"{_SHOWN} WHERE t.id > ? ORDER BY t.id LIMIT ?"
_ADD: Final = """
INSERT INTO tenants (name, weight, max_running, attributes, retention, egress, id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_CHANGE: Final = """
UPDATE tenants SET name = ?, weight = ?, max_running = ?, attributes = ?, retention = ?, egress = ? WHERE id = ?"""
_SUSPEND: Final = "UPDATE tenants SET suspended_at = coalesce(suspended_at, ?), delete_at = ? WHERE id = ?"
_RESUME: Final = "UPDATE tenants SET suspended_at = NULL, delete_at = NULL WHERE id = ?"
# tenants_by_name
_NAMESAKE: Final = "SELECT 1 FROM tenants WHERE name = ? AND id <> ?"


class Tenants(Session):
    async def create_tenant(self, tenant: NewTenant, now: Instant) -> TenantRecord:
        def work(db: sqlite3.Connection) -> TenantRecord:
            known = db.execute(_GET, (tenant.id,)).fetchone()
            if known is not None and known["name"] == tenant.name:  # an earlier try of this call, whose answer was lost
                return tenant_record(known)
            if known is not None:
                raise Conflict("the tenant id is taken")
            _refuse_namesake(db, tenant.name, tenant.id)
            db.execute(_ADD, (*new_tenant(tenant), tenant.id, now))
            return get(db, tenant.id)

        return await self._write(work)

    async def change_tenant(self, tenant_id: str, change: TenantChange, now: Instant) -> TenantRecord:
        def work(db: sqlite3.Connection) -> TenantRecord:
            settings = changed_tenant(_found(db, tenant_id), change)
            _refuse_namesake(db, settings.name, tenant_id)
            db.execute(_CHANGE, (*settings, tenant_id))
            return get(db, tenant_id)

        return await self._write(work)

    async def suspend_tenant(self, tenant_id: str, now: Instant, delete_at: Instant | None) -> TenantRecord:
        def work(db: sqlite3.Connection) -> TenantRecord:
            refuse_revival(_found(db, tenant_id), now)
            db.execute(_SUSPEND, (now, delete_at, tenant_id))
            db.execute(triggers.SUSPEND, (tenant_id,))
            raise_version(db)
            return get(db, tenant_id)

        refuse_deletion(tenant_id, delete_at)
        return await self._write(work)

    async def resume_tenant(self, tenant_id: str, now: Instant) -> TenantRecord:
        def work(db: sqlite3.Connection) -> TenantRecord:
            row = _found(db, tenant_id)
            refuse_revival(row, now)
            if row["suspended_at"] is not None:
                db.execute(_RESUME, (tenant_id,))
                db.execute(triggers.GO_ON, (now, tenant_id))
                db.execute(subscriptions.GO_ON, (now, tenant_id))
                raise_version(db)
            return get(db, tenant_id)

        return await self._write(work)

    async def keeps_tenants_apart(self) -> bool | None:
        return None

    async def get_tenant(self, tenant_id: str, now: Instant) -> TenantRecord:
        return await self._read(lambda db: get(db, tenant_id))

    async def list_tenants(self, now: Instant, cursor: str | None, limit: int) -> Page[TenantRecord]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(_LIST, (after, limit + 1)).fetchall())
        items = tuple(tenant_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def get(db: sqlite3.Connection, tenant_id: str) -> TenantRecord:
    """Raises ``NotFound``."""
    return tenant_record(_found(db, tenant_id))


def _found(db: sqlite3.Connection, tenant_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(_GET, (tenant_id,)).fetchone()
    if row is None:
        raise NotFound(f"no tenant {tenant_id}")
    return row


def _refuse_namesake(db: sqlite3.Connection, name: str, tenant_id: str) -> None:
    if db.execute(_NAMESAKE, (name, tenant_id)).fetchone() is not None:
        raise Conflict(f"there is another tenant {name} already")
