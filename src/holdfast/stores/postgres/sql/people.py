"""Statements about users and what proves them. users: primary key, users_by_email; identities: primary key."""

from typing import Final

from holdfast.stores.access_rows import USER

# users_by_email: people alone have an address
HAS_PERSON: Final = "SELECT EXISTS (SELECT FROM users WHERE email IS NOT NULL)"
HAS_OWNER: Final = """
SELECT EXISTS (
    SELECT FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.role = 'owner' AND u.kind = 'person' AND u.disabled_at IS NULL
) OR EXISTS (SELECT FROM api_keys WHERE role = 'owner' AND revoked_at IS NULL)
"""
HAS_ADMIN: Final = """
SELECT EXISTS (SELECT FROM users WHERE instance_admin AND kind = 'person' AND disabled_at IS NULL)
OR EXISTS (
    SELECT FROM api_keys WHERE instance_admin AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)
)
"""

# Nobody else makes a user from here to the end of the transaction.
ALONE: Final = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"
# Whether there are others, and whether an earlier try of this call made this one.
OTHERS: Final = """
SELECT EXISTS (SELECT FROM users WHERE email IS NOT NULL) AS some, EXISTS (SELECT FROM users WHERE id = $1) AS mine
"""
ADD: Final = """
INSERT INTO users (id, kind, email, name, password_hash, instance_admin, created_at, signed_in_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING
"""

GET: Final = f"SELECT {USER} FROM users u WHERE u.id = $1"
_PROOF: Final = f"SELECT {USER}, u.password_hash, u.totp, u.recovery FROM users u"
PROOF: Final = _PROOF + " WHERE u.email = $1 AND u.email IS NOT NULL"
PROOF_OF: Final = _PROOF + " WHERE u.id = $1 AND u.kind = 'person'"
LIST: Final = f"""
SELECT {USER} FROM users u WHERE ($1::uuid IS NULL OR u.id > $1) AND u.kind = 'person' ORDER BY u.id LIMIT $2
"""

# users_admins, in its order: two who take each other's place away wait for each other.
ADMINS: Final = """
SELECT id FROM users WHERE instance_admin AND kind = 'person' AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE
"""
LOCK: Final = "SELECT * FROM users WHERE id = $1 FOR NO KEY UPDATE"
CHANGE: Final = """
UPDATE users SET name = $2, password_hash = $3, totp = $4, code_step = $5, recovery = $6::json, disabled_at = $7,
                 instance_admin = $8, signed_in_at = $9
WHERE id = $1
"""

# Who made a link to a password may have had a say over less than the person has now. invites_open
DROP_LINKS: Final = """
DELETE FROM invites
WHERE purpose = 'password' AND coalesce(tenant_id, '') = '' AND used_at IS NULL
  AND email = (SELECT email FROM users WHERE id = $1)
"""

USE_STEP: Final = "UPDATE users SET code_step = $2 WHERE id = $1 AND code_step < $2 RETURNING id"
# Both conditions are looked at again when another one's use was waited for.
USE_RECOVERY: Final = """
UPDATE users SET recovery = (
    SELECT coalesce(json_agg(code), '[]') FROM json_array_elements_text(recovery) AS kept (code) WHERE code <> $2
)
WHERE id = $1 AND EXISTS (SELECT FROM json_array_elements_text(recovery) AS kept (code) WHERE code = $2)
RETURNING id
"""

# Nobody is two subjects of one issuer (identities_by_user).
FIND_IDENTITY: Final = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2"
LINK: Final = """
INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""
