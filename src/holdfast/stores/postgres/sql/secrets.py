"""Statements about sealed secrets. secrets_by_name (tenant_id, name)"""

from typing import Final

# A value is sealed for its id: one sealed for another than the tenant has under that name replaces nothing.
PUT: Final = """
INSERT INTO secrets AS s (id, tenant_id, name, sealed, type, hosts, kinds, description, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6::json, $7::json, $8, $9::bigint, $9::bigint)
ON CONFLICT (tenant_id, name) DO UPDATE
SET sealed = excluded.sealed, type = excluded.type, hosts = excluded.hosts, kinds = excluded.kinds,
    description = excluded.description, updated_at = excluded.updated_at
WHERE s.id = excluded.id AND ($10::bytea IS NULL OR s.sealed = $10)
RETURNING *
"""
GET: Final = "SELECT * FROM secrets WHERE tenant_id = $1 AND name = ANY ($2::text[])"
LIST: Final = "SELECT * FROM secrets WHERE tenant_id = $1 AND name > $2 ORDER BY name LIMIT $3"
DELETE: Final = "DELETE FROM secrets WHERE tenant_id = $1 AND name = $2 RETURNING id"
