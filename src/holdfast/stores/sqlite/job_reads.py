"""Reading jobs, queues and workers."""

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, Instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord, WorkerRecord
from holdfast.stores.codec import decode_cursor, decode_object, encode_cursor
from holdfast.stores.history import changes_of
from holdfast.stores.rows import job_record, queue_record, worker_record
from holdfast.stores.settling import UNHAPPY
from holdfast.stores.sqlite.sql import jobs as sql
from holdfast.stores.sqlite.sql import workers as workers_sql

# Greater than every id: ids are hexadecimal digits and dashes.
AFTER_ALL_IDS: Final = "g"


def get_job(db: sqlite3.Connection, tenant: str, job_id: str, now: Instant) -> JobRecord:
    """With its transitions. Raises ``NotFound``."""
    row = db.execute(sql.GET, (job_id, tenant)).fetchone()
    if row is None:
        raise NotFound(f"no job {job_id}")
    history = [(event["at"], decode_object(event["data"])) for event in db.execute(sql.HISTORY, (job_id,))]
    return replace(job_record(row, now), changes=changes_of(history))


def list_jobs(
    db: sqlite3.Connection, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
) -> Page[JobRecord]:
    before = AFTER_ALL_IDS if cursor is None else decode_cursor(cursor, str)[0]
    values: dict[str, object] = {"tenant": tenant, "before": before, "limit": limit + 1, "now": now}
    statement, conditions = _source(wanted.state)
    values["state"] = None if wanted.state is None else wanted.state.value
    for column, value in (("queue", wanted.queue), ("kind", wanted.kind), ("run_id", wanted.run_id)):
        if value is not None:
            conditions.append(f"j.{column} = :{column}")
            values[column] = value
    more = "".join(f" AND {condition}" for condition in conditions)
    rows = db.execute(statement.replace("{more}", more), values).fetchall()
    items = tuple(job_record(row, now) for row in rows[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def _source(state: JobState | None) -> tuple[str, list[str]]:
    """The statement that finds jobs of this state cheaply, with the conditions that it still needs."""
    if state is None:
        return sql.LIST_ALL, []
    if state in UNHAPPY:
        return sql.LIST_UNHAPPY, []
    if state not in LIVE:
        return sql.LIST_ALL, ["j.state = :state"]
    if state is JobState.PENDING:
        return sql.LIST_LIVE, ["(l.state = 'PENDING' OR (l.state = 'SCHEDULED' AND l.due_at <= :now))"]
    if state is JobState.SCHEDULED:
        return sql.LIST_LIVE, ["l.state = 'SCHEDULED'", "l.due_at > :now"]
    return sql.LIST_LIVE, ["l.state = :state"]


def next_due(db: sqlite3.Connection, queues: Collection[str]) -> Instant | None:
    found = (db.execute(sql.NEXT_DUE, (queue,)).fetchone()[0] for queue in queues)
    return min((due_at for due_at in found if due_at is not None), default=None)


def list_queues(db: sqlite3.Connection, now: Instant) -> list[QueueRecord]:
    return [queue_record(row) for row in db.execute(sql.LIST_QUEUES, {"now": now})]


def list_workers(db: sqlite3.Connection, now: Instant) -> list[WorkerRecord]:
    """Those alive, and those seen during the last day."""
    return [worker_record(row, now) for row in db.execute(workers_sql.LIST, (now - DAY,))]
