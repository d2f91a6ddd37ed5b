"""Triggers on SQLite: found, listed, paused; which clocks are due, and what listens to events."""

import sqlite3
from collections.abc import Collection, Sequence

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import ClockMove, Owner, TriggerRecord
from holdfast.ports import Listeners
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import triggers as sql
from holdfast.stores.sqlite.sql.subscriptions import LISTENING as SUBSCRIPTIONS
from holdfast.stores.sqlite.trigger_saves import raise_version
from holdfast.stores.trigger_rows import subscription_record, trigger_record


class Triggers(Session):
    async def find_hook(self, key: str) -> TriggerRecord | None:
        row = await self._read(lambda db: db.execute(sql.BY_KEY, (key,)).fetchone())
        return None if row is None else trigger_record(row)

    async def list_triggers(
        self, tenant: str, owner: Owner | None, types: Collection[str], cursor: str | None, limit: int
    ) -> Page[TriggerRecord]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        values: dict[str, object] = {"tenant": tenant, "after": after, "limit": limit + 1}
        source, more = "triggers_by_tenant", ""
        if owner is not None:
            source, more = "triggers_of_owner", " AND t.owner_kind = :kind AND t.owner_id = :owner"
            values |= {"kind": owner.kind, "owner": owner.id}
        if types:
            more += " AND t.type IN (SELECT value FROM json_each(:types))"
            values["types"] = id_list(types)
        statement = sql.LIST.replace("{source}", source).replace("{more}", more)
        rows = await self._read(lambda db: db.execute(statement, values).fetchall())
        items = tuple(trigger_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].row) if len(rows) > limit else None)

    async def get_trigger(self, tenant: str, row: str) -> TriggerRecord:
        return await self._read(lambda db: get(db, tenant, row))

    async def pause_trigger(self, tenant: str, row: str, paused: bool, now: Instant) -> TriggerRecord:
        def work(db: sqlite3.Connection) -> TriggerRecord:
            get(db, tenant, row)
            done = db.execute(sql.PAUSE, (row,)) if paused else db.execute(sql.RESUME, (now, row))
            if done.rowcount:
                raise_version(db)
            return get(db, tenant, row)

        return await self._write(work)

    async def renew_key(self, tenant: str, row: str, key: str) -> TriggerRecord:
        def work(db: sqlite3.Connection) -> TriggerRecord:
            if get(db, tenant, row).type != "webhook":
                raise NotFound(f"no webhook {row}")
            db.execute(sql.RENEW, (key, row))
            return get(db, tenant, row)

        return await self._write(work)

    async def due_clocks(self, now: Instant, limit: int = 500) -> list[TriggerRecord]:
        rows = await self._read(lambda db: db.execute(sql.DUE, (now, limit)).fetchall())
        return [trigger_record(row) for row in rows]

    async def next_clock(self) -> Instant | None:
        row = await self._read(lambda db: db.execute(sql.NEXT).fetchone())
        return None if row is None else int(row["due_at"])

    async def move_clocks(self, moves: Sequence[ClockMove]) -> None:
        rows = [(move.row, move.since, move.seen_at, move.next_at, move.due_at) for move in moves]
        await self._write(lambda db: write_rows(db, sql.MOVE, rows))

    async def listener_version(self) -> int:
        return await self._read(version)

    async def listeners(self) -> Listeners:
        def work(db: sqlite3.Connection) -> Listeners:
            triggers = tuple(trigger_record(row) for row in db.execute(sql.LISTENING))
            return Listeners(
                version(db), triggers, tuple(subscription_record(row) for row in db.execute(SUBSCRIPTIONS))
            )

        return await self._read(work)


def version(db: sqlite3.Connection) -> int:
    """How often what events may start has changed."""
    row = db.execute(sql.VERSION).fetchone()
    return 0 if row is None else int(row["text"])


def get(db: sqlite3.Connection, tenant: str, row: str) -> TriggerRecord:
    """Raises ``NotFound``."""
    found = db.execute(sql.BY_ROW, (row, tenant)).fetchone()
    if found is None:
        raise NotFound(f"no trigger {row}")
    return trigger_record(found)
