"""Deleting what is older than its retention, in small steps, and giving the freed pages back.

Ids order things by creation, so the oldest jobs and runs are at the start of the primary key. What hasn't ended is
left alone whatever its age, and so are its events: they are its history.
"""

import sqlite3
from typing import Final

from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant
from holdfast.stores.sqlite.bulk import id_list

# primary keys, from the oldest
_OLD_RUNS: Final = "SELECT id FROM runs WHERE id < ? AND finished_at < ? ORDER BY id LIMIT ?"
_OLD_JOBS: Final = """
SELECT id FROM jobs WHERE id < ? AND run_id IS NULL AND state IS NOT NULL AND finished_at < ? ORDER BY id LIMIT ?"""
# jobs_run_node
_JOBS_OF: Final = "SELECT id FROM jobs WHERE run_id IN (SELECT value FROM json_each(?))"
_DROP_RUNS: Final = (
    "DELETE FROM run_nodes WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM events WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?))",
)
_DROP_JOBS: Final = (
    """DELETE FROM unhappy WHERE (tenant_id, state, job_id) IN (
      SELECT tenant_id, state, id FROM jobs WHERE id IN (SELECT value FROM json_each(?)))""",
    "DELETE FROM events WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))",
)
# events_of_nothing, from the oldest; events of jobs and runs are their history and go with them
_DROP_EVENTS: Final = """
DELETE FROM events WHERE seq IN (
  SELECT seq FROM events INDEXED BY events_of_nothing
  WHERE job_id IS NULL AND run_id IS NULL AND at < ? ORDER BY at LIMIT ?)"""
_DROP_DEDUPE: Final = """
DELETE FROM dedupe WHERE (tenant_id, scope, key) IN (
  SELECT tenant_id, scope, key FROM dedupe INDEXED BY dedupe_expires WHERE expires_at < ? LIMIT ?)"""
_DROP_KEYS: Final = """
DELETE FROM unique_keys WHERE until < ? AND NOT EXISTS (SELECT 1 FROM live l WHERE l.job_id = unique_keys.job_id)"""
_DROP_WORKERS: Final = """
DELETE FROM workers WHERE state <> 'ALIVE' AND heartbeat_at < ?
  AND NOT EXISTS (SELECT 1 FROM live l WHERE l.state = 'RUNNING' AND l.worker_id = workers.id)"""
_VACUUM: Final = "PRAGMA incremental_vacuum(1000)"


def prune(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    """How many runs, jobs and events went (of each at most ``limit``, a run's own jobs and events uncounted)."""
    oldest = uuid7(before, 0)
    runs = [row["id"] for row in db.execute(_OLD_RUNS, (oldest, before, limit))]
    # While whole portions of runs go, their jobs would have to be walked over each time to find lone ones behind them.
    jobs = [row["id"] for row in db.execute(_OLD_JOBS, (oldest, before, limit))] if len(runs) < limit else []
    owned = [row["id"] for row in db.execute(_JOBS_OF, (id_list(runs),))]
    for statement in _DROP_JOBS:
        db.execute(statement, (id_list([*jobs, *owned]),))
    for statement in _DROP_RUNS:
        db.execute(statement, (id_list(runs),))
    events = db.execute(_DROP_EVENTS, (before, limit)).rowcount
    db.execute(_DROP_DEDUPE, (before, limit))
    db.execute(_DROP_KEYS, (before,))
    db.execute(_DROP_WORKERS, (before,))
    db.execute(_VACUUM).fetchall()
    return len(runs) + len(jobs) + events
