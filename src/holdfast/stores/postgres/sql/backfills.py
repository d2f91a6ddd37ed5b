"""Statements about backfills. What goes of one is counted from its firings: their runs, or their jobs."""

from typing import Final

# From the firings on, each asked by itself: joined, the planner might begin with all runs that go on. Nothing goes of
# one that has finished. firings_of_backfill, firing_jobs_by_firing; runs, live: primary keys
_GOING: Final = """
(CASE WHEN b.finished_at IS NOT NULL THEN 0 ELSE (
    SELECT coalesce(sum(CASE WHEN f.run_id IS NULL
        THEN (SELECT count(*) FROM firing_jobs j
              WHERE j.firing_id = f.id AND (SELECT true FROM live l WHERE l.job_id = j.job_id))
        ELSE (SELECT count(*) FROM runs r WHERE r.id = f.run_id AND r.finished_at IS NULL)
    END), 0)::bigint
    FROM firings f WHERE f.backfill = b.id AND f.backfill IS NOT NULL
) END)
"""
_SELECT: Final = f"SELECT b.*, {_GOING} AS going FROM backfills b "
# primary key
GET: Final = _SELECT + "WHERE b.id = $1 AND b.tenant_id = $2"
# backfills_by_trigger (trigger_row, id), backwards
LIST: Final = (
    _SELECT
    + """
WHERE b.trigger_row = $1 AND b.tenant_id = $2 AND ($3::uuid IS NULL OR b.id < $3) ORDER BY b.id DESC LIMIT $4
"""
)
# backfills_open (id); those of suspended tenants wait. tenants: primary key
OPEN: Final = (
    _SELECT
    + """
WHERE b.finished_at IS NULL AND b.id > $2
  AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = b.tenant_id AND t.suspended_at IS NOT NULL)
ORDER BY b.id LIMIT $1
"""
)
ADD: Final = """
INSERT INTO backfills (id, tenant_id, trigger_row, from_at, to_at, concurrency, created_at, next_at, started)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
"""
# primary key
MOVE: Final = f"""
UPDATE backfills b
SET next_at = $3::bigint, started = b.started + $4::integer,
    finished_at = CASE WHEN $3::bigint IS NULL THEN CASE WHEN {_GOING} = 0 THEN $5::bigint END END
WHERE b.id = $1 AND b.next_at IS NOT DISTINCT FROM $2::bigint AND b.finished_at IS NULL
"""
LOCK: Final = "SELECT * FROM backfills WHERE id = $1 AND tenant_id = $2 FOR UPDATE"
CANCEL: Final = "UPDATE backfills SET cancelled_at = $2, next_at = NULL WHERE id = $1 AND cancelled_at IS NULL"
