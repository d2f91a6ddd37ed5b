"""Statements about children of runs, and about what runs have to tell each other."""

from typing import Final

# -- what a body sees of its surroundings

# The closures of these nodes. run_nodes: primary key.
CLOSURES: Final = """
SELECT n.run_id, n.node_id, n.closure
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id) AS g
JOIN run_nodes n ON n.run_id = g.run_id AND n.node_id = g.node_id
"""
# The items of these runs of bodies. runs, run_children: primary keys.
ITEMS: Final = """
SELECT r.id AS child, c.item
FROM unnest($1::uuid[]) AS g (id) JOIN runs r ON r.id = g.id
JOIN run_children c ON c.run_id = r.parent_id AND c.node_id = r.parent_node AND c.idx = r.parent_index
"""

# -- a node that spawns

SAVE_CLOSURES: Final = """
UPDATE run_nodes n SET family = g.family::json, closure = g.closure::json
FROM (
    SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::text[]) AS family,
           unnest($4::text[]) AS closure
) AS g
WHERE n.run_id = g.run_id AND n.node_id = g.node_id
"""
SAVE_FAMILIES: Final = """
UPDATE run_nodes n SET family = g.family::json
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::text[]) AS family) AS g
WHERE n.run_id = g.run_id AND n.node_id = g.node_id
"""
# The children of one node of a run; $4 the earlier run (or null) whose results of equal items are kept. How many were.
# run_children: primary key.
ADD_CHILDREN: Final = """
WITH given AS (
    SELECT * FROM unnest($3::text[]) WITH ORDINALITY AS g (item, number)
), added AS (
    INSERT INTO run_children (run_id, node_id, idx, item, child_id, state, output)
    SELECT $1, $2, g.number - 1, g.item::json, c.child_id, coalesce(c.state, 'NEW'), c.output
    FROM given g LEFT JOIN LATERAL (
        SELECT c.child_id, c.state, c.output FROM run_children c
        WHERE c.run_id = $4 AND c.node_id = $2 AND c.idx = g.number - 1 AND c.state = 'SUCCEEDED'
          AND coalesce(c.item::text, 'null') = coalesce(g.item, 'null')
    ) c ON true
    RETURNING state
)
SELECT count(*)::integer FROM added WHERE state = 'SUCCEEDED'
"""

# -- mail

# Runs that have mail which they may read now: from run to run in inbox_by_run, not over all of their mail. A paused one
# reads only what its parent told it. runs: primary key.
WITH_MAIL: Final = """
WITH RECURSIVE addressed AS (
    (SELECT run_id FROM inbox ORDER BY run_id LIMIT 1)
  UNION ALL
    SELECT next.run_id FROM addressed CROSS JOIN LATERAL (
        SELECT i.run_id FROM inbox i WHERE i.run_id > addressed.run_id ORDER BY i.run_id LIMIT 1
    ) next
)
SELECT a.run_id FROM addressed a LEFT JOIN runs r ON r.id = a.run_id
WHERE r.state IS DISTINCT FROM 'PAUSED' OR EXISTS (
    SELECT FROM inbox i WHERE i.run_id = a.run_id AND i.kind IN ('cancel', 'pause', 'resume')
)
LIMIT $1
"""
# The first $2 of each run, oldest first, without outputs. inbox_by_run (run_id, seq).
READ_MAIL: Final = """
SELECT m.* FROM unnest($1::uuid[]) AS g (run_id) CROSS JOIN LATERAL (
    SELECT seq, run_id, kind, node_id, idx, state, error FROM inbox i
    WHERE i.run_id = g.run_id ORDER BY i.run_id, i.seq LIMIT $2
) m ORDER BY m.seq
"""
# What a paused run may read.
READ_ORDERS: Final = """
SELECT seq, run_id, kind, node_id, idx, state, error FROM inbox
WHERE run_id = ANY ($1::uuid[]) AND kind IN ('cancel', 'pause', 'resume') ORDER BY seq
"""
OUTPUTS_IN_MAIL: Final = "SELECT seq, output FROM inbox WHERE seq = ANY ($1::bigint[])"
# What is read goes away, and the children that ended have their results. inbox, run_children: primary keys.
TAKE_MAIL: Final = """
WITH taken AS (
    DELETE FROM inbox WHERE seq = ANY ($1::bigint[]) RETURNING run_id, kind, node_id, idx, state, output, error
)
UPDATE run_children c SET state = t.state, output = t.output, error = t.error
FROM taken t
WHERE t.kind = 'child' AND c.run_id = t.run_id AND c.node_id = t.node_id AND c.idx = t.idx
"""
# To those of these runs that are gone. inbox_by_run; runs: primary key.
DROP_LOST_MAIL: Final = """
DELETE FROM inbox i USING unnest($1::uuid[]) AS g (run_id)
WHERE i.run_id = g.run_id AND NOT EXISTS (SELECT FROM runs r WHERE r.id = g.run_id)
"""

