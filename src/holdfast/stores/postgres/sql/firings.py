"""Statements about firings: what became of times, events and deliveries. Newest first means by time, then by id."""

from typing import Final

from holdfast.stores.trigger_rows import FIRING_COLUMNS

# A firing whose id (or whose run) is there already is this very call, committed before.
ADD: Final = f"""
INSERT INTO firings ({", ".join(FIRING_COLUMNS)})
SELECT id, tenant_id, owner_kind, owner_id, trigger_id, type, at, verdict, reason, fire_at, event_id, delivery_id,
       backfill, hops, trigger::json, detail::json, run_id
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::text[],
            $9::text[], $10::bigint[], $11::text[], $12::text[], $13::uuid[], $14::integer[], $15::text[], $16::text[],
            $17::uuid[])
  AS g ({", ".join(FIRING_COLUMNS)})
ON CONFLICT DO NOTHING
"""
ADD_JOBS: Final = """
INSERT INTO firing_jobs (job_id, firing_id)
SELECT g.job_id, g.firing_id FROM unnest($1::uuid[], $2::uuid[]) AS g (job_id, firing_id)
ON CONFLICT DO NOTHING
"""
# What was written with the first of its jobs gets its summary, once. firings: primary key
COMPLETE: Final = """
UPDATE firings f SET reason = g.reason, detail = g.detail::json
FROM unnest($1::text[], $2::text[], $3::uuid[]) AS g (reason, detail, id)
WHERE f.id = g.id AND f.verdict = 'started' AND f.detail IS NULL
"""
# firings_of_strangers
KEEP_NEWEST: Final = """
DELETE FROM firings f USING (
    SELECT old.id FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
      AS g (owner_kind, owner_id, trigger_id, verdict)
    CROSS JOIN LATERAL (
        SELECT s.id FROM firings s
        WHERE s.owner_kind = g.owner_kind AND s.owner_id = g.owner_id AND s.trigger_id = g.trigger_id
          AND s.verdict = g.verdict AND s.verdict <> 'started' AND s.event_id IS NULL AND s.fire_at IS NULL
        ORDER BY s.at DESC, s.id DESC OFFSET $5::integer
    ) old
) over
WHERE f.id = over.id
"""

_SHOWN: Final = ", ".join(name for name in FIRING_COLUMNS if name != "trigger")
# How many of its jobs a firing shows in a list.
_FEW_JOBS: Final = 20
# firings_by_tenant, or the other indexes that end in (at, id), as the conditions say; firing_jobs_by_firing. $1: the
# tenant, which only {tenant} looks up.
LIST: Final = f"""
SELECT f.*, CASE WHEN f.run_id IS NULL THEN ARRAY(
           SELECT j.job_id FROM firing_jobs j WHERE j.firing_id = f.id ORDER BY j.job_id LIMIT {_FEW_JOBS}
       ) END AS job_ids
FROM (
    SELECT {_SHOWN} FROM firings
    WHERE {{tenant}} = $1 AND (at, id) < ($2::bigint, $3::uuid) {{more}} ORDER BY at DESC, id DESC LIMIT $4
) f
ORDER BY f.at DESC, f.id DESC
"""
# firings, runs: primary keys; firing_jobs_by_firing
GET: Final = """
SELECT f.*, coalesce(f.trigger, r.trigger) AS seen,
       ARRAY(SELECT j.job_id FROM firing_jobs j WHERE j.firing_id = f.id ORDER BY j.job_id LIMIT 10000) AS job_ids
FROM firings f LEFT JOIN runs r ON r.id = f.run_id
WHERE f.id = $1 AND f.tenant_id = $2
"""

# What something started is a run's outermost parent, or a lone job. runs, firing_jobs, firings: primary keys;
# firings_by_run.
HOPS: Final = """
WITH RECURSIVE up AS (
    SELECT g.id AS asked, g.id FROM unnest($1::uuid[]) AS g (id)
  UNION ALL
    SELECT up.asked, r.parent_id FROM up JOIN runs r ON r.id = up.id WHERE r.parent_id IS NOT NULL
)
SELECT up.asked, max(f.hops) AS hops FROM up
JOIN firings f ON f.run_id = up.id AND f.run_id IS NOT NULL
WHERE f.hops > 0 GROUP BY up.asked
UNION ALL
SELECT j.job_id, f.hops FROM unnest($1::uuid[]) AS g (id)
JOIN firing_jobs j ON j.job_id = g.id JOIN firings f ON f.id = j.firing_id
WHERE f.hops > 0
"""
