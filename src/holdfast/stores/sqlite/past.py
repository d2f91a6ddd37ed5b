"""The events of one job on SQLite, also those that have no row of their own, and reading on from any cursor.

A cursor that an event of the job had is exact. With a cursor from the whole log, rows of the job compare as they lie.
For what follows the job's last row before it and has no row, only its time tells whether it came later: what isn't
clearly older (``DOUBT``) is shown, so that a reader misses nothing but may see an event again.
"""

import sqlite3
from collections.abc import Collection, Iterator
from typing import Final

from holdfast.model.event import Event
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.stores.codec import decode_object
from holdfast.stores.history import told_data
from holdfast.stores.job_history import Past, history

# How much later than its own time an event may have been written: a result waits for its batch.
DOUBT: Final[Micros] = 5 * SECOND

# primary keys
_JOB: Final = """
SELECT j.kind, j.queue, j.run_id, j.created_at, j.due_at AS first_due_at, j.finished_at,
  coalesce(l.state, j.state) AS state, coalesce(l.attempt, j.attempt) AS attempt, coalesce(l.lease, j.lease) AS lease,
  CASE WHEN l.job_id IS NULL THEN j.started_at ELSE l.started_at END AS started_at,
  CASE WHEN l.job_id IS NULL THEN j.worker_id ELSE l.worker_id END AS worker_id
FROM jobs j LEFT JOIN live l ON l.job_id = j.id WHERE j.id = ? AND j.tenant_id = ?"""
# events_job
_ROWS: Final = """
SELECT seq, type, at, run_id, node_id, data FROM events INDEXED BY events_job
WHERE job_id = ? AND tenant_id = ? ORDER BY seq"""
# primary key
_TIME_OF: Final = "SELECT at FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1"


def job_events(
    db: sqlite3.Connection,
    tenant: str,
    job_id: str,
    place: tuple[int, int | None],
    run_id: str | None,
    event_type: str | None,
) -> Iterator[Event]:
    """Those after ``place``: a row, and how many events that follow from it were read."""
    job = db.execute(_JOB, (job_id, tenant)).fetchone()
    rows = {row["seq"]: row for row in db.execute(_ROWS, (job_id, tenant))}
    own = [Past(str(seq), 0, row["type"], row["at"], decode_object(row["data"])) for seq, row in rows.items()]
    past = own if job is None else history(job, own, "0")
    for one in _after(db, past, rows.keys(), place):
        row = rows.get(int(one.cursor)) if one.step == 0 else None
        run, node = (None, None) if row is None else (row["run_id"], row["node_id"])
        if event_type in (None, one.type) and run_id in (None, run):
            yield Event(one.place, tenant, one.type, one.at, told_data(one.type, one.data), run, node, job_id)


def _after(
    db: sqlite3.Connection, past: list[Past], rows: Collection[int], place: tuple[int, int | None]
) -> Iterator[Past]:
    seq, read = place
    if seq == 0 or seq in rows:
        return (one for one in past if (int(one.cursor), one.step) > (seq, read or 0))
    last = max((row for row in rows if row < seq), default=0)
    since = _time_of(db, seq) - DOUBT
    return (
        one for one in past if int(one.cursor) > seq or (one.step > 0 and int(one.cursor) == last and one.at >= since)
    )


def _time_of(db: sqlite3.Connection, seq: int) -> Instant:
    """When the row was written, or the last one before it that is still there."""
    row = db.execute(_TIME_OF, (seq,)).fetchone()
    return 0 if row is None else int(row["at"])
