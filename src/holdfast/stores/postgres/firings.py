"""Firings: what became of times, events and deliveries, and how many starts led to what they started.

A firing that started a run commits with it (``start_runs``), one that inserted jobs with them (``insert_jobs``). A
firing whose id is there already is left as it is, but for its summary (``COMPLETE``).
"""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import FiringFilter, FiringRecord, NewFiring
from holdfast.stores.codec import bad_cursor, decode_cursor, encode_cursor
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, columns, run
from holdfast.stores.postgres.sql import firings as sql
from holdfast.stores.trigger_rows import FIRING_COLUMNS, FiringRow, firing_record, firing_row, summaries

_AFTER_ALL: Final = (1 << 62, "ffffffff-ffff-ffff-ffff-ffffffffffff")
# Where an index begins with something narrower, the tenant is checked, never looked up.
LOOKED_UP: Final = "tenant_id"
CHECKED: Final = "(tenant_id || '')"
_REASON: Final = FIRING_COLUMNS.index("reason")


class Firings(Part):
    async def record_firings(self, firings: Sequence[NewFiring], keep: int | None = None) -> None:
        async def work(connection: Connection) -> None:
            await write_firings(connection, [firing_row(firing) for firing in firings])
            await run(connection, sql.COMPLETE, sorted(summaries(firings), key=itemgetter(2)), 3)
            if kinds and keep is not None:
                await connection.fetch(sql.KEEP_NEWEST, *columns(kinds, 4), keep)

        strangers = (one for one in firings if one.event_id is None and one.fire_at is None)
        kinds = sorted({(*one.owner, one.trigger_id, one.verdict) for one in strangers})
        if firings:
            await self._db.transact(work)

    async def list_firings(
        self, tenant: str, wanted: FiringFilter, cursor: str | None, limit: int
    ) -> Page[FiringRecord]:
        if not all(is_id(one) for one in (wanted.owner and wanted.owner.id, wanted.backfill) if one is not None):
            return Page(())
        values: list[Any] = [tenant, *_before(cursor), limit + 1]
        looked_up, more = _conditions(wanted, values)
        rows = await self._db.seen(sql.LIST.replace("{tenant}", looked_up).replace("{more}", more), *values)
        items = tuple(firing_record(row, row["job_ids"] or ()) for row in rows[:limit])
        last = items[-1].firing if len(rows) > limit else None
        return Page(items, None if last is None else encode_cursor(last.at, last.id))

    async def get_firing(self, tenant: str, firing_id: str) -> FiringRecord:
        row = await self._db.seen_first(sql.GET, firing_id, tenant) if is_id(firing_id) else None
        if row is None:
            raise NotFound(f"no firing {firing_id}")
        return firing_record(row, row["job_ids"], row["seen"])

    async def hops_of(self, objects: Collection[str]) -> dict[str, int]:
        ids = sorted(one for one in objects if is_id(one))
        rows = await self._db.fetch(sql.HOPS, ids) if ids else ()
        return {row["asked"]: row["hops"] for row in rows}


def _before(cursor: str | None) -> tuple[Instant, str]:
    if cursor is None:
        return _AFTER_ALL
    at, last = decode_cursor(cursor, int, str)
    if not isinstance(at, int) or not isinstance(last, str) or not 0 <= at <= _AFTER_ALL[0] or not is_id(last):
        raise bad_cursor()
    return at, last


def _conditions(wanted: FiringFilter, values: list[Any]) -> tuple[str, str]:
    """How the tenant is compared, and the filter's conditions; their values are added to ``values``."""
    more = ""

    def add(condition: str, value: str) -> None:
        nonlocal more
        values.append(value)
        more += f" AND {condition} ${len(values)}"

    if wanted.owner is not None:
        add("owner_kind =", wanted.owner.kind)
        add("owner_id =", wanted.owner.id)
    if wanted.trigger_id is not None:
        add("trigger_id =", wanted.trigger_id.replace("\0", ""))
    if wanted.verdict is not None:
        add("verdict =", wanted.verdict)
        more += "" if wanted.verdict == "started" else " AND verdict <> 'started'"
    if wanted.backfill is not None:
        add("backfill IS NOT NULL AND backfill =", wanted.backfill)
    narrower = wanted.owner is not None or wanted.backfill is not None
    return CHECKED if narrower else LOOKED_UP, more


async def write_firings(connection: Connection, rows: Sequence[FiringRow]) -> None:
    """All in one statement."""
    await run(connection, sql.ADD, sorted(map(_readable, rows), key=lambda row: str(row[0])), len(FIRING_COLUMNS))


def _readable(row: FiringRow) -> FiringRow:
    """A reason may quote what a stranger sent; no text of the database holds a zero."""
    reason: str = row[_REASON]
    return row if "\0" not in reason else (*row[:_REASON], reason.replace("\0", "\ufffd"), *row[_REASON + 1 :])


async def write_firing_jobs(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Pairs of a job and the firing that inserted it."""
    await run(connection, sql.ADD_JOBS, sorted(pairs), 2)
