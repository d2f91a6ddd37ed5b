"""Statements about workflows and their versions."""

from typing import Final

ADD: Final = """
INSERT INTO workflows (id, tenant_id, name, version, version_id, created_at, updated_at)
VALUES (:workflow_id, :tenant, :name, 1, :version_id, :now, :now)"""
ADD_VERSION: Final = """
INSERT INTO workflow_versions (id, workflow_id, tenant_id, version, definition, created_at, author, message)
VALUES (:version_id, :workflow_id, :tenant, :version, :definition, :now, :author, :message)"""
RAISE: Final = """
UPDATE workflows SET name = :name, version = :version, version_id = :version_id, updated_at = :now
WHERE id = :workflow_id"""
ENABLE: Final = "UPDATE workflows SET enabled = ?, updated_at = ? WHERE id = ?"
DELETE: Final = "UPDATE workflows SET deleted_at = ?, updated_at = ? WHERE id = ?"

_NEWEST: Final = """
SELECT w.id, w.tenant_id, w.name, w.enabled, w.created_at, w.updated_at, v.version, v.id AS version_id, v.definition
FROM workflows w CROSS JOIN workflow_versions v"""

# primary keys
BY_ID: Final = f"{_NEWEST} ON v.id = w.version_id WHERE w.id = ? AND w.tenant_id = ? AND w.deleted_at IS NULL"
# workflows_name
BY_NAME: Final = f"{_NEWEST} ON v.id = w.version_id WHERE w.name = ? AND w.tenant_id = ? AND w.deleted_at IS NULL"
LIST: Final = f"""{_NEWEST} ON v.id = w.version_id
WHERE w.tenant_id = ? AND w.deleted_at IS NULL AND w.name > ? ORDER BY w.name LIMIT ?"""

# primary keys
VERSION_BY_ID: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions WHERE id = ?1
UNION ALL
SELECT id, workflow_id, 0, definition, created_at, NULL, '' FROM drafts WHERE id = ?1"""
# primary keys
VERSIONS_BY_ID: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions
WHERE id IN (SELECT value FROM json_each(?1))
UNION ALL
SELECT id, workflow_id, 0, definition, created_at, NULL, '' FROM drafts WHERE id IN (SELECT value FROM json_each(?1))"""
# A repeated test has the draft of the first: it is as new as the newest of its runs.
KEEP_DRAFT: Final = """
INSERT INTO drafts (id, workflow_id, tenant_id, definition, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET created_at = max(created_at, excluded.created_at)"""
# drafts_time, from the oldest; runs_drafts
DROP_DRAFTS: Final = """
DELETE FROM drafts WHERE id IN (
  SELECT d.id FROM drafts d INDEXED BY drafts_time
  WHERE d.created_at < ? AND NOT EXISTS (
    SELECT 1 FROM runs r INDEXED BY runs_drafts WHERE r.version = 0 AND r.version_id = d.id)
  ORDER BY d.created_at LIMIT ?)"""
# workflow_versions_number
VERSION_BY_NUMBER: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions
WHERE workflow_id = ? AND version = ?"""
LIST_VERSIONS: Final = """
SELECT id, workflow_id, version, definition, created_at, author, message FROM workflow_versions
WHERE workflow_id = ? AND version < ? ORDER BY version DESC LIMIT ?"""
