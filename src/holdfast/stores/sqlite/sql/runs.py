"""Statements about runs and their nodes."""

from typing import Final

ADD_RUNS: Final = """
INSERT INTO runs (id, tenant_id, workflow_id, workflow, version, version_id, state, input, output, error, trigger,
  parent_id, correlation_id, created_at, started_at, finished_at, deadline_at, ending, parent_node, parent_index, depth,
  body, rerun_of, keep_items, limit_count)
{rows}"""

# primary key
COPY_NODES: Final = """
INSERT INTO run_nodes (run_id, node_id, state, ports, attempts, output, error, started_at, finished_at)
SELECT ?, node_id, state, ports, attempts, output, error, started_at, finished_at FROM run_nodes
WHERE run_id = ? AND node_id IN (SELECT value FROM json_each(?))"""

# runs_going, runs_queued, run_nodes' primary key: how many runs of a workflow go, and whether some wait for a place.
# Tests hold none, nor does a run that does nothing but wait for runs that it called: one of them may wait for it.
GOING: Final = """
SELECT (SELECT count(*) FROM runs r INDEXED BY runs_going
    WHERE workflow_id = ?1 AND finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL AND version > 0
      AND coalesce((SELECT max(n.family ->> 'workflow' IS NULL) FROM run_nodes n
        WHERE n.run_id = r.id AND n.state = 'ACTIVE'), 1)),
  EXISTS (SELECT 1 FROM runs INDEXED BY runs_queued
    WHERE workflow_id = ?1 AND finished_at IS NULL AND started_at IS NULL)"""

# runs_going, runs_queued: those of a workflow that haven't ended, the oldest first
OPEN_RUNS: Final = """
SELECT id FROM runs INDEXED BY runs_going
  WHERE workflow_id = ?1 AND finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL AND version > 0
UNION ALL
SELECT id FROM runs INDEXED BY runs_queued WHERE workflow_id = ?1 AND finished_at IS NULL AND started_at IS NULL
ORDER BY id"""

# runs_queued, one seek per workflow in which runs wait for a place
QUEUED_WORKFLOWS: Final = """
WITH RECURSIVE waiting (workflow_id) AS (
  SELECT (SELECT workflow_id FROM runs INDEXED BY runs_queued
    WHERE finished_at IS NULL AND started_at IS NULL ORDER BY workflow_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.workflow_id FROM runs r INDEXED BY runs_queued
    WHERE r.finished_at IS NULL AND r.started_at IS NULL AND r.workflow_id > waiting.workflow_id
    ORDER BY r.workflow_id LIMIT 1)
  FROM waiting WHERE waiting.workflow_id IS NOT NULL)
SELECT workflow_id FROM waiting WHERE workflow_id IS NOT NULL"""
QUEUED_RUNS: Final = """
SELECT id, limit_count FROM runs INDEXED BY runs_queued
WHERE workflow_id = ? AND finished_at IS NULL AND started_at IS NULL ORDER BY id LIMIT ?"""
# primary key
STILL_QUEUED: Final = """
SELECT id, workflow_id, limit_count FROM runs
WHERE id IN (SELECT value FROM json_each(?)) AND finished_at IS NULL AND started_at IS NULL ORDER BY id"""
ANY_QUEUED: Final = """
SELECT EXISTS (SELECT 1 FROM json_each(?) v CROSS JOIN runs r INDEXED BY runs_queued ON r.workflow_id = v.value
  WHERE r.finished_at IS NULL AND r.started_at IS NULL)"""

# primary key
KNOWN_RUNS: Final = "SELECT id, tenant_id FROM runs WHERE id IN (SELECT value FROM json_each(?))"

# What a run's settlement and its jobs' contexts need of it, with its item if it is a child.
LOCKED: Final = (
    *("id", "tenant_id", "workflow_id", "workflow", "version", "version_id", "state", "input", "error", "trigger"),
    *("correlation_id", "created_at", "ending", "parent_id", "parent_node", "parent_index", "depth", "body", "item"),
)
# primary keys
LOCK_RUNS: Final = f"""
SELECT {", ".join(f"r.{column}" for column in LOCKED[:-1])}, c.item
FROM json_each(?) v CROSS JOIN runs r ON r.id = v.value
  LEFT JOIN run_children c ON c.run_id = r.parent_id AND c.node_id = r.parent_node AND c.idx = r.parent_index
ORDER BY r.id"""
# primary key. One JSON text: the driver gives up the interpreter lock around every row, and a text is one row. Decided
# nodes that took the same way, and have no children, come together: a long run has many of them, and few others.
NODES_OF: Final = ("run_id", "nodes", "state", "ports", "job_id", "family")
LOCK_NODES: Final = """
SELECT json_group_array(json_array(run_id, json(nodes), state, ports, job_id, family)) FROM (
  SELECT n.run_id, json_group_array(n.node_id) AS nodes, n.state, n.ports,
    max(CASE n.state WHEN 'ACTIVE' THEN n.job_id END) AS job_id, max(n.family) AS family
  FROM json_each(?) v CROSS JOIN run_nodes n ON n.run_id = v.value
  GROUP BY n.run_id, n.state, n.ports, CASE WHEN n.state = 'ACTIVE' OR n.family IS NOT NULL THEN n.node_id END
)"""

