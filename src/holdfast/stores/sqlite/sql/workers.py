"""Statements about workers and the jobs under their leases."""

from typing import Final

# primary key; an id is never used twice, so a repeat is the same registration
REGISTER: Final = """
INSERT INTO workers (id, name, host, pid, boot, queues, tags, concurrency, started_at, heartbeat_at, expires_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'ALIVE') ON CONFLICT (id) DO NOTHING"""

IS_ALIVE: Final = "SELECT 1 FROM workers WHERE id = ? AND state = 'ALIVE'"
RENEW: Final = "UPDATE workers SET heartbeat_at = ?, expires_at = ? WHERE id = ? AND state = 'ALIVE'"
RETIRE: Final = "UPDATE workers SET state = 'GONE', heartbeat_at = ? WHERE id = ? AND state = 'ALIVE'"

# workers_alive
BURY_EXPIRED: Final = "UPDATE workers SET state = 'DEAD' WHERE state = 'ALIVE' AND expires_at <= ?"
BURY: Final = "UPDATE workers SET state = 'DEAD' WHERE state = 'ALIVE' AND id IN (SELECT value FROM json_each(?))"

# live_running
HELD: Final = """
SELECT job_id, lease, cancel_requested, started_at FROM live INDEXED BY live_running
WHERE state = 'RUNNING' AND worker_id = ?"""

# live_running; running jobs are as few as there are slots. An attempt's time counts from its last sign of life.
ABANDONED: Final = """
SELECT l.job_id FROM live l INDEXED BY live_running LEFT JOIN workers w ON w.id = l.worker_id
WHERE l.state = 'RUNNING'
  AND (w.id IS NULL OR w.state <> 'ALIVE' OR coalesce(l.beat_at, l.started_at) + l.timeout + ? <= ?)
ORDER BY l.job_id LIMIT ?"""

# primary keys
CLAIMED: Final = """
SELECT l.job_id AS id, l.tenant_id, l.kind, l.queue, NULL AS payload, l.attempt, l.base_attempt, l.lost, l.lease,
  l.started_at, l.timeout, l.run_id, l.node_id, j.created_at, j.retry, j.deadline_at, j.correlation_id,
  NULL AS version_id
FROM live l CROSS JOIN jobs j ON j.id = l.job_id
WHERE l.job_id IN (SELECT value FROM json_each(?)) AND l.state = 'RUNNING'"""

LIST: Final = """
SELECT w.id, w.name, w.host, w.pid, w.boot, w.queues, w.tags, w.concurrency, w.started_at, w.heartbeat_at, w.expires_at,
  w.state, (SELECT count(*) FROM live l WHERE l.state = 'RUNNING' AND l.worker_id = w.id) AS running
FROM workers w WHERE w.state = 'ALIVE' OR w.heartbeat_at > ? ORDER BY w.id DESC LIMIT 500"""
