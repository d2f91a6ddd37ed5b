"""The ``EventStore`` part of the port on SQLite.

Writers take turns, so ``seq`` is commit order. A cursor is a row's ``seq``, and ``seq.n`` is the n-th event of a batch
row (``stores.event_batches``) or, of one job, the n-th after the row that tell of it without a row of their own
(``stores.job_history``).
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from holdfast.model.event import Event, NewEvent
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import bad_cursor
from holdfast.stores.event_batches import expanded, is_batch
from holdfast.stores.event_data import decode_data
from holdfast.stores.history import event_row, told_data
from holdfast.stores.sqlite.bulk import write_rows
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.past import job_events
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql.finish import ADD_SUBJECT_EVENTS

_MAX_SEQ: Final = 1 << 62
_CURSOR: Final = re.compile(r"(\d{1,19})(?:\.(\d{1,9}))?", re.ASCII)

# events_tenant or events_run: {source} names the index, so that no plan depends on statistics. The row of the cursor
# itself comes too, since a part of it may follow.
_LIST: Final = """
SELECT seq, tenant_id, type, at, run_id, node_id, job_id, data, subject FROM events INDEXED BY {source}
WHERE tenant_id = :tenant AND seq >= :seq {more} ORDER BY seq"""
# primary key, or events_tenant
_RECENT: Final = """
SELECT seq, tenant_id, type, at, run_id, node_id, job_id, data, subject FROM events {source}
WHERE seq >= :seq AND at >= :since {more} ORDER BY seq"""
# primary key: the first row from a place on
_FROM: Final = "SELECT at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1"
# How much older than they are told events may be: clocks differ, and a result waits for its batch.
LATENESS: Final[Micros] = 5 * SECOND
# primary key
_PRUNED: Final = "SELECT seq FROM events_pruned WHERE tenant_id = ?"
_LAST: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"

# The row, and how many of its events were read; None: all.
Place = tuple[int, int | None]


class Events(Session):
    async def append_events(self, events: Sequence[NewEvent]) -> None:
        rows = [(*event_row(new), new.subject) for new in events]
        await self._write(lambda db: write_rows(db, ADD_SUBJECT_EVENTS, rows))

    async def post_event(self, event: NewEvent, dedupe: Dedupe | None, now: Instant) -> Accepted:
        return await self._write(lambda db: post(db, event, dedupe, now))

    async def recent_events(
        self, since: Instant, after: str | None, *, tenant: str | None = None, limit: int = 500
    ) -> list[Event]:
        place, first = place_of(after), since - LATENESS

        def work(db: sqlite3.Connection) -> list[Event]:
            return list(islice(_recent(db, tenant, place, first), limit))

        return await self._read(work)

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

        def work(db: sqlite3.Connection) -> list[Event]:
            if job_id is None:
                found = _of_log(db, tenant, place, run_id, event_type)
            else:
                found = job_events(db, tenant, job_id, place, run_id, event_type)
            return list(islice(found, limit))

        return await self._read(work)

    async def last_cursor(self) -> str:
        return str(await self._read(lambda db: db.execute(_LAST).fetchone()[0]))

    async def whole_after(self, tenant: str) -> str | None:
        row = await self._read(lambda db: db.execute(_PRUNED, (tenant,)).fetchone())
        return None if row is None else str(row["seq"])


def post(db: sqlite3.Connection, event: NewEvent, dedupe: Dedupe | None, now: Instant) -> Accepted:
    """Appends the event; its id is its cursor."""
    earlier = None if dedupe is None else seen(db, dedupe, [], now)
    if earlier is not None:
        return earlier[0]
    write_rows(db, ADD_SUBJECT_EVENTS, [(*event_row(event), event.subject)])
    cursor = str(db.execute("SELECT last_insert_rowid()").fetchone()[0])
    if dedupe is not None:
        keep(db, dedupe, [cursor])
    return Accepted(cursor)


def _recent(db: sqlite3.Connection, tenant: str | None, place: Place, since: Instant) -> Iterator[Event]:
    seq, read = place if place[0] else (first_since(db, since - LATENESS), None)
    source, more = ("", "") if tenant is None else ("INDEXED BY events_tenant", "AND tenant_id = :tenant")
    statement = _RECENT.replace("{source}", source).replace("{more}", more)
    for row in db.execute(statement, {"seq": seq, "since": since, "tenant": tenant}):
        yield from behind(row, seq, read)


def first_since(db: sqlite3.Connection, since: Instant) -> int:
    """A place before every event that isn't older: events lie in the order of their time, give or take little."""
    low, high = 0, int(db.execute(_LAST).fetchone()[0])
    while low < high:
        middle = (low + high) // 2
        row = db.execute(_FROM, (middle + 1,)).fetchone()
        if row is not None and row["at"] < since:
            low = middle + 1
        else:
            high = middle
    return low


def _of_log(
    db: sqlite3.Connection, tenant: str, place: Place, run_id: str | None, event_type: str | None
) -> Iterator[Event]:
    seq, read = place
    wanted = {"run_id": run_id, "type": event_type}
    given = {column: value for column, value in wanted.items() if value is not None}
    more = "".join(f" AND {column} = :{column}" for column in given)
    source = "events_tenant" if run_id is None else "events_run"
    statement = _LIST.replace("{source}", source).replace("{more}", more)
    for row in db.execute(statement, {"tenant": tenant, "seq": seq, **given}):
        yield from behind(row, seq, read)


def behind(row: Any, seq: int, read: int | None) -> Iterator[Event]:
    """A row's events behind a place."""
    if row["seq"] > seq:
        yield from _events_of(row, 0)
    elif read is not None:
        yield from _events_of(row, read)


def _events_of(row: Any, read: int) -> Iterator[Event]:
    """A row's events behind the first ``read``; a row that tells of one thing is read by any cursor of it."""
    seq, tenant, event_type, at, run_id, node_id, job_id, text, subject = row
    data, attributes = decode_data(text)
    if not is_batch(event_type, data, job_id):
        if read == 0:
            data = told_data(event_type, data)
            yield Event(str(seq), tenant, event_type, at, data, run_id, node_id, job_id, subject, attributes)
        return
    for number, told in enumerate(expanded(event_type, data), start=1):
        if number > read:
            yield Event(f"{seq}.{number}", tenant, event_type, told.at, told.data, None, None, told.job_id)


def place_of(cursor: str | None) -> Place:
    """Raises ``Invalid`` for a cursor that was never given."""
    if cursor is None:
        return (0, None)
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) > _MAX_SEQ:
        raise bad_cursor("after")
    return (int(match[1]), None if match[2] is None else int(match[2]))
