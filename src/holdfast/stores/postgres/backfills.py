"""Backfills: ranges of a clock's times that are started afterwards, a few at a time."""

from typing import Final

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import Backfill
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.dedupe import take_dedupe
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import backfills as sql
from holdfast.stores.trigger_rows import backfill_record, backfill_row

_BEFORE_ALL: Final = "00000000-0000-0000-0000-000000000000"


class Backfills(Part):
    async def create_backfill(self, backfill: Backfill, dedupe: Dedupe | None, now: Instant) -> Accepted:
        async def work(connection: Connection) -> Accepted:
            (earlier,) = await take_dedupe(connection, [(dedupe, (backfill.id,))], now)
            if earlier is not None:
                return earlier[0]
            await connection.fetch(sql.ADD, *backfill_row(backfill))
            return Accepted(backfill.id)

        return await self._db.transact(work)

    async def get_backfill(self, tenant: str, backfill_id: str) -> Backfill:
        row = await self._db.seen_first(sql.GET, backfill_id, tenant) if is_id(backfill_id) else None
        if row is None:
            raise NotFound(f"no backfill {backfill_id}")
        return backfill_record(row)

    async def list_backfills(self, tenant: str, row: str, cursor: str | None, limit: int) -> Page[Backfill]:
        rows = await self._db.seen(sql.LIST, row, tenant, id_after(cursor), limit + 1) if is_id(row) else []
        items = tuple(backfill_record(one) for one in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def open_backfills(self, limit: int = 100, after: str | None = None) -> list[Backfill]:
        return [backfill_record(row) for row in await self._db.fetch(sql.OPEN, limit, after or _BEFORE_ALL)]

    async def move_backfill(
        self, backfill_id: str, seen_at: Instant | None, next_at: Instant | None, started: int, now: Instant
    ) -> None:
        await self._db.fetch(sql.MOVE, backfill_id, seen_at, next_at, started, now)

    async def cancel_backfill(self, tenant: str, backfill_id: str, now: Instant) -> Backfill:
        async def work(connection: Connection) -> None:
            row = await connection.fetchrow(sql.LOCK, backfill_id, tenant) if is_id(backfill_id) else None
            if row is None:
                raise NotFound(f"no backfill {backfill_id}")
            if row["finished_at"] is not None:
                raise Conflict("the backfill has ended")
            await connection.fetch(sql.CANCEL, backfill_id, now)

        await self._db.transact(work)
        return await self.get_backfill(tenant, backfill_id)
