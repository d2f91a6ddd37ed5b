"""The ``Store`` on PostgreSQL: every part of it, on one pool of connections."""

from holdfast.model.instant import Instant
from holdfast.stores.postgres.claim import Claim
from holdfast.stores.postgres.insert import Insert
from holdfast.stores.postgres.migrate import Migrate
from holdfast.stores.postgres.workers import Workers

CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class PostgresStore(Insert, Claim, Workers, Migrate):
    name = "postgresql"
    shared = True

    async def open(self) -> None:
        await self._db.open()

    async def close(self) -> None:
        await self._db.close()

    async def clock(self) -> Instant:
        now: Instant = await self._db.value(CLOCK)
        return now
