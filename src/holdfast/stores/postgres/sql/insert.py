"""Statements that insert jobs and take the keys that guard them."""

from typing import Final

# One array per column. A job whose id exists already is left as it is, and its live row and event aren't written again.
# A queue is made by its first job, whoever inserts it: a claim finds no work where there is no queue.
# jobs: primary key (tenant_id, id); live: primary key (job_id); queues: primary key.
INSERT_JOBS: Final = """
WITH given AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
        $9::bigint[], $10::bigint[], $11::bigint[], $12::uuid[], $13::text[], $14::text[], $15::bigint[], $16::text[],
        $17::text[], $18::bigint[], $19::text[], $20::text[]
    ) AS g (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at, run_id,
            node_id, unique_key, unique_until, correlation_id, state, rank, type, data)
), made AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at,
                      run_id, node_id, unique_key, unique_until, correlation_id)
    SELECT id, tenant_id, kind, queue, priority, payload::json, retry::json, timeout, due_at, created_at, deadline_at,
           run_id, node_id, unique_key, unique_until, correlation_id
    FROM given
    ON CONFLICT (tenant_id, id) DO NOTHING
    RETURNING id
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.queue, g.created_at FROM (SELECT queue, min(created_at) AS created_at FROM given GROUP BY queue) AS g
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.queue)
    ORDER BY g.queue
    ON CONFLICT DO NOTHING
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
                      run_id, node_id)
    SELECT g.id, g.tenant_id, g.queue, g.kind, g.state, g.due_at, g.rank, g.priority, g.timeout, g.deadline_at,
           g.unique_key, g.run_id, g.node_id
    FROM given g JOIN made ON made.id = g.id
)
INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
SELECT g.tenant_id, g.type, g.created_at, g.run_id, g.node_id, g.id, g.data::json
FROM given g JOIN made ON made.id = g.id
RETURNING job_id
"""

# Jobs of a call that is repeated. jobs: primary key.
KNOWN: Final = """
SELECT j.id FROM unnest($1::text[], $2::uuid[]) AS g (tenant_id, id)
JOIN jobs j ON j.tenant_id = g.tenant_id AND j.id = g.id
"""

# Whether a holder is live is told by the row itself (held): another table would be read in an older snapshot than the
# row that the conflict waited for. unique_keys: its primary key.
TAKE_UNIQUE: Final = """
INSERT INTO unique_keys AS u (tenant_id, key, job_id, held, until)
SELECT g.tenant_id, g.key, g.job_id, true, g.until
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[]) AS g (tenant_id, key, job_id, until)
ON CONFLICT (tenant_id, key) DO UPDATE
SET job_id = excluded.job_id, held = true, until = excluded.until
WHERE NOT u.held AND (u.until IS NULL OR u.until <= $5)
RETURNING tenant_id, key
"""

READ_UNIQUE: Final = """
SELECT u.tenant_id, u.key, u.job_id
FROM unnest($1::text[], $2::text[]) AS g (tenant_id, key)
JOIN unique_keys u ON u.tenant_id = g.tenant_id AND u.key = g.key
"""

# Keys that a repeated insert took for jobs that have ended meanwhile. jobs, unique_keys: primary keys.
RELEASE_UNIQUE: Final = """
DELETE FROM unique_keys u USING unnest($1::text[], $2::uuid[]) AS g (tenant_id, id), jobs j
WHERE j.tenant_id = g.tenant_id AND j.id = g.id AND j.state IS NOT NULL
  AND u.tenant_id = j.tenant_id AND u.key = j.unique_key AND u.job_id = j.id AND u.held
"""
