"""The part of the event log that triggers and subscriptions listen to, read on from a cursor.

Each tenant's rows are walked in commit order, below the oldest transaction still open, and rows of other types are
passed over inside the database. A call looks at no more than about ``LOOKED_AT`` rows, shared out among the tenants;
when one tenant has more than its share, all are read up to where that share ends, and the next call goes on from there.
The cursor tells how far the log was looked at, whether or not anything was found.
"""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from holdfast.model.event import Event
from holdfast.model.instant import Instant
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.model.wait import fits
from holdfast.ports import Feed
from holdfast.stores.codec import encode
from holdfast.stores.postgres.events import LATENESS, Events, Place, events_of, place_of

LOOKED_AT: Final = 20_000
# With more tenants than this would serve, a call looks at more.
_LEAST_SHARE: Final = 20
# Rows that are fetched at first, and more and more afterwards: one may tell of hundreds of events.
_FEW: Final = 64
_MORE: Final = 8
_LAST: Final = (1 << 63) - 1
# With more patterns than this, all types are read and chosen from afterwards.
_MOST_PREFIXES: Final = 50

# Of the tenants $1 the first $7 wanted rows from ($2, $3) on. Types: the keys of $4, or one of the LIKE patterns $5; of
# all times, or not older than $6. $8: how many rows of each tenant are looked at. One row comes in any case:
# ``horizon`` is the oldest transaction still open, ``cut_xid`` and ``cut_seq`` are where the first share ended (null:
# none did). Rows are found again by where they lie, so that no data is read of those that aren't wanted.
# events_in_order (tenant_id, xid, seq)
READ: Final = """
WITH horizon AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid
), looked AS MATERIALIZED (
    SELECT met.* FROM unnest($1::text[]) AS o (tenant_id) CROSS JOIN LATERAL (
        SELECT seen.* FROM (
            SELECT e.ctid AS spot, e.xid, e.seq, row_number() OVER (ORDER BY e.xid, e.seq) AS number,
                   ($4::jsonb ? e.type OR e.type LIKE ANY ($5::text[])) AND ($6::bigint IS NULL OR e.at >= $6::bigint)
                   AS wanted
            FROM events e
            WHERE e.tenant_id = o.tenant_id AND (e.xid, e.seq) >= ($2::text::xid8, $3::bigint)
              AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY e.xid, e.seq LIMIT $8::integer
        ) seen
        WHERE seen.wanted OR seen.number = $8::integer ORDER BY seen.xid, seen.seq LIMIT $7::integer
    ) met
), cut AS MATERIALIZED (
    SELECT xid, seq FROM looked WHERE number = $8::integer ORDER BY xid, seq LIMIT 1
)
SELECT h.xid::text AS horizon, c.xid::text AS cut_xid, c.seq AS cut_seq, found.*
FROM horizon h LEFT JOIN cut c ON true LEFT JOIN LATERAL (
    SELECT e.xid::text AS written, e.seq, e.tenant_id, e.type, e.at, e.run_id, e.node_id, e.job_id, e.data, e.subject,
           first.xid AS place
    FROM (
        SELECT l.spot, l.xid, l.seq FROM looked l
        WHERE l.wanted AND (c.xid IS NULL OR (l.xid, l.seq) <= (c.xid, c.seq))
        ORDER BY l.xid, l.seq LIMIT $7::integer
    ) first JOIN events e ON e.ctid = first.spot
) found ON true
ORDER BY found.place, found.seq
"""
_COLUMNS: Final = slice(3, 13)

