"""Statements about what parked nodes wait for, about signals, and about jobs of paused runs."""

from typing import Final

ADD_WAITS: Final = """
INSERT INTO waits (job_id, tenant_id, run_id, node_id, kind, name, wait)
SELECT job_id, tenant_id, run_id, node_id, kind, name, wait::json
FROM (
    SELECT unnest($1::uuid[]) AS job_id, unnest($2::text[]) AS tenant_id, unnest($3::uuid[]) AS run_id,
           unnest($4::text[]) AS node_id, unnest($5::text[]) AS kind, unnest($6::text[]) AS name,
           unnest($7::text[]) AS wait
) AS g
ON CONFLICT (job_id) DO UPDATE SET kind = excluded.kind, name = excluded.name, wait = excluded.wait
"""
DROP_WAITS: Final = "DELETE FROM waits WHERE job_id = ANY ($1::uuid[])"

# Under the run's lock, oldest first. waits_by_run (run_id, name).
WAITS_OF_NAME: Final = "SELECT job_id FROM waits WHERE run_id = $1 AND name = $2 ORDER BY job_id"
# With what each is about; $1 the run. waits_by_run; live: primary key.
LIST_WAITS: Final = """
SELECT w.job_id, w.tenant_id, w.run_id, w.node_id, w.wait, l.due_at
FROM waits w JOIN live l ON l.job_id = w.job_id WHERE w.run_id = $1 ORDER BY w.job_id
"""
# waits_for_events
FOR_EVENTS: Final = """
SELECT w.job_id, w.tenant_id, w.run_id, w.node_id, w.wait, l.due_at
FROM waits w JOIN live l ON l.job_id = w.job_id WHERE w.kind = 'event' ORDER BY w.job_id
"""
# Parked jobs whose time has come, the longest due first. live_parked (due_at); runs: primary key.
OVERDUE: Final = """
SELECT l.job_id, l.run_id FROM live l LEFT JOIN runs r ON r.id = l.run_id
WHERE l.state = 'WAITING' AND l.due_at <= $1 AND r.state IS DISTINCT FROM 'PAUSED'
ORDER BY l.due_at LIMIT $2
"""

KEEP_SIGNAL: Final = """
INSERT INTO signals (run_id, job_id, name, port, output, by, at) VALUES ($1, $2, $3, $4, $5::json, $6, $7)
"""
# signals_by_run
COUNT_KEPT: Final = "SELECT count(*) AS kept FROM signals WHERE run_id = $1 AND name = $2 AND job_id IS NULL"
# A repeat of what is kept for one job.
KEPT_FOR: Final = "SELECT FROM signals WHERE run_id = $1 AND name = $2 AND job_id = $3"
# What waits in these runs and has a signal, each oldest first. waits_by_run, signals_by_run.
KEPT: Final = """
SELECT s.seq, s.run_id, s.port, s.output, s.by, s.job_id AS only, w.job_id
FROM unnest($1::uuid[]) AS g (run_id)
JOIN signals s ON s.run_id = g.run_id
JOIN waits w ON w.run_id = s.run_id AND w.name = s.name AND (s.job_id IS NULL OR s.job_id = w.job_id)
ORDER BY s.seq, w.job_id
"""
DROP_SIGNALS: Final = "DELETE FROM signals WHERE seq = ANY ($1::bigint[])"

# Of a run that is being paused: what could be claimed is held. live: primary key.
HOLD: Final = """
UPDATE live SET state = 'HELD' WHERE job_id = ANY ($1::uuid[]) AND state IN ('PENDING', 'SCHEDULED')
"""
# Of one that goes on; the queues where work is ready.
LET_GO: Final = """
WITH gone_on AS (
    UPDATE live SET state = CASE WHEN due_at > $2 THEN 'SCHEDULED' ELSE 'PENDING' END
    WHERE job_id = ANY ($1::uuid[]) AND state = 'HELD' RETURNING queue, state
)
SELECT DISTINCT queue FROM gone_on WHERE state = 'PENDING'
"""
