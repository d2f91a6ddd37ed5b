"""The events of one job, also those that have no row of their own, and reading on from any cursor.

They are written one after another under the job's lock, so they need no horizon. A cursor that an event of the job had
is exact. With a cursor from the whole log, rows of the job compare as they lie; for what follows the job's last row
before it and has no row, only its time tells whether it came later: what isn't clearly older (``DOUBT``) is shown, so
that a reader misses nothing but may see an event again.
"""

from collections.abc import Iterator
from typing import Final

from holdfast.model.event import Event
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.stores.codec import decode_object
from holdfast.stores.history import told_data
from holdfast.stores.job_history import Past, history
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql.jobs import GET

# How much later than its own time an event may have been written: a result waits for its batch.
DOUBT: Final[Micros] = 5 * SECOND

# events_of_jobs (job_id, …)
ROWS: Final = """
SELECT xid::text || '-' || seq AS cursor, type, at, run_id, node_id, data FROM events
WHERE job_id = $1 AND tenant_id = $2 ORDER BY seq
"""
# When the row was written, or the last one before it that is still there. events_in_order (tenant_id, xid, seq)
TIME_OF: Final = """
SELECT at FROM events WHERE tenant_id = $1 AND (xid, seq) <= ($2::text::xid8, $3::bigint)
ORDER BY xid DESC, seq DESC LIMIT 1
"""

# (transaction id, sequence number), and how many of the row's events were read (None: all)
Cursor = tuple[str, int, int | None]


class Pasts(Part):
    async def _events_of_job(self, tenant: str, job_id: str, after: Cursor) -> list[Event]:
        """All after ``after``, oldest first."""
        job = await self._db.seen_first(GET, tenant, job_id)
        rows = {row["cursor"]: row for row in await self._db.seen(ROWS, job_id, tenant)}
        own = [Past(cursor, 0, row["type"], row["at"], decode_object(row["data"])) for cursor, row in rows.items()]
        # A run's job has a row for each event, and its node's events stand among them.
        past = own if job is None or job["run_id"] is not None else history(job, own, "0-0")
        events = []
        for one in await self._after(tenant, past, after):
            row = rows.get(one.cursor) if one.step == 0 else None
            run, node = (None, None) if row is None else (row["run_id"], row["node_id"])
            events.append(Event(one.place, tenant, one.type, one.at, told_data(one.type, one.data), run, node, job_id))
        return events

    async def _after(self, tenant: str, past: list[Past], after: Cursor) -> Iterator[Past]:
        xid, seq, read = after
        at = (int(xid), seq)
        rows = {_row(one) for one in past}
        if at == (0, 0) or at in rows:
            return (one for one in past if (*_row(one), one.step) > (*at, read or 0))
        last = max((row for row in rows if row < at), default=(0, 0))
        since = await self._time_of(tenant, xid, seq) - DOUBT
        return (one for one in past if _row(one) > at or (one.step > 0 and _row(one) == last and one.at >= since))

    async def _time_of(self, tenant: str, xid: str, seq: int) -> Instant:
        at: Instant | None = await self._db.seen_value(TIME_OF, tenant, xid, seq)
        return at or 0


def _row(one: Past) -> tuple[int, int]:
    xid, seq = one.cursor.split("-")
    return int(xid), int(seq)
