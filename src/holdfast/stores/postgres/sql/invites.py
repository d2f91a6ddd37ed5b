"""Statements about invites. invites: the unique indexes on token_hash and invites_open, unless another is named."""

from typing import Final

# A new one takes the place of an unused one, token and all: the link of that one is worth nothing from here on.
ADD: Final = """
INSERT INTO invites (id, token_hash, purpose, tenant_id, email, role, user_id, created_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (purpose, (coalesce(tenant_id, '')), email) WHERE used_at IS NULL DO UPDATE
SET id = excluded.id, token_hash = excluded.token_hash, role = excluded.role, user_id = excluded.user_id,
    created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at
"""
FIND: Final = "SELECT * FROM invites WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2"
# invites_by_tenant, backwards
LIST: Final = """
SELECT * FROM invites WHERE tenant_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY id DESC
"""
REVOKE: Final = "DELETE FROM invites WHERE tenant_id = $1 AND id = $2 AND used_at IS NULL RETURNING id"
# Of many at once the first finds it unused; the others look again when they had it to wait for.
USE: Final = """
UPDATE invites SET used_at = $3
WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING tenant_id, role, user_id
"""
# Whether an earlier try of the same call used it. memberships, users: primary keys
JOINED: Final = """
SELECT m.user_id FROM invites i JOIN memberships m ON m.tenant_id = i.tenant_id AND m.user_id = $2::uuid
WHERE i.token_hash = $1 AND i.used_at = $3 AND i.purpose = 'member'
"""
CHOSEN: Final = """
SELECT u.id FROM invites i JOIN users u ON u.id = i.user_id
WHERE i.token_hash = $1 AND i.used_at = $3 AND i.purpose = 'password' AND u.password_hash = $2
"""
SET_PASSWORD: Final = "UPDATE users SET password_hash = $2 WHERE id = $1"
