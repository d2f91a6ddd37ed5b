"""Triggers: found, listed, paused; which clocks are due, and what listens to events."""

from collections.abc import Collection, Sequence
from typing import Any

from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import ClockMove, Owner, TriggerRecord
from holdfast.ports import Listeners
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.leads import Leads, raise_version
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import triggers as sql
from holdfast.stores.postgres.sql.subscriptions import LISTENING as SUBSCRIPTIONS
from holdfast.stores.trigger_rows import subscription_record, trigger_record

MOVE_COLUMNS = 5


class Triggers(Leads):
    async def find_hook(self, key: str) -> TriggerRecord | None:
        row = await self._db.first(sql.BY_KEY, key) if "\0" not in key else None
        return None if row is None else trigger_record(row)

    async def list_triggers(
        self, tenant: str, owner: Owner | None, types: Collection[str], cursor: str | None, limit: int
    ) -> Page[TriggerRecord]:
        values: list[Any] = [tenant, id_after(cursor), limit + 1]
        more = ""
        if owner is not None:
            if not is_id(owner.id):
                return Page(())
            values += owner
            more += " AND t.owner_kind = $4 AND t.owner_id = $5::uuid"
        if types:
            values.append(sorted(types))
            more += f" AND t.type = ANY (${len(values)}::text[])"
        rows = await self._db.seen(sql.LIST.replace("{more}", more), *values)
        items = tuple(trigger_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].row) if len(rows) > limit else None)

    async def get_trigger(self, tenant: str, row: str) -> TriggerRecord:
        found = await self._db.seen_first(sql.GET, row, tenant) if is_id(row) else None
        if found is None:
            raise NotFound(f"no trigger {row}")
        return trigger_record(found)

    async def pause_trigger(self, tenant: str, row: str, paused: bool, now: Instant) -> TriggerRecord:
        async def work(connection: Connection) -> None:
            change = (sql.PAUSE, row, tenant) if paused else (sql.RESUME, row, tenant, now)
            if await connection.fetch(*change):
                await raise_version(connection)

        if is_id(row):
            await self._db.transact(work)
        return await self.get_trigger(tenant, row)

    async def renew_key(self, tenant: str, row: str, key: str) -> TriggerRecord:
        if not is_id(row) or not await self._db.fetch(sql.RENEW, row, tenant, key):
            raise NotFound(f"no webhook {row}")
        return await self.get_trigger(tenant, row)

    async def due_clocks(self, now: Instant, limit: int = 500) -> list[TriggerRecord]:
        return [trigger_record(row) for row in await self._db.fetch(sql.DUE, now, limit)]

    async def next_clock(self) -> Instant | None:
        due_at: Instant | None = await self._db.value(sql.NEXT)
        return due_at

    async def move_clocks(self, moves: Sequence[ClockMove]) -> None:
        rows = [(move.row, move.since, move.seen_at, move.next_at, move.due_at) for move in moves]
        if rows:
            await self._db.fetch(sql.MOVE, *columns(rows, MOVE_COLUMNS))

    async def listeners(self) -> Listeners:
        # The version first: a change that comes between is told by the next one.
        version = await self.listener_version()
        triggers = tuple(trigger_record(row) for row in await self._db.fetch(sql.LISTENING))
        subscriptions = tuple(subscription_record(row) for row in await self._db.fetch(SUBSCRIPTIONS))
        return Listeners(version, triggers, subscriptions)
