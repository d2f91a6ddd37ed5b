"""Statements about users, what proves them, and who is a member of which tenant; by primary keys, mostly."""

from typing import Final

from holdfast.stores.access_rows import MEMBERSHIP, USER

# users_by_email: people alone have an address
HAS_PERSON: Final = "SELECT 1 FROM users WHERE email IS NOT NULL LIMIT 1"
HAS_OWNER: Final = """
SELECT EXISTS (
  SELECT 1 FROM memberships m CROSS JOIN users u ON u.id = m.user_id
  WHERE m.role = 'owner' AND u.kind = 'person' AND u.disabled_at IS NULL
) OR EXISTS (SELECT 1 FROM api_keys WHERE role = 'owner' AND revoked_at IS NULL) AS found"""
HAS_ADMIN: Final = """
SELECT EXISTS (SELECT 1 FROM users WHERE instance_admin = 1 AND kind = 'person' AND disabled_at IS NULL)
OR EXISTS (
  SELECT 1 FROM api_keys
  WHERE instance_admin = 1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
) AS found"""
EXISTS: Final = "SELECT 1 FROM users WHERE id = ?"
# users_by_email
TAKEN: Final = "SELECT 1 FROM users WHERE email = ? AND id <> ?"
ADD: Final = """
INSERT INTO users (id, kind, email, name, password_hash, instance_admin, created_at, signed_in_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""

GET: Final = f"SELECT {USER} FROM users u WHERE u.id = ?"
_PROOF: Final = f"SELECT {USER}, u.password_hash, u.totp, u.recovery FROM users u"
# users_by_email
PROOF: Final = f"{_PROOF} WHERE u.email = ?"
PROOF_OF: Final = f"{_PROOF} WHERE u.id = ? AND u.kind = 'person'"
LIST: Final = f"SELECT {USER} FROM users u WHERE u.id > ? AND u.kind = 'person' ORDER BY u.id LIMIT ?"

# users_admins
ADMINS: Final = "SELECT id FROM users WHERE instance_admin = 1 AND kind = 'person' AND disabled_at IS NULL"
WHOLE: Final = "SELECT * FROM users WHERE id = ?"
CHANGE: Final = """
UPDATE users SET name = ?, password_hash = ?, totp = ?, code_step = ?, recovery = ?, disabled_at = ?,
  instance_admin = ?, signed_in_at = ?
WHERE id = ?"""
USE_STEP: Final = "UPDATE users SET code_step = ?2 WHERE id = ?1 AND code_step < ?2"
RECOVERY: Final = "SELECT recovery FROM users WHERE id = ?"
SET_RECOVERY: Final = "UPDATE users SET recovery = ? WHERE id = ?"

# Who made a link to a password may have had a say over less than the person has now. invites_open
DROP_LINKS: Final = """
DELETE FROM invites
WHERE purpose = 'password' AND coalesce(tenant_id, '') = '' AND used_at IS NULL
  AND email = (SELECT email FROM users WHERE id = ?)"""

# Nobody is two subjects of one issuer (identities_by_user).
FIND_IDENTITY: Final = "SELECT user_id FROM identities WHERE issuer = ? AND subject = ?"
LINK: Final = """
INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING"""

_SHOWN: Final = f"""
SELECT {MEMBERSHIP}
FROM memberships m CROSS JOIN users u ON u.id = m.user_id
  CROSS JOIN tenants t ON t.id = m.tenant_id"""
MEMBER: Final = f"{_SHOWN} WHERE m.tenant_id = ? AND m.user_id = ?"
MEMBERS: Final = f"{_SHOWN} WHERE m.tenant_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?"
# memberships_by_user
MEMBERSHIPS: Final = f"{_SHOWN} WHERE m.user_id = ? ORDER BY t.name"
TENANT: Final = "SELECT 1 FROM tenants WHERE id = ?"
JOIN: Final = """
INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role"""
OTHER_OWNER: Final = """
SELECT 1 FROM memberships m CROSS JOIN users u ON u.id = m.user_id
WHERE m.tenant_id = ? AND m.user_id <> ? AND m.role = 'owner' AND u.kind = 'person' AND u.disabled_at IS NULL LIMIT 1"""
SET_ROLE: Final = "UPDATE memberships SET role = ? WHERE tenant_id = ? AND user_id = ?"
REMOVE: Final = "DELETE FROM memberships WHERE tenant_id = ? AND user_id = ?"
# api_keys_by_tenant
REVOKE_KEYS: Final = "UPDATE api_keys SET revoked_at = ? WHERE tenant_id = ? AND user_id = ? AND revoked_at IS NULL"
DROP_ACCOUNT: Final = "DELETE FROM users WHERE id = ? AND kind = 'service'"
