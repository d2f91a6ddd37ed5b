"""Queues: how they stand, and their settings."""

from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.records import QueueRecord
from holdfast.ports import QueueChange
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.rows import queue_record
from holdfast.stores.setting_rows import changed_queue

# Counting is one pass over the whole table, not a walk from queue to queue.
ONE_PASS: Final = "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_indexscan = off"

LIST: Final = """
WITH counted AS MATERIALIZED (
    SELECT queue,
           count(*) FILTER (WHERE state = 'PENDING' OR state = 'SCHEDULED' AND due_at <= $1) AS pending,
           count(*) FILTER (WHERE gated AND (state = 'PENDING' OR state = 'SCHEDULED' AND due_at <= $1)) AS blocked,
           count(*) FILTER (WHERE state = 'SCHEDULED' AND due_at > $1) AS scheduled,
           count(*) FILTER (WHERE state = 'RUNNING') AS running,
           count(*) FILTER (WHERE state = 'WAITING') AS waiting,
           min(due_at) FILTER (WHERE NOT gated AND state IN ('PENDING', 'SCHEDULED') AND due_at <= $1) AS oldest_due_at
    FROM live WHERE ($2::text IS NULL OR queue = $2) AND ($3::text IS NULL OR tenant_id = $3) GROUP BY queue
)
SELECT q.name, q.paused, q.concurrency, q.priority, q.rate_count, q.rate_per, q.retention,
       coalesce(pending, 0) AS pending, coalesce(blocked, 0) AS blocked, coalesce(scheduled, 0) AS scheduled,
       coalesce(running, 0) AS running, coalesce(waiting, 0) AS waiting, oldest_due_at
FROM queues q LEFT JOIN counted ON counted.queue = q.name
WHERE $2 IS NULL OR q.name = $2 ORDER BY q.name
"""

ADD: Final = "INSERT INTO queues (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
LOCK: Final = "SELECT * FROM queues WHERE name = $1 FOR NO KEY UPDATE"
CHANGE: Final = """
UPDATE queues SET paused = $2, concurrency = $3, priority = $4, rate_count = $5, rate_per = $6, credit = $7,
    credited_at = $8, retention = $9::json
WHERE name = $1
"""


class Queues(Part):
    async def list_queues(self, now: Instant, tenant: str | None = None) -> list[QueueRecord]:
        return await self._queues(now, None, tenant)

    async def change_queue(self, name: str, change: QueueChange, now: Instant) -> QueueRecord:
        async def work(connection: Connection) -> None:
            await connection.fetch(ADD, name, now)
            row = await connection.fetchrow(LOCK, name)
            assert row is not None
            await connection.fetch(CHANGE, name, *changed_queue(row, change, now))

        await self._db.transact(work)
        (changed,) = await self._queues(now, name)
        return changed

    async def _queues(self, now: Instant, name: str | None, tenant: str | None = None) -> list[QueueRecord]:
        async def work(connection: Connection) -> list[QueueRecord]:
            await connection.execute(ONE_PASS)
            return [queue_record(row) for row in await connection.fetch(LIST, now, name, tenant)]

        return await self._db.transact(work)
