"""Statements about runs and their nodes."""

from typing import Final

# In id order, before any live row. runs: primary key.
LOCK_RUNS: Final = "SELECT * FROM runs WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"
# Those that nobody else has locked.
LOCK_FREE_RUNS: Final = LOCK_RUNS + " SKIP LOCKED"

# Read after the lock, so that it sees what the transaction before it wrote. Decided nodes that took the same way, and
# have no children, come together: a long run has many of them, and few others. run_nodes: primary key.
NODES_OF: Final = """
SELECT run_id, array_agg(node_id) AS nodes, state, ports,
       (array_agg(job_id) FILTER (WHERE state = 'ACTIVE'))[1] AS job_id,
       (array_agg(family) FILTER (WHERE family IS NOT NULL))[1] AS family
FROM run_nodes WHERE run_id {which}
GROUP BY run_id, state, ports, CASE WHEN state = 'ACTIVE' OR family IS NOT NULL THEN node_id END
"""
NODES: Final = NODES_OF.format(which="= ANY ($1::uuid[])")

NODE_VALUES: Final = """
SELECT n.run_id, n.node_id, n.output, n.error
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id) AS g
JOIN run_nodes n ON n.run_id = g.run_id AND n.node_id = g.node_id
"""

SAVE_NODES: Final = """
INSERT INTO run_nodes AS n (run_id, node_id, state, ports, job_id, attempts, output, error, started_at, finished_at)
SELECT g.run_id, g.node_id, g.state, g.ports, g.job_id, g.attempts, g.output::json, g.error::json, g.started_at,
       g.finished_at
FROM (
    SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::text[]) AS state,
           unnest($4::text[]) AS ports, unnest($5::uuid[]) AS job_id, unnest($6::integer[]) AS attempts,
           unnest($7::text[]) AS output, unnest($8::text[]) AS error, unnest($9::bigint[]) AS started_at,
           unnest($10::bigint[]) AS finished_at
) AS g
ON CONFLICT (run_id, node_id) DO UPDATE
SET state = excluded.state, ports = excluded.ports, job_id = coalesce(excluded.job_id, n.job_id),
    attempts = excluded.attempts, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
    finished_at = excluded.finished_at
"""

# workflow_versions, drafts: primary keys
DEFINITIONS: Final = """
SELECT id, definition FROM workflow_versions WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT id, definition FROM drafts WHERE id = ANY ($1::uuid[])
"""

# Answers the ids that are new; a known id is the same call again. runs: primary key.
ADD_RUNS: Final = """
INSERT INTO runs (id, tenant_id, workflow_id, workflow, version, version_id, state, input, output, error, trigger,
                  parent_id, correlation_id, created_at, started_at, finished_at, deadline_at, ending, parent_node,
                  parent_index, depth, body, rerun_of, keep_items, limit_count)
SELECT id, tenant_id, workflow_id, workflow, version, version_id, state, input::json, output::json, error::json,
       trigger::json, parent_id, correlation_id, created_at, started_at, finished_at, deadline_at, ending, parent_node,
       parent_index, depth, body, rerun_of, keep_items, limit_count
FROM (
    SELECT unnest($1::uuid[]) AS id, unnest($2::text[]) AS tenant_id, unnest($3::uuid[]) AS workflow_id,
           unnest($4::text[]) AS workflow, unnest($5::integer[]) AS version, unnest($6::uuid[]) AS version_id,
           unnest($7::text[]) AS state, unnest($8::text[]) AS input, unnest($9::text[]) AS output,
           unnest($10::text[]) AS error, unnest($11::text[]) AS trigger, unnest($12::uuid[]) AS parent_id,
           unnest($13::text[]) AS correlation_id, unnest($14::bigint[]) AS created_at,
           unnest($15::bigint[]) AS started_at, unnest($16::bigint[]) AS finished_at,
           unnest($17::bigint[]) AS deadline_at, unnest($18::text[]) AS ending, unnest($19::text[]) AS parent_node,
           unnest($20::integer[]) AS parent_index, unnest($21::integer[]) AS depth, unnest($22::text[]) AS body,
           unnest($23::uuid[]) AS rerun_of, unnest($24::boolean[]) AS keep_items,
           unnest($25::integer[]) AS limit_count
) AS g
ON CONFLICT (id) DO NOTHING
RETURNING id
"""

# Nodes that a repeated run ($1) keeps from an earlier one ($2), whose jobs they were. run_nodes: primary key.
COPY_NODES: Final = """
INSERT INTO run_nodes (run_id, node_id, state, ports, attempts, output, error, started_at, finished_at)
SELECT g.run_id, n.node_id, n.state, n.ports, n.attempts, n.output, n.error, n.started_at, n.finished_at
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::uuid[]) AS earlier, unnest($3::text[]) AS node_id) AS g
JOIN run_nodes n ON n.run_id = g.earlier AND n.node_id = g.node_id
"""

CONTEXTS: Final = "SELECT * FROM runs WHERE id = ANY ($1::uuid[])"

RUN_STATE: Final = "SELECT state FROM runs WHERE tenant_id = $1 AND id = $2"

# runs_by_deadline (deadline_at), open runs only
EXPIRED: Final = """
SELECT id FROM runs WHERE finished_at IS NULL AND deadline_at IS NOT NULL AND deadline_at <= $1
  AND ending IS NULL
ORDER BY deadline_at LIMIT $2
"""

# Whether something of the run is due or running at $1. run_nodes and live: primary keys.
_BUSY: Final = """
SELECT r.*, r.finished_at IS NOT NULL OR EXISTS (
    SELECT FROM run_nodes n JOIN live l ON l.job_id = n.job_id
    WHERE n.run_id = r.id AND n.state = 'ACTIVE'
      AND (l.state IN ('PENDING', 'RUNNING') OR l.state = 'SCHEDULED' AND l.due_at <= $1)
) AS busy FROM runs r
"""

GET: Final = _BUSY + "WHERE r.tenant_id = $2 AND r.id = $3"

SHOWN_NODES: Final = """
SELECT n.node_id, n.state, n.ports, n.job_id, n.attempts, n.output, n.error, n.started_at, n.finished_at, n.family,
       l.state AS live_state, l.due_at AS live_due_at, l.attempt AS live_attempt, l.started_at AS live_started_at,
       l.due_at, w.wait, w.tenant_id, w.run_id
FROM run_nodes n
LEFT JOIN live l ON l.job_id = n.job_id AND n.state = 'ACTIVE'
LEFT JOIN waits w ON w.job_id = l.job_id
WHERE n.run_id = $1 ORDER BY n.node_id
"""

# runs_by_tenant (tenant_id, id), runs_of_tests (tenant_id, id) or runs_by_workflow (workflow_id, id) backwards;
# runs_open for states that go on.
LIST: Final = (
    "SELECT * FROM ("
    + _BUSY
    + """
WHERE r.tenant_id = $2 AND ($3::uuid IS NULL OR r.id < $3) AND r.body IS NULL {more} ORDER BY r.id DESC
) AS shown WHERE true {shown} ORDER BY id DESC LIMIT $4
"""
)

# Deleted ones too: their history stays. workflows_by_any_name (tenant_id, name).
WORKFLOWS_NAMED: Final = "SELECT id FROM workflows WHERE tenant_id = $1 AND (name = $2 OR id = $3::uuid)"
