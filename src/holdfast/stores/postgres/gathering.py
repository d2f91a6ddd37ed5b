"""Events that are put aside for triggers that start once for many.

What came for a trigger and isn't due yet is *open*, and its row in ``gatherings``, which is locked by whoever adds or
takes away, says when it is. It is *closed* into a handful with an id of its own as soon as there are ``size`` of them,
or when they are due; from then on nothing changes it until it is dropped. Events that were met stay, without their
content, until they are old: none is gathered twice. Rows of several triggers are locked in the triggers' order.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.trigger import GatheredEvent, Gathering
from holdfast.stores.codec import decode_object, encode
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.part import Part, columns, run
from holdfast.stores.postgres.sql import gathering as sql

COLUMNS = 5


class Handful(NamedTuple):
    """Events of a trigger that are closed together."""

    id: str
    trigger_row: str
    event_ids: list[str]


class Gatherings(Part):
    async def gather(self, events: Sequence[GatheredEvent]) -> None:
        async def work(connection: Connection) -> None:
            await _gather(connection, sorted(events, key=lambda event: event.trigger_row), self._rules.new_id)

        if events:
            await self._db.transact(work)

    async def due_gatherings(self, now: Instant, limit: int = 100) -> list[Gathering]:
        async def work(connection: Connection) -> list[Gathering]:
            await _close_due(connection, now, limit, self._rules.new_id)
            batches = [row["batch"] for row in await connection.fetch(sql.CLOSED, limit)]
            return _gatherings(await connection.fetch(sql.EVENTS, batches) if batches else ())

        # Most rounds find nothing, and then nothing has to be locked.
        earliest = await self.next_gathering()
        return await self._db.transact(work) if earliest is not None and earliest <= now else []

    async def next_gathering(self) -> Instant | None:
        at: Instant | None = await self._db.value(sql.NEXT)
        return at

    async def drop_gatherings(self, ids: Collection[str]) -> None:
        if ids:
            await self._db.fetch(sql.DROP, sorted(ids))


async def _gather(connection: Connection, events: Sequence[GatheredEvent], new_id: Callable[[Instant], str]) -> None:
    rows = [(one.trigger_row, one.event_id, one.at, one.hops, encode(one.event)) for one in events]
    times: dict[str, list[Instant]] = {}
    for row in await connection.fetch(sql.PUT, *columns(rows, COLUMNS)):
        times.setdefault(row["trigger_row"], []).append(row["at"])
    if not times:
        return
    last = {event.trigger_row: event for event in events}
    counted = [(row, min(at), max(at), len(at), last[row].size) for row, at in sorted(times.items())]
    states = await connection.fetch(sql.COUNT, *columns(counted, COLUMNS))
    left = {row["trigger_row"]: (row["first_at"], row["last_at"], row["count"]) for row in states}
    full = sorted(row["trigger_row"] for row in states if row["count"] >= row["size"])
    if full:
        rest = await _close_full(connection, full, {row: last[row].size for row in full}, new_id)
        left = {row: state for row, state in left.items() if row not in full} | rest
    await run(connection, sql.SET, [(row, *left[row], _due(last[row], *left[row])) for row in left], COLUMNS)


async def _close_full(
    connection: Connection, full: Sequence[str], sizes: dict[str, int], new_id: Callable[[Instant], str]
) -> dict[str, tuple[Instant, Instant, int]]:
    """As many handfuls as there are; what is left open afterwards, by trigger (first, last, count)."""
    handfuls: list[Handful] = []
    left: dict[str, tuple[Instant, Instant, int]] = {}
    for trigger_row, group in groupby(await connection.fetch(sql.OPEN, full), key=lambda row: str(row["trigger_row"])):
        found, size = list(group), sizes[trigger_row]
        whole = len(found) - len(found) % size
        for start in range(0, whole, size):
            some = found[start : start + size]
            handfuls.append(Handful(new_id(some[0]["at"]), trigger_row, [row["event_id"] for row in some]))
        rest = [row["at"] for row in found[whole:]]
        if rest:
            left[trigger_row] = (min(rest), max(rest), len(rest))
    closed = [(one.trigger_row, event_id, one.id) for one in handfuls for event_id in one.event_ids]
    await run(connection, sql.CLOSE, closed, 3)
    await connection.fetch(sql.END, [row for row in full if row not in left])
    return left


def _due(event: GatheredEvent, first_at: Instant, last_at: Instant, count: int) -> Instant:
    """When what is open is due, by the settings that came with the newest event."""
    times = (
        None if event.quiet is None else last_at + event.quiet,
        None if event.within is None else first_at + event.within,
    )
    return min((at for at in times if at is not None), default=first_at)


async def _close_due(connection: Connection, now: Instant, limit: int, new_id: Callable[[Instant], str]) -> None:
    due = [row["trigger_row"] for row in await connection.fetch(sql.DUE, now, limit)]
    locked = await connection.fetch(sql.LOCK_DUE, due, now) if due else ()
    # An id begins with the time of the first event, so handfuls come in the order of these.
    handfuls = [(row["trigger_row"], new_id(row["first_at"])) for row in locked]
    await run(connection, sql.CLOSE_ALL, handfuls, 2)
    if handfuls:
        await connection.fetch(sql.END, [row for row, _ in handfuls])


def _gatherings(rows: Sequence[Row]) -> list[Gathering]:
    """Of the events of handfuls, each handful's together and in order."""
    found: list[tuple[Instant, Gathering]] = []
    for batch, group in groupby(rows, key=lambda row: str(row["batch"])):
        some = list(group)
        events = tuple(decode_object(row["event"]) for row in some)
        gathering = Gathering(batch, some[0]["trigger_row"], events, max(row["hops"] for row in some))
        found.append((min(row["at"] for row in some), gathering))
    return [gathering for _, gathering in sorted(found, key=lambda one: (one[0], one[1].id))]