# primary key; what nodes of several runs gave, by pairs of run and node
VALUES: Final = """
SELECT n.run_id, n.node_id, n.output, n.error
FROM json_each(?) v CROSS JOIN run_nodes n
  ON n.run_id = json_extract(v.value, '$[0]') AND n.node_id = json_extract(v.value, '$[1]')
WHERE n.state <> 'ACTIVE'"""
# primary key
NODE_VALUES: Final = """
SELECT node_id, output, error FROM run_nodes
WHERE run_id = ? AND node_id IN (SELECT value FROM json_each(?)) AND state <> 'ACTIVE'"""

# primary keys: the live jobs of a run's active nodes
ACTIVE_JOBS: Final = """
SELECT n.node_id, l.state FROM run_nodes n CROSS JOIN live l ON l.job_id = n.job_id
WHERE n.run_id = ? AND n.state = 'ACTIVE'"""

# primary key; what is known of a node's children stays
SAVE_NODES: Final = """
INSERT INTO run_nodes (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
{rows}
ON CONFLICT (run_id, node_id) DO UPDATE SET state = excluded.state, ports = excluded.ports, job_id = excluded.job_id,
  attempts = excluded.attempts, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
  finished_at = excluded.finished_at"""

# primary key
SAVE_RUNS: Final = """
UPDATE runs SET state = v.column2, output = v.column3, error = v.column4, finished_at = v.column5, ending = v.column6,
  started_at = coalesce(runs.started_at, v.column7)
FROM ({rows}) AS v WHERE runs.id = v.column1"""

# primary keys: the live jobs of a run's nodes that could be claimed, held while it is paused
HOLD: Final = """
UPDATE live SET state = 'HELD' WHERE state IN ('PENDING', 'SCHEDULED')
  AND job_id IN (SELECT job_id FROM run_nodes WHERE run_id = ? AND state = 'ACTIVE')"""
LET_GO: Final = """
UPDATE live SET state = CASE WHEN due_at > ?2 THEN 'SCHEDULED' ELSE 'PENDING' END WHERE state = 'HELD'
  AND job_id IN (SELECT job_id FROM run_nodes WHERE run_id = ?1 AND state = 'ACTIVE')
RETURNING queue"""

# runs_deadline
EXPIRED: Final = """
SELECT id FROM runs WHERE finished_at IS NULL AND deadline_at <= ? AND ending IS NULL
ORDER BY deadline_at LIMIT ?"""

# primary key
STILL_OPEN: Final = """
SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?)) AND finished_at IS NULL AND ending IS NULL"""

# run_nodes' and live's primary keys: whether something of the run is due or running
_BUSY: Final = """
(r.finished_at IS NOT NULL OR EXISTS (
  SELECT 1 FROM run_nodes n CROSS JOIN live l ON l.job_id = n.job_id
  WHERE n.run_id = r.id AND n.state = 'ACTIVE'
    AND (l.state IN ('PENDING', 'RUNNING') OR (l.state = 'SCHEDULED' AND l.due_at <= :now)))) AS busy"""

# primary key
GET: Final = f"SELECT r.*, {_BUSY} FROM runs r WHERE r.id = :id AND r.tenant_id = :tenant"

# primary keys
NODES: Final = """
SELECT n.node_id, n.state, n.ports, n.job_id, n.attempts, n.output, n.error, n.started_at, n.finished_at, n.family,
  l.state AS live_state, l.due_at AS live_due_at, l.attempt AS live_attempt, l.started_at AS live_started_at
FROM run_nodes n LEFT JOIN live l ON l.job_id = n.job_id AND n.state = 'ACTIVE'
WHERE n.run_id = ? ORDER BY n.node_id"""

# runs_tenant backwards, or runs_workflow with a workflow; runs_tests where {indexed} names it: tests are few
LIST: Final = f"""
SELECT * FROM (SELECT r.*, {_BUSY} FROM runs r {{indexed}}
  WHERE r.tenant_id = :tenant AND r.id < :before AND r.body IS NULL {{more}} ORDER BY r.id DESC)
WHERE 1 {{shown}} LIMIT :limit"""

# runs_workflow
HAS_RUNS: Final = "SELECT 1 FROM runs WHERE workflow_id = ? AND tenant_id = ? AND body IS NULL LIMIT 1"
