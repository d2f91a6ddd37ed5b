"""What becomes of a new job whose unique key another job holds.

It is a duplicate of the holder; or takes the key over, when the holder lives in a state in which the new job doesn't
respect it; or, debounced, hands its payload and its time to a holder that nobody has claimed yet.
"""

import sqlite3

from holdfast.model.instant import Instant
from holdfast.model.job import EVENT_OF, JobState, NewJob, rank
from holdfast.model.retry import Reason
from holdfast.stores.codec import encode_or_null
from holdfast.stores.history import EventRow, change_data
from holdfast.stores.rows import Row, job_state
from holdfast.stores.sqlite.bulk import write_rows
from holdfast.stores.sqlite.gates import admit
from holdfast.stores.sqlite.sql import finish as finish_sql
from holdfast.stores.sqlite.sql import insert as sql


def holder_of(db: sqlite3.Connection, job: NewJob, now: Instant) -> str | None:
    """The job that answers this one, since it keeps the unique key; None when the key is free or is taken over."""
    row = db.execute(sql.KEY_HOLDER, (job.tenant, job.unique_key, now)).fetchone()
    if row is None:
        return None
    holder: str = row["job_id"]
    if job.debounce is not None and _unclaimed(row):
        _postpone(db, row, job, now, now + job.debounce)
        return holder
    windowed = row["until"] is not None and row["until"] > now
    return holder if windowed or job_state(row["state"], row["due_at"], now) in job.unique_states else None


def _unclaimed(row: Row) -> bool:
    return row["state"] in (JobState.PENDING, JobState.SCHEDULED) and row["attempt"] == 0


def _postpone(db: sqlite3.Connection, row: Row, job: NewJob, now: Instant, due_at: Instant) -> None:
    """Moves the holder to ``due_at`` and gives it the new payload. A place of its concurrency key is free again."""
    db.execute(sql.POSTPONE, (row["job_id"], due_at, rank(due_at, row["priority"])))
    db.execute(sql.REPLACE_PAYLOAD, (encode_or_null(job.payload), row["job_id"]))
    write_rows(db, finish_sql.ADD_EVENTS, [_postponed_row(row, job.tenant, now, due_at)])
    if row["concurrency_key"] is not None:
        admit(db, [(job.tenant, row["concurrency_key"])], now)


def _postponed_row(row: Row, tenant: str, now: Instant, due_at: Instant) -> EventRow:
    after, reason = JobState.SCHEDULED, Reason.DEBOUNCED
    data = change_data(
        row["kind"],
        row["queue"],
        row["state"],
        after.value,
        reason.value,
        row["lease"],
        row["attempt"],
        None,
        due_at=due_at,
    )
    return (tenant, EVENT_OF[after], now, row["run_id"], row["node_id"], row["job_id"], data)
