"""What failed lately, on SQLite."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from holdfast.model.access import Throttle
from holdfast.model.instant import Instant, Micros
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Session
from holdfast.stores.texts import storable
from holdfast.stores.throttling import held_until, throttle

# primary key
_FIND: Final = """
SELECT key, failures, until FROM throttles
WHERE key IN (SELECT value FROM json_each(?)) AND forget_at > ? ORDER BY key"""
_COUNT: Final = """
INSERT INTO throttles (key, failures, forget_at) VALUES (?1, 1, ?2 + ?3)
ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN forget_at > ?2 THEN failures + 1 ELSE 1 END,
  forget_at = max(forget_at, excluded.forget_at)"""
_FAILURES: Final = "SELECT failures FROM throttles WHERE key = ?"
_HOLD: Final = "UPDATE throttles SET until = ? WHERE key = ?"
_FORGIVE: Final = "DELETE FROM throttles WHERE key = ?"


class Throttles(Session):
    async def throttled(self, keys: Sequence[str], now: Instant) -> list[Throttle]:
        kept = id_list([storable(key) for key in keys])
        return await self._read(lambda db: [throttle(row, now) for row in db.execute(_FIND, (kept, now))])

    async def note_failure(self, key: str, now: Instant, forget_after: Micros, free: int, pause: Micros) -> Throttle:
        def work(db: sqlite3.Connection) -> Throttle:
            db.execute(_COUNT, (kept, now, forget_after))
            failures = int(db.execute(_FAILURES, (kept,)).fetchone()["failures"])
            until = held_until(failures, now, forget_after, free, pause)
            db.execute(_HOLD, (until, kept))
            return Throttle(kept, failures, until)

        kept = storable(key)
        return await self._write(work)

    async def forgive(self, key: str) -> None:
        await self._write(lambda db: db.execute(_FORGIVE, (storable(key),)))
