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
  j.retry, j.timeout, j.deadline_at, j.run_id, j.node_id, j.unique_key, j.concurrency_key, j.tag, j.correlation_id,
  j.created_at, j.finished_at, j.due_at AS first_due_at,
  coalesce(l.state, j.state) AS state, coalesce(l.due_at, j.due_at) AS due_at,
  coalesce(l.attempt, j.attempt) AS attempt, coalesce(l.lease, j.lease) AS lease, l.gated, l.progress,
  l.cancel_requested,
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

# primary key
LIST_NAMED: Final = f"""{_SHOWN} FROM jobs j {_JOINED}
WHERE j.id IN (SELECT value FROM json_each(:ids)) AND j.tenant_id = :tenant AND j.id < :before {{more}}
ORDER BY j.id DESC LIMIT :limit"""

# live's primary key, backwards
LIST_LIVE: Final = f"""{_SHOWN} FROM live l CROSS JOIN jobs j ON j.id = l.job_id
  LEFT JOIN run_nodes n ON n.run_id = j.run_id AND n.node_id = j.node_id
WHERE l.tenant_id = :tenant AND l.job_id < :before {{more}} ORDER BY l.job_id DESC LIMIT :limit"""

# unhappy's primary key, backwards
LIST_UNHAPPY: Final = f"""{_SHOWN} FROM unhappy u CROSS JOIN jobs j ON j.id = u.job_id {_JOINED}
WHERE u.tenant_id = :tenant AND u.state = :state AND u.job_id < :before {{more}} ORDER BY u.job_id DESC LIMIT :limit"""

# events_job; those of a job's events that have a row of their own
HISTORY: Final = "SELECT seq, type, at, data FROM events WHERE job_id = ? AND type LIKE 'job.%' ORDER BY seq"

# queues' primary key, live_scheduled, live_gated_scheduled; what waits in a paused queue becomes due for nobody
NEXT_DUE: Final = """
SELECT min(at) FROM (
  SELECT (SELECT min(due_at) FROM live INDEXED BY live_scheduled
    WHERE state = 'SCHEDULED' AND gated = 0 AND queue = q.name) AS at
  FROM queues q WHERE EXISTS (SELECT 1 FROM json_each(:queues) AS w WHERE w.value IN (q.name, '*')) AND NOT q.paused
  UNION ALL
  SELECT (SELECT min(due_at) FROM live INDEXED BY live_gated_scheduled
    WHERE gated = 1 AND state = 'SCHEDULED' AND queue = q.name) AS at
  FROM queues q WHERE EXISTS (SELECT 1 FROM json_each(:queues) AS w WHERE w.value IN (q.name, '*')) AND NOT q.paused
  UNION ALL
  SELECT (SELECT min(wake_at) FROM gates INDEXED BY gates_waking WHERE wake_at IS NOT NULL))"""

# live_ready; queues in which work waits that their rate may keep back
RATED: Final = """
SELECT q.rate_count, q.rate_per, q.credit, q.credited_at FROM queues q
WHERE EXISTS (SELECT 1 FROM json_each(?) AS w WHERE w.value IN (q.name, '*')) AND NOT q.paused
  AND q.rate_count IS NOT NULL
  AND EXISTS (SELECT 1 FROM live INDEXED BY live_ready WHERE state = 'PENDING' AND gated = 0 AND queue = q.name)"""
