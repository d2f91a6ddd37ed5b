"""The event log, read in commit order.

A row's place is (transaction id, sequence number). A transaction may commit after one that began later, so a reader
stops below the oldest transaction still open: what it has passed can't gain a row any more. A transaction that had
to wait for one that began later writes under the later id (see the table), so causes come before effects. A cursor is
the text ``<transaction id>-<sequence number>``.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from holdfast.model.event import Event, NewEvent
from holdfast.model.ids import is_id
from holdfast.stores.codec import bad_cursor
from holdfast.stores.history import event_row
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.settlement import EVENT_COLUMNS
from holdfast.stores.postgres.sql.finish import ADD_EVENTS
from holdfast.stores.rows import event

# events_of_jobs (job_id, xid, seq), events_of_runs (run_id, xid, seq) or events_in_order (tenant_id, xid, seq); {more}
# are conditions made below, {owner} is one of these.
LIST: Final = """
SELECT xid::text || '-' || seq AS cursor, tenant_id, type, at, run_id, node_id, job_id, data FROM events
WHERE {owner} = $1 AND (xid, seq) > ($2::text::xid8, $3::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
{more}
ORDER BY xid, seq LIMIT $4
"""

# The events of one job or run are few, and all one tenant's: the tenant is checked, never looked up. As a plain column
# it would let the planner walk all of the tenant's events instead.
LOOKED_UP: Final = "tenant_id"
CHECKED: Final = "(tenant_id || '')"

# All below the oldest open transaction has been passed, whether or not it holds an event.
LAST: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text || '-0'"

CURSOR: Final = re.compile(r"(\d{1,20})-(\d{1,19})", re.ASCII)
LIMITS: Final = (1 << 64, 1 << 63)


class Events(Part):
    async def append_events(self, events: Sequence[NewEvent]) -> None:
        if events:
            await self._db.fetch(ADD_EVENTS, *columns([event_row(fact) for fact in events], EVENT_COLUMNS))

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
        values: list[Any] = [tenant, *place_of(after), limit]
        more = ""
        for column, value in (("run_id", run_id), ("job_id", job_id), ("type", event_type)):
            if value is None:
                continue
            if column != "type" and not is_id(value):
                return []
            values.append(value)
            more += f" AND {column} = ${len(values)}"
        owner = LOOKED_UP if run_id is None and job_id is None else CHECKED
        rows = await self._db.fetch(LIST.format(owner=owner, more=more), *values)
        return [event(row, row["cursor"]) for row in rows]

    async def last_cursor(self) -> str:
        cursor: str = await self._db.value(LAST)
        return cursor


def place_of(cursor: str | None) -> tuple[str, int]:
    """Transaction id and sequence number. Raises ``Invalid`` at ``after``."""
    if cursor is None:
        return "0", 0
    match = CURSOR.fullmatch(cursor)
    if match is None or any(int(part) >= limit for part, limit in zip(match.groups(), LIMITS, strict=True)):
        raise bad_cursor("after")
    return match[1], int(match[2])
