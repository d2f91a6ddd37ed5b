"""Statements of a claim."""

from typing import Final

QUEUES: Final = """
SELECT name, paused, concurrency FROM queues WHERE name IN (SELECT value FROM json_each(?))
ORDER BY priority DESC, name"""

# live_scheduled; bounded, so that a flood that becomes due at once doesn't hold the writer
PROMOTE: Final = """
UPDATE live SET state = 'PENDING' WHERE job_id IN (
  SELECT job_id FROM live INDEXED BY live_scheduled
  WHERE state = 'SCHEDULED' AND gated = 0 AND queue = ? AND due_at <= ? ORDER BY due_at LIMIT 2000)"""

# live_ready, one seek per tenant
WAITING_TENANTS: Final = """
WITH RECURSIVE waiting (tenant_id) AS (
  SELECT (SELECT tenant_id FROM live INDEXED BY live_ready
    WHERE state = 'PENDING' AND gated = 0 AND queue = :queue ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT l.tenant_id FROM live l INDEXED BY live_ready
    WHERE l.state = 'PENDING' AND l.gated = 0 AND l.queue = :queue AND l.tenant_id > waiting.tenant_id
    ORDER BY l.tenant_id LIMIT 1)
  FROM waiting WHERE waiting.tenant_id IS NOT NULL)
SELECT w.tenant_id, coalesce(t.weight, 1.0) AS weight, t.max_running, coalesce(n.passed, 0.0) AS passed,
  coalesce(n.idle, 1) AS idle
FROM waiting w LEFT JOIN tenants t ON t.id = w.tenant_id LEFT JOIN lanes n ON n.queue = :queue
  AND n.tenant_id = w.tenant_id
WHERE w.tenant_id IS NOT NULL"""

# live_ready alone
COUNT_READY: Final = """
SELECT count(*) FROM (SELECT 1 FROM live INDEXED BY live_ready
  WHERE state = 'PENDING' AND gated = 0 AND queue = ? AND tenant_id = ? AND kind IN (SELECT value FROM json_each(?))
    AND (deadline_at IS NULL OR deadline_at > ?) LIMIT ?)"""

# live_running
RUNNING_IN_QUEUE: Final = "SELECT count(*) FROM live INDEXED BY live_running WHERE state = 'RUNNING' AND queue = ?"
RUNNING_BY_TENANT: Final = """
SELECT tenant_id, count(*) FROM live INDEXED BY live_running WHERE state = 'RUNNING' GROUP BY tenant_id"""

# live_ready in its order, then primary keys
TAKE: Final = """
SELECT r.job_id AS id, r.tenant_id, r.kind, r.queue, l.attempt + 1 AS attempt, l.base_attempt, l.lost,
  l.lease + 1 AS lease, l.due_at, l.timeout, l.run_id, l.node_id, j.payload, j.created_at, j.retry, j.deadline_at,
  j.correlation_id, n.version_id
FROM (SELECT job_id, tenant_id, kind, queue FROM live INDEXED BY live_ready
    WHERE state = 'PENDING' AND gated = 0 AND queue = ? AND tenant_id = ? AND kind IN (SELECT value FROM json_each(?))
      AND (deadline_at IS NULL OR deadline_at > ?)
    ORDER BY rank, job_id LIMIT ?) r
  CROSS JOIN live l ON l.job_id = r.job_id
  CROSS JOIN jobs j ON j.id = r.job_id
  LEFT JOIN runs n ON n.id = l.run_id"""

# primary key
START: Final = """
UPDATE live SET state = 'RUNNING', lease = lease + 1, attempt = attempt + 1, worker_id = ?, started_at = ?
WHERE job_id IN (SELECT value FROM json_each(?))"""

SAVE_LANE: Final = """
INSERT INTO lanes (queue, tenant_id, passed, idle) VALUES (?, ?, ?, ?)
ON CONFLICT (queue, tenant_id) DO UPDATE SET passed = excluded.passed, idle = excluded.idle"""
