"""Statements that read jobs, and those that a person's wish makes (cancel, retry)."""

from typing import Final

# A job as shown: what its live row says wins while there is one.
_SHOWN: Final = """
SELECT j.id, j.tenant_id, j.kind, j.queue, j.priority, j.payload, j.result, j.error, j.retry, j.timeout, j.deadline_at,
       j.run_id, j.node_id, j.unique_key, j.correlation_id, j.created_at, j.finished_at,
       coalesce(l.state, j.state) AS state, coalesce(l.due_at, j.due_at) AS due_at,
       coalesce(l.attempt, j.attempt) AS attempt, coalesce(l.lease, j.lease) AS lease,
       CASE WHEN l.job_id IS NULL THEN j.started_at ELSE l.started_at END AS started_at,
       CASE WHEN l.job_id IS NULL THEN j.worker_id ELSE l.worker_id END AS worker_id,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
"""

# jobs and live: primary keys
GET: Final = _SHOWN + "FROM jobs j LEFT JOIN live l ON l.job_id = j.id WHERE j.tenant_id = $1 AND j.id = $2"

# jobs: primary key (tenant_id, id), backwards; or jobs_of_runs with a run. {more} holds conditions made by list_jobs.
LIST_ALL: Final = (
    _SHOWN
    + """
FROM jobs j LEFT JOIN live l ON l.job_id = j.id
WHERE j.tenant_id = $1 AND ($2::uuid IS NULL OR j.id < $2) {more}
ORDER BY j.id DESC LIMIT $3
"""
)
# live: primary key, backwards
LIST_LIVE: Final = (
    _SHOWN
    + """
FROM live l JOIN jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
WHERE l.tenant_id = $1 AND ($2::uuid IS NULL OR l.job_id < $2) {more}
ORDER BY l.job_id DESC LIMIT $3
"""
)
# unhappy: primary key (tenant_id, state, job_id), backwards
LIST_UNHAPPY: Final = (
    _SHOWN
    + """
FROM unhappy u JOIN jobs j ON j.tenant_id = u.tenant_id AND j.id = u.job_id LEFT JOIN live l ON l.job_id = j.id
WHERE u.tenant_id = $1 AND ($2::uuid IS NULL OR u.job_id < $2) {more}
ORDER BY u.job_id DESC LIMIT $3
"""
)

# In the order in which they happened: each is written under the job's lock, so seq rises. events_of_jobs (job_id, …)
HISTORY: Final = """
SELECT at, data FROM events WHERE job_id = $1 AND tenant_id = $2 AND type LIKE 'job.%' ORDER BY seq
"""

# Nothing comes due in a paused queue. live_scheduled (queue, due_at), its first entry per queue.
NEXT_DUE: Final = """
SELECT min(first.due_at) FROM unnest($1::text[]) AS wanted (name)
JOIN queues q ON q.name = wanted.name AND NOT q.paused
CROSS JOIN LATERAL (
    SELECT l.due_at FROM live l WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated ORDER BY l.due_at LIMIT 1
) first
"""

LIST_QUEUES: Final = """
SELECT q.name, q.paused, q.concurrency, q.priority,
       count(*) FILTER (WHERE l.state = 'PENDING' OR l.state = 'SCHEDULED' AND l.due_at <= $1) AS pending,
       count(*) FILTER (WHERE l.state = 'SCHEDULED' AND l.due_at > $1) AS scheduled,
       count(*) FILTER (WHERE l.state = 'RUNNING') AS running,
       count(*) FILTER (WHERE l.state = 'WAITING') AS waiting,
       min(l.due_at) FILTER (WHERE l.state IN ('PENDING', 'SCHEDULED') AND l.due_at <= $1) AS oldest_due_at
FROM queues q LEFT JOIN live l ON l.queue = q.name
GROUP BY q.name ORDER BY q.name
"""

RUN_OF_JOB: Final = "SELECT run_id, state FROM jobs WHERE tenant_id = $1 AND id = $2"
REQUEST_CANCEL: Final = "UPDATE live SET cancel_requested = true WHERE job_id = $1"

# live_deadlines (deadline_at)
OVERDUE: Final = """
SELECT job_id, run_id FROM live
WHERE deadline_at IS NOT NULL AND deadline_at <= $1 AND state <> 'RUNNING'
ORDER BY deadline_at LIMIT $2
"""

# -- manual retry: an ended lone job comes back with a fresh budget; attempt and lease numbers go on

LOCK_JOB: Final = """
SELECT id, kind, queue, priority, state, run_id, unique_key, unique_until, attempt, lease
FROM jobs WHERE tenant_id = $1 AND id = $2 FOR UPDATE
"""
REVIVE: Final = """
WITH revived AS (
    UPDATE jobs
    SET state = NULL, result = NULL, error = NULL, finished_at = NULL, base_attempt = attempt, lost = 0,
        due_at = $3::bigint, deadline_at = CASE WHEN deadline_at > $3 THEN deadline_at END
    WHERE tenant_id = $1 AND id = $2
    RETURNING *
), settled AS (
    DELETE FROM unhappy WHERE tenant_id = $1 AND job_id = $2 AND state = $5
)
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
                  attempt, base_attempt, lease)
SELECT id, tenant_id, queue, kind, 'PENDING', $3, $4, priority, timeout, deadline_at, unique_key,
       attempt, attempt, lease
FROM revived
"""
RETAKE_UNIQUE: Final = """
INSERT INTO unique_keys AS u (tenant_id, key, job_id, held, until) VALUES ($1, $2, $3, true, $4)
ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, held = true, until = excluded.until
WHERE u.job_id = excluded.job_id OR (NOT u.held AND (u.until IS NULL OR u.until <= $5))
RETURNING job_id
"""
