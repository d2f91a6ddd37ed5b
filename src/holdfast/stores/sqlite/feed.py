"""The part of the event log that triggers and subscriptions listen to, read on from a cursor.

A call looks at no more than ``LOOKED_AT`` rows (and events in them), whatever they are, and answers how far it looked.
Rows of other tenants and types are passed over inside the database: nothing of them is decoded.
"""

import sqlite3
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from holdfast.model.event import Event
from holdfast.model.instant import Instant
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.model.wait import fits
from holdfast.ports import Feed
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.events import LATENESS, Place, behind, first_since, place_of
from holdfast.stores.sqlite.session import Session

LOOKED_AT: Final = 20_000
# With more patterns than this, all types are read and chosen from afterwards.
_MOST_PREFIXES: Final = 50
# Behind every text that begins so.
_LAST: Final = chr(0x10FFFF)

# primary key: how far a look reaches, and how many rows that are
REACH: Final = """
SELECT max(seq) AS reach, count(*) AS rows FROM (
  SELECT seq FROM events NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT ?)"""
# primary key: rows lie in the wanted order there
LOOK: Final = """
SELECT seq, tenant_id, type, at, run_id, node_id, job_id, data, subject FROM events NOT INDEXED
WHERE seq >= :seq AND seq <= :reach AND tenant_id IN (SELECT value FROM json_each(:tenants)) {of_types} ORDER BY seq"""
_OF_TYPES: Final = "AND (type IN (SELECT value FROM json_each(:types)){prefixes})"


class Wanted(NamedTuple):
    """Which events are to be found."""

    types: Collection[str]
    deliveries: bool = False

    def has(self, event: Event) -> bool:
        if not self.deliveries and event.type.startswith("job.") and event.data.get("kind") == DELIVERY_KIND:
            return False
        return event.type in self.types or any(fits(pattern, event.type) for pattern in self.types)


class EventFeed(Session):
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
        place, wanted = place_of(after), Wanted(types, deliveries)

        def work(db: sqlite3.Connection) -> Feed:
            if after is None:
                start = (first_since(db, since - LATENESS), None)
                return look(db, tenants, wanted, start, since, limit)
            return look(db, tenants, wanted, place, None, limit)

        return await self._read(work)


def look(
    db: sqlite3.Connection,
    tenants: Collection[str],
    wanted: Wanted,
    place: Place,
    since: Instant | None,
    limit: int,
) -> Feed:
    """Reads on from ``place``; ``since``: leaves out what is older."""
    seq, read = place
    reach, rows = db.execute(REACH, (seq, LOOKED_AT)).fetchone()
    end = seq if reach is None else reach
    found: list[Event] = []
    for looked, event in enumerate(_events(db, tenants, wanted.types, (seq, read), end), start=1):
        if wanted.has(event) and (since is None or event.at >= since):
            found.append(event)
        if len(found) >= limit or looked >= LOOKED_AT:
            return Feed(tuple(found), event.cursor, True)
    return Feed(tuple(found), str(end), rows == LOOKED_AT)


def _events(
    db: sqlite3.Connection, tenants: Collection[str], types: Collection[str], place: Place, reach: int
) -> Iterator[Event]:
    seq, read = place
    condition, values = of_types(types)
    given = {"seq": seq, "reach": reach, "tenants": id_list(tenants), **values}
    for row in db.execute(LOOK.replace("{of_types}", condition), given):
        yield from behind(row, seq, read)


def of_types(types: Collection[str]) -> tuple[str, dict[str, object]]:
    """The condition that rows of these types meet (and maybe more), and its values."""
    prefixes = _shortest(one[:-1] for one in types if one.endswith("*"))
    if len(prefixes) > _MOST_PREFIXES or "" in prefixes:
        return "", {}
    values: dict[str, object] = {"types": id_list(one for one in types if not one.endswith("*"))}
    more = ""
    for number, prefix in enumerate(prefixes):
        more += f" OR type >= :from{number} AND type < :to{number}"
        values |= {f"from{number}": prefix, f"to{number}": prefix + _LAST}
    return _OF_TYPES.replace("{prefixes}", more), values


def _shortest(prefixes: Iterator[str]) -> list[str]:
    """Those that aren't covered by another."""
    found: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not found or not prefix.startswith(found[-1]):
            found.append(prefix)
    return found
