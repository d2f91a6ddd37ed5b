"""Statements of a claim."""

from typing import Final

# primary key
QUEUES: Final = """
SELECT name, priority, concurrency, rate_count, rate_per, credit, credited_at FROM queues
WHERE EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE wanted.value IN (name, '*')) AND NOT paused ORDER BY name"""

# live_scheduled; bounded, so that a flood that becomes due at once doesn't hold the writer
PROMOTE: Final = """
UPDATE live SET state = 'PENDING' WHERE job_id IN (
  SELECT job_id FROM live INDEXED BY live_scheduled
  WHERE state = 'SCHEDULED' AND gated = 0 AND queue = ? AND due_at <= ? ORDER BY due_at LIMIT 2000)"""

# live_ready, two seeks per tenant; rank is that of the tenant's first job which this worker may start, null without any
WAITING: Final = """
WITH RECURSIVE waiting (tenant_id) AS (
  SELECT (SELECT tenant_id FROM live INDEXED BY live_ready
    WHERE state = 'PENDING' AND gated = 0 AND queue = :queue ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT l.tenant_id FROM live l INDEXED BY live_ready
    WHERE l.state = 'PENDING' AND l.gated = 0 AND l.queue = :queue AND l.tenant_id > waiting.tenant_id
    ORDER BY l.tenant_id LIMIT 1)
  FROM waiting WHERE waiting.tenant_id IS NOT NULL)
SELECT w.tenant_id, coalesce(t.weight, 1.0) AS weight, t.running_limit, n.passed,
  (SELECT rank FROM live INDEXED BY live_ready
    WHERE state = 'PENDING' AND gated = 0 AND queue = :queue AND tenant_id = w.tenant_id
      AND kind IN (SELECT value FROM json_each(:kinds))
      AND (tag IS NULL OR tag IN (SELECT value FROM json_each(:tags)))
      AND (deadline_at IS NULL OR deadline_at > :now)
    ORDER BY rank LIMIT 1) AS rank
FROM waiting w LEFT JOIN tenants t ON t.id = w.tenant_id LEFT JOIN lanes n ON n.queue = :queue
  AND n.tenant_id = w.tenant_id
WHERE w.tenant_id IS NOT NULL"""

# live_running
RUNNING_IN_QUEUE: Final = "SELECT count(*) FROM live INDEXED BY live_running WHERE state = 'RUNNING' AND queue = ?"
RUNNING_BY_TENANT: Final = """
SELECT tenant_id, count(*) FROM live INDEXED BY live_running WHERE state = 'RUNNING' GROUP BY tenant_id"""

# live_ready in its order, then primary keys. One JSON text of lists in the order of ClaimedJob, with two columns more:
# the driver gives up the interpreter lock around every row, and a text is one row.
TAKE: Final = """
SELECT json_group_array(json_array(l.job_id, l.tenant_id, l.kind, l.queue, j.payload, l.attempt + 1,
  l.attempt + 1 - l.base_attempt, l.lost, l.lease + 1, :now, j.created_at, j.retry, l.timeout, j.deadline_at,
  j.correlation_id, l.run_id, l.node_id, n.version_id, j.due_at, l.concurrency_key, l.metered))
FROM (SELECT job_id FROM live INDEXED BY live_ready
    WHERE state = 'PENDING' AND gated = 0 AND queue = :queue AND tenant_id = :tenant
      AND kind IN (SELECT value FROM json_each(:kinds))
      AND (tag IS NULL OR tag IN (SELECT value FROM json_each(:tags)))
      AND (deadline_at IS NULL OR deadline_at > :now)
    ORDER BY rank, job_id LIMIT :slots) r
  CROSS JOIN live l ON l.job_id = r.job_id
  CROSS JOIN jobs j ON j.id = r.job_id
  LEFT JOIN runs n ON n.id = l.run_id"""

# primary key
START: Final = """
UPDATE live SET state = 'RUNNING', lease = lease + 1, attempt = attempt + 1, worker_id = ?, started_at = ?,
  beat_at = NULL, progress = NULL
WHERE job_id IN (SELECT value FROM json_each(?))"""

# queues' primary key, live_ready, live_scheduled, live_gated_scheduled, workers' primary key: those of these queues in
# which a live worker may be handed work, because there is no limit to count and nobody else waits
IDLE: Final = """
SELECT q.name FROM queues q
WHERE q.name IN (SELECT value FROM json_each(:queues))
  AND NOT q.paused AND q.concurrency IS NULL AND q.rate_count IS NULL
  AND NOT EXISTS (SELECT 1 FROM live INDEXED BY live_ready WHERE state = 'PENDING' AND gated = 0 AND queue = q.name)
  AND NOT EXISTS (SELECT 1 FROM live INDEXED BY live_scheduled
    WHERE state = 'SCHEDULED' AND gated = 0 AND queue = q.name AND due_at <= :now)
  AND NOT EXISTS (SELECT 1 FROM live INDEXED BY live_gated_scheduled
    WHERE state = 'SCHEDULED' AND gated = 1 AND queue = q.name AND due_at <= :now)
  AND EXISTS (SELECT 1 FROM workers WHERE id = :worker AND state = 'ALIVE')"""
# tenants' primary key
LIMITED_TENANTS: Final = """
SELECT id FROM tenants WHERE id IN (SELECT value FROM json_each(?)) AND running_limit IS NOT NULL"""

SAVE_CREDIT: Final = "UPDATE queues SET credit = ?, credited_at = ? WHERE name = ?"

DROP_LANES: Final = "DELETE FROM lanes WHERE queue = ? AND tenant_id NOT IN (SELECT value FROM json_each(?))"
SAVE_LANES: Final = """
INSERT INTO lanes (queue, tenant_id, passed) {rows}
ON CONFLICT (queue, tenant_id) DO UPDATE SET passed = excluded.passed"""
