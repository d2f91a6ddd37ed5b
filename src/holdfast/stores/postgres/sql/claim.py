"""Statements of a claim: what waits, what is due, and taking it."""

from typing import Final

# One row at least. Walks from tenant to tenant in the index (never over their jobs), so 100,000 waiting jobs of one
# tenant cost as much as one; rank is that of the tenant's first job which this worker may start, null without any.
# $4 kinds. live_ready (queue, tenant_id, rank, job_id); live_scheduled (queue, due_at).
SURVEY: Final = """
WITH RECURSIVE waiting AS (
    SELECT q.name AS queue, q.priority, q.concurrency, h.tenant_id, h.rank
    FROM unnest($2::text[]) AS wanted (name)
    JOIN queues q ON q.name = wanted.name AND NOT q.paused
    CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.rank FROM live l
        WHERE l.queue = q.name AND l.state = 'PENDING' AND NOT l.gated
        ORDER BY l.tenant_id, l.rank, l.job_id LIMIT 1
    ) h
  UNION ALL
    SELECT w.queue, w.priority, w.concurrency, h.tenant_id, h.rank
    FROM waiting w CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.rank FROM live l
        WHERE l.queue = w.queue AND l.tenant_id > w.tenant_id AND l.state = 'PENDING' AND NOT l.gated
        ORDER BY l.tenant_id, l.rank, l.job_id LIMIT 1
    ) h
)
SELECT EXISTS (SELECT FROM workers WHERE id = $1 AND state = 'ALIVE') AS alive,
       EXISTS (
           SELECT FROM unnest($2::text[]) AS wanted (name)
           JOIN queues q ON q.name = wanted.name AND NOT q.paused
           CROSS JOIN LATERAL (
               SELECT FROM live l
               WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= $3 LIMIT 1
           ) due
       ) AS due,
       w.queue, w.priority, w.concurrency, w.tenant_id, first.rank, t.weight, t.max_running, lane.passed,
       EXISTS (SELECT FROM lanes WHERE lanes.queue = w.queue) AS shared
FROM (VALUES (1)) AS one (row)
LEFT JOIN waiting w ON true
LEFT JOIN LATERAL (
    SELECT l.rank FROM live l
    WHERE l.queue = w.queue AND l.tenant_id = w.tenant_id AND l.rank >= w.rank AND l.state = 'PENDING' AND NOT l.gated
      AND l.kind = ANY ($4::text[]) AND (l.deadline_at IS NULL OR l.deadline_at > $3)
    ORDER BY l.rank, l.job_id LIMIT 1
) first ON true
LEFT JOIN tenants t ON t.id = w.tenant_id
LEFT JOIN lanes lane ON lane.queue = w.queue AND lane.tenant_id = w.tenant_id
"""

# Due work joins the ready set in portions, so that a herd of timers doesn't hold the claim up. live_scheduled.
PROMOTE: Final = """
WITH due AS MATERIALIZED (
    SELECT d.job_id FROM unnest($1::text[]) AS wanted (name) CROSS JOIN LATERAL (
        SELECT l.job_id FROM live l
        WHERE l.queue = wanted.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= $2
        ORDER BY l.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) d
)
UPDATE live SET state = 'PENDING' FROM due WHERE live.job_id = due.job_id AND live.state = 'SCHEDULED'
"""

# Serialises the claims that must count (limits) or share out (several tenants). In name order; short transactions.
LOCK_QUEUES: Final = "SELECT name FROM queues WHERE name = ANY ($1::text[]) ORDER BY name FOR NO KEY UPDATE"
LOCK_TENANTS: Final = "SELECT id FROM tenants WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE"

# Running jobs are never more than the workers' slots: live_running is short.
COUNT_RUNNING: Final = """
SELECT queue, tenant_id, count(*)::integer AS running FROM live WHERE state = 'RUNNING' GROUP BY queue, tenant_id
"""

SAVE_LANES: Final = """
INSERT INTO lanes (queue, tenant_id, passed)
SELECT $1, g.tenant_id, g.passed FROM unnest($2::text[], $3::double precision[]) AS g (tenant_id, passed)
ON CONFLICT (queue, tenant_id) DO UPDATE SET passed = excluded.passed
"""

# Lanes are kept for tenants that wait: one that comes back starts without credit.
DROP_LANES: Final = "DELETE FROM lanes WHERE queue = $1 AND NOT tenant_id = ANY ($2::text[])"

# $1 worker, $2 queue, $3 tenants, $4 slots of each, $5 kinds, $6 now, $7 the rank to look from in each, $8 whether
# limits were reckoned with. Nothing for a dead worker, of a paused queue, or under a limit that the caller didn't know
# of: a claim that goes on from where the last one stopped has looked at none of them. The rows are locked in rank
# order, skipping what another claim holds, and updated where they lie. A node starts once, whatever its attempts.
# live_ready; jobs, runs, workers, queues, tenants: primary keys.
TAKE: Final = """
WITH ready AS MATERIALIZED (
    SELECT r.place
    FROM unnest($3::text[], $4::integer[], $7::bigint[]) AS want (tenant_id, slots, floor) CROSS JOIN LATERAL (
        SELECT l.ctid AS place FROM live l
        WHERE l.queue = $2 AND l.tenant_id = want.tenant_id AND l.rank >= want.floor
          AND l.state = 'PENDING' AND NOT l.gated AND l.kind = ANY ($5::text[]) AND (l.deadline_at IS NULL OR l.deadline_at > $6)
        ORDER BY l.rank, l.job_id LIMIT want.slots FOR UPDATE SKIP LOCKED
    ) r
    WHERE EXISTS (SELECT FROM workers WHERE id = $1 AND state = 'ALIVE')
      AND EXISTS (SELECT FROM queues WHERE name = $2 AND NOT paused AND ($8::boolean OR concurrency IS NULL))
      AND ($8 OR NOT EXISTS (SELECT FROM tenants WHERE id = ANY ($3) AND max_running IS NOT NULL))
), taken AS (
    UPDATE live l
    SET state = 'RUNNING', lease = l.lease + 1, attempt = l.attempt + 1, worker_id = $1, started_at = $6::bigint,
        hung_at = $6::bigint + l.timeout, cancel_requested = false
    FROM ready WHERE l.ctid = ready.place AND l.state = 'PENDING' AND NOT l.gated
    RETURNING l.job_id AS id, l.tenant_id, l.kind, l.queue, l.rank, l.attempt, l.base_attempt, l.lost, l.lease,
              l.started_at, l.timeout, l.deadline_at, l.run_id, l.node_id
), told AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, 'node.started', $6, run_id, node_id, id, ('{"kind":' || to_json(kind) || '}')::json
    FROM taken WHERE run_id IS NOT NULL AND lease = 1
  UNION ALL
    SELECT tenant_id, 'job.started', $6, run_id, node_id, id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue)
            || ',"from":"PENDING","to":"RUNNING","reason":"claimed","lease":' || lease || ',"attempt":' || attempt
            || ',"worker":"' || $1::uuid || '"}')::json
    FROM taken
)
SELECT t.*, j.payload, j.retry, j.created_at, j.correlation_id, r.version_id
FROM taken t
JOIN jobs j ON j.tenant_id = t.tenant_id AND j.id = t.id
LEFT JOIN runs r ON r.id = t.run_id
"""
