"""Statements that end jobs, or send them round again, under their leases."""

from typing import Final

# The successes of lone jobs that hold no key. $1 the worker; then one array per column. One row answers: the queues
# where a limit was freed, and, unless all were ended, the ids of those that were. What has a key is left for the full
# mode. Rows are met in the order given: id order. Only a RUNNING job has a worker: saying so as well would let a plan
# look at all of live_running for each one. live and jobs: primary keys, and no index of jobs names a column
# that changes; live_ready, one row for each queue (EXISTS would become a join with all that waits).
SUCCEED_PLAIN: Final = """
WITH gone AS (
    DELETE FROM live l
    USING (
        SELECT unnest($2::text[]) AS job_id, unnest($3::integer[]) AS lease, unnest($4::text[]) AS result,
               unnest($5::bigint[]) AS at
    ) AS g
    WHERE l.job_id = g.job_id::uuid AND l.lease = g.lease AND l.worker_id = $1
      AND l.run_id IS NULL AND l.unique_key IS NULL AND l.concurrency_key IS NULL
    RETURNING l.job_id, l.tenant_id, l.queue, l.kind, l.lease, l.attempt, l.base_attempt, l.lost, l.started_at,
              g.result, g.at
), ended AS (
    UPDATE jobs j
    SET state = 'SUCCEEDED', result = gone.result::json, attempt = gone.attempt, base_attempt = gone.base_attempt,
        lost = gone.lost, lease = gone.lease, worker_id = $1, started_at = gone.started_at, finished_at = gone.at
    FROM gone WHERE j.tenant_id = gone.tenant_id AND j.id = gone.job_id
), told AS (
    INSERT INTO events (tenant_id, type, at, data)
    SELECT tenant_id, 'job.succeeded', max(at),
           ('{"worker":"' || $1::uuid || '","jobs":[' || string_agg(
               '["' || job_id || '",' || to_json(kind) || ',' || to_json(queue) || ',' || lease || ',' || attempt || ','
               || at || ']', ',') || ']}')::json
    FROM gone GROUP BY tenant_id
), freed AS (
    SELECT q.name FROM (SELECT DISTINCT queue FROM gone) AS g JOIN queues q ON q.name = g.queue
    WHERE q.concurrency IS NOT NULL
  UNION
    SELECT q.name FROM (SELECT DISTINCT tenant_id FROM gone) AS g JOIN tenants t ON t.id = g.tenant_id
    CROSS JOIN queues q CROSS JOIN LATERAL (
        SELECT FROM live l WHERE l.queue = q.name AND l.tenant_id = t.id AND l.state = 'PENDING' AND NOT l.gated LIMIT 1
    ) waiting
    WHERE t.running_limit > 0
)
SELECT CASE WHEN count(*) < cardinality($2) THEN coalesce(array_agg(job_id::text), '{}') END AS ended,
       ARRAY(SELECT name FROM freed) AS queues
FROM gone
"""

# The live rows of moves, in id order, for decisions that need more than the fence. live: primary key.
LOCK_LIVE: Final = """
SELECT {columns} FROM live WHERE job_id = ANY ($1::uuid[]) ORDER BY job_id FOR UPDATE
"""

# A run ($1), and then the live row of one of its jobs ($2), in one round trip: most finishes of a lone run are this
# one. The job was there long before it ends, so it doesn't matter that the statement saw it before it had the run: the
# lock gives what the row has come to since. runs and live: primary keys.
LOCK_STEP: Final = """
WITH run AS MATERIALIZED (
    SELECT * FROM runs WHERE id = $1 FOR UPDATE
), job AS MATERIALIZED (
    SELECT {columns} FROM live WHERE job_id = $2 AND (SELECT count(*) FROM run) >= 0 FOR UPDATE
)
SELECT {named}, run.* FROM (SELECT) AS one LEFT JOIN job ON true LEFT JOIN run ON true
"""