# Where to begin without a cursor: behind the last event of a tenant that is older than $2, or before its first, whoever
# of the tenants is the earliest. events_in_order (tenant_id, xid, seq)
BEGIN: Final = """
SELECT coalesce(old.xid, first.xid)::text AS xid, coalesce(old.seq, first.seq - 1) AS seq
FROM unnest($1::text[]) AS o (tenant_id) CROSS JOIN LATERAL (
    SELECT e.xid, e.seq, e.at FROM events e
    WHERE e.tenant_id = o.tenant_id AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xid, e.seq LIMIT 1
) first LEFT JOIN LATERAL (
    SELECT e.xid, e.seq FROM events e
    WHERE first.at < $2::bigint AND e.tenant_id = o.tenant_id AND e.at < $2::bigint
      AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xid DESC, e.seq DESC LIMIT 1
) old ON true
ORDER BY coalesce(old.xid, first.xid), coalesce(old.seq, first.seq - 1) LIMIT 1
"""


class _Portion(NamedTuple):
    """Events that one statement found, and where it stopped. ``more``: there may be wanted ones already behind that;
    ``spent``: it looked at as many rows as it may."""

    events: list[Event]
    end: str
    more: bool
    spent: bool


class EventFeed(Events):
    async def event_feed(
        self, tenants: Collection[str], types: Collection[str], since: Instant, after: str | None, limit: int = 500
    ) -> Feed:
        owners = sorted(tenants)
        place = place_of(after) if after is not None else await self._beginning(owners, since)
        oldest = since if after is None else None
        found: list[Event] = []
        rows = min(_FEW, limit)
        while True:
            portion = await self._read(owners, types, oldest, place, rows)
            found += portion.events
            if len(found) >= limit:
                return Feed(tuple(found[:limit]), found[limit - 1].cursor, True)
            if portion.spent or not portion.more or rows >= limit:
                return Feed(tuple(found), portion.end, portion.more)
            place, rows = place_of(portion.end), min(rows * _MORE, limit)

    async def _beginning(self, tenants: list[str], since: Instant) -> Place:
        row = await self._db.first(BEGIN, tenants, since - LATENESS)
        return Place("0", 0, None) if row is None else Place(row["xid"], row["seq"], None)

    async def _read(
        self, tenants: list[str], types: Collection[str], oldest: Instant | None, place: Place, count: int
    ) -> _Portion:
        share = max(LOOKED_AT // max(len(tenants), 1), _LEAST_SHARE)
        since = None if oldest is None else oldest - LATENESS
        first = place.seq if place.read is not None else min(place.seq + 1, _LAST)
        rows = await self._db.fetch(READ, tenants, place.xid, first, *_of_types(types), since, count, share)
        told = [row for row in rows if row["written"] is not None]
        events = (event for row in told for event in events_of(tuple(row)[_COLUMNS], place))
        found = [one for one in events if _is_wanted(one, types) and (oldest is None or one.at >= oldest)]
        if len(told) >= count:
            return _Portion(found, f"{told[-1]['written']}-{told[-1]['seq']}", True, False)
        if rows[0]["cut_xid"] is not None:
            return _Portion(found, f"{rows[0]['cut_xid']}-{rows[0]['cut_seq']}", True, True)
        return _Portion(found, f"{rows[0]['horizon']}-0", False, True)


def _of_types(types: Collection[str]) -> tuple[str, list[str]]:
    """What rows of these types (and maybe more) fit: names as keys of an object, and patterns for LIKE."""
    prefixes = _shortest(one[:-1] for one in types if one.endswith("*"))
    if len(prefixes) > _MOST_PREFIXES:
        prefixes = [""]
    names = {one: None for one in types if not one.endswith("*")}
    return encode(names), [_literal(prefix) + "%" for prefix in prefixes]


def _shortest(prefixes: Iterable[str]) -> list[str]:
    """Those that aren't covered by another."""
    found: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not found or not prefix.startswith(found[-1]):
            found.append(prefix)
    return found


def _literal(prefix: str) -> str:
    """As a LIKE pattern."""
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _is_wanted(event: Event, types: Collection[str]) -> bool:
    if event.type.startswith("job.") and event.data.get("kind") == DELIVERY_KIND:
        return False
    return event.type in types or any(fits(pattern, event.type) for pattern in types)
