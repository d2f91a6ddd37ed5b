"""Statements about how many runs of a workflow go at once."""

from typing import Final

# In id order: who holds a workflow's row says how many of its runs go. workflows: primary key.
LOCK_WORKFLOWS: Final = """
SELECT id FROM workflows WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
# Started and not ended; tests hold no place. A run that does nothing but wait for runs that it called holds none
# either: one of them may wait for it. runs_going (workflow_id, id); run_nodes: primary key
COUNT_GOING: Final = """
SELECT count(*)::integer FROM runs r
WHERE workflow_id = $1 AND finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL AND version > 0
  AND coalesce((
    SELECT bool_or(n.family ->> 'workflow' IS NULL) FROM run_nodes n WHERE n.run_id = r.id AND n.state = 'ACTIVE'
), true)
"""
# runs: primary key
KNOWN_RUNS: Final = "SELECT id FROM runs WHERE id = ANY ($1::uuid[])"
# runs_going, runs_queued (workflow_id, id)
COUNT_OPEN: Final = """
SELECT g.id AS workflow_id, (
    SELECT count(*) FROM runs r
    WHERE r.workflow_id = g.id AND r.finished_at IS NULL AND r.started_at IS NOT NULL AND r.body IS NULL
      AND r.version > 0
)::integer AS going, EXISTS (
    SELECT FROM runs r WHERE r.workflow_id = g.id AND r.finished_at IS NULL AND r.started_at IS NULL
) AS queued
FROM unnest($1::uuid[]) AS g (id)
"""
# What goes and what waits, the oldest first, without what is told to cancel already. runs_going, runs_queued
# (workflow_id, id); inbox_by_run.
OPEN: Final = """
SELECT r.workflow_id, r.id FROM unnest($1::uuid[]) AS g (id) CROSS JOIN LATERAL (
    SELECT workflow_id, id FROM runs
    WHERE workflow_id = g.id AND finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL AND version > 0
  UNION ALL
    SELECT workflow_id, id FROM runs WHERE workflow_id = g.id AND finished_at IS NULL AND started_at IS NULL
) r
WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.run_id = r.id AND i.kind = 'cancel')
ORDER BY r.workflow_id, r.id
"""
# Workflows with runs that wait for a place, from one to the next. runs_queued (workflow_id, id)
QUEUED: Final = """
WITH RECURSIVE queued AS (
    (SELECT workflow_id FROM runs WHERE finished_at IS NULL AND started_at IS NULL ORDER BY workflow_id LIMIT 1)
  UNION ALL
    SELECT next.workflow_id FROM queued CROSS JOIN LATERAL (
        SELECT r.workflow_id FROM runs r
        WHERE r.finished_at IS NULL AND r.started_at IS NULL AND r.workflow_id > queued.workflow_id
        ORDER BY r.workflow_id LIMIT 1
    ) next
)
SELECT workflow_id FROM queued
"""
# The oldest that wait. runs_queued (workflow_id, id)
FIRST_QUEUED: Final = """
SELECT id FROM runs WHERE workflow_id = $1 AND finished_at IS NULL AND started_at IS NULL
ORDER BY workflow_id, id LIMIT $2
"""
# runs: primary key
STILL_QUEUED: Final = """
SELECT id, limit_count FROM runs WHERE id = ANY ($1::uuid[]) AND finished_at IS NULL AND started_at IS NULL ORDER BY id
"""
