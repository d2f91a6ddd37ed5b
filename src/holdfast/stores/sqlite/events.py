"""The ``EventStore`` part of the port on SQLite. Writers take turns, so ``seq`` is commit order and the cursor."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from holdfast.model.event import Event, NewEvent
from holdfast.stores.codec import bad_cursor
from holdfast.stores.history import event_row
from holdfast.stores.rows import event
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.session import Session

_MAX_SEQ: Final = 1 << 62
# events_tenant, events_run or events_job: {source} names the index, so that no plan depends on statistics
_LIST: Final = """
SELECT seq, tenant_id, type, at, run_id, node_id, job_id, data FROM events INDEXED BY {source}
WHERE tenant_id = :tenant AND seq > :after {more} ORDER BY seq LIMIT :limit"""
_LAST: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"


class Events(Session):
    async def append_events(self, events: Sequence[NewEvent]) -> None:
        rows = [event_row(new) for new in events]
        await self._write(lambda db: write_events(db, rows))

    async def list_events(
        self,
        tenant: str,
        after: str | None,
        *,
        run_id: str | None = None,
        job_id: str | None = None,
        event_type: str | None = None,
        limit: int = 500,
    ) -> list[Event]:
        values = {"tenant": tenant, "after": position(after), "limit": limit}
        wanted = {"run_id": run_id, "job_id": job_id, "type": event_type}
        given = {column: value for column, value in wanted.items() if value is not None}
        source = "events_job" if job_id is not None else "events_run" if run_id is not None else "events_tenant"
        more = "".join(f" AND {column} = :{column}" for column in given)
        statement = _LIST.replace("{source}", source).replace("{more}", more)

        def work(db: sqlite3.Connection) -> list[Event]:
            return [event(row, str(row["seq"])) for row in db.execute(statement, {**values, **given})]

        return await self._read(work)

    async def last_cursor(self) -> str:
        return str(await self._read(lambda db: db.execute(_LAST).fetchone()[0]))


def position(cursor: str | None) -> int:
    """Raises ``Invalid`` for a cursor that was never given."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > 19 or int(cursor) > _MAX_SEQ:
        raise bad_cursor("after")
    return int(cursor)