SEND: Final = """
INSERT INTO inbox (run_id, kind, node_id, idx, state, output, error)
SELECT run_id, kind, node_id, idx, state, output::json, error::json
FROM (
    SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS kind, unnest($3::text[]) AS node_id,
           unnest($4::integer[]) AS idx, unnest($5::text[]) AS state, unnest($6::text[]) AS output,
           unnest($7::text[]) AS error
) AS g
"""
# To the live children of these nodes. run_children: primary key.
TELL_CHILDREN: Final = """
INSERT INTO inbox (run_id, kind)
SELECT c.child_id, g.kind
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::text[]) AS kind) AS g
JOIN run_children c ON c.run_id = g.run_id AND c.node_id = g.node_id AND c.state = 'LIVE'
WHERE c.child_id IS NOT NULL
ORDER BY c.child_id
"""
SKIP_CHILDREN: Final = """
UPDATE run_children c SET state = 'SKIPPED'
FROM (SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id) AS g
WHERE c.run_id = g.run_id AND c.node_id = g.node_id AND c.state = 'NEW'
"""

# -- children that start and end

# The next NEW ones of these nodes, at most ``count`` of each, from ``first`` on. run_children: primary key.
NEXT_CHILDREN: Final = """
SELECT g.run_id, g.node_id, n.idx, n.item
FROM (
    SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::integer[]) AS first,
           unnest($4::integer[]) AS count
) AS g
CROSS JOIN LATERAL (
    SELECT c.idx, c.item FROM run_children c
    WHERE c.run_id = g.run_id AND c.node_id = g.node_id AND c.idx >= g.first AND c.state = 'NEW'
    ORDER BY c.run_id, c.node_id, c.idx LIMIT g.count
) n
"""
# A loop's rows are made as its iterations begin. run_children: primary key.
SAVE_CHILDREN: Final = """
INSERT INTO run_children (run_id, node_id, idx, item, child_id, state, output, error)
SELECT run_id, node_id, idx, item::json, child_id, state, output::json, error::json
FROM (
    SELECT unnest($1::uuid[]) AS run_id, unnest($2::text[]) AS node_id, unnest($3::integer[]) AS idx,
           unnest($4::text[]) AS item, unnest($5::uuid[]) AS child_id, unnest($6::text[]) AS state,
           unnest($7::text[]) AS output, unnest($8::text[]) AS error
) AS g
ON CONFLICT (run_id, node_id, idx) DO UPDATE
SET child_id = excluded.child_id, state = excluded.state, output = excluded.output, error = excluded.error
"""
# All results of a node's children, in order. run_children: primary key.
RESULTS: Final = """
SELECT json_agg(CASE state WHEN 'SUCCEEDED' THEN output END ORDER BY idx) FROM run_children
WHERE run_id = $1 AND node_id = $2
"""
RESULT_SIZE: Final = """
SELECT coalesce(sum(octet_length(output::text)), 0)::bigint FROM run_children WHERE run_id = $1 AND node_id = $2
"""
CHILD: Final = "SELECT child_id, output FROM run_children WHERE run_id = $1 AND node_id = $2 AND idx = $3"

# The newest versions of these workflows. workflows_by_name (tenant_id, name).
CALLED: Final = """
SELECT g.tenant_id, g.name, w.id, w.version, w.version_id, w.enabled
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS name) AS g
JOIN workflows w ON w.tenant_id = g.tenant_id AND w.name = g.name AND w.deleted_at IS NULL
"""

# -- reading

# run_children: primary key, from an index on.
LIST_CHILDREN: Final = """
SELECT idx, state, child_id, item, output, error FROM run_children
WHERE run_id = $1 AND node_id = $2 AND idx > $3 AND ($4::text IS NULL OR state = $4) ORDER BY idx LIMIT $5
"""
NODE_OF_RUN: Final = """
SELECT n.family FROM runs r JOIN run_nodes n ON n.run_id = r.id AND n.node_id = $3 WHERE r.tenant_id = $1 AND r.id = $2
"""
