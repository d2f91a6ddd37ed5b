"""Statements of a claim: what waits, what is due, and taking it."""

from typing import Final

from holdfast.stores.postgres.sql.queues import wanted


def startable(kinds: str, tags: str, now: str) -> str:
    """What a ready job ``l`` must be, too, for a worker of these kinds and tags to start it."""
    return (
        f"l.kind = ANY ({kinds}::text[]) AND (l.tag IS NULL OR l.tag = ANY ({tags}::text[]))"
        f" AND (l.deadline_at IS NULL OR l.deadline_at > {now}::bigint)"
    )


# One row at least. Walks from tenant to tenant in the index (never over their jobs), so 100,000 waiting jobs of one
# tenant cost as much as one; rank is that of the tenant's first job which this worker may start, null without any.
# $4 kinds, $5 tags. apart: the tenant's very first job isn't one of those. due: something of these queues joins the
# ready set now; behind: something behind a gate came due, or a token that a gate waits for. live_ready (queue,
# tenant_id, rank, job_id); live_scheduled and live_gated_scheduled (queue, due_at); gates_waking.
SURVEY: Final = f"""
WITH RECURSIVE waiting AS (
    SELECT q.name AS queue, h.tenant_id, h.rank, h.job_id
    FROM {wanted("$2")} AS wanted (name)
    JOIN queues q ON q.name = wanted.name AND NOT q.paused
    CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.rank, l.job_id FROM live l
        WHERE l.queue = q.name AND l.state = 'PENDING' AND NOT l.gated
        ORDER BY l.tenant_id, l.rank, l.job_id LIMIT 1
    ) h
  UNION ALL
    SELECT w.queue, h.tenant_id, h.rank, h.job_id
    FROM waiting w CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.rank, l.job_id FROM live l
        WHERE l.queue = w.queue AND l.tenant_id > w.tenant_id AND l.state = 'PENDING' AND NOT l.gated
        ORDER BY l.tenant_id, l.rank, l.job_id LIMIT 1
    ) h
)
SELECT EXISTS (SELECT FROM workers WHERE id = $1 AND state = 'ALIVE') AS alive,
       EXISTS (
           SELECT FROM {wanted("$2")} AS wanted (name)
           JOIN queues q ON q.name = wanted.name AND NOT q.paused
           CROSS JOIN LATERAL (
               SELECT FROM live l
               WHERE l.queue = q.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= $3 LIMIT 1
           ) due
       ) AS due,
       EXISTS (
           SELECT FROM {wanted("$2")} AS wanted (name) CROSS JOIN LATERAL (
               SELECT FROM live l
               WHERE l.queue = wanted.name AND l.state = 'SCHEDULED' AND l.gated AND l.due_at <= $3 LIMIT 1
           ) due
       ) OR EXISTS (SELECT FROM gates WHERE wake_at <= $3) AS behind,
       w.queue, q.priority, q.concurrency, q.rate_count, q.rate_per, q.credit, q.credited_at, w.tenant_id, first.rank,
       first.job_id AS first_id, first.job_id IS DISTINCT FROM w.job_id AS apart, t.weight, t.running_limit,
       lane.passed, EXISTS (SELECT FROM lanes WHERE lanes.queue = w.queue) AS shared
FROM (VALUES (1)) AS one (row)
LEFT JOIN waiting w ON true
LEFT JOIN queues q ON q.name = w.queue
LEFT JOIN LATERAL (
    SELECT l.rank, l.job_id FROM live l
    WHERE l.queue = w.queue AND l.tenant_id = w.tenant_id AND l.rank >= w.rank AND l.state = 'PENDING' AND NOT l.gated
      AND {startable("$4", "$5", "$3")}
    ORDER BY l.rank, l.job_id LIMIT 1
) first ON true
LEFT JOIN tenants t ON t.id = w.tenant_id
LEFT JOIN lanes lane ON lane.queue = w.queue AND lane.tenant_id = w.tenant_id
"""

# Due work joins the ready set in portions, so that a herd of timers doesn't hold the claim up. live_scheduled.
PROMOTE: Final = f"""
WITH due AS MATERIALIZED (
    SELECT d.job_id FROM {wanted("$1")} AS wanted (name) CROSS JOIN LATERAL (
        SELECT l.job_id FROM live l
        WHERE l.queue = wanted.name AND l.state = 'SCHEDULED' AND NOT l.gated AND l.due_at <= $2
        ORDER BY l.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) d
)
UPDATE live SET state = 'PENDING' FROM due WHERE live.job_id = due.job_id AND live.state = 'SCHEDULED'
"""

# What came due behind a gate asks for a place now; the keys it asks at, with those whose next token came. Both in
# portions. live_gated_scheduled; gates_waking.
PROMOTE_BEHIND: Final = f"""
WITH due AS MATERIALIZED (
    SELECT d.job_id FROM {wanted("$1")} AS wanted (name) CROSS JOIN LATERAL (
        SELECT l.job_id FROM live l
        WHERE l.queue = wanted.name AND l.state = 'SCHEDULED' AND l.gated AND l.due_at <= $2
        ORDER BY l.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) d
), asking AS (
    UPDATE live SET state = 'PENDING' FROM due WHERE live.job_id = due.job_id AND live.state = 'SCHEDULED'
    RETURNING live.tenant_id, live.concurrency_key
), waking AS (
    SELECT tenant_id, key FROM gates WHERE wake_at <= $2 ORDER BY wake_at LIMIT 200
)
SELECT tenant_id, concurrency_key AS key FROM asking UNION SELECT tenant_id, key FROM waking
"""