# The same with the run's nodes and without a lock, all of one moment. ``seen``: the version of the run's row, a new one
# after each change of it. Rows as those of NODES; the first has the run and the job as well. None where nothing or more
# than one node is ACTIVE. runs, live and run_nodes: primary keys.
READ_STEP: Final = """
SELECT {named}, n.nodes, n.state AS node_state, n.ports AS node_ports, n.job_id AS node_job, n.family AS node_family,
       run.xmin AS seen, run.*
FROM (
    SELECT *, row_number() OVER () AS number, count(*) FILTER (WHERE state = 'ACTIVE') OVER () AS active
    FROM ({nodes}) AS n
) AS n
LEFT JOIN runs run ON run.id = $1 AND n.number = 1
LEFT JOIN live job ON job.job_id = $2 AND n.number = 1
WHERE n.active = 1 ORDER BY n.number
"""

# A job that goes on: its next moment, its budget. The lease stays and so fences what the old attempt may still send. A
# parked node keeps when its attempt began: it goes on.
PARK_JOBS: Final = """
UPDATE live l
SET state = g.state, due_at = g.due_at, rank = g.rank, attempt = g.attempt, lost = g.lost, gated = g.gated,
    metered = g.metered, worker_id = NULL, hung_at = NULL, cancel_requested = false,
    started_at = CASE WHEN g.state = 'WAITING' AND l.run_id IS NOT NULL THEN l.started_at END
FROM (
    SELECT unnest($1::uuid[]) AS job_id, unnest($2::text[]) AS state, unnest($3::bigint[]) AS due_at,
           unnest($4::bigint[]) AS rank, unnest($5::integer[]) AS attempt, unnest($6::integer[]) AS lost,
           unnest($7::boolean[]) AS gated, unnest($8::boolean[]) AS metered
) AS g
WHERE l.job_id = g.job_id
"""

# Which moves were applied by an earlier call whose answer was lost. A success is told by the job itself, whose tenant
# isn't known here: each is tried, which is dear only where there are many, and this is rarely asked. Everything else
# has a row of its own. events_of_jobs (job_id, …); jobs: primary key, from tenant to tenant.
APPLIED_BEFORE: Final = """
WITH RECURSIVE owners AS (
    SELECT min(tenant_id COLLATE "C") AS tenant_id FROM jobs
  UNION ALL
    SELECT (SELECT min(tenant_id COLLATE "C") FROM jobs j WHERE j.tenant_id > o.tenant_id)
    FROM owners o WHERE o.tenant_id IS NOT NULL
)
SELECT g.job_id
FROM (SELECT unnest($1::uuid[]) AS job_id, unnest($2::integer[]) AS lease, unnest($3::text[]) AS after) AS g
WHERE EXISTS (
    SELECT FROM events e
    WHERE e.job_id = g.job_id AND e.data ->> 'from' = 'RUNNING' AND (e.data ->> 'lease')::integer = g.lease
      AND e.data ->> 'to' = g.after AND e.data ->> 'worker' = $4
) OR g.after = 'SUCCEEDED' AND EXISTS (
    SELECT FROM owners o JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = g.job_id
    WHERE j.state = 'SUCCEEDED' AND j.lease = g.lease AND j.worker_id = $4::text::uuid
)
"""

# The queues of $1 where a limit counts what runs, and those where tenants of $2 wait that have one. queues, tenants:
# primary keys; live_ready.
FREED: Final = """
SELECT name FROM queues WHERE name = ANY ($1::text[]) AND concurrency IS NOT NULL
UNION
SELECT q.name FROM tenants t CROSS JOIN queues q CROSS JOIN LATERAL (
    SELECT FROM live l WHERE l.queue = q.name AND l.tenant_id = t.id AND l.state = 'PENDING' AND NOT l.gated LIMIT 1
) waiting
WHERE t.id = ANY ($2::text[]) AND t.running_limit > 0
"""

ADD_EVENTS: Final = """
INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
SELECT tenant_id, type, at, run_id, node_id, job_id, data::json
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS type, unnest($3::bigint[]) AS at,
           unnest($4::uuid[]) AS run_id, unnest($5::text[]) AS node_id, unnest($6::uuid[]) AS job_id,
           unnest($7::text[]) AS data
) AS g
"""
