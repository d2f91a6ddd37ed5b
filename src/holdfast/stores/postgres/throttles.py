"""What failed lately. Each failure counts, however many come at once: the count is made under the row's lock."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.access import Throttle
from holdfast.model.instant import Instant, Micros
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.texts import storable
from holdfast.stores.throttling import held_until, throttle

# throttles: primary key
FIND: Final = "SELECT key, failures, until FROM throttles WHERE key = ANY ($1::text[]) AND forget_at > $2 ORDER BY key"
COUNT: Final = """
INSERT INTO throttles AS t (key, failures, forget_at) VALUES ($1, 1, $2::bigint + $3::bigint)
ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN t.forget_at > $2 THEN t.failures + 1 ELSE 1 END,
                                forget_at = greatest(t.forget_at, excluded.forget_at)
RETURNING failures
"""
HOLD: Final = "UPDATE throttles SET until = $2 WHERE key = $1"
FORGIVE: Final = "DELETE FROM throttles WHERE key = $1"


class Throttles(Part):
    async def throttled(self, keys: Sequence[str], now: Instant) -> list[Throttle]:
        rows = await self._db.fetch(FIND, [storable(key) for key in keys], now)
        return [throttle(row, now) for row in rows]

    async def note_failure(self, key: str, now: Instant, forget_after: Micros, free: int, pause: Micros) -> Throttle:
        async def work(connection: Connection) -> Throttle:
            failures = int(await connection.fetchval(COUNT, kept, now, forget_after))
            until = held_until(failures, now, forget_after, free, pause)
            await connection.fetch(HOLD, kept, until)
            return Throttle(kept, failures, until)

        kept = storable(key)
        return await self._db.transact(work)

    async def forgive(self, key: str) -> None:
        await self._db.fetch(FORGIVE, storable(key))
