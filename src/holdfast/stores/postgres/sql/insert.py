"""Statements that insert jobs and take the keys that guard them."""

from typing import Final

from holdfast.stores.postgres.sql.handing import handed

# One array per column. A job whose id exists already is left as it is, and its live row and event aren't written again.
# A queue is made by its first job, whoever inserts it: a claim finds no work where there is no queue. What is new is
# found by hashing, as joins are nested loops here. jobs: primary key (tenant_id, id); live: primary key (job_id);
# queues: primary key.
_GIVEN: Final = """
WITH given AS (
    SELECT unnest($1::uuid[]) AS id, unnest($2::text[]) AS tenant_id, unnest($3::text[]) AS kind,
           unnest($4::text[]) AS queue, unnest($5::integer[]) AS priority, unnest($6::text[]) AS payload,
           unnest($7::text[]) AS retry, unnest($8::bigint[]) AS timeout, unnest($9::bigint[]) AS due_at,
           unnest($10::bigint[]) AS created_at, unnest($11::bigint[]) AS deadline_at,
           unnest($12::uuid[]) AS run_id, unnest($13::text[]) AS node_id, unnest($14::text[]) AS unique_key,
           unnest($15::bigint[]) AS unique_until, unnest($16::text[]) AS concurrency_key,
           unnest($17::text[]) AS tag, unnest($18::text[]) AS correlation_id, unnest($19::text[]) AS state,
           unnest($20::bigint[]) AS rank, unnest($21::text[]) AS data"""
_WANTED: Final = ", unnest($22::boolean[]) AS wanted"
_MADE: Final = """
), made AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at,
                      run_id, node_id, unique_key, unique_until, concurrency_key, tag, correlation_id)
    SELECT id, tenant_id, kind, queue, priority, payload::json, retry::json, timeout, due_at, created_at, deadline_at,
           run_id, node_id, unique_key, unique_until, concurrency_key, tag, correlation_id
    FROM given
    ON CONFLICT (tenant_id, id) DO NOTHING
    RETURNING id
), fresh AS MATERIALIZED (
    SELECT * FROM given WHERE id = ANY (ARRAY(SELECT id FROM made))
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.queue, g.created_at FROM (SELECT queue, min(created_at) AS created_at FROM given GROUP BY queue) AS g
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.queue)
    ORDER BY g.queue
    ON CONFLICT DO NOTHING
"""
_PENDING: Final = """
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
                      concurrency_key, gated, tag, run_id, node_id)
    SELECT id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
           concurrency_key, concurrency_key IS NOT NULL, tag, run_id, node_id
    FROM fresh
"""
_TOLD: Final = """
), told AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, 'job.scheduled', created_at, run_id, node_id, id, data::json
    FROM fresh WHERE run_id IS NOT NULL
  UNION ALL
    SELECT tenant_id, 'job.scheduled', min(created_at), NULL, NULL, NULL, ('{"jobs":[' || string_agg(
               '["' || id || '",' || to_json(kind) || ',' || to_json(queue) || ',"' || state || '",' || created_at
               || ',' || CASE WHEN state = 'SCHEDULED' THEN due_at::text ELSE 'null' END || ']', ',') || ']}')::json
    FROM fresh WHERE run_id IS NULL GROUP BY tenant_id
"""
_IDS: Final = """
)
SELECT id::text FROM made
"""
INSERT_JOBS: Final = _GIVEN + _MADE + _PENDING + _TOLD + _IDS

# The same where a worker offers slots: $22 which of the jobs it would take, $23 who it is, $24 how many at most, $25
# now. What it gets is inserted as a claim would have left it, with the events of both, and is told apart.
_HANDED: Final = handed("fresh", worker="$23", slots="$24", now="$25")
_RUNNING: Final = """
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
                      concurrency_key, gated, tag, run_id, node_id, attempt, lease, worker_id, started_at, hung_at)
    SELECT g.id, g.tenant_id, g.queue, g.kind, CASE WHEN h THEN 'RUNNING' ELSE g.state END, g.due_at, g.rank,
           g.priority, g.timeout, g.deadline_at, g.unique_key, g.concurrency_key, g.concurrency_key IS NOT NULL, g.tag,
           g.run_id, g.node_id, h::integer, h::integer, CASE WHEN h THEN $23::uuid END,
           CASE WHEN h THEN $25::bigint END, CASE WHEN h THEN $25::bigint + g.timeout END
    FROM (SELECT *, id = ANY (ARRAY(SELECT id FROM handed)) AS h FROM fresh) AS g
"""
_STARTED: Final = """
  UNION ALL
    SELECT tenant_id, 'node.started', $25::bigint, run_id, node_id, id, ('{"kind":' || to_json(kind) || '}')::json
    FROM fresh WHERE run_id IS NOT NULL AND id = ANY (ARRAY(SELECT id FROM handed))
  UNION ALL
    SELECT tenant_id, 'job.started', $25, run_id, node_id, id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue)
            || ',"from":"PENDING","to":"RUNNING","reason":"claimed","lease":1,"attempt":1,"worker":"'
            || $23::uuid || '"}')::json
    FROM fresh WHERE run_id IS NOT NULL AND id = ANY (ARRAY(SELECT id FROM handed))
  UNION ALL
    SELECT tenant_id, 'job.started', $25, NULL, NULL, NULL,
           ('{"worker":"' || $23::uuid || '","jobs":[' || string_agg(
               '["' || id || '",' || to_json(kind) || ',' || to_json(queue) || ',1,1,' || $25::bigint || ']', ',')
            || ']}')::json
    FROM fresh WHERE run_id IS NULL AND id = ANY (ARRAY(SELECT id FROM handed)) GROUP BY tenant_id
"""
_IDS_AND_WHOSE: Final = """
)
SELECT id::text, id = ANY (ARRAY(SELECT id FROM handed)) AS handed FROM made
"""
INSERT_AND_HAND: Final = _GIVEN + _WANTED + _MADE + _HANDED + _RUNNING + _TOLD + _STARTED + _IDS_AND_WHOSE

