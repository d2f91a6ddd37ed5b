"""Statements that write what became of live jobs."""

from typing import Final

from holdfast.stores.settling import LIVE_COLUMNS

# primary key. One JSON text of lists in the order of LiveJob: the driver gives up the interpreter lock around every
# row, and a text is one row.
LOCK_LIVE: Final = f"""
SELECT json_group_array(json_array({LIVE_COLUMNS})) FROM json_each(?) CROSS JOIN live ON job_id = value"""

# primary key
DROP_LIVE: Final = "DELETE FROM live WHERE job_id IN (SELECT value FROM json_each(?))"

# primary key
END_JOBS: Final = """
UPDATE jobs SET state = v.column2, result = v.column3, error = v.column4, attempt = v.column5,
  base_attempt = v.column6, lease = v.column7, started_at = v.column8, finished_at = v.column9, worker_id = v.column10
FROM ({rows}) AS v WHERE jobs.id = v.column1"""

# primary key; a node that waits keeps the time of its start
PARK_LIVE: Final = """
UPDATE live SET state = v.column2, due_at = v.column3, rank = v.column4, attempt = v.column5, lost = v.column6,
  gated = v.column7, metered = v.column8, worker_id = NULL,
  started_at = CASE WHEN v.column2 = 'WAITING' AND run_id IS NOT NULL THEN started_at END
FROM ({rows}) AS v WHERE live.job_id = v.column1"""

ADD_UNHAPPY: Final = "INSERT INTO unhappy (tenant_id, state, job_id) {rows} ON CONFLICT DO NOTHING"

ADD_EVENTS: Final = "INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data) {rows}"

ADD_SUBJECT_EVENTS: Final = """
INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data, subject) {rows}"""

# live_deadline
OVERDUE: Final = f"""
SELECT {LIVE_COLUMNS} FROM live WHERE deadline_at <= ? AND state <> 'RUNNING' ORDER BY deadline_at LIMIT ?"""

# primary key
STILL_OVERDUE: Final = f"""
SELECT {LIVE_COLUMNS} FROM live
WHERE job_id IN (SELECT value FROM json_each(?)) AND deadline_at <= ? AND state <> 'RUNNING'"""

# primary key
ENDED_BY: Final = "SELECT state, lease, worker_id FROM jobs WHERE id = ?"

# queues' primary key: those of these queues in which an end may let waiting work start
LIMITED: Final = """
SELECT name FROM queues WHERE name IN (SELECT value FROM json_each(?)) AND concurrency IS NOT NULL"""

# tenants' primary key, live_ready: queues in which tenants wait that are held by a limit of their own
LIMITED_TENANTS: Final = """
SELECT DISTINCT q.name FROM tenants t CROSS JOIN queues q
WHERE t.id IN (SELECT value FROM json_each(?)) AND t.running_limit > 0 AND EXISTS (
  SELECT 1 FROM live INDEXED BY live_ready
  WHERE state = 'PENDING' AND gated = 0 AND queue = q.name AND tenant_id = t.id)"""

# live_parked, runs' primary key: what waits longer than it may; what belongs to a paused run goes on waiting
_LIVE: Final = ", ".join(f"l.{column.strip()}" for column in LIVE_COLUMNS.split(","))
_NOT_PAUSED: Final = """
NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = l.run_id AND r.state = 'PAUSED')"""
WAITED: Final = f"""
SELECT {_LIVE} FROM live l INDEXED BY live_parked
WHERE l.state = 'WAITING' AND l.due_at <= ? AND {_NOT_PAUSED} ORDER BY l.due_at LIMIT ?"""
# primary key
STILL_WAITED: Final = f"""
SELECT {_LIVE} FROM live l
WHERE l.job_id IN (SELECT value FROM json_each(?)) AND l.state = 'WAITING' AND l.due_at <= ? AND {_NOT_PAUSED}"""
