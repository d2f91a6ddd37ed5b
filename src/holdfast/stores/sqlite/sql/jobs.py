"""Statements that insert and read jobs."""

from typing import Final

# primary key
KNOWN_IDS: Final = "SELECT id, tenant_id FROM jobs WHERE id IN (SELECT value FROM json_each(?))"

ADD_JOBS: Final = """
INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, deadline_at, unique_key,
  unique_until, correlation_id, run_id, node_id, created_at)
{rows}"""

ADD_LIVE: Final = """
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
  run_id, node_id)
{rows}"""

ADD_QUEUE: Final = "INSERT INTO queues (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"

# primary key, then live's: a key is held while its job is live, or until its time
KEY_HOLDER: Final = """
SELECT u.job_id FROM unique_keys u
WHERE u.tenant_id = ? AND u.key = ? AND (u.until > ? OR EXISTS (SELECT 1 FROM live l WHERE l.job_id = u.job_id))"""

TAKE_KEY: Final = """
INSERT INTO unique_keys (tenant_id, key, job_id, until) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until"""

# primary key
FREE_KEY: Final = """
DELETE FROM unique_keys WHERE tenant_id = ? AND key = ? AND job_id = ? AND (until IS NULL OR until <= ?)"""

_SHOWN: Final = """
SELECT j.id, j.tenant_id, j.kind, j.queue, j.priority, j.payload, coalesce(j.result, n.output) AS result, j.error,
  j.retry, j.timeout, j.deadline_at, j.run_id, j.node_id, j.unique_key, j.correlation_id, j.created_at, j.finished_at,
  coalesce(l.state, j.state) AS state, coalesce(l.due_at, j.due_at) AS due_at,
  coalesce(l.attempt, j.attempt) AS attempt, coalesce(l.lease, j.lease) AS lease,
  CASE WHEN l.job_id IS NULL THEN j.started_at ELSE l.started_at END AS started_at,
  CASE WHEN l.job_id IS NULL THEN j.worker_id ELSE l.worker_id END AS worker_id"""
_JOINED: Final = """
  LEFT JOIN live l ON l.job_id = j.id
  LEFT JOIN run_nodes n ON n.run_id = j.run_id AND n.node_id = j.node_id"""

# primary key
GET: Final = f"{_SHOWN} FROM jobs j {_JOINED} WHERE j.id = ? AND j.tenant_id = ?"

# jobs_tenant, or jobs_run_node with a run; {more} are further conditions on j and l
LIST_ALL: Final = f"""{_SHOWN} FROM jobs j {_JOINED}
WHERE j.tenant_id = :tenant AND j.id < :before {{more}} ORDER BY j.id DESC LIMIT :limit"""

# live's primary key, backwards
LIST_LIVE: Final = f"""{_SHOWN} FROM live l CROSS JOIN jobs j ON j.id = l.job_id
  LEFT JOIN run_nodes n ON n.run_id = j.run_id AND n.node_id = j.node_id
WHERE l.tenant_id = :tenant AND l.job_id < :before {{more}} ORDER BY l.job_id DESC LIMIT :limit"""

# unhappy's primary key, backwards
LIST_UNHAPPY: Final = f"""{_SHOWN} FROM unhappy u CROSS JOIN jobs j ON j.id = u.job_id {_JOINED}
WHERE u.tenant_id = :tenant AND u.state = :state AND u.job_id < :before {{more}} ORDER BY u.job_id DESC LIMIT :limit"""

# events_job
HISTORY: Final = "SELECT type, at, data FROM events WHERE job_id = ? AND type LIKE 'job.%' ORDER BY seq"

# primary keys; a lone job that ended comes back with a fresh budget
REVIVE_LIVE: Final = """
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
  attempt, base_attempt, lease)
SELECT id, tenant_id, queue, kind, 'PENDING', :now, :rank, priority, timeout,
  CASE WHEN deadline_at > :now THEN deadline_at END, unique_key, attempt, attempt, lease
FROM jobs WHERE id = :id"""
REVIVE_JOB: Final = """
UPDATE jobs SET state = NULL, result = NULL, error = NULL, finished_at = NULL, base_attempt = attempt, due_at = :now,
  deadline_at = CASE WHEN deadline_at > :now THEN deadline_at END
WHERE id = :id"""
RETAKE_KEY: Final = """
INSERT INTO unique_keys (tenant_id, key, job_id, until) SELECT tenant_id, unique_key, id, unique_until FROM jobs
WHERE id = ? ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until"""
DROP_UNHAPPY: Final = "DELETE FROM unhappy WHERE tenant_id = ? AND state = ? AND job_id = ?"

# queues' primary key, live_scheduled; what waits in a paused queue becomes due for nobody
NEXT_DUE: Final = """
SELECT min(due_at) FROM live INDEXED BY live_scheduled
WHERE state = 'SCHEDULED' AND gated = 0 AND queue = (SELECT name FROM queues WHERE name = ? AND NOT paused)"""

LIST_QUEUES: Final = """
SELECT q.name, q.paused, q.concurrency, q.priority,
  coalesce(sum(l.state = 'PENDING' OR (l.state = 'SCHEDULED' AND l.due_at <= :now)), 0) AS pending,
  coalesce(sum(l.state = 'SCHEDULED' AND l.due_at > :now), 0) AS scheduled,
  coalesce(sum(l.state = 'RUNNING'), 0) AS running,
  coalesce(sum(l.state = 'WAITING'), 0) AS waiting,
  min(CASE WHEN l.state IN ('PENDING', 'SCHEDULED') AND l.due_at <= :now THEN l.due_at END) AS oldest_due_at
FROM queues q LEFT JOIN live l ON l.queue = q.name GROUP BY q.name ORDER BY q.name"""
