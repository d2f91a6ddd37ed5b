"""Statements that read jobs."""

from typing import Final

from holdfast.stores.postgres.sql.queues import wanted

# A job as shown: what its live row says wins while there is one.
_SHOWN: Final = """
SELECT j.id, j.tenant_id, j.kind, j.queue, j.priority, j.payload, j.result, j.error, j.retry, j.timeout, j.deadline_at,
       j.run_id, j.node_id, j.unique_key, j.concurrency_key, j.tag, j.correlation_id, j.created_at, j.finished_at,
       j.due_at AS first_due_at, l.gated, l.progress, l.cancel_requested,
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
# jobs: primary key. The order is made afterwards, so that no plan walks the tenant's jobs to have it for nothing.
LIST_NAMED: Final = f"""
WITH named AS MATERIALIZED (
{_SHOWN}
FROM unnest($4::uuid[]) AS wanted (id) JOIN jobs j ON j.tenant_id = $1 AND j.id = wanted.id
LEFT JOIN live l ON l.job_id = j.id
WHERE ($2::uuid IS NULL OR j.id < $2) {{more}}
)
SELECT DISTINCT ON (id) * FROM named ORDER BY id DESC LIMIT $3
"""
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

# Those of a job's events that have a row of their own, in the order in which they happened: each is written under the
# job's lock, so seq rises. events_of_jobs (job_id, …)
HISTORY: Final = """
SELECT xid::text || '-' || seq AS cursor, type, at, data FROM events
WHERE job_id = $1 AND tenant_id = $2 AND type LIKE 'job.%' ORDER BY seq
"""

# One row with when something comes due first, and one for each queue in which work waits that its rate may keep back.
# Nothing comes due in a paused queue. live_scheduled and live_gated_scheduled (queue, due_at), their first entries;
# gates_waking (wake_at); live_ready.
NEXT_DUE: Final = f"""
SELECT least(min(first.due_at), (SELECT min(wake_at) FROM gates WHERE wake_at IS NOT NULL)) AS due_at,
       NULL::integer AS rate_count, NULL::bigint AS rate_per, NULL::bigint AS credit, NULL::bigint AS credited_at
FROM {wanted("$1")} AS wanted (name)
JOIN queues q ON q.name = wanted.name AND NOT q.paused
CROSS JOIN LATERAL (
    (SELECT l.due_at FROM live l
     WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated ORDER BY l.due_at LIMIT 1)
  UNION ALL
    (SELECT l.due_at FROM live l
     WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND l.gated ORDER BY l.due_at LIMIT 1)
) first
UNION ALL
SELECT NULL, q.rate_count, q.rate_per, q.credit, q.credited_at FROM queues q
WHERE (q.name = ANY ($1::text[]) OR '*' = ANY ($1::text[])) AND NOT q.paused AND q.rate_count IS NOT NULL
  AND EXISTS (SELECT FROM live l WHERE l.queue = q.name AND l.state = 'PENDING' AND NOT l.gated)
"""
