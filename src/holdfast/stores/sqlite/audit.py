"""The audit log on SQLite. One transaction writes at a time, so a chain has one order and no gap."""

import sqlite3
from collections.abc import Sequence
from functools import partial
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
from holdfast.stores.sqlite.session import Session

# primary keys
_HEAD: Final = "SELECT * FROM audit_heads WHERE tenant_id = ?"
_APPEND: Final = """
INSERT INTO audit (tenant_id, seq, at, actor_kind, actor_id, actor, action, target, outcome, address, correlation_id,
  detail, previous, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_MOVE: Final = """
INSERT INTO audit_heads (tenant_id, seq, hash, first, anchor) VALUES (?1, ?2, ?3, 1, ?4)
ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"""
# audit_by_time, backwards
_LIST: Final = """
SELECT * FROM audit INDEXED BY audit_by_time
WHERE tenant_id = ?1 AND (at, seq) < (?2, ?3) AND at >= ?4
  AND (?5 IS NULL OR actor_id = ?5 OR actor = ?5) AND (?6 IS NULL OR action = ?6)
  AND (?7 IS NULL OR substr(action, 1, length(?7)) = ?7) AND (?8 IS NULL OR target = ?8)
  AND (?9 IS NULL OR outcome = ?9)
ORDER BY at DESC, seq DESC LIMIT ?10"""
_READ: Final = "SELECT * FROM audit WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?"
# The next chains in order, and whether they begin with what is old.
_NEXT_CHAINS: Final = """
SELECT h.tenant_id, coalesce(a.at < ?2, 0) AS old
FROM (SELECT tenant_id, first FROM audit_heads WHERE tenant_id >= ?1 ORDER BY tenant_id LIMIT ?3) h
LEFT JOIN audit a ON a.tenant_id = h.tenant_id AND a.seq = h.first
ORDER BY h.tenant_id"""
_OLDEST: Final = "SELECT seq, at, hash FROM audit WHERE tenant_id = ? AND seq >= ? ORDER BY seq LIMIT ?"
_DROP: Final = "DELETE FROM audit WHERE tenant_id = ? AND seq BETWEEN ? AND ?"
_ANCHOR: Final = "UPDATE audit_heads SET first = ?, anchor = ? WHERE tenant_id = ?"

_CHAINS_AT_ONCE: Final = 500


class Audit(Session):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_chain = ""

    async def append_audit(self, acts: Sequence[NewAudit]) -> None:
        def work(db: sqlite3.Connection) -> None:
            heads = {tenant: head for tenant in wanted if (head := _head(db, tenant)) is not None}
            entries = appended(wanted, heads)
            db.executemany(_APPEND, [columns_of(entry) for entry in entries])
            db.executemany(_MOVE, [(*end, ORIGIN) for end in ends(entries)])

        wanted = by_tenant(acts)
        if wanted:
            await self._write(work)

    async def list_audit(self, tenant: str, wanted: AuditFilter, cursor: str | None, limit: int) -> Page[AuditEntry]:
        values = (tenant, *wanted_rows(wanted, cursor), limit + 1)
        rows = await self._read(lambda db: db.execute(_LIST, values).fetchall())
        items = tuple(audit_entry(row) for row in rows[:limit])
        return Page(items, place_of(items[-1]) if len(rows) > limit else None)

    async def read_audit(self, tenant: str, after: int, limit: int) -> list[AuditEntry]:
        return await self._read(lambda db: [audit_entry(row) for row in db.execute(_READ, (tenant, after, limit))])

    async def audit_head(self, tenant: str) -> AuditHead | None:
        return await self._read(lambda db: _head(db, tenant))

    async def prune_audit(self, before: Instant, limit: int) -> int:
        """Looks at the next chains; from the start again after the last."""
        values = (self._next_chain, before, _CHAINS_AT_ONCE)
        rows = await self._read(lambda db: db.execute(_NEXT_CHAINS, values).fetchall())
        self._next_chain = rows[-1]["tenant_id"] + "\x01" if len(rows) == _CHAINS_AT_ONCE else ""
        deleted = 0
        for tenant in (row["tenant_id"] for row in rows if row["old"]):
            if deleted < limit:
                deleted += await self._write(partial(_shorten, tenant=tenant, before=before, limit=limit - deleted))
        return deleted


def _shorten(db: sqlite3.Connection, *, tenant: str, before: Instant, limit: int) -> int:
    head = db.execute(_HEAD, (tenant,)).fetchone()
    old = outdated(db.execute(_OLDEST, (tenant, head["first"], limit)).fetchall(), before)
    if old:
        db.execute(_DROP, (tenant, head["first"], old[-1]["seq"]))
        db.execute(_ANCHOR, (old[-1]["seq"] + 1, old[-1]["hash"], tenant))
    return len(old)


def _head(db: sqlite3.Connection, tenant: str) -> AuditHead | None:
    row = db.execute(_HEAD, (tenant,)).fetchone()
    return None if row is None else audit_head(row)
