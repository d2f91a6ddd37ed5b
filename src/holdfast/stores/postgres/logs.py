"""What the code of attempts logged. The lines of a job are read in the order of its attempts, and go with it."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.log_line import LogLine
from holdfast.model.records import Page
from holdfast.stores.codec import encode, encode_cursor
from holdfast.stores.log_rows import log_line, place_of
from holdfast.stores.postgres.part import Part, columns

# jobs: primary key. A job that is gone, or whose lines are there already, gets none.
ADD: Final = """
INSERT INTO attempt_logs (job_id, lease, number, attempt, at, level, message, fields)
SELECT g.job_id, g.lease, g.number, g.attempt, g.at, g.level, g.message, g.fields
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::text[], $8::text[],
            $9::text[]) AS g (job_id, tenant_id, lease, attempt, number, at, level, message, fields)
JOIN jobs j ON j.tenant_id = g.tenant_id AND j.id = g.job_id
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
# attempt_logs and jobs: primary keys
LIST: Final = """
SELECT l.job_id, j.tenant_id, l.lease, l.attempt, l.number, l.at, l.level, l.message, l.fields
FROM attempt_logs l JOIN jobs j ON j.tenant_id = $1 AND j.id = l.job_id
WHERE l.job_id = $2 AND (l.lease, l.number) > ($3::integer, $4::integer) AND ($5::integer IS NULL OR l.attempt = $5)
ORDER BY l.lease, l.number LIMIT $6
"""


class Logs(Part):
    async def add_log_lines(self, batch: Sequence[LogLine]) -> None:
        if batch:
            rows = [(*line[:8], encode(line.fields)) for line in batch]
            await self._db.fetch(ADD, *columns(rows, 9))

    async def list_log_lines(
        self, tenant: str, job_id: str, attempt: int | None, cursor: str | None, limit: int
    ) -> Page[LogLine]:
        rows = await self._db.seen(LIST, tenant, job_id, *place_of(cursor), attempt, limit + 1)
        items = tuple(log_line(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].lease, items[-1].number) if len(rows) > limit else None)
