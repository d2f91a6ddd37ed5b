"""What the code of attempts logged, on SQLite. The lines of a job are read in the order of its attempts."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.log_line import LogLine
from holdfast.model.records import Page
from holdfast.stores.codec import encode, encode_cursor
from holdfast.stores.log_rows import log_line, place_of
from holdfast.stores.sqlite.session import Session

# primary keys; a job that is gone, or whose lines are there already, gets none
_ADD: Final = """
INSERT INTO attempt_logs (job_id, lease, attempt, number, at, level, message, fields)
SELECT id, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM jobs WHERE id = ?1 AND tenant_id = ?2
ON CONFLICT DO NOTHING"""
_LIST: Final = """
SELECT l.job_id, j.tenant_id, l.lease, l.attempt, l.number, l.at, l.level, l.message, l.fields
FROM jobs j CROSS JOIN attempt_logs l ON l.job_id = j.id
WHERE j.id = ?2 AND j.tenant_id = ?1 AND (l.lease, l.number) > (?3, ?4) AND (?5 IS NULL OR l.attempt = ?5)
ORDER BY l.lease, l.number LIMIT ?6"""


class Logs(Session):
    async def add_log_lines(self, batch: Sequence[LogLine]) -> None:
        rows = [(*line[:8], encode(line.fields)) for line in batch]
        if rows:
            await self._write(lambda db: db.executemany(_ADD, rows))

    async def list_log_lines(
        self, tenant: str, job_id: str, attempt: int | None, cursor: str | None, limit: int
    ) -> Page[LogLine]:
        given = (tenant, job_id, *place_of(cursor), attempt, limit + 1)
        rows = await self._read(lambda db: db.execute(_LIST, given).fetchall())
        items = tuple(log_line(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].lease, items[-1].number) if len(rows) > limit else None)
