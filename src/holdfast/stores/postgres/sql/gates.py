"""Statements of concurrency keys: their gates, what holds a place, what waits for one, and letting it through."""

from typing import Final

# In key order, as everybody locks gates. gates: primary key.
LOCK_GATES: Final = """
SELECT g.tenant_id, g.key, g.concurrency, g.rate_count, g.rate_per, g.credit, g.credited_at, g.wake_at
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key) AS wanted
JOIN gates g ON g.tenant_id = wanted.tenant_id AND g.key = wanted.key
ORDER BY g.tenant_id, g.key FOR UPDATE OF g
"""

# A rate that changes starts with a full bucket, one that stays keeps its level. $8 the level of a full one. Nobody
# waits for a token of a rate that is gone. gates: primary key.
SET_GATES: Final = """
INSERT INTO gates AS gate (tenant_id, key, concurrency, rate_count, rate_per, credit, credited_at)
SELECT tenant_id, key, concurrency, rate_count, rate_per, credit, $7
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key, unnest($3::integer[]) AS concurrency,
           unnest($4::integer[]) AS rate_count, unnest($5::bigint[]) AS rate_per, unnest($6::bigint[]) AS credit
) AS g
ON CONFLICT (tenant_id, key) DO UPDATE
SET concurrency = excluded.concurrency, rate_count = excluded.rate_count, rate_per = excluded.rate_per,
    credit = CASE WHEN gate.rate_count = excluded.rate_count AND gate.rate_per = excluded.rate_per
                  THEN gate.credit ELSE excluded.credit END,
    credited_at = CASE WHEN gate.rate_count = excluded.rate_count AND gate.rate_per = excluded.rate_per
                       THEN gate.credited_at ELSE excluded.credited_at END
"""

# Under the gates' locks. taken: the places that are held, also by what returns; metered: let through and not started,
# each with a token to come. What came due joins those that ask, in portions. live_gated (tenant_id, concurrency_key,
# state, due_at, job_id); live_holding and live_returning (tenant_id, concurrency_key).
COUNT: Final = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS g (tenant_id, key, place)
), due AS MATERIALIZED (
    SELECT d.job_id FROM wanted CROSS JOIN LATERAL (
        SELECT l.job_id FROM live l
        WHERE l.tenant_id = wanted.tenant_id AND l.concurrency_key = wanted.key AND l.state = 'SCHEDULED' AND l.gated
          AND l.due_at <= $3
        ORDER BY l.due_at, l.job_id LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) d
), asking AS (
    UPDATE live SET state = 'PENDING' FROM due WHERE live.job_id = due.job_id
)
SELECT held.taken + (
           SELECT count(*) FROM live l
           WHERE l.tenant_id = wanted.tenant_id AND l.concurrency_key = wanted.key AND l.gated AND l.metered
       ) AS taken, held.metered
FROM wanted CROSS JOIN LATERAL (
    SELECT count(*) AS taken, count(*) FILTER (WHERE l.metered AND l.state = 'PENDING') AS metered
    FROM live l
    WHERE l.tenant_id = wanted.tenant_id AND l.concurrency_key = wanted.key AND NOT l.gated
) held
ORDER BY wanted.place
"""

# $3 how many returning ones of each key (they hold a place already), $4 how many that go by age, $5 by rank, $6 whether
# each will take a token, $7 now. What somebody else has locked is passed over, and nobody younger goes in its stead
# where age counts, also not while what is due is still on its way to PENDING there: who locks it asks again. Updated by
# nothing but their place, as in a claim. live_returning, live_gated, live_gated_by_rank; live: primary key.
LET_THROUGH: Final = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM (
        SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key, unnest($3::bigint[]) AS returning_ones,
               unnest($4::bigint[]) AS oldest, unnest($5::bigint[]) AS first, unnest($6::boolean[]) AS metered
    ) AS g
), returning_ones AS MATERIALIZED (
    SELECT c.place, wanted.metered FROM wanted CROSS JOIN LATERAL (
        SELECT l.ctid AS place FROM live l
        WHERE l.tenant_id = wanted.tenant_id AND l.concurrency_key = wanted.key AND l.gated AND l.metered
          AND l.state = 'PENDING'
        LIMIT wanted.returning_ones FOR UPDATE SKIP LOCKED
    ) c
), oldest AS MATERIALIZED (
    SELECT c.place, wanted.metered FROM wanted CROSS JOIN LATERAL (
        SELECT l.ctid AS place FROM (
            (SELECT o.job_id, o.due_at FROM live o
             WHERE o.tenant_id = wanted.tenant_id AND o.concurrency_key = wanted.key AND o.state = 'PENDING' AND o.gated
               AND NOT o.metered
             ORDER BY o.due_at, o.job_id LIMIT wanted.oldest)
          UNION ALL
            (SELECT o.job_id, o.due_at FROM live o
             WHERE o.tenant_id = wanted.tenant_id AND o.concurrency_key = wanted.key AND o.state = 'SCHEDULED'
               AND o.gated AND NOT o.metered AND o.due_at <= $7
             ORDER BY o.due_at, o.job_id LIMIT wanted.oldest)
            ORDER BY due_at, job_id LIMIT wanted.oldest
        ) head
        JOIN live l ON l.job_id = head.job_id AND l.state = 'PENDING' AND l.gated AND NOT l.metered
        FOR UPDATE OF l SKIP LOCKED
    ) c
), first AS MATERIALIZED (
    SELECT c.place, wanted.metered FROM wanted CROSS JOIN LATERAL (
        SELECT l.ctid AS place FROM live l
        WHERE l.tenant_id = wanted.tenant_id AND l.concurrency_key = wanted.key AND l.state = 'PENDING' AND l.gated
          AND NOT l.metered
        ORDER BY l.rank, l.job_id LIMIT wanted.first FOR UPDATE SKIP LOCKED
    ) c
), through AS (
    UPDATE live l SET gated = false, metered = chosen.metered
    FROM (TABLE returning_ones UNION ALL TABLE oldest UNION ALL TABLE first) AS chosen
    WHERE l.ctid = chosen.place
    RETURNING l.tenant_id, l.concurrency_key, l.queue
)
SELECT tenant_id, concurrency_key AS key, queue, count(*)::integer AS jobs
FROM through GROUP BY tenant_id, concurrency_key, queue
"""

# gates: primary key.
SAVE_WAKE: Final = """
UPDATE gates g SET wake_at = w.wake_at
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS key, unnest($3::bigint[]) AS wake_at) AS w
WHERE g.tenant_id = w.tenant_id AND g.key = w.key
"""

# gates_waking (wake_at)
WAKING: Final = "SELECT tenant_id, key FROM gates WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2"

# The next keys after ($1, $2) that have work behind their gates, walking from key to key in live_gated.
BEHIND: Final = """
WITH RECURSIVE keys AS (
    (SELECT tenant_id, concurrency_key AS key FROM live
     WHERE gated AND (tenant_id, concurrency_key) > ($1::text, $2::text)
     ORDER BY tenant_id, concurrency_key LIMIT 1)
  UNION ALL
    SELECT next.tenant_id, next.key FROM keys CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.concurrency_key AS key FROM live l
        WHERE l.gated AND (l.tenant_id, l.concurrency_key) > (keys.tenant_id, keys.key)
        ORDER BY l.tenant_id, l.concurrency_key LIMIT 1
    ) next
)
SELECT tenant_id, key FROM keys LIMIT $3
"""
