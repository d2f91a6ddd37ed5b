"""Firings on SQLite: what became of times, events and deliveries, and how many starts led to what they started.

A firing that started a run commits with it (``starting``), one that inserted jobs with them (``insert``). One whose id
is there already is left as it is, but for its summary (``COMPLETE``).
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.trigger import FiringFilter, FiringRecord, NewFiring
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import firings as sql
from holdfast.stores.trigger_rows import FiringRow, firing_record, firing_row, summaries

# How many of its jobs a firing shows: one in a list, and one alone.
_FEW_JOBS: Final = 20
_MANY_JOBS: Final = 10_000
_AFTER_ALL_TIMES: Final[Instant] = 1 << 62


class Firings(Session):
    async def record_firings(self, firings: Sequence[NewFiring], keep: int | None = None) -> None:
        await self._write(lambda db: record(db, firings, keep))

    async def list_firings(
        self, tenant: str, wanted: FiringFilter, cursor: str | None, limit: int
    ) -> Page[FiringRecord]:
        at, last = (_AFTER_ALL_TIMES, AFTER_ALL_IDS) if cursor is None else decode_cursor(cursor, int, str)
        source, more, given = selection(wanted)
        statement = sql.LIST.replace("{source}", source).replace("{more}", more)
        values = {"tenant": tenant, "at": at, "id": last, "limit": limit + 1, **given}

        def work(db: sqlite3.Connection) -> Page[FiringRecord]:
            rows = db.execute(statement, values).fetchall()
            jobs = _jobs_of(db, [row["id"] for row in rows[:limit] if row["run_id"] is None], _FEW_JOBS)
            items = tuple(firing_record(row, jobs.get(row["id"], ())) for row in rows[:limit])
            more = encode_cursor(items[-1].firing.at, items[-1].firing.id) if len(rows) > limit else None
            return Page(items, more)

        return await self._read(work)

    async def get_firing(self, tenant: str, firing_id: str) -> FiringRecord:
        def work(db: sqlite3.Connection) -> FiringRecord:
            row = db.execute(sql.GET, (firing_id, tenant)).fetchone()
            if row is None:
                raise NotFound(f"no firing {firing_id}")
            jobs = _jobs_of(db, [firing_id], _MANY_JOBS)
            return firing_record(row, jobs.get(firing_id, ()), row["seen"])

        return await self._read(work)

    async def hops_of(self, objects: Collection[str]) -> dict[str, int]:
        ids = id_list(objects)
        return dict(await self._read(lambda db: [tuple(row) for row in db.execute(sql.HOPS, (ids, ids))]))


def record(db: sqlite3.Connection, firings: Sequence[NewFiring], keep: int | None) -> None:
    write_firings(db, [firing_row(firing) for firing in firings])
    db.executemany(sql.COMPLETE, summaries(firings))
    if keep is not None:
        kinds = {
            (*one.owner, one.trigger_id, one.verdict) for one in firings if one.event_id is None and one.fire_at is None
        }
        for kind in kinds:
            db.execute(sql.KEEP_NEWEST, (*kind, keep))


def write_firings(db: sqlite3.Connection, rows: Sequence[FiringRow]) -> None:
    write_rows(db, sql.ADD, rows)


def write_firing_jobs(db: sqlite3.Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Pairs of a job and the firing that inserted it."""
    write_rows(db, sql.ADD_JOBS, list(pairs))


def selection(wanted: FiringFilter) -> tuple[str, str, dict[str, object]]:
    """The index that serves a filter best, its conditions and their values."""
    more = ""
    given: dict[str, object] = {}
    if wanted.owner is not None:
        more = " AND owner_kind = :kind AND owner_id = :owner"
        given = {"kind": wanted.owner.kind, "owner": wanted.owner.id}
    for column in ("trigger_id", "verdict", "backfill"):
        value = getattr(wanted, column)
        if value is not None:
            more, given = f"{more} AND {column} = :{column}", {**given, column: value}
    apart = wanted.verdict not in (None, "started")
    if wanted.backfill is not None:
        return "firings_of_backfill", f"{more} AND backfill IS NOT NULL", given
    if wanted.owner is not None:
        source = "firings_apart_by_owner" if apart else "firings_by_owner"
    else:
        source = "firings_apart" if apart else "firings_by_tenant"
    return source, f"{more} AND verdict <> 'started'" if apart else more, given


def _jobs_of(db: sqlite3.Connection, firings: Sequence[str], most: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in db.execute(sql.JOBS_OF, (id_list(firings), most - 1)):
        found.setdefault(row["firing_id"], []).append(row["job_id"])
    return found
