"""The part of the event log that triggers and subscriptions listen to, read on from a cursor.

Each tenant's rows are walked in commit order, below the oldest transaction still open, and rows of other types are
passed over inside the database. The walk goes in strides, so many transaction ids wide: within one, all tenants are
looked at side by side, and what was met behind the place where a tenant stopped early is looked at once more. So a
stride becomes as narrow as what was taken from the last one, and grows while little is met; how wide it is, is kept
between calls, and no answer depends on it. A call looks at about ``LOOKED_AT`` rows and no more; the cursor tells how
far it got, whether or not anything was found.
"""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any, Final, NamedTuple

from holdfast.model.event import Event
from holdfast.model.instant import Instant
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.model.wait import fits
from holdfast.ports import Feed
from holdfast.stores.codec import encode
from holdfast.stores.postgres.connection import Row
from holdfast.stores.postgres.events import LATENESS, Events, Place, events_of, place_of

LOOKED_AT: Final = 20_000
# What a tenant is looked at in one statement at least, however many they are.
_LEAST_SHARE: Final = 1_000
# Rows that are fetched at first, and more and more afterwards: one may tell of hundreds of events.
_FEW: Final = 16
_MORE: Final = 8
# How wide a stride is at first, and at most; and how many a call takes.
_STRIDE: Final = 256
_WIDEST: Final = 1 << 24
_STRIDES: Final = 8
_LAST_SEQ: Final = (1 << 63) - 1
_LAST_XID: Final = (1 << 64) - 1
# With more patterns than this, all types are read and chosen from afterwards.
_MOST_PREFIXES: Final = 50

