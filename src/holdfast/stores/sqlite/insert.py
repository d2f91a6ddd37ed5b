"""Inserting jobs: dedupe keys and unique keys are answered from what exists, everything else is new rows and events.

A job whose id is there already was inserted by an earlier try of the same call: it is answered as accepted, not as a
duplicate. All of a batch is written by three statements, whatever its size.
"""

import sqlite3
from collections.abc import Sequence

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.job import NewJob, rank
from holdfast.ports import Accepted, NewJobs
from holdfast.stores.codec import encode_or_null, encode_policy
from holdfast.stores.history import EventRow, inserted_row
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.sql import finish as finish_sql
from holdfast.stores.sqlite.sql import jobs as sql


def insert_jobs(db: sqlite3.Connection, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
    known = _known(db, [job for group in batch for job in group.jobs])
    fresh: list[NewJob] = []
    answers = [_insert_group(db, group, known, fresh, now) for group in batch]
    write_jobs(db, fresh)
    return answers


def _known(db: sqlite3.Connection, jobs: Sequence[NewJob]) -> set[str]:
    """Ids that are there already. Raises ``Conflict`` when one is another tenant's: no honest caller can cause it."""
    tenants = {job.id: job.tenant for job in jobs}
    rows = db.execute(sql.KNOWN_IDS, (id_list(tenants),)).fetchall()
    if any(tenants[row["id"]] != row["tenant_id"] for row in rows):
        raise Conflict("a job id is taken")
    return {row["id"] for row in rows}


def _insert_group(
    db: sqlite3.Connection, group: NewJobs, known: set[str], fresh: list[NewJob], now: Instant
) -> list[Accepted]:
    if group.dedupe is not None and group.jobs:
        earlier = seen(db, group.dedupe, [job.id for job in group.jobs], now)
        if earlier is not None:
            return earlier
    answers = [_insert_one(db, job, known, fresh, now) for job in group.jobs]
    if group.dedupe is not None and group.jobs:
        keep(db, group.dedupe, [answer.id for answer in answers])
    return answers


def _insert_one(db: sqlite3.Connection, job: NewJob, known: set[str], fresh: list[NewJob], now: Instant) -> Accepted:
    if job.id in known:
        return Accepted(job.id)
    if job.unique_key is not None:
        # A holder of this same batch has no live row yet: look among the fresh ones too.
        holder = _holder(db, job.tenant, job.unique_key, fresh, now)
        if holder is not None:
            return Accepted(holder, duplicate=True)
        db.execute(sql.TAKE_KEY, (job.tenant, job.unique_key, job.id, job.unique_until))
    known.add(job.id)
    fresh.append(job)
    return Accepted(job.id)


def _holder(db: sqlite3.Connection, tenant: str, key: str, fresh: Sequence[NewJob], now: Instant) -> str | None:
    for job in fresh:
        if job.unique_key == key and job.tenant == tenant:
            return job.id
    row = db.execute(sql.KEY_HOLDER, (tenant, key, now)).fetchone()
    return None if row is None else str(row["job_id"])


def write_jobs(db: sqlite3.Connection, jobs: Sequence[NewJob]) -> None:
    """Writes new jobs with their live rows and events; also used for the nodes that a run starts."""
    if not jobs:
        return
    for queue in {job.queue for job in jobs}:
        db.execute(sql.ADD_QUEUE, (queue, jobs[0].created_at))
    write_rows(db, sql.ADD_JOBS, [_job_row(job) for job in jobs])
    write_rows(db, sql.ADD_LIVE, [_live_row(job) for job in jobs])
    write_events(db, [inserted_row(job) for job in jobs])


def write_events(db: sqlite3.Connection, rows: Sequence[EventRow]) -> None:
    write_rows(db, finish_sql.ADD_EVENTS, rows)


def _job_row(job: NewJob) -> tuple[object, ...]:
    return (
        job.id,
        job.tenant,
        job.kind,
        job.queue,
        job.priority,
        encode_or_null(job.payload),
        encode_policy(job.retry),
        job.timeout,
        job.due_at,
        job.deadline_at,
        job.unique_key,
        job.unique_until,
        job.correlation_id,
        job.run_id,
        job.node_id,
        job.created_at,
    )


def _live_row(job: NewJob) -> tuple[object, ...]:
    return (
        job.id,
        job.tenant,
        job.queue,
        job.kind,
        job.state.value,
        job.due_at,
        rank(job.due_at, job.priority),
        job.priority,
        job.timeout,
        job.deadline_at,
        job.unique_key,
        job.run_id,
        job.node_id,
    )
