"""The one statement by which many children of a map begin."""

from typing import Final

# The next children of node $2 of run $1, from index $3 on, become runs with the ids $4, each with a job for every root
# of the body: $5 the jobs' ids, child by child; $6 … $13 the roots (an array per column). $14 now, $15 the
# family's kind. Answers the last index. run_children, runs, queues: primary keys.
BEGIN_TWINS: Final = """
WITH chosen AS MATERIALIZED (
    SELECT c.idx, c.place, row_number() OVER (ORDER BY c.idx) AS number FROM (
        SELECT idx, ctid AS place FROM run_children
        WHERE run_id = $1 AND node_id = $2 AND idx >= $3 AND state = 'NEW'
        ORDER BY run_id, node_id, idx LIMIT cardinality($4::uuid[])
    ) c
), born AS MATERIALIZED (
    SELECT idx, place, number, ($4::uuid[])[number] AS id FROM chosen
), begun AS (
    UPDATE run_children c SET state = 'LIVE', child_id = born.id FROM born WHERE c.ctid = born.place
), made AS (
    INSERT INTO runs (id, tenant_id, workflow_id, workflow, version, version_id, state, trigger, parent_id,
                      correlation_id, created_at, started_at, parent_node, parent_index, depth, body)
    SELECT born.id, p.tenant_id, p.workflow_id, p.workflow, p.version, p.version_id, 'RUNNING',
           ('{"type":"' || $15::text || '","run":"' || p.id || '","node":' || to_json($2::text) || ',"index":'
            || born.idx || '}')::json,
           p.id, p.correlation_id, $14::bigint, $14::bigint, $2, born.idx, p.depth, $2
    FROM runs p CROSS JOIN born WHERE p.id = $1
), steps AS MATERIALIZED (
    SELECT ($5::uuid[])[(born.number - 1) * cardinality($6::text[]) + r.number] AS id, born.id AS run_id, r.*
    FROM born CROSS JOIN unnest(
        $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[], $11::bigint[], $12::bigint[], $13::text[]
    ) WITH ORDINALITY AS r (node_id, kind, queue, priority, retry, timeout, rank, data, number)
), queued AS (
    INSERT INTO queues (name, created_at)
    SELECT r.name, $14::bigint FROM (SELECT DISTINCT unnest($8::text[]) AS name) AS r
    WHERE NOT EXISTS (SELECT FROM queues q WHERE q.name = r.name)
    ORDER BY r.name ON CONFLICT DO NOTHING
), fat AS (
    INSERT INTO jobs (id, tenant_id, kind, queue, priority, retry, timeout, due_at, created_at, run_id, node_id,
                      correlation_id)
    SELECT s.id, p.tenant_id, s.kind, s.queue, s.priority, s.retry::json, s.timeout, $14::bigint, $14::bigint,
           s.run_id, s.node_id, p.correlation_id
    FROM runs p CROSS JOIN steps s WHERE p.id = $1
), alive AS (
    INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, run_id, node_id)
    SELECT s.id, p.tenant_id, s.queue, s.kind, 'PENDING', $14::bigint, s.rank, s.priority, s.timeout, s.run_id,
           s.node_id
    FROM runs p CROSS JOIN steps s WHERE p.id = $1
), reached AS (
    INSERT INTO run_nodes (run_id, node_id, state, job_id) SELECT run_id, node_id, 'ACTIVE', id FROM steps
), told AS (
    INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data)
    SELECT p.tenant_id, 'job.scheduled', $14::bigint, s.run_id, s.node_id, s.id, s.data::json
    FROM runs p CROSS JOIN steps s WHERE p.id = $1
)
SELECT max(idx) AS last FROM born
"""