# A bucket's new level, and when it was. queues: primary key.
SAVE_CREDIT: Final = "UPDATE queues SET credit = $2, credited_at = $3 WHERE name = $1"

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

# Starts the rows whose places are in ``ready``: $1 worker, $6 now. They are updated where they lie, by nothing but
# their place, since a condition that an index serves lets a plan walk that index once for each row. A node starts once,
# whatever its attempts. What starts under a key's rate takes a token of its gate; gates are locked after jobs, in key
# order. gates: primary key.
START: Final = """
taken AS (
    UPDATE live l
    SET state = 'RUNNING', lease = l.lease + 1, attempt = l.attempt + 1, worker_id = $1, started_at = $6::bigint,
        hung_at = $6::bigint + l.timeout, cancel_requested = false, progress = NULL
    FROM ready WHERE l.ctid = ready.place
    RETURNING l.job_id, l.tenant_id, l.kind, l.queue, l.rank, l.attempt, l.base_attempt, l.lost, l.lease,
              l.started_at, l.timeout, l.deadline_at, l.run_id, l.node_id, l.metered, l.concurrency_key
), told AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT tenant_id, 'node.started', $6, run_id, node_id, job_id, ('{"kind":' || to_json(kind) || '}')::json
    FROM taken WHERE run_id IS NOT NULL AND lease = 1
  UNION ALL
    SELECT tenant_id, 'job.started', $6, run_id, node_id, job_id,
           ('{"kind":' || to_json(kind) || ',"queue":' || to_json(queue)
            || ',"from":"PENDING","to":"RUNNING","reason":"claimed","lease":' || lease || ',"attempt":' || attempt
            || ',"worker":"' || $1::uuid || '"}')::json
    FROM taken WHERE run_id IS NOT NULL
  UNION ALL
    SELECT tenant_id, 'job.started', $6, NULL, NULL, NULL,
           ('{"worker":"' || $1::uuid || '","jobs":[' || string_agg(
               '["' || job_id || '",' || to_json(kind) || ',' || to_json(queue) || ',' || lease || ',' || attempt || ','
               || $6::bigint || ']', ',') || ']}')::json
    FROM taken WHERE run_id IS NULL GROUP BY tenant_id
), spent AS MATERIALIZED (
    SELECT g.tenant_id, g.key, m.starts
    FROM (
        SELECT tenant_id, concurrency_key, count(*) AS starts FROM taken
        WHERE metered GROUP BY tenant_id, concurrency_key
    ) m
    JOIN gates g ON g.tenant_id = m.tenant_id AND g.key = m.concurrency_key
    WHERE g.rate_count IS NOT NULL
    ORDER BY g.tenant_id, g.key FOR UPDATE OF g
), paid AS (
    UPDATE gates g
    SET credit = least(g.credit + least(greatest($6 - g.credited_at, 0), g.rate_per) * g.rate_count,
                       g.rate_count * g.rate_per)
                 - spent.starts * g.rate_per,
        credited_at = greatest(g.credited_at, $6),
        wake_at = CASE WHEN g.wake_at IS NOT NULL THEN least(g.wake_at, $6 + (g.rate_per - 1) / g.rate_count + 1) END
    FROM spent WHERE g.tenant_id = spent.tenant_id AND g.key = spent.key
)
"""

# The columns are those of ClaimedJob, in their order, and the rank. jobs, runs: primary keys.
STARTED: Final = """
SELECT t.job_id::text, t.tenant_id, t.kind, t.queue, j.payload, t.attempt, t.attempt - t.base_attempt, t.lost, t.lease,
       t.started_at, j.created_at, j.retry, t.timeout, t.deadline_at, j.correlation_id, t.run_id, t.node_id,
       r.version_id, j.due_at, t.rank
FROM taken t
JOIN jobs j ON j.tenant_id = t.tenant_id AND j.id = t.job_id
LEFT JOIN runs r ON r.id = t.run_id
"""

# $1 worker, $2 queue, $3 tenants, $4 slots of each, $5 kinds, $6 now, $7 the rank to look from in each, $8 tags, $9
# whether limits were reckoned with. Nothing for a dead worker, of a paused queue, of tenants of which one was suspended
# since they were looked at, or under a limit that the caller didn't know of: a claim that goes on from where the last
# one stopped has looked at none of them. The rows are locked in rank order, skipping what another claim holds.
# live_ready; the other tables by their primary keys.
TAKE: Final = f"""
WITH ready AS MATERIALIZED (
    SELECT r.place
    FROM unnest($3::text[], $4::integer[], $7::bigint[]) AS want (tenant_id, slots, floor) CROSS JOIN LATERAL (
        SELECT l.ctid AS place FROM live l
        WHERE l.queue = $2 AND l.tenant_id = want.tenant_id AND l.rank >= want.floor
          AND l.state = 'PENDING' AND NOT l.gated AND {startable("$5", "$8", "$6")}
        ORDER BY l.rank, l.job_id LIMIT want.slots FOR UPDATE SKIP LOCKED
    ) r
    WHERE EXISTS (SELECT FROM workers WHERE id = $1 AND state = 'ALIVE')
      AND EXISTS (
          SELECT FROM queues
          WHERE name = $2 AND NOT paused AND ($9::boolean OR concurrency IS NULL AND rate_count IS NULL))
      AND NOT EXISTS (
          SELECT FROM tenants WHERE id = ANY ($3) AND running_limit < CASE WHEN $9 THEN 1 ELSE 2147483647 END)
), {START}
{STARTED}
"""
