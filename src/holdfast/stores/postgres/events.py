"""The event log, read in commit order.

A row's place is (transaction id, sequence number). A transaction may commit after one that began later, so a reader
stops below the oldest transaction still open: what it has passed can't gain a row any more. A transaction that had
to wait for one that began later writes under the later id (see the table), so causes come before effects. A cursor is
the text ``<transaction id>-<sequence number>``, with ``.n`` behind it for the n-th event that the row tells of. The
events of one job are read in ``past``, not from the log.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from holdfast.model.event import Event, NewEvent
from holdfast.model.ids import is_id
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import bad_cursor
from holdfast.stores.event_batches import expanded, is_batch
from holdfast.stores.event_data import decode_data
from holdfast.stores.history import told_data
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.dedupe import keep_answered, take_dedupe
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.past import Pasts
from holdfast.stores.postgres.telling import SUBJECT_COLUMNS, TELL, subject_row, tell

# events_of_runs (run_id, xid, seq) or events_in_order (tenant_id, xid, seq); {more} are conditions made below, {owner}
# is one of these. The row of the cursor itself comes along: it may tell of more than was read.
LIST: Final = """
SELECT xid::text AS written, seq, tenant_id, type, at, run_id, node_id, job_id, data, subject FROM events
WHERE {owner} = $1 AND (xid, seq) >= ($2::text::xid8, $3::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
{more}
ORDER BY xid, seq LIMIT $4
"""

# The events of one run are few, and all one tenant's: the tenant is checked, never looked up. As a plain column it
# would let the planner walk all of the tenant's events instead.
LOOKED_UP: Final = "tenant_id"
CHECKED: Final = "(tenant_id || '')"

# Of tenant $1 (null: of all, from tenant to tenant in the index), in commit order over all of them. $4 the oldest time.
# Without a cursor ($6) it begins behind the tenant's last event that is older, met from the newest on: events lie in
# order of their time, give or take the length of a transaction. events_in_order (tenant_id, xid, seq).
RECENT: Final = """
WITH RECURSIVE owners AS (
    (SELECT tenant_id FROM events WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY tenant_id LIMIT 1)
  UNION ALL
    SELECT next.tenant_id FROM owners CROSS JOIN LATERAL (
        SELECT e.tenant_id FROM events e WHERE e.tenant_id > owners.tenant_id AND $1::text IS NULL
        ORDER BY e.tenant_id LIMIT 1
    ) next
)
SELECT e.xid::text AS written, e.seq, e.tenant_id, e.type, e.at, e.run_id, e.node_id, e.job_id, e.data, e.subject
FROM owners o
LEFT JOIN LATERAL (
    SELECT old.xid, old.seq FROM events old
    WHERE $6::boolean AND old.tenant_id = o.tenant_id AND old.at < $4::bigint
    ORDER BY old.xid DESC, old.seq DESC LIMIT 1
) begin ON true
CROSS JOIN LATERAL (
    SELECT * FROM events one
    WHERE one.tenant_id = o.tenant_id AND one.at >= $4::bigint
      AND (one.xid, one.seq) >= (coalesce(begin.xid, $2::text::xid8), coalesce(begin.seq, $3::bigint))
      AND one.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY one.xid, one.seq LIMIT $5::integer + 1
) e
ORDER BY e.xid, e.seq LIMIT $5::integer + 1
"""
# How much older than it is told an event may be: clocks differ.
LATENESS: Final[Micros] = 5 * SECOND

# All below the oldest open transaction has been passed, whether or not it holds an event.
LAST: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text || '-0'"

# events_pruned: primary key
PRUNED: Final = "SELECT xid::text || '-' || seq FROM events_pruned WHERE tenant_id = $1"

CURSOR: Final = re.compile(r"(\d{1,20})-(\d{1,19})(?:\.(\d{1,9}))?", re.ASCII)
LIMITS: Final = (1 << 64, 1 << 63)
# A row may tell of hundreds of events: few are fetched at first, and more only where they tell of one each.
FEW: Final = 8


class Place(NamedTuple):
    """Where a reader stands: a row, and how many of its events were read; None: all of them."""

    xid: str
    seq: int
    read: int | None


class Events(Pasts):
    async def append_events(self, events: Sequence[NewEvent]) -> None:
        if events:
            await self._db.fetch(TELL, *columns([subject_row(one) for one in events], SUBJECT_COLUMNS))

    async def post_event(self, event: NewEvent, dedupe: Dedupe | None, now: Instant) -> Accepted:
        async def work(connection: Connection) -> Accepted:
            # The event's id is known only once it is written; until then the key answers with none.
            (earlier,) = await take_dedupe(connection, [(dedupe, ("",))], now)
            if earlier is not None:
                return earlier[0]
            (cursor,) = await tell(connection, [subject_row(event)])
            if dedupe is not None:
                await keep_answered(connection, [(dedupe, (cursor,))])
            return Accepted(cursor)

        return await self._db.transact(work)

    async def recent_events(
        self, since: Instant, after: str | None, *, tenant: str | None = None, limit: int = 500
    ) -> list[Event]:
        place, first = place_of(after), since - LATENESS
        rows = await self._db.fetch(RECENT, tenant, place.xid, place.seq, first, limit, after is None)
        events = (one for row in rows for one in events_of(row, place) if one.at >= first)
        return list(islice(events, limit))

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
        place = place_of(after)
        if not all(is_id(one) for one in (run_id, job_id) if one is not None):
            return []
        if job_id is None:
            return await self._of_log(tenant, place, run_id, event_type, limit)
        events = await self._events_of_job(tenant, job_id, place)
        wanted = (one for one in events if event_type in (None, one.type) and run_id in (None, one.run_id))
        return list(wanted)[:limit]

    async def last_cursor(self) -> str:
        cursor: str = await self._db.value(LAST)
        return cursor

    async def whole_after(self, tenant: str) -> str | None:
        cursor: str | None = await self._db.seen_value(PRUNED, tenant)
        return cursor

    async def _of_log(
        self, tenant: str, place: Place, run_id: str | None, event_type: str | None, limit: int
    ) -> list[Event]:
        given: list[Any] = [tenant]
        more = ""
        for column, value in (("run_id", run_id), ("type", event_type)):
            if value is not None:
                given.append(value)
                more += f" AND {column} = ${len(given) + 3}"
        statement = LIST.format(owner=LOOKED_UP if run_id is None else CHECKED, more=more)
        found: list[Event] = []
        portion = FEW
        while len(found) < limit:
            rows = await self._db.seen(statement, tenant, place.xid, place.seq, portion, *given[1:])
            for row in rows:
                found += events_of(row, place)
                if len(found) >= limit:
                    break
            if len(rows) < portion:
                break
            place = Place(rows[-1]["written"], rows[-1]["seq"], None)
            portion = min(portion * FEW, 512)
        return found[:limit]


def events_of(row: Row | tuple[Any, ...], place: Place) -> Iterator[Event]:
    """The row's events that a reader at this place hasn't read. One that tells of one thing is read by any cursor."""
    xid, seq, tenant, event_type, at, run_id, node_id, job_id, text, subject = row
    here = (xid, seq) == (place.xid, place.seq)
    read = place.read if here else 0
    if read is None:
        return
    data, attributes = decode_data(text)
    if not is_batch(event_type, data, job_id):
        if not here:
            data = told_data(event_type, data)
            yield Event(f"{xid}-{seq}", tenant, event_type, at, data, run_id, node_id, job_id, subject, attributes)
        return
    for number, told in enumerate(expanded(event_type, data)[read:], start=read + 1):
        yield Event(f"{xid}-{seq}.{number}", tenant, event_type, told.at, told.data, None, None, told.job_id)


def place_of(cursor: str | None) -> Place:
    """Raises ``Invalid`` at ``after``."""
    if cursor is None:
        return Place("0", 0, None)
    match = CURSOR.fullmatch(cursor)
    if match is None or any(int(part) >= limit for part, limit in zip(match.groups()[:2], LIMITS, strict=True)):
        raise bad_cursor("after")
    return Place(str(int(match[1])), int(match[2]), None if match[3] is None else int(match[3]))