# Both of many new lone jobs without keys, by COPY: the columns, in the order of the rows that are made for them.
COPIED_JOBS: Final = (
    "id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, created_at, deadline_at, tag,"
    " correlation_id"
)
COPIED_LIVE: Final = "job_id, tenant_id, kind, queue, priority, timeout, due_at, deadline_at, tag, state, rank"

# What goes with them: the queues that they are the first of, in name order, and their events. queues: primary key.
COPIED_WITH: Final = """
WITH queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.name, $2 FROM unnest($1::text[]) AS g (name)
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.name)
    ON CONFLICT DO NOTHING
)
INSERT INTO events (tenant_id, type, at, data)
SELECT tenant_id, 'job.scheduled', $2, data::json FROM (
    SELECT unnest($3::text[]) AS tenant_id, unnest($4::text[]) AS data
) AS g
"""

# Jobs of a call that is repeated. jobs: primary key.
KNOWN: Final = """
SELECT j.id FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::uuid[]) AS id) AS g
JOIN jobs j ON j.tenant_id = g.tenant_id AND j.id = g.id
"""

# Whether a holder is live is told by the row itself (held): another table would be read in an older snapshot than the
# row that the conflict waited for. unique_keys: its primary key.
TAKE_UNIQUE: Final = """
INSERT INTO unique_keys AS u (tenant_id, key, job_id, held, until)
SELECT g.tenant_id, g.key, g.job_id, true, g.until
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key, unnest($3::uuid[]) AS job_id,
           unnest($4::bigint[]) AS until
) AS g
ON CONFLICT (tenant_id, key) DO UPDATE
SET job_id = excluded.job_id, held = true, until = excluded.until
WHERE NOT u.held AND (u.until IS NULL OR u.until <= $5)
RETURNING tenant_id, key
"""

READ_UNIQUE: Final = """
SELECT u.tenant_id, u.key, u.job_id
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key) AS g
JOIN unique_keys u ON u.tenant_id = g.tenant_id AND u.key = g.key
"""

# -- unique keys whose holder may give way: states, debounce

# The holders of these keys and where they stand. In id order: live rows are locked before keys. unique_keys, live:
# primary keys.
LOCK_HOLDERS: Final = """
SELECT l.job_id, l.state, l.due_at, l.attempt, l.lease, l.priority, l.kind, l.queue, l.concurrency_key, u.tenant_id,
       u.key, u.until
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key) AS g
JOIN unique_keys u ON u.tenant_id = g.tenant_id AND u.key = g.key AND u.held
JOIN live l ON l.job_id = u.job_id
ORDER BY l.job_id FOR UPDATE OF l
"""
# In key order. unique_keys: primary key.
LOCK_UNIQUE: Final = """
SELECT u.tenant_id, u.key, u.job_id, u.held, u.until
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key) AS g
JOIN unique_keys u ON u.tenant_id = g.tenant_id AND u.key = g.key
ORDER BY u.tenant_id, u.key FOR UPDATE OF u
"""
TAKE_OVER: Final = """
UPDATE unique_keys u SET job_id = g.job_id, held = true, until = g.until
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key, unnest($3::uuid[]) AS job_id,
           unnest($4::bigint[]) AS until
) AS g
WHERE u.tenant_id = g.tenant_id AND u.key = g.key
"""
# A waiting job starts over with another payload: later, behind its gate if it has a key. live, jobs: primary keys.
DEBOUNCE: Final = """
WITH given AS (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::uuid[]) AS job_id, unnest($3::bigint[]) AS due_at,
           unnest($4::bigint[]) AS rank, unnest($5::text[]) AS payload
), moved AS (
    UPDATE live l
    SET state = 'SCHEDULED', due_at = g.due_at, rank = g.rank, gated = l.concurrency_key IS NOT NULL, metered = false
    FROM given g WHERE l.job_id = g.job_id
)
UPDATE jobs j SET payload = g.payload::json FROM given g WHERE j.tenant_id = g.tenant_id AND j.id = g.job_id
"""

# Keys that a repeated insert took for jobs that have ended meanwhile. jobs, unique_keys: primary keys.
RELEASE_UNIQUE: Final = """
DELETE FROM unique_keys u USING (SELECT unnest($1::text[]) AS tenant_id, unnest($2::uuid[]) AS id) AS g, jobs j
WHERE j.tenant_id = g.tenant_id AND j.id = g.id AND j.state IS NOT NULL
  AND u.tenant_id = j.tenant_id AND u.key = j.unique_key AND u.job_id = j.id AND u.held
"""
