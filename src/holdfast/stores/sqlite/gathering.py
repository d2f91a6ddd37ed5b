"""Events that are put aside for triggers that start once for many.

What came for a trigger and isn't due yet is *open*, and ``gatherings`` says when it is. It is *closed* into a handful
with an id of its own as soon as there are ``size`` of them, or when they are due; from then on nothing changes it until
it is dropped. Events that were met stay, without their content, until they are old: none is gathered twice.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence

from holdfast.model.instant import Instant
from holdfast.model.trigger import GatheredEvent, Gathering
from holdfast.stores.codec import decode_object, encode
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import gathering as sql


class Gatherings(Session):
    async def gather(self, events: Sequence[GatheredEvent]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for event in events:
                put(db, event, self._rules.new_id)

        await self._write(work)

    async def due_gatherings(self, now: Instant, limit: int = 100) -> list[Gathering]:
        def work(db: sqlite3.Connection) -> list[Gathering]:
            for row in db.execute(sql.DUE, (now, limit)).fetchall():
                close(db, row["trigger_row"], row["count"], self._rules.new_id(now))
                db.execute(sql.END, (row["trigger_row"],))
            closed = sorted(db.execute(sql.CLOSED, (limit,)), key=lambda row: (row["at"], row["batch"]))
            return [_gathering(db, row) for row in closed]

        return await self._write(work) if await self._some_due(now) else []

    async def _some_due(self, now: Instant) -> bool:
        """Most rounds find nothing, and then nothing has to be written."""
        at = await self.next_gathering()
        return at is not None and at <= now

    async def next_gathering(self) -> Instant | None:
        return await self._read(next_due)

    async def drop_gatherings(self, ids: Collection[str]) -> None:
        await self._write(lambda db: db.execute(sql.DROP, (id_list(ids),)))


def put(db: sqlite3.Connection, new: GatheredEvent, new_id: Callable[[Instant], str]) -> None:
    values = (new.trigger_row, new.event_id, new.at, new.hops, encode(new.event))
    if db.execute(sql.PUT, values).rowcount == 0:
        return
    (state,) = db.execute(sql.COUNT, (new.trigger_row, new.at, new.size)).fetchall()
    if state["count"] >= new.size:
        for _ in range(0, state["count"], new.size):  # several if the trigger was saved with a smaller size
            close(db, new.trigger_row, new.size, new_id(new.at))
        db.execute(sql.END, (new.trigger_row,))
    else:
        times = (
            None if new.quiet is None else state["last_at"] + new.quiet,
            None if new.within is None else state["first_at"] + new.within,
        )
        due_at = min((at for at in times if at is not None), default=state["first_at"])
        db.execute(sql.SET_DUE, (due_at, new.trigger_row))


def close(db: sqlite3.Connection, trigger_row: str, count: int, handful: str) -> None:
    """The first so many open events become one handful."""
    db.execute(sql.CLOSE, (handful, trigger_row, count))


def next_due(db: sqlite3.Connection) -> Instant | None:
    closed = db.execute(sql.CLOSED, (1,)).fetchone()
    if closed is not None:
        return int(closed["at"])
    row = db.execute(sql.NEXT_DUE).fetchone()
    return None if row is None else int(row["due_at"])


def _gathering(db: sqlite3.Connection, row: sqlite3.Row) -> Gathering:
    events = tuple(decode_object(event["event"]) for event in db.execute(sql.EVENTS, (row["batch"],)))
    return Gathering(row["batch"], row["trigger_row"], events, row["hops"])
