"""Statements about workflows and their versions."""

from typing import Final

# A name wins over an id. workflows_by_name (tenant_id, name), or the primary key.
_THE_ONE: Final = """
SELECT * FROM workflows
WHERE tenant_id = $1 AND deleted_at IS NULL AND (name = $2 OR id = $3::uuid)
ORDER BY name = $2 DESC LIMIT 1
"""
FIND: Final = _THE_ONE
LOCK: Final = _THE_ONE + "FOR UPDATE"

ADD: Final = """
INSERT INTO workflows (id, tenant_id, name, version, version_id, created_at, updated_at)
VALUES ($1, $2, $3, 1, $4, $5::bigint, $5::bigint)
ON CONFLICT DO NOTHING RETURNING id
"""
ADDED_BEFORE: Final = "SELECT id FROM workflows WHERE id = $1 AND tenant_id = $2"

ADD_VERSION: Final = """
INSERT INTO workflow_versions (id, workflow_id, tenant_id, version, definition, created_at, author, message)
VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8)
"""
VERSION_EXISTS: Final = "SELECT version FROM workflow_versions WHERE id = $1 AND workflow_id = $2"
RAISE_VERSION: Final = """
UPDATE workflows SET name = $2, version = $3, version_id = $4, updated_at = $5 WHERE id = $1
"""

SET_ENABLED: Final = "UPDATE workflows SET enabled = $2, updated_at = $3 WHERE id = $1"
DELETE: Final = "UPDATE workflows SET deleted_at = $2, updated_at = $2::bigint WHERE id = $1"

GET: Final = """
SELECT w.id, w.tenant_id, w.name, v.version, v.id AS version_id, w.enabled, v.definition, w.created_at, w.updated_at
FROM workflows w
JOIN workflow_versions v ON v.workflow_id = w.id AND v.version = coalesce($2::integer, w.version)
WHERE w.id = $1
"""

# workflows_by_name (tenant_id, name)
LIST: Final = """
SELECT w.id, w.tenant_id, w.name, w.version, w.version_id, w.enabled, v.definition, w.created_at, w.updated_at
FROM workflows w JOIN workflow_versions v ON v.id = w.version_id
WHERE w.tenant_id = $1 AND w.deleted_at IS NULL AND ($2::text IS NULL OR w.name > $2)
ORDER BY w.name LIMIT $3
"""

# workflow_versions (workflow_id, version), backwards
LIST_VERSIONS: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions
WHERE workflow_id = $1 AND ($2::integer IS NULL OR version < $2)
ORDER BY version DESC LIMIT $3
"""
# workflow_versions, drafts: primary keys
GET_VERSIONS: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions
WHERE id = ANY($1::uuid[])
UNION ALL
SELECT id, workflow_id, 0, definition, created_at, NULL, '' FROM drafts WHERE id = ANY($1::uuid[])
"""
GET_VERSION: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions WHERE id = $1
UNION ALL
SELECT id, workflow_id, 0, definition, created_at, NULL, '' FROM drafts WHERE id = $1
"""

# A repeated test has the draft of the first: it is as new as the newest of its runs.
KEEP_DRAFT: Final = """
INSERT INTO drafts (id, workflow_id, tenant_id, definition, created_at) VALUES ($1, $2, $3, $4::json, $5)
ON CONFLICT (id) DO UPDATE SET created_at = greatest(drafts.created_at, excluded.created_at)
"""
# drafts_by_time (created_at), from the oldest; runs_of_drafts (version_id), where OFFSET 0 has each draft looked up: a
# join with the runs of all tests is what statistics from before there were any would choose.
PRUNE_DRAFTS: Final = """
WITH gone AS (
    DELETE FROM drafts WHERE id IN (
        SELECT d.id FROM drafts d
        WHERE d.created_at < $1 AND NOT EXISTS (SELECT FROM runs r WHERE r.version = 0 AND r.version_id = d.id OFFSET 0)
        ORDER BY d.created_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
