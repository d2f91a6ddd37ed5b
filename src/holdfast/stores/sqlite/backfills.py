"""Backfills on SQLite. What goes of one is counted from its firings: their runs, or their jobs."""

import sqlite3
from typing import Final

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import Backfill
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Session
from holdfast.stores.trigger_rows import backfill_record, backfill_row

# firings_of_backfill, then primary keys; nothing goes of one that has finished
GOING: Final = """
CASE WHEN b.finished_at IS NOT NULL THEN 0 ELSE
  (SELECT count(*) FROM firings f INDEXED BY firings_of_backfill CROSS JOIN runs r ON r.id = f.run_id
   WHERE f.backfill = b.id AND f.backfill IS NOT NULL AND r.finished_at IS NULL)
  + (SELECT count(*) FROM firings f INDEXED BY firings_of_backfill
     CROSS JOIN firing_jobs j INDEXED BY firing_jobs_by_firing ON j.firing_id = f.id
     CROSS JOIN live l ON l.job_id = j.job_id
     WHERE f.backfill = b.id AND f.backfill IS NOT NULL)
END"""
_SELECT: Final = f"SELECT b.*, {GOING} AS going FROM backfills b"
# primary key
_GET: Final = f"{_SELECT} WHERE b.id = ? AND b.tenant_id = ?"
_LIST: Final = f"""
{_SELECT} INDEXED BY backfills_by_trigger
WHERE b.trigger_row = ? AND b.tenant_id = ? AND b.id < ? ORDER BY b.id DESC LIMIT ?"""
# those of suspended tenants wait; tenants' primary key
OPEN: Final = f"""
{_SELECT} INDEXED BY backfills_open
WHERE b.finished_at IS NULL AND b.id > ?
  AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = b.tenant_id AND t.suspended_at IS NOT NULL)
ORDER BY b.id LIMIT ?"""
_ADD: Final = """
INSERT INTO backfills (id, tenant_id, trigger_row, from_at, to_at, concurrency, created_at, next_at, started)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
# primary keys
_MOVE: Final = """
UPDATE backfills SET next_at = ?3, started = started + ?4
WHERE id = ?1 AND next_at IS ?2 AND finished_at IS NULL"""
_FINISH: Final = f"""
UPDATE backfills AS b SET finished_at = ?2
WHERE b.id = ?1 AND b.next_at IS NULL AND b.finished_at IS NULL AND {GOING} = 0"""
_CANCEL: Final = "UPDATE backfills SET cancelled_at = ?, next_at = NULL WHERE id = ? AND cancelled_at IS NULL"


class Backfills(Session):
    async def create_backfill(self, backfill: Backfill, dedupe: Dedupe | None, now: Instant) -> Accepted:
        return await self._write(lambda db: create(db, backfill, dedupe, now))

    async def get_backfill(self, tenant: str, backfill_id: str) -> Backfill:
        return await self._read(lambda db: get(db, tenant, backfill_id))

    async def list_backfills(self, tenant: str, row: str, cursor: str | None, limit: int) -> Page[Backfill]:
        before = AFTER_ALL_IDS if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(_LIST, (row, tenant, before, limit + 1)).fetchall())
        items = tuple(backfill_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def open_backfills(self, limit: int = 100, after: str | None = None) -> list[Backfill]:
        rows = await self._read(lambda db: db.execute(OPEN, (after or "", limit)).fetchall())
        return [backfill_record(row) for row in rows]

    async def move_backfill(
        self, backfill_id: str, seen_at: Instant | None, next_at: Instant | None, started: int, now: Instant
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            moved = db.execute(_MOVE, (backfill_id, seen_at, next_at, started)).rowcount
            if moved and next_at is None:
                db.execute(_FINISH, (backfill_id, now))

        await self._write(work)

    async def cancel_backfill(self, tenant: str, backfill_id: str, now: Instant) -> Backfill:
        def work(db: sqlite3.Connection) -> Backfill:
            if get(db, tenant, backfill_id).finished_at is not None:
                raise Conflict("the backfill has ended")
            db.execute(_CANCEL, (now, backfill_id))
            return get(db, tenant, backfill_id)

        return await self._write(work)


def create(db: sqlite3.Connection, backfill: Backfill, dedupe: Dedupe | None, now: Instant) -> Accepted:
    """The same call again answers as the first did."""
    if db.execute(_GET, (backfill.id, backfill.tenant)).fetchone() is not None:
        return Accepted(backfill.id)
    if dedupe is not None:
        earlier = seen(db, dedupe, [backfill.id], now)
        if earlier is not None:
            return earlier[0]
        keep(db, dedupe, [backfill.id])
    db.execute(_ADD, backfill_row(backfill))
    return Accepted(backfill.id)


def get(db: sqlite3.Connection, tenant: str, backfill_id: str) -> Backfill:
    """Raises ``NotFound``."""
    row = db.execute(_GET, (backfill_id, tenant)).fetchone()
    if row is None:
        raise NotFound(f"no backfill {backfill_id}")
    return backfill_record(row)
