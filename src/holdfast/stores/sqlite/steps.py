"""What a running attempt tells of itself on SQLite: signs of life, progress, results of its steps."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.ports import Touch
from holdfast.stores.codec import decode, encode_or_null
from holdfast.stores.sqlite.session import Session

# primary key, under the fence
_TOUCH: Final = """
UPDATE live SET beat_at = ?, progress = coalesce(?, progress)
WHERE job_id = ? AND lease = ? AND worker_id = ? AND state = 'RUNNING'"""
_HOLDS: Final = "SELECT 1 FROM live WHERE job_id = ? AND lease = ? AND worker_id = ? AND state = 'RUNNING'"
# a repeated call brings the result that is there already
_SAVE: Final = """
INSERT INTO job_steps (job_id, name, result, lease, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (job_id, name) DO NOTHING"""
# primary key
_LOAD: Final = "SELECT name, result FROM job_steps WHERE job_id = ?"


class Steps(Session):
    async def touch_jobs(self, worker_id: str, batch: Sequence[Touch], now: Instant) -> frozenset[str]:
        def work(db: sqlite3.Connection) -> frozenset[str]:
            return frozenset(touch.job_id for touch in batch if not _touched(db, worker_id, touch, now))

        return await self._write(work)

    async def save_step(self, worker_id: str, job_id: str, lease: int, name: str, result: JSON, now: Instant) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            if db.execute(_HOLDS, (job_id, lease, worker_id)).fetchone() is None:
                return False
            db.execute(_SAVE, (job_id, name, encode_or_null(result), lease, now))
            return True

        return await self._write(work)

    async def load_steps(self, job_id: str) -> dict[str, JSON]:
        rows = await self._read(lambda db: db.execute(_LOAD, (job_id,)).fetchall())
        return {row["name"]: decode(row["result"]) for row in rows}


def _touched(db: sqlite3.Connection, worker_id: str, touch: Touch, now: Instant) -> bool:
    values = (now, encode_or_null(touch.progress), touch.job_id, touch.lease, worker_id)
    return db.execute(_TOUCH, values).rowcount > 0
