"""Statements about firings: what became of times, events and deliveries. Newest first means by time, then by id."""

from typing import Final

from holdfast.stores.trigger_rows import FIRING_COLUMNS

ADD: Final = f"""
INSERT INTO firings ({", ".join(FIRING_COLUMNS)})
{{rows}}
ON CONFLICT DO NOTHING"""
ADD_JOBS: Final = """
INSERT INTO firing_jobs (job_id, firing_id)
{rows}
ON CONFLICT (job_id) DO NOTHING"""
# primary key: what was written with the first of its jobs gets its summary, once
COMPLETE: Final = """
UPDATE firings SET reason = ?1, detail = ?2 WHERE id = ?3 AND verdict = 'started' AND detail IS NULL"""
# firings_of_strangers
KEEP_NEWEST: Final = """
DELETE FROM firings WHERE id IN (
  SELECT id FROM firings INDEXED BY firings_of_strangers
  WHERE owner_kind = ? AND owner_id = ? AND trigger_id = ? AND verdict = ?
    AND verdict <> 'started' AND event_id IS NULL AND fire_at IS NULL
  ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)"""

_SHOWN: Final = ", ".join(name for name in FIRING_COLUMNS if name != "trigger")
LIST: Final = f"""
SELECT {_SHOWN} FROM firings INDEXED BY {{source}}
WHERE tenant_id = :tenant AND (at, id) < (:at, :id) {{more}} ORDER BY at DESC, id DESC LIMIT :limit"""
# primary keys
GET: Final = """
SELECT f.*, coalesce(f.trigger, r.trigger) AS seen FROM firings f LEFT JOIN runs r ON r.id = f.run_id
WHERE f.id = ? AND f.tenant_id = ?"""
# firing_jobs_by_firing, of each firing at most so many
JOBS_OF: Final = """
SELECT v.value AS firing_id, j.job_id FROM json_each(?) AS v
CROSS JOIN firing_jobs j INDEXED BY firing_jobs_by_firing ON j.firing_id = v.value
  AND j.job_id <= coalesce((SELECT job_id FROM firing_jobs INDEXED BY firing_jobs_by_firing
    WHERE firing_id = v.value ORDER BY job_id LIMIT 1 OFFSET ?), j.job_id)
ORDER BY v.key, j.job_id"""

# primary keys, firings_by_run: a run's outermost parent is what something started
HOPS: Final = """
WITH RECURSIVE up (asked, id) AS (
  SELECT value, value FROM json_each(?)
  UNION ALL
  SELECT up.asked, r.parent_id FROM up CROSS JOIN runs r ON r.id = up.id WHERE r.parent_id IS NOT NULL)
SELECT up.asked, max(f.hops) AS hops FROM up
CROSS JOIN firings f INDEXED BY firings_by_run ON f.run_id = up.id AND f.run_id IS NOT NULL
WHERE f.hops > 0 GROUP BY up.asked
UNION ALL
SELECT j.job_id, f.hops FROM json_each(?) AS v
CROSS JOIN firing_jobs j ON j.job_id = v.value CROSS JOIN firings f ON f.id = j.firing_id
WHERE f.hops > 0"""
