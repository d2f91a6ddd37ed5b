"""Statements about who is a member of which tenant. memberships: primary key, memberships_by_user."""

from typing import Final

from holdfast.model.access import Role
from holdfast.stores.access_rows import MEMBERSHIP

_SHOWN: Final = f"""
SELECT {MEMBERSHIP} FROM memberships m JOIN users u ON u.id = m.user_id JOIN tenants t ON t.id = m.tenant_id
"""
GET: Final = _SHOWN + "WHERE m.tenant_id = $1 AND m.user_id = $2"
LIST: Final = _SHOWN + "WHERE m.tenant_id = $1 AND ($2::uuid IS NULL OR m.user_id > $2) ORDER BY m.user_id LIMIT $3"
OF_USER: Final = _SHOWN + "WHERE m.user_id = $1 ORDER BY t.name"

ADD: Final = """
INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, user_id) DO NOTHING
"""
# Who is a member already keeps the higher role.
_ORDER: Final = "ARRAY[{}]".format(", ".join(f"'{role.text}'" for role in Role))
JOIN: Final = f"""
INSERT INTO memberships AS m (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role
WHERE array_position({_ORDER}, excluded.role::text) > array_position({_ORDER}, m.role::text)
"""

# Who takes an owner away from a tenant is alone in doing so.
ALONE: Final = "SELECT id FROM tenants WHERE id = $1 FOR NO KEY UPDATE"
# Whether this member is an owner who counts, and whether another one is.
STANDING: Final = """
SELECT u.kind, m.role = 'owner' AND u.kind = 'person' AND u.disabled_at IS NULL AS owner, EXISTS (
    SELECT FROM memberships o JOIN users other ON other.id = o.user_id
    WHERE o.tenant_id = $1 AND o.user_id <> $2 AND o.role = 'owner' AND other.kind = 'person'
      AND other.disabled_at IS NULL) AS another
FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.user_id = $2
"""
SET_ROLE: Final = "UPDATE memberships SET role = $3 WHERE tenant_id = $1 AND user_id = $2"
REMOVE: Final = "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2"
# api_keys_by_tenant; in order of their ids, as those lock them that note their uses
REVOKE_KEYS: Final = """
WITH theirs AS MATERIALIZED (
    SELECT id FROM api_keys WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE api_keys k SET revoked_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM theirs WHERE k.id = theirs.id
"""
DROP_ACCOUNT: Final = "DELETE FROM users WHERE id = $1 AND kind = 'service'"
