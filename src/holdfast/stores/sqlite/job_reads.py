"""Reading jobs and workers."""

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, Instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.records import JobFilter, JobRecord, Page, WorkerRecord
from holdfast.stores.codec import decode_cursor, decode_object, encode_cursor
from holdfast.stores.history import changes_of
from holdfast.stores.job_history import Past, history
from holdfast.stores.rows import job_record, worker_record
from holdfast.stores.setting_rows import next_of
from holdfast.stores.settling import UNHAPPY
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.sql import jobs as sql
from holdfast.stores.sqlite.sql import workers as workers_sql

# Greater than every id: ids are hexadecimal digits and dashes.
AFTER_ALL_IDS: Final = "g"
# The cursor before the first event.
BEGINNING: Final = "0"


def get_job(db: sqlite3.Connection, tenant: str, job_id: str, now: Instant) -> JobRecord:
    """With its transitions. Raises ``NotFound``."""
    row = db.execute(sql.GET, (job_id, tenant)).fetchone()
    if row is None:
        raise NotFound(f"no job {job_id}")
    past = past_of(db, row)
    return replace(job_record(row, now), changes=changes_of([(event.at, event.data) for event in past]))


def past_of(db: sqlite3.Connection, job: sqlite3.Row) -> list[Past]:
    """The events of a job (a row of ``GET``), oldest first."""
    rows = db.execute(sql.HISTORY, (job["id"],))
    own = (Past(str(row["seq"]), 0, row["type"], row["at"], decode_object(row["data"])) for row in rows)
    return history(job, own, BEGINNING)


def list_jobs(
    db: sqlite3.Connection, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
) -> Page[JobRecord]:
    before = AFTER_ALL_IDS if cursor is None else decode_cursor(cursor, str)[0]
    values: dict[str, object] = {"tenant": tenant, "before": before, "limit": limit + 1, "now": now}
    statement, conditions = _by_id(wanted.state) if wanted.ids is not None else _source(wanted.state)
    values["state"] = None if wanted.state is None else wanted.state.value
    values["ids"] = id_list(wanted.ids or ())
    for column, value in (("queue", wanted.queue), ("kind", wanted.kind), ("run_id", wanted.run_id)):
        if value is not None:
            conditions.append(f"j.{column} = :{column}")
            values[column] = value
    more = "".join(f" AND {condition}" for condition in conditions)
    rows = db.execute(statement.replace("{more}", more), values).fetchall()
    items = tuple(job_record(row, now) for row in rows[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


# What is held shows as its time says.
_DUE: Final = "(l.state = 'PENDING' OR (l.state IN ('SCHEDULED', 'HELD') AND l.due_at <= :now))"
_TO_COME: Final = "l.state IN ('SCHEDULED', 'HELD') AND l.due_at > :now"


def _source(state: JobState | None) -> tuple[str, list[str]]:
    """The statement that finds jobs of this state cheaply, with the conditions that it still needs."""
    if state is None:
        return sql.LIST_ALL, []
    if state in UNHAPPY:
        return sql.LIST_UNHAPPY, []
    if state not in LIVE:
        return sql.LIST_ALL, ["j.state = :state"]
    if state is JobState.PENDING:
        return sql.LIST_LIVE, [_DUE]
    if state is JobState.SCHEDULED:
        return sql.LIST_LIVE, [_TO_COME]
    return sql.LIST_LIVE, ["l.state = :state"]


def _by_id(state: JobState | None) -> tuple[str, list[str]]:
    """As ``_source``, for jobs that are named."""
    match state:
        case None:
            return sql.LIST_NAMED, []
        case JobState.PENDING:
            return sql.LIST_NAMED, [_DUE]
        case JobState.SCHEDULED:
            return sql.LIST_NAMED, [_TO_COME]
        case _:
            return sql.LIST_NAMED, ["coalesce(l.state, j.state) = :state"]


def next_due(db: sqlite3.Connection, queues: Collection[str], now: Instant) -> Instant | None:
    names = id_list(queues)
    due_at: Instant | None = db.execute(sql.NEXT_DUE, {"queues": names}).fetchone()[0]
    return next_of(due_at, db.execute(sql.RATED, (names,)), now)


def list_workers(db: sqlite3.Connection, now: Instant) -> list[WorkerRecord]:
    """Those alive, and those seen during the last day."""
    return [worker_record(row, now) for row in db.execute(workers_sql.LIST, (now - DAY,))]
