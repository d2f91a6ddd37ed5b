"""Figures of what went on and depths of queues: added up by minute, read in steps."""

from collections.abc import Sequence
from operator import itemgetter

from holdfast.model.instant import MINUTE, Instant, Micros
from holdfast.model.statistics import COLUMNS, Depth, FigureRow, Point
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.queues import ONE_PASS
from holdfast.stores.postgres.sql import statistics as sql

_BY_KEY = itemgetter(0, 1, 2)


class Statistics(Part):
    async def add_figures(self, batch: Sequence[FigureRow]) -> None:
        rows = sorted(((*row[:3], *row.numbers) for row in batch), key=_BY_KEY)
        if rows:
            await self._db.fetch(sql.ADD, *columns(rows, 3 + len(COLUMNS)))

    async def figures(
        self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros
    ) -> list[Point]:
        rows = await self._db.seen(sql.READ, tenant, queue, since, until, step)
        return [Point(row[0], tuple(row)[1:]) for row in rows]

    async def sample_depths(self, now: Instant) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(ONE_PASS)
            await connection.fetch(sql.SAMPLE, now - now % MINUTE, now)

        await self._db.transact(work)

    async def depths(self, tenant: str, queue: str | None, since: Instant, until: Instant, step: Micros) -> list[Depth]:
        return [Depth(*row) for row in await self._db.seen(sql.DEPTHS, tenant, queue, since, until, step)]
