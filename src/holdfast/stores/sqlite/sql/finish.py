"""Statements that write what became of live jobs."""

from typing import Final

from holdfast.stores.settling import LIVE_COLUMNS

# primary key
LOCK_LIVE: Final = f"SELECT {LIVE_COLUMNS} FROM live WHERE job_id IN (SELECT value FROM json_each(?))"

# primary key
DROP_LIVE: Final = "DELETE FROM live WHERE job_id IN (SELECT value FROM json_each(?))"

# primary key
END_JOBS: Final = """
UPDATE jobs SET state = v.column2, result = v.column3, error = v.column4, attempt = v.column5,
  base_attempt = v.column6, lease = v.column7, started_at = v.column8, finished_at = v.column9, worker_id = v.column10
FROM ({rows}) AS v WHERE jobs.id = v.column1"""

# primary key
PARK_LIVE: Final = """
UPDATE live SET state = v.column2, due_at = v.column3, rank = v.column4, attempt = v.column5, lost = v.column6,
  worker_id = NULL, started_at = NULL
FROM ({rows}) AS v WHERE live.job_id = v.column1"""

ADD_UNHAPPY: Final = "INSERT INTO unhappy (tenant_id, state, job_id) {rows} ON CONFLICT DO NOTHING"

ADD_EVENTS: Final = "INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data) {rows}"

# primary key
REQUEST_CANCEL: Final = "UPDATE live SET cancel_requested = 1 WHERE job_id = ?"

# live_deadline
OVERDUE: Final = f"""
SELECT {LIVE_COLUMNS} FROM live WHERE deadline_at <= ? AND state <> 'RUNNING' ORDER BY deadline_at LIMIT ?"""

# primary key
STILL_OVERDUE: Final = f"""
SELECT {LIVE_COLUMNS} FROM live
WHERE job_id IN (SELECT value FROM json_each(?)) AND deadline_at <= ? AND state <> 'RUNNING'"""

# primary key
ENDED_BY: Final = "SELECT state, lease, worker_id FROM jobs WHERE id = ?"
