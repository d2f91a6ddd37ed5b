"""Statements about runs and their nodes."""

from typing import Final

ADD_RUNS: Final = """
INSERT INTO runs (id, tenant_id, workflow_id, workflow, version, version_id, state, input, output, error, trigger,
  parent_id, correlation_id, created_at, started_at, finished_at, deadline_at)
{rows}"""

# primary key
KNOWN_RUN: Final = "SELECT tenant_id FROM runs WHERE id = ?"

# primary key
LOCK_RUNS: Final = "SELECT * FROM runs WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
LOCK_NODES: Final = """
SELECT run_id, node_id, state, ports, job_id FROM run_nodes WHERE run_id IN (SELECT value FROM json_each(?))"""

# primary key
NODE_VALUES: Final = """
SELECT node_id, output, error FROM run_nodes
WHERE run_id = ? AND node_id IN (SELECT value FROM json_each(?)) AND state <> 'ACTIVE'"""

# primary keys: the live jobs of a run's active nodes
ACTIVE_JOBS: Final = """
SELECT n.node_id, l.state FROM run_nodes n CROSS JOIN live l ON l.job_id = n.job_id
WHERE n.run_id = ? AND n.state = 'ACTIVE'"""

# primary key; every column is known, whether the node was started before or not
SAVE_NODES: Final = """
INSERT OR REPLACE INTO run_nodes
  (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
{rows}"""

# primary key
SAVE_RUN: Final = "UPDATE runs SET state = ?2, output = ?3, error = ?4, finished_at = ?5 WHERE id = ?1"

# runs_open
EXPIRED: Final = "SELECT id FROM runs WHERE finished_at IS NULL AND deadline_at <= ? ORDER BY deadline_at LIMIT ?"

# primary key
STILL_OPEN: Final = "SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?)) AND finished_at IS NULL"

# run_nodes' and live's primary keys: whether something of the run is due or running
_BUSY: Final = """
(r.finished_at IS NOT NULL OR EXISTS (
  SELECT 1 FROM run_nodes n CROSS JOIN live l ON l.job_id = n.job_id
  WHERE n.run_id = r.id AND n.state = 'ACTIVE'
    AND (l.state IN ('PENDING', 'RUNNING') OR (l.state = 'SCHEDULED' AND l.due_at <= :now)))) AS busy"""

# primary key
GET: Final = f"SELECT r.*, {_BUSY} FROM runs r WHERE r.id = :id AND r.tenant_id = :tenant"
CONTEXT: Final = "SELECT * FROM runs WHERE id = ?"

# primary keys
NODES: Final = """
SELECT n.node_id, n.state, n.ports, n.job_id, n.attempts, n.output, n.error, n.started_at, n.finished_at,
  l.state AS live_state, l.due_at AS live_due_at, l.attempt AS live_attempt, l.started_at AS live_started_at
FROM run_nodes n LEFT JOIN live l ON l.job_id = n.job_id AND n.state = 'ACTIVE'
WHERE n.run_id = ? ORDER BY n.node_id"""

# runs_tenant backwards, or runs_workflow with a workflow
LIST: Final = f"""
SELECT * FROM (SELECT r.*, {_BUSY} FROM runs r
  WHERE r.tenant_id = :tenant AND r.id < :before {{more}} ORDER BY r.id DESC)
WHERE 1 {{shown}} LIMIT :limit"""

# runs_workflow
HAS_RUNS: Final = "SELECT 1 FROM runs WHERE workflow_id = ? AND tenant_id = ? LIMIT 1"
