"""What a running attempt tells of itself: signs of life, progress, results of its steps.

Everything is written under the lock of the job's live row, and only while the attempt's lease holds.
"""

from collections.abc import Sequence
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.json import JSON
from holdfast.ports import Touch
from holdfast.stores.codec import decode, encode_or_null
from holdfast.stores.postgres.part import Part, columns

# Met in the order given: id order. No indexed column changes. live: primary key.
TOUCH: Final = """
UPDATE live l SET hung_at = $5::bigint + l.timeout, progress = coalesce(g.progress::json, l.progress)
FROM unnest($2::uuid[], $3::integer[], $4::text[]) AS g (job_id, lease, progress)
WHERE l.job_id = g.job_id AND l.lease = g.lease AND l.worker_id = $1 AND l.state = 'RUNNING'
RETURNING l.job_id
"""

# A repeated call meets the result that is there already. live and job_steps: primary keys.
SAVE: Final = """
WITH held AS MATERIALIZED (
    SELECT job_id, lease FROM live
    WHERE job_id = $1 AND lease = $2 AND worker_id = $3 AND state = 'RUNNING' FOR NO KEY UPDATE
), kept AS (
    INSERT INTO job_steps (job_id, name, result, lease, at) SELECT job_id, $4, $5::json, lease, $6 FROM held
    ON CONFLICT (job_id, name) DO NOTHING
)
SELECT count(*) FROM held
"""
LOAD: Final = "SELECT name, result FROM job_steps WHERE job_id = $1"


class Steps(Part):
    async def touch_jobs(self, worker_id: str, batch: Sequence[Touch], now: Instant) -> frozenset[str]:
        rows = sorted((touch.job_id, touch.lease, encode_or_null(touch.progress)) for touch in batch)
        touched = {row["job_id"] for row in await self._db.fetch(TOUCH, worker_id, *columns(rows, 3), now)}
        return frozenset(touch.job_id for touch in batch if touch.job_id not in touched)

    async def save_step(self, worker_id: str, job_id: str, lease: int, name: str, result: JSON, now: Instant) -> bool:
        return bool(await self._db.value(SAVE, job_id, lease, worker_id, name, encode_or_null(result), now))

    async def load_steps(self, job_id: str) -> dict[str, JSON]:
        return {row["name"]: decode(row["result"]) for row in await self._db.fetch(LOAD, job_id)}
