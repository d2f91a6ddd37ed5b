"""Statements about automation rules and what they remember."""

from typing import Final

_COLUMNS: Final = "SELECT id, tenant_id, name, enabled, priority, document, created_at, updated_at FROM rules"
# primary key
BY_ID: Final = f"{_COLUMNS} WHERE id = ? AND tenant_id = ?"
# rules_by_name
BY_NAME: Final = f"{_COLUMNS} WHERE name = ? AND tenant_id = ?"
LIST: Final = f"{_COLUMNS} INDEXED BY rules_by_name WHERE tenant_id = ? AND name > ? ORDER BY name LIMIT ?"
ADD: Final = """
INSERT INTO rules (name, enabled, priority, document, updated_at, id, tenant_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
REPLACE: Final = "UPDATE rules SET name = ?, enabled = ?, priority = ?, document = ?, updated_at = ? WHERE id = ?"
DELETE: Final = "DELETE FROM rules WHERE id = ?"

REMEMBER: Final = """
INSERT INTO rule_memories (rule_id, tenant_id, attributes, at, count)
{rows}
ON CONFLICT (rule_id, tenant_id) DO UPDATE
SET attributes = excluded.attributes, at = excluded.at, count = excluded.count"""
# primary key
REMEMBERED: Final = "SELECT count FROM rule_memories WHERE rule_id = ? AND tenant_id = ?"
# primary key
MEMORIES: Final = """
SELECT tenant_id, attributes, count FROM rule_memories
WHERE rule_id = ? AND tenant_id IN (SELECT value FROM json_each(?))"""
