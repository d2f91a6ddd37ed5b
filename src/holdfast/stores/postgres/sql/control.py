"""Statements of a person's wishes: cancel, retry, discard; and those about deadlines."""

from typing import Final

# jobs: primary key
OF_TENANT: Final = """
SELECT j.id, j.run_id, j.state FROM unnest($2::uuid[]) AS wanted (id)
JOIN jobs j ON j.tenant_id = $1 AND j.id = wanted.id
ORDER BY j.id
"""
REQUEST_CANCEL: Final = "UPDATE live SET cancel_requested = true WHERE job_id = ANY ($1::uuid[])"

# live_deadlines (deadline_at)
OVERDUE: Final = """
SELECT job_id, run_id FROM live
WHERE deadline_at IS NOT NULL AND deadline_at <= $1 AND state <> 'RUNNING'
ORDER BY deadline_at LIMIT $2
"""

# In id order. jobs: primary key
LOCK_ENDED: Final = """
SELECT j.id, j.tenant_id, j.kind, j.queue, j.priority, j.state, j.run_id, j.node_id, j.unique_key, j.unique_until,
       j.concurrency_key, j.attempt, j.lease
FROM (SELECT DISTINCT id FROM unnest($2::uuid[]) AS given (id) ORDER BY id) AS wanted
JOIN jobs j ON j.tenant_id = $1 AND j.id = wanted.id AND j.state IN ('FAILED', 'DEAD', 'CANCELLED')
ORDER BY j.id FOR UPDATE OF j
"""

# A lone job that ended badly comes back with a fresh budget; attempt and lease numbers go on. One with a concurrency
# key asks for a place first. $2 ids, $3 their ranks, $5 the states that they ended in. jobs, unhappy (by all its
# columns: a walk over all of a tenant's dead letters for each of these looks as cheap without statistics), live:
# primary keys.
REVIVE: Final = """
WITH revived AS (
    UPDATE jobs j
    SET state = NULL, result = NULL, error = NULL, finished_at = NULL, base_attempt = j.attempt, lost = 0,
        deadline_at = CASE WHEN j.deadline_at > $4::bigint THEN j.deadline_at END
    FROM unnest($2::uuid[], $3::bigint[], $5::text[]) AS g (id, rank, ended)
    WHERE j.tenant_id = $1 AND j.id = g.id
    RETURNING j.*, g.rank, g.ended
), settled AS (
    DELETE FROM unhappy u USING revived r WHERE u.tenant_id = r.tenant_id AND u.state = r.ended AND u.job_id = r.id
)
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
                  concurrency_key, gated, tag, attempt, base_attempt, lease)
SELECT id, tenant_id, queue, kind, 'PENDING', $4, rank, priority, timeout, deadline_at, unique_key,
       concurrency_key, concurrency_key IS NOT NULL, tag, attempt, attempt, lease
FROM revived
"""

# In key order. Answers the jobs that have their key now. unique_keys: its primary key.
RETAKE_UNIQUE: Final = """
INSERT INTO unique_keys AS u (tenant_id, key, job_id, held, until)
SELECT $1, g.key, g.job_id, true, g.until FROM unnest($2::text[], $3::uuid[], $4::bigint[]) AS g (key, job_id, until)
ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, held = true, until = excluded.until
WHERE u.job_id = excluded.job_id OR (NOT u.held AND (u.until IS NULL OR u.until <= $5))
RETURNING job_id
"""

# A dead letter no more. $5 the states that they ended in. jobs and unhappy: primary keys.
DISCARD: Final = """
WITH discarded AS (
    UPDATE jobs j SET state = 'CANCELLED', error = $3::json, finished_at = $4::bigint
    FROM unnest($2::uuid[], $5::text[]) AS g (id, ended) WHERE j.tenant_id = $1 AND j.id = g.id
    RETURNING j.tenant_id, j.id, g.ended
), forgotten AS (
    DELETE FROM unhappy u USING discarded d WHERE u.tenant_id = d.tenant_id AND u.state = d.ended AND u.job_id = d.id
)
INSERT INTO unhappy (tenant_id, state, job_id) SELECT $1, 'CANCELLED', id FROM discarded ON CONFLICT DO NOTHING
"""

# A key that was idle for so long that its gate is gone: its work goes one by one, until an insert says otherwise. Locks
# the gates, in key order, so that none goes meanwhile. gates: primary key.
ADD_GATES: Final = """
INSERT INTO gates (tenant_id, key, concurrency, credited_at)
SELECT tenant_id, key, 1, at FROM unnest($1::text[], $2::text[], $3::bigint[]) AS g (tenant_id, key, at)
ON CONFLICT (tenant_id, key) DO UPDATE SET key = excluded.key
"""
