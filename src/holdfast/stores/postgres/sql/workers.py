"""Statements about worker processes."""

from typing import Final

REGISTER: Final = """
INSERT INTO workers (id, name, host, pid, boot, queues, tags, concurrency, started_at, heartbeat_at, expires_at, state)
VALUES ($1, $2, $3, $4, $5, $6::json, $7::json, $8, $9::bigint, $9::bigint, $10, 'ALIVE')
ON CONFLICT (id) DO NOTHING
"""

# Enough of a RUNNING job to decide about it without its payload.
_CLAIMED: Final = """
SELECT l.job_id AS id, l.tenant_id, l.kind, l.queue, l.attempt, l.base_attempt, l.lost, l.lease, l.started_at,
       l.timeout, l.deadline_at, l.run_id, l.node_id, l.cancel_requested, NULL::json AS payload, j.retry, j.created_at,
       j.correlation_id, NULL::uuid AS version_id
FROM live l
JOIN jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
"""

# Every job the store has RUNNING under this worker. live_running (worker_id).
OWNED: Final = _CLAIMED + "WHERE l.worker_id = $1 AND l.state = 'RUNNING' ORDER BY l.job_id"

# Renews the lease and answers every job that the store has RUNNING under the worker, or one row without a job. A worker
# that was declared dead stays so: only an ALIVE row is renewed, and nothing is answered for another. The jobs are as
# they were when the statement began. live_running (worker_id).
RENEW: Final = f"""
WITH renewed AS (
    UPDATE workers SET heartbeat_at = $2::bigint, expires_at = $3 WHERE id = $1 AND state = 'ALIVE' RETURNING id
)
SELECT owned.* FROM renewed
LEFT JOIN LATERAL ({_CLAIMED}WHERE l.worker_id = renewed.id AND l.state = 'RUNNING') owned ON true
ORDER BY owned.id
"""

RETIRE: Final = "UPDATE workers SET state = 'GONE', expires_at = $2 WHERE id = $1 AND state = 'ALIVE'"

# A compare-and-set that the worker can't undo.
DECLARE_DEAD: Final = """
UPDATE workers SET state = 'DEAD'
WHERE state = 'ALIVE' AND (expires_at <= $1 OR id = ANY ($2::uuid[]))
RETURNING id
"""

# RUNNING under a worker that isn't alive, or hung past its time; the longest due first. Met through live_running, which
# is as short as all workers' slots.
ORPHANS: Final = (
    _CLAIMED
    + """
LEFT JOIN workers w ON w.id = l.worker_id
WHERE l.state = 'RUNNING' AND (w.state IS DISTINCT FROM 'ALIVE' OR l.hung_at <= $1::bigint - $2::bigint)
ORDER BY l.hung_at, l.job_id LIMIT $3
"""
)

LIST_WORKERS: Final = """
SELECT w.*, (SELECT count(*)::integer FROM live l WHERE l.worker_id = w.id AND l.state = 'RUNNING') AS running
FROM workers w WHERE w.state = 'ALIVE' OR w.heartbeat_at > $1::bigint - 3600000000
ORDER BY w.started_at, w.id
"""
