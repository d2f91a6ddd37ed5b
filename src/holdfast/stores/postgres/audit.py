"""The audit log: a chain per tenant, continued under the lock of its head, so that it has one order and no gap.

An append takes the heads of all its tenants in order of their ids, then writes everything in two statements. A tenant's
first act makes its head beforehand, in a transaction of its own: made under others' locks it could close a circle.
"""

from collections.abc import Sequence
from typing import Any, Final

from holdfast.model.audit import ORIGIN, AuditEntry, AuditHead, NewAudit
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.ports import AuditFilter
from holdfast.stores.audit_rows import (
    appended,
    audit_entry,
    audit_head,
    by_tenant,
    columns_of,
    ends,
    outdated,
    place_of,
    wanted_rows,
)
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, run
from holdfast.stores.postgres.sql import audit as sql

CHAINS_AT_ONCE: Final = 500


class Audit(Part):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_chain = ""

    async def append_audit(self, acts: Sequence[NewAudit]) -> None:
        async def work(connection: Connection) -> bool:
            rows = await connection.fetch(sql.LOCK, list(wanted))
            heads = {row["tenant_id"]: audit_head(row) for row in rows}
            if len(heads) < len(wanted):
                return False
            entries = appended(wanted, heads)
            await run(connection, sql.APPEND, [columns_of(entry) for entry in entries], 14)
            await run(connection, sql.MOVE, ends(entries), 3)
            return True

        wanted = by_tenant(acts)
        while wanted and not await self._db.transact(work):
            await self._db.fetch(sql.BEGIN, list(wanted), ORIGIN)

    async def list_audit(self, tenant: str, wanted: AuditFilter, cursor: str | None, limit: int) -> Page[AuditEntry]:
        rows = await self._db.seen(sql.LIST, tenant, *wanted_rows(wanted, cursor), limit + 1)
        items = tuple(audit_entry(row) for row in rows[:limit])
        return Page(items, place_of(items[-1]) if len(rows) > limit else None)

    async def read_audit(self, tenant: str, after: int, limit: int) -> list[AuditEntry]:
        return [audit_entry(row) for row in await self._db.seen(sql.READ, tenant, after, limit)]

    async def audit_head(self, tenant: str) -> AuditHead | None:
        row = await self._db.seen_first(sql.HEAD, tenant)
        return None if row is None else audit_head(row)

    async def prune_audit(self, before: Instant, limit: int) -> int:
        """Looks at the next chains; from the start again after the last."""
        rows = await self._db.fetch(sql.NEXT_CHAINS, self._next_chain, before, CHAINS_AT_ONCE)
        self._next_chain = rows[-1]["tenant_id"] + "\x01" if len(rows) == CHAINS_AT_ONCE else ""
        deleted = 0
        for tenant in (row["tenant_id"] for row in rows if row["old"]):
            if deleted < limit:
                deleted += await self._shorten(tenant, before, limit - deleted)
        return deleted

    async def _shorten(self, tenant: str, before: Instant, limit: int) -> int:
        async def work(connection: Connection) -> int:
            (head,) = await connection.fetch(sql.LOCK, [tenant])
            old = outdated(await connection.fetch(sql.OLDEST, tenant, head["first"], limit), before)
            if old:
                await connection.fetch(sql.DROP, tenant, head["first"], old[-1]["seq"])
                await connection.fetch(sql.ANCHOR, tenant, old[-1]["seq"] + 1, old[-1]["hash"])
            return len(old)

        return await self._db.transact(work)
