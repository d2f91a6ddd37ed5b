"""The statement that writes what a settlement comes to: jobs that end, what their runs make of it, and the next steps.

One round trip instead of three: a step of a run costs little more than the way to the database and back.
"""

from typing import Final

from holdfast.stores.postgres.sql.handing import handed

# $1 … $9 jobs that end, $10 … $19 nodes that are decided, $20 … $26 runs, $27 … $34 what they tell, $35 … $47 new jobs
# of steps that are due now; one array per column, each may be empty. $48 which of the steps the worker $49 would take,
# $50 how many at most, $51 now. Answers the steps that it gets, and the queues where a limit was freed (see FREED).
#
# Ends. The live row goes away only under the lease and state (a held one counts as what it would be) that the move was
# decided for; everything else follows from the rows that went. Parking gave its attempt back: a parked job that ends
# has it again. Rows are met in the order given: id order. Unique keys are locked in key order, as inserts take them.
# live, jobs, run_nodes, runs: primary keys; ``ended`` changes no indexed column.
#
# Steps. One that the worker gets (``handing``) is inserted as a claim would have left it, with the events of both.
#
# Events are read in the order in which they are numbered: first what became of the jobs, then of their runs, then what
# begins. Each insert counts the rows of the one before it, which makes it wait for them.
#
# What a settlement decided without the run's lock (``agreed``) is written only where the run's row is still the one
# that was read, and the job RUNNING under the lease of this worker: otherwise nothing goes, and then nothing else is
# written. ``Settlement.write_agreed`` says why nothing more need be looked at. $52 the run, $53 the version of its row,
# $54 the worker: a job has one only while it is RUNNING. The run is locked before the job. A lock that waited for
# somebody who changed its row is answered with the new one.
_AGREED: Final = """
WITH agreed AS MATERIALIZED (
    SELECT id FROM runs WHERE id = $52 AND xmin = $53 FOR UPDATE
), """
_GONE: Final = """gone AS (
    DELETE FROM live l
    USING (
        SELECT unnest($1::uuid[]) AS job_id, unnest($2::integer[]) AS lease, unnest($3::text[]) AS before,
               unnest($4::text[]) AS after, unnest($5::text[]) AS reason, unnest($6::text[]) AS type,
               unnest($7::text[]) AS result, unnest($8::text[]) AS error, unnest($9::bigint[]) AS at
    ) AS g
    WHERE l.job_id = g.job_id AND l.lease = g.lease AND (l.state = g.before OR l.state = 'HELD') {only}
    RETURNING l.job_id, l.tenant_id, l.queue, l.kind, l.lease, l.base_attempt, l.lost, l.worker_id, l.started_at,
              l.unique_key, l.run_id, l.node_id,
              CASE l.state WHEN 'WAITING' THEN l.attempt + 1 ELSE l.attempt END AS attempt,
              g.before, g.after, g.reason, g.type, g.result, g.error, g.at
"""
_ENDS: Final = """
), ended AS (
    UPDATE jobs j
    SET state = gone.after, result = gone.result::json, error = gone.error::json, attempt = gone.attempt,
        base_attempt = gone.base_attempt, lost = gone.lost, lease = gone.lease, worker_id = gone.worker_id,
        started_at = gone.started_at, finished_at = gone.at
    FROM gone WHERE j.tenant_id = gone.tenant_id AND j.id = gone.job_id
), told_of_ends AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, type, at, run_id, node_id, job_id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue) || ',"from":"' || before || '","to":"' || after
            || '","reason":"' || reason || '","lease":' || lease || ',"attempt":' || attempt
            || coalesce(',"worker":"' || worker_id || '"', '') || coalesce(',"error":' || error, '')
            || coalesce(',"started_at":' || CASE WHEN before = 'RUNNING' THEN started_at END, '') || '}')::json
    FROM gone WHERE after <> 'SUCCEEDED' OR before <> 'RUNNING' OR run_id IS NOT NULL
"""
_LONE: Final = """
  UNION ALL
    SELECT tenant_id, type, max(at), NULL, NULL, NULL,
           ('{"worker":"' || worker_id || '","jobs":[' || string_agg(
               '["' || job_id || '",' || to_json(kind) || ',' || to_json(queue) || ',' || lease || ',' || attempt || ','
               || at || ']', ',') || ']}')::json
    FROM gone WHERE after = 'SUCCEEDED' AND before = 'RUNNING' AND run_id IS NULL GROUP BY tenant_id, type, worker_id
"""
_TOLD: Final = """
    RETURNING 1
"""
_TROUBLE: Final = """
), unhappy AS (
    INSERT INTO unhappy (tenant_id, state, job_id)
    SELECT tenant_id, after, job_id FROM gone WHERE after <> 'SUCCEEDED'
    ON CONFLICT DO NOTHING
), keys AS MATERIALIZED (
    SELECT u.tenant_id, u.key, u.until > gone.at AS kept
    FROM gone JOIN unique_keys u
      ON u.tenant_id = gone.tenant_id AND u.key = gone.unique_key AND u.job_id = gone.job_id
    WHERE gone.unique_key IS NOT NULL
    ORDER BY u.tenant_id, u.key FOR UPDATE OF u
), kept AS (
    UPDATE unique_keys u SET held = false
    FROM keys WHERE keys.kept AND u.tenant_id = keys.tenant_id AND u.key = keys.key
), let_go AS (
    DELETE FROM unique_keys u
    USING keys WHERE keys.kept IS NOT TRUE AND u.tenant_id = keys.tenant_id AND u.key = keys.key
"""
_RUNS: Final = """
), given AS (
    SELECT unnest($35::uuid[]) AS id, unnest($36::text[]) AS tenant_id, unnest($37::text[]) AS kind,
           unnest($38::text[]) AS queue, unnest($39::integer[]) AS priority, unnest($40::text[]) AS retry,
           unnest($41::bigint[]) AS timeout, unnest($42::uuid[]) AS run_id, unnest($43::text[]) AS node_id,
           unnest($44::text[]) AS correlation_id, unnest($45::text[]) AS state, unnest($46::bigint[]) AS rank,
           unnest($47::text[]) AS data, unnest($48::boolean[]) AS wanted
    WHERE true {only}
), reached AS (
    INSERT INTO run_nodes AS n (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
    SELECT g.run_id, g.node_id, g.state, g.ports, g.job_id, g.attempts, g.output::json, g.error::json, g.started_at,
           g.finished_at
    FROM (
        SELECT unnest($10::uuid[]) AS run_id, unnest($11::text[]) AS node_id, unnest($12::text[]) AS state,
               unnest($13::text[]) AS ports, unnest($14::uuid[]) AS job_id, unnest($15::integer[]) AS attempts,
               unnest($16::text[]) AS output, unnest($17::text[]) AS error, unnest($18::bigint[]) AS started_at,
               unnest($19::bigint[]) AS finished_at
    ) AS g
    WHERE true {only}
  UNION ALL
    SELECT run_id, node_id, 'ACTIVE', '', id, 0, NULL, NULL, NULL, NULL FROM given
    ON CONFLICT (run_id, node_id) DO UPDATE
    SET state = excluded.state, ports = excluded.ports, job_id = coalesce(excluded.job_id, n.job_id),
        attempts = excluded.attempts, output = excluded.output, error = excluded.error,
        started_at = excluded.started_at, finished_at = excluded.finished_at
), saved AS (
    UPDATE runs r
    SET state = g.state, output = g.output::json, error = g.error::json, finished_at = g.finished_at,
        ending = g.ending, started_at = coalesce(g.started_at, r.started_at)
    FROM (
        SELECT unnest($20::uuid[]) AS id, unnest($21::text[]) AS state, unnest($22::text[]) AS output,
               unnest($23::text[]) AS error, unnest($24::bigint[]) AS finished_at, unnest($25::text[]) AS ending,
               unnest($26::bigint[]) AS started_at
    ) AS g
    WHERE r.id = g.id {only}
), told_of_runs AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data, subject)
    SELECT tenant_id, type, at, run_id, node_id, job_id, data::json, subject
    FROM (
        SELECT unnest($27::text[]) AS tenant_id, unnest($28::text[]) AS type, unnest($29::bigint[]) AS at,
               unnest($30::uuid[]) AS run_id, unnest($31::text[]) AS node_id, unnest($32::uuid[]) AS job_id,
               unnest($33::text[]) AS data, unnest($34::text[]) AS subject
    ) AS g
    CROSS JOIN (SELECT count(*) FROM told_of_ends) AS before
    WHERE true {only}
    RETURNING 1
"""
_HANDED: Final = handed("given", worker="$49", slots="$50", now="$51")
_MADE: Final = """
), made AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, retry, timeout, due_at, created_at, run_id, node_id,
                      correlation_id)
    SELECT id, tenant_id, kind, queue, priority, retry::json, timeout, $51, $51, run_id, node_id, correlation_id
    FROM given
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT g.queue, $51 FROM (SELECT DISTINCT queue FROM given) AS g
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = g.queue)
    ORDER BY g.queue
    ON CONFLICT DO NOTHING
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, run_id, node_id, attempt,
                      lease, worker_id, started_at, hung_at)
    SELECT g.id, g.tenant_id, g.queue, g.kind, CASE WHEN h THEN 'RUNNING' ELSE g.state END, $51, g.rank, g.priority,
           g.timeout, g.run_id, g.node_id, h::integer, h::integer, CASE WHEN h THEN $49::uuid END,
           CASE WHEN h THEN $51::bigint END, CASE WHEN h THEN $51::bigint + g.timeout END
    FROM (SELECT *, id = ANY (ARRAY(SELECT id FROM handed)) AS h FROM given) AS g
), told_of_steps AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, 'job.scheduled', $51::bigint, run_id, node_id, id, data::json
    FROM given CROSS JOIN (SELECT count(*) FROM told_of_runs) AS before
  UNION ALL
    SELECT tenant_id, 'node.started', $51, run_id, node_id, id, ('{"kind":' || to_json(kind) || '}')::json
    FROM given CROSS JOIN (SELECT count(*) FROM told_of_runs) AS before
    WHERE id = ANY (ARRAY(SELECT id FROM handed))
  UNION ALL
    SELECT tenant_id, 'job.started', $51, run_id, node_id, id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue)
            || ',"from":"PENDING","to":"RUNNING","reason":"claimed","lease":1,"attempt":1,"worker":"'
            || $49::uuid || '"}')::json
    FROM given CROSS JOIN (SELECT count(*) FROM told_of_runs) AS before
    WHERE id = ANY (ARRAY(SELECT id FROM handed))
)
SELECT ARRAY(SELECT id::text FROM handed) AS handed, ARRAY(
    SELECT q.name FROM (SELECT DISTINCT queue FROM gone WHERE before = 'RUNNING') AS g JOIN queues q ON q.name = g.queue
    WHERE q.concurrency IS NOT NULL
    UNION
    SELECT q.name FROM (SELECT DISTINCT tenant_id FROM gone WHERE before = 'RUNNING') AS g
    JOIN tenants t ON t.id = g.tenant_id
    CROSS JOIN queues q CROSS JOIN LATERAL (
        SELECT FROM live l WHERE l.queue = q.name AND l.tenant_id = t.id AND l.state = 'PENDING' AND NOT l.gated LIMIT 1
    ) waiting
    WHERE t.running_limit > 0
) AS freed, EXISTS (SELECT FROM gone) AS written
"""

_IF_AGREED: Final = "AND l.worker_id = $54 AND (SELECT count(*) FROM agreed) > 0"
_IF_GONE: Final = "AND (SELECT count(*) FROM gone) > 0"

_BEGIN: Final = "\nWITH " + _GONE.format(only="")
_WRITE: Final = _RUNS.format(only="") + _HANDED + _MADE

SETTLE: Final = _BEGIN + _ENDS + _LONE + _TOLD + _TROUBLE + _WRITE
# The same where all that ends are steps of runs that succeeded and hold no unique key: the usual case, for which the
# rest of the statement needn't be made ready.
SETTLE_SUCCESSES: Final = _BEGIN + _ENDS + _TOLD + _WRITE
# The success of one step, if what it was decided on still holds.
SETTLE_AGREED: Final = (
    _AGREED + _GONE.format(only=_IF_AGREED) + _ENDS + _TOLD + _RUNS.format(only=_IF_GONE) + _HANDED + _MADE
)
