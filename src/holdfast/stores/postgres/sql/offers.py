"""Statements of offers: the jobs that claims would take next, and claiming some by their ids."""

from typing import Final

from holdfast.stores.postgres.sql.claim import START, STARTED, startable

# The next ready jobs of each lane, a row for each lane in the order given. $1 queues, $2 tenants, $3 how many of each,
# $4 and $7 the rank and the id to look from, $9 how many to pass over; $5 kinds, $6 now, $8 tags. live_ready (queue,
# tenant_id, rank, job_id).
NEXT: Final = f"""
SELECT r.ids, r.rank
FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $7::uuid[], $9::integer[])
     WITH ORDINALITY AS want (queue, tenant_id, slots, floor, first_id, past, number)
CROSS JOIN LATERAL (
    SELECT array_agg(n.job_id::text ORDER BY n.rank, n.job_id) AS ids, min(n.rank) AS rank FROM (
        SELECT l.job_id, l.rank FROM live l
        WHERE l.queue = want.queue AND l.tenant_id = want.tenant_id
          AND (l.rank, l.job_id) >= (want.floor, want.first_id)
          AND l.state = 'PENDING' AND NOT l.gated AND {startable("$5", "$8", "$6")}
        ORDER BY l.rank, l.job_id LIMIT want.slots OFFSET want.past
    ) n
) r
ORDER BY want.number
"""

# $1 worker, $2 queues and $3 tenants: the lanes that the offers are of; $4 the offered ids, in their order, $5 kinds,
# $6 now, $7 how many of each lane may start, $8 tags, $9 whether limits and shares were reckoned with, $10 how many
# in all, $11 whether to look for other tenants that wait. Refused is what is of a suspended tenant, what isn't ready
# any more or not in one of these lanes, what somebody else has locked, and everything of a dead worker or a paused
# queue. Without $9 nothing is taken of a queue with a limit, or in which other tenants wait or waited at the last
# claim: there is a row without a job for it. One without a queue, too, says that the worker is dead. Jobs are found
# by their ids alone, one by one, and locked in the order of the offers, skipping what is locked: nobody waits for
# anybody here. With the state as a plain condition a plan would skip through the ready index for each of them. live:
# primary key, live_ready; the other tables by their primary keys.
TAKE_OFFERED: Final = f"""
WITH alive AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM workers WHERE id = $1 AND state = 'ALIVE') AS yes
), lane AS MATERIALIZED (
    SELECT want.queue, want.tenant_id, want.slots, NOT EXISTS (
        SELECT FROM tenants WHERE id = want.tenant_id AND running_limit < CASE WHEN $9 THEN 1 ELSE 2147483647 END
    ) AND ($9::boolean OR (
        q.concurrency IS NULL AND q.rate_count IS NULL
        AND NOT EXISTS (SELECT FROM lanes WHERE lanes.queue = want.queue)
        AND (NOT $11::boolean OR (
            NOT EXISTS (
                SELECT FROM live l
                WHERE l.queue = want.queue AND l.tenant_id < want.tenant_id AND l.state = 'PENDING' AND NOT l.gated)
            AND NOT EXISTS (
                SELECT FROM live l
                WHERE l.queue = want.queue AND l.tenant_id > want.tenant_id AND l.state = 'PENDING' AND NOT l.gated)
        ))
    )) AS open
    FROM unnest($2::text[], $3::text[], $7::integer[]) AS want (queue, tenant_id, slots)
    JOIN queues q ON q.name = want.queue AND NOT q.paused
    JOIN alive ON alive.yes
), held AS MATERIALIZED (
    SELECT r.place, r.queue, r.tenant_id, offered.number
    FROM unnest($4::uuid[]) WITH ORDINALITY AS offered (job_id, number) CROSS JOIN LATERAL (
        SELECT l.ctid AS place, l.queue, l.tenant_id FROM live l
        WHERE l.job_id = offered.job_id
          AND CASE l.state WHEN 'PENDING' THEN NOT l.gated AND {startable("$5", "$8", "$6")} END
          AND (l.queue, l.tenant_id) IN (SELECT queue, tenant_id FROM lane WHERE lane.open)
        FOR UPDATE SKIP LOCKED
    ) r
), ready AS MATERIALIZED (
    SELECT counted.place FROM (
        SELECT held.place, held.number, lane.slots,
               row_number() OVER (PARTITION BY held.queue, held.tenant_id ORDER BY held.number) AS nth
        FROM held JOIN lane ON lane.queue = held.queue AND lane.tenant_id = held.tenant_id
    ) counted
    WHERE counted.nth <= counted.slots ORDER BY counted.number LIMIT $10
), {START}
{STARTED}
UNION ALL
SELECT NULL, NULL, NULL, lane.queue, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL
FROM lane WHERE NOT lane.open
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL
FROM alive WHERE NOT alive.yes
"""
