"""The one statement that inserts lone jobs in somebody else's transaction, on whatever driver they use.

It takes one parameter, the jobs as a JSON array of ``stores.enqueued`` (``{jobs}`` stands for the driver's way to write
it). Everything of the insert is in it: the jobs, queues that they are the first of, their event, and the wake-up, which
PostgreSQL sends at the commit. The tables are found by the connection's search path.
"""

from typing import Final

# jobs: primary key (tenant_id, id); live: primary key; queues: primary key. No colon but the parameter's and no percent
# sign: drivers would take them for parameters.
ENQUEUE: Final = """
WITH given AS (
    SELECT * FROM json_to_recordset(CAST({jobs} AS json)) AS g (
        id uuid, tenant_id text, kind text, queue text, priority integer, payload text, retry text, timeout bigint,
        due_at bigint, created_at bigint, deadline_at bigint, tag text, correlation_id text, state text, rank bigint
    )
), made AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at,
                      tag, correlation_id)
    SELECT id, tenant_id, kind, queue, priority, CAST(payload AS json), CAST(retry AS json), timeout, due_at,
           created_at, deadline_at, tag, correlation_id
    FROM given
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, tag)
    SELECT id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, tag FROM given
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.queue, min(g.created_at) FROM given g
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.queue)
    GROUP BY g.queue ORDER BY g.queue
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO events (tenant_id, type, at, data)
    SELECT tenant_id, 'job.scheduled', min(created_at),
           json_build_object('jobs', json_agg(json_build_array(
               id, kind, queue, state, created_at, CASE WHEN state = 'SCHEDULED' THEN due_at END)))
    FROM given GROUP BY tenant_id
)
SELECT pg_notify('holdfast', 'events,queue:' || queue) FROM (SELECT DISTINCT queue FROM given) q
"""