# Of the tenants $1 the first $7 wanted rows from ($2, $3) on, before the transaction $9. Types: the keys of $4, or one
# of the LIKE patterns $5; of all times, or not older than $6. $8: how many rows of each tenant are looked at. One row
# comes in any case: ``horizon`` is the oldest transaction still open, ``looked`` how many rows were met, ``cut_xid``
# and ``cut_seq`` where the first share ended (null: none did). Rows are found again by where they lie, so that no data
# is read of those that aren't wanted. events_in_order (tenant_id, xid, seq)
READ: Final = """
WITH horizon AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid
), looked AS MATERIALIZED (
    SELECT o.tenant_id, met.* FROM unnest($1::text[]) AS o (tenant_id) CROSS JOIN LATERAL (
        SELECT seen.* FROM (
            SELECT e.ctid AS spot, e.xid, e.seq, row_number() OVER in_order AS number,
                   lead(e.seq) OVER in_order IS NULL AS last,
                   ($4::jsonb ? e.type OR e.type LIKE ANY ($5::text[])) AND ($6::bigint IS NULL OR e.at >= $6::bigint)
                   AS wanted
            FROM events e
            WHERE e.tenant_id = o.tenant_id AND (e.xid, e.seq) >= ($2::text::xid8, $3::bigint)
              AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND e.xid < $9::text::xid8
            WINDOW in_order AS (ORDER BY e.xid, e.seq)
            ORDER BY e.xid, e.seq LIMIT $8::integer
        ) seen
        WHERE seen.wanted OR seen.last OR seen.number = $8::integer ORDER BY seen.xid, seen.seq
        LIMIT $7::integer + 1
    ) met
), cut AS MATERIALIZED (
    SELECT xid, seq FROM looked WHERE number = $8::integer ORDER BY xid, seq LIMIT 1
)
SELECT h.xid::text AS horizon, c.xid::text AS cut_xid, c.seq AS cut_seq,
       (SELECT coalesce(sum(most), 0) FROM (SELECT max(number) AS most FROM looked GROUP BY tenant_id) m)::bigint
       AS looked, found.*
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
_COLUMNS: Final = slice(4, 14)

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


class _Stride(NamedTuple):
    """What one statement found. ``end`` is where it stopped; ``whole``: that is where the stride ends. ``last``:
    nothing can be behind that yet. ``looked``: how many rows it met."""

    events: list[Event]
    end: str
    whole: bool
    last: bool
    looked: int


class _Wanted(NamedTuple):
    """Which events are to be found."""

    types: Collection[str]
    deliveries: bool

    def has(self, event: Event) -> bool:
        if not self.deliveries and event.type.startswith("job.") and event.data.get("kind") == DELIVERY_KIND:
            return False
        return event.type in self.types or any(fits(pattern, event.type) for pattern in self.types)


class EventFeed(Events):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._width = _STRIDE

    async def event_feed(
        self,
        tenants: Collection[str],
        types: Collection[str],
        since: Instant,
        after: str | None,
        limit: int = 500,
        *,
        deliveries: bool = False,
    ) -> Feed:
        owners, wanted = sorted(tenants), _Wanted(types, deliveries)
        place = place_of(after) if after is not None else await self._beginning(owners, since)
        oldest = since if after is None else None
        found: list[Event] = []
        looked, rows, cursor = 0, min(_FEW, limit), after or ""
        for _ in range(_STRIDES):
            stride = await self._stride(owners, wanted, oldest, place, rows, limit - len(found))
            found += stride.events
            looked, rows, cursor = looked + stride.looked, min(rows * _MORE, limit), stride.end
            if len(found) >= limit:
                return Feed(tuple(found), found[-1].cursor, True)
            if stride.last or looked >= LOOKED_AT:
                return Feed(tuple(found), cursor, not stride.last)
            place = place_of(cursor)
        return Feed(tuple(found), cursor, True)

    async def _beginning(self, tenants: list[str], since: Instant) -> Place:
        row = await self._db.first(BEGIN, tenants, since - LATENESS)
        return Place("0", 0, None) if row is None else Place(row["xid"], row["seq"], None)

    async def _stride(
        self, tenants: list[str], wanted: _Wanted, oldest: Instant | None, place: Place, count: int, most: int
    ) -> _Stride:
        """Of ``count`` rows ``most`` events; what comes after these isn't decoded."""
        first = place.seq if place.read is not None else min(place.seq + 1, _LAST_SEQ)
        until = min(int(place.xid) + self._width, _LAST_XID)
        share = max(LOOKED_AT // max(len(tenants), 1), _LEAST_SHARE)
        since = None if oldest is None else oldest - LATENESS
        bounds = (*_of_types(wanted.types), since, count, share, str(until))
        rows = await self._db.fetch(READ, tenants, place.xid, first, *bounds)
        told = [row for row in rows if row["written"] is not None]
        events = (event for row in told for event in events_of(tuple(row)[_COLUMNS], place))
        fit = (one for one in events if wanted.has(one) and (oldest is None or one.at >= oldest))
        found = list(islice(fit, most))
        stride = _ended(rows[0], told[-1] if len(told) >= count else None, until, found)
        if stride.last and int(rows[0]["horizon"]) <= int(place.xid):  # as far as can be already
            stride = stride._replace(end=f"{place.xid}-{place.seq}")
        self._adapt(stride, place)
        return stride

    def _adapt(self, stride: _Stride, place: Place) -> None:
        """Wider while little is met; as wide as what was taken when it was too wide."""
        if stride.whole:
            grown = self._width * min(_MORE, LOOKED_AT // (2 * max(stride.looked, 1)))
            self._width = min(max(grown, self._width), _WIDEST)
        else:
            self._width = min(max(int(place_of(stride.end).xid) - int(place.xid) + 1, 1), self._width)


def _ended(row: Row, stopped: Row | None, until: int, found: list[Event]) -> _Stride:
    """``stopped``: the last of as many rows as were asked for."""
    looked = row["looked"]
    if stopped is not None:
        return _Stride(found, f"{stopped['written']}-{stopped['seq']}", False, False, looked)
    if row["cut_xid"] is not None:
        return _Stride(found, f"{row['cut_xid']}-{row['cut_seq']}", False, False, looked)
    end = min(int(row["horizon"]), until)
    return _Stride(found, f"{end}-0", True, end == int(row["horizon"]), looked)


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
