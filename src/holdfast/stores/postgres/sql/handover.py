"""The statement that inserts the jobs of a settlement and hands some of them over to the worker that finishes."""

from typing import Final

# $1 … $21 as in INSERT_JOBS, of steps of runs; $22 which of them the worker $23 would take, $24 how many at most, $25
# now. A step goes to it only where a claim would have nobody else to think of: the worker is alive; nothing limits the
# queue or the tenant; and nothing that is due waits in the queue, nor behind a gate. It is then inserted as a claim
# would have left it, with the events of both. Nothing is locked for that: a claim that finds no limits doesn't either.
# calm: each look is one row of an index, whatever waits (EXISTS would become a join with all of it). queues, workers,
# tenants: primary keys; live_ready; live_scheduled; live_gated_scheduled.
INSERT_STEPS: Final = """
WITH given AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
        $9::bigint[], $10::bigint[], $11::bigint[], $12::uuid[], $13::text[], $14::text[], $15::bigint[], $16::text[],
        $17::text[], $18::text[], $19::text[], $20::bigint[], $21::text[], $22::boolean[]
    ) AS g (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at, run_id,
            node_id, unique_key, unique_until, concurrency_key, tag, correlation_id, state, rank, data, wanted)
), calm AS MATERIALIZED (
    SELECT q.name FROM (SELECT DISTINCT queue FROM given WHERE wanted) AS w
    JOIN queues q ON q.name = w.queue
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l WHERE l.queue = q.name AND l.state = 'PENDING' AND NOT l.gated LIMIT 1
    ) ready ON true
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l
        WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= $25 LIMIT 1
    ) due ON true
    LEFT JOIN LATERAL (
        SELECT true AS there FROM live l
        WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND l.gated AND l.due_at <= $25 LIMIT 1
    ) behind ON true
    WHERE NOT q.paused AND q.concurrency IS NULL AND q.rate_count IS NULL
      AND ready.there IS NULL AND due.there IS NULL AND behind.there IS NULL
      AND EXISTS (SELECT FROM workers WHERE id = $23::uuid AND state = 'ALIVE')
), handed AS MATERIALIZED (
    SELECT g.id FROM given g
    LEFT JOIN tenants t ON t.id = g.tenant_id
    WHERE g.wanted AND t.max_running IS NULL AND g.queue = ANY (ARRAY(SELECT name FROM calm))
    ORDER BY g.rank, g.id LIMIT $24::integer
), made AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at,
                      run_id, node_id, correlation_id)
    SELECT id, tenant_id, kind, queue, priority, payload::json, retry::json, timeout, due_at, created_at, deadline_at,
           run_id, node_id, correlation_id
    FROM given
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.queue, g.created_at FROM (SELECT queue, min(created_at) AS created_at FROM given GROUP BY queue) AS g
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.queue)
    ORDER BY g.queue
    ON CONFLICT DO NOTHING
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, run_id,
                      node_id, attempt, lease, worker_id, started_at, hung_at)
    SELECT g.id, g.tenant_id, g.queue, g.kind, CASE WHEN h THEN 'RUNNING' ELSE g.state END, g.due_at, g.rank,
           g.priority, g.timeout, g.deadline_at, g.run_id, g.node_id, h::integer, h::integer,
           CASE WHEN h THEN $23::uuid END, CASE WHEN h THEN $25::bigint END,
           CASE WHEN h THEN $25::bigint + g.timeout END
    FROM (SELECT *, id = ANY (ARRAY(SELECT id FROM handed)) AS h FROM given) AS g
), told AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, 'job.scheduled', created_at, run_id, node_id, id, data::json FROM given
  UNION ALL
    SELECT tenant_id, 'node.started', $25, run_id, node_id, id, ('{"kind":' || to_json(kind) || '}')::json
    FROM given WHERE id = ANY (ARRAY(SELECT id FROM handed))
  UNION ALL
    SELECT tenant_id, 'job.started', $25, run_id, node_id, id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue)
            || ',"from":"PENDING","to":"RUNNING","reason":"claimed","lease":1,"attempt":1,"worker":"'
            || $23::uuid || '"}')::json
    FROM given WHERE id = ANY (ARRAY(SELECT id FROM handed))
)
SELECT id::text FROM handed
"""
