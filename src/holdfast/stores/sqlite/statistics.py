"""Figures of what went on and depths of queues on SQLite: added up by minute, read in steps."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from holdfast.model.instant import MINUTE, Instant, Micros
from holdfast.model.statistics import Depth, FigureRow, Point
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import statistics as sql


def fold_figures(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    """Makes minutes that are older part of their quarter of an hour."""
    rows = [tuple(row) for row in db.execute(sql.TAKE_BETWEEN, (before, limit))]
    db.executemany(sql.ADD, rows)
    return len(rows)


class Statistics(Session):
    async def add_figures(self, batch: Sequence[FigureRow]) -> None:
        rows = [(*row[:3], *row.numbers) for row in batch]
        if rows:
            await self._write(lambda db: db.executemany(sql.ADD, rows))

    async def figures(
        self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros
    ) -> list[Point]:
        given = {"tenant": tenant, "queue": queue, "since": since, "until": until, "step": step}
        rows = await self._read(lambda db: db.execute(sql.READ, given).fetchall())
        return [Point(row[0], tuple(row)[1:]) for row in rows]

    async def sample_depths(self, now: Instant) -> None:
        """Counts in a reader: the writer must not wait for it."""
        minute = now - now % MINUTE

        def count(db: sqlite3.Connection) -> list[Any]:
            if db.execute(sql.SAMPLED, (minute,)).fetchone() is not None:
                return []
            return [tuple(row) for row in db.execute(sql.COUNT, {"minute": minute, "now": now})]

        if rows := await self._read(count):
            await self._write(lambda db: db.executemany(sql.KEEP, rows))

    async def depths(self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros) -> list[Depth]:
        given = {"tenant": tenant, "queue": queue, "since": since, "until": until, "step": step}
        return await self._read(lambda db: [Depth(*row) for row in db.execute(sql.DEPTHS, given)])
