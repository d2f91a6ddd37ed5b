"""Statements about automation rules and what they remember."""

from typing import Final

# An id wins over a name. rules_by_name (tenant_id, name), or the primary key.
FIND: Final = """
SELECT * FROM rules WHERE tenant_id = $1 AND (name = $2 OR id = $3::uuid) ORDER BY (id = $3::uuid) IS TRUE DESC LIMIT 1
"""
LOCK: Final = FIND + "FOR UPDATE"
# primary key
LOCK_ID: Final = "SELECT * FROM rules WHERE id = $2::uuid AND tenant_id = $1 FOR UPDATE"
GET: Final = "SELECT * FROM rules WHERE id = $1"

ADD: Final = """
INSERT INTO rules (id, tenant_id, name, enabled, priority, document, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6::json, $7::bigint, $7::bigint)
ON CONFLICT DO NOTHING RETURNING id
"""
ADDED_BEFORE: Final = "SELECT id FROM rules WHERE id = $1 AND tenant_id = $2"
CHANGE: Final = """
UPDATE rules SET name = $2, enabled = $3, priority = $4, document = $5::json, updated_at = $6 WHERE id = $1
"""
ENABLE: Final = "UPDATE rules SET enabled = $2, document = $3::json, updated_at = $4 WHERE id = $1"
DELETE: Final = "DELETE FROM rules WHERE id = $1"

# rules_by_name (tenant_id, name)
LIST: Final = """
SELECT * FROM rules WHERE tenant_id = $1 AND name > $2 ORDER BY name LIMIT $3
"""

# rule_memories: primary key
MEMORIES: Final = """
SELECT tenant_id, attributes, count FROM rule_memories WHERE rule_id = $1 AND tenant_id = ANY ($2::text[])
"""
# Locked in one order, whoever asks. rule_memories: primary key
LOCK_MEMORIES: Final = """
SELECT m.rule_id, m.tenant_id, m.count
FROM rule_memories m JOIN unnest($1::uuid[], $2::text[]) AS g (rule_id, tenant_id)
  ON m.rule_id = g.rule_id AND m.tenant_id = g.tenant_id
ORDER BY m.rule_id, m.tenant_id FOR UPDATE OF m
"""
# Answers those that nobody else has made meanwhile.
REMEMBER_FIRST: Final = """
INSERT INTO rule_memories (rule_id, tenant_id, attributes, at, count)
SELECT g.rule_id, g.tenant_id, g.attributes::json, g.at, g.count
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
  AS g (rule_id, tenant_id, attributes, at, count)
ON CONFLICT (rule_id, tenant_id) DO NOTHING
RETURNING rule_id
"""
# Those that are locked. rule_memories: primary key
REMEMBER: Final = """
UPDATE rule_memories m SET attributes = g.attributes::json, at = g.at, count = g.count
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
  AS g (rule_id, tenant_id, attributes, at, count)
WHERE m.rule_id = g.rule_id AND m.tenant_id = g.tenant_id
"""
