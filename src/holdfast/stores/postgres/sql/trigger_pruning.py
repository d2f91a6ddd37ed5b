"""Statements that delete what triggers leave behind: old firings, finished backfills, memories of rules that are gone.

Firings of runs go with their runs; those of jobs that haven't ended stay, as they tell how many starts led there. What
was gathered is in ``gathering``.
"""

from typing import Final

# firings_by_time (at), from the oldest; firing_jobs_by_firing; live, firings, firing_jobs: primary keys
FIRINGS: Final = """
WITH old AS MATERIALIZED (
    SELECT f.id FROM firings f
    WHERE f.run_id IS NULL AND f.at < $1 AND NOT EXISTS (
        SELECT FROM firing_jobs j WHERE j.firing_id = f.id AND (SELECT true FROM live l WHERE l.job_id = j.job_id))
    ORDER BY f.at LIMIT $2 FOR UPDATE OF f SKIP LOCKED
), jobs AS (
    DELETE FROM firing_jobs j USING old WHERE j.firing_id = old.id
), gone AS (
    DELETE FROM firings f USING old WHERE f.id = old.id RETURNING 1
)
SELECT count(*) FROM gone
"""
# An id begins with the time that its backfill was made at. backfills: primary key, from the oldest
BACKFILLS: Final = """
WITH gone AS (
    DELETE FROM backfills WHERE id IN (
        SELECT id FROM backfills WHERE id < $2 AND finished_at < $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
# Memories in order, a portion at a time. rule_memories: primary key
NEXT_MEMORIES: Final = """
SELECT rule_id, tenant_id FROM rule_memories WHERE (rule_id, tenant_id) > ($1::uuid, $2::text)
ORDER BY rule_id, tenant_id LIMIT $3
"""
# Those whose rule or tenant is gone; neither comes back. rule_memories, rules, tenants: primary keys
DROP_MEMORIES: Final = """
WITH gone AS (
    DELETE FROM rule_memories m USING unnest($1::uuid[], $2::text[]) AS g (rule_id, tenant_id)
    WHERE m.rule_id = g.rule_id AND m.tenant_id = g.tenant_id
      AND (NOT EXISTS (SELECT FROM rules r WHERE r.id = g.rule_id)
           OR NOT EXISTS (SELECT FROM tenants t WHERE t.id = g.tenant_id))
    RETURNING 1
)
SELECT count(*) FROM gone
"""
