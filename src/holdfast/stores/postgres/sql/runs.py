"""Statements about runs and their nodes."""

from typing import Final

# In id order, before any live row. runs: primary key.
LOCK_RUNS: Final = "SELECT * FROM runs WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"

# Read after the lock, so that it sees what the transaction before it wrote. run_nodes: primary key.
NODES: Final = "SELECT run_id, node_id, state, ports, job_id FROM run_nodes WHERE run_id = ANY ($1::uuid[])"

NODE_VALUES: Final = """
SELECT n.run_id, n.node_id, n.output, n.error
FROM unnest($1::uuid[], $2::text[]) AS g (run_id, node_id)
JOIN run_nodes n ON n.run_id = g.run_id AND n.node_id = g.node_id
"""

SAVE_NODES: Final = """
INSERT INTO run_nodes AS n (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
SELECT g.run_id, g.node_id, g.state, g.ports, g.job_id, g.attempts, g.output::json, g.error::json, g.started_at,
       g.finished_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::integer[], $7::text[], $8::text[],
            $9::bigint[], $10::bigint[])
  AS g (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
ON CONFLICT (run_id, node_id) DO UPDATE
SET state = excluded.state, ports = excluded.ports, job_id = coalesce(excluded.job_id, n.job_id),
    attempts = excluded.attempts, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
    finished_at = excluded.finished_at
"""

SAVE_RUNS: Final = """
UPDATE runs r
SET state = g.state, output = g.output::json, error = g.error::json, finished_at = g.finished_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
  AS g (id, state, output, error, finished_at)
WHERE r.id = g.id
"""

DEFINITIONS: Final = "SELECT id, definition FROM workflow_versions WHERE id = ANY ($1::uuid[])"
