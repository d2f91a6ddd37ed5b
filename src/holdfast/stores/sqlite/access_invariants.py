"""What must hold of people, keys and the audit log at any moment between transactions."""

from typing import Final

# (what is wrong with the thing named first, a statement that lists such things)
ACCESS_CHECKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "user {1} is a member of tenant {0}, but one of them doesn't exist",
        """SELECT m.tenant_id, m.user_id FROM memberships m
          LEFT JOIN users u ON u.id = m.user_id LEFT JOIN tenants t ON t.id = m.tenant_id
        WHERE u.id IS NULL OR t.id IS NULL""",
    ),
    (
        "service account {0} is in {1} tenants",
        """SELECT m.user_id, count(*) FROM memberships m CROSS JOIN users u ON u.id = m.user_id
        WHERE u.kind = 'service' GROUP BY m.user_id HAVING count(*) > 1""",
    ),
    (
        "key {0} holds, though its service account {1} is gone",
        """SELECT k.id, k.user_id FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
        WHERE k.user_id IS NOT NULL AND k.revoked_at IS NULL AND u.id IS NULL""",
    ),
    (
        "session {0} is nobody's",
        "SELECT s.id FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE u.id IS NULL",
    ),
    (
        "act {1} in the audit log of tenant {0} doesn't follow from the one before it",
        """SELECT tenant_id, seq FROM (
          SELECT a.tenant_id, a.seq, a.previous, h.anchor,
            lag(a.hash) OVER (PARTITION BY a.tenant_id ORDER BY a.seq) AS before
          FROM audit a LEFT JOIN audit_heads h ON h.tenant_id = a.tenant_id)
        WHERE previous IS NOT coalesce(before, anchor)""",
    ),
    (
        "the audit log of tenant {0} ends otherwise than it did with act {1}",
        """SELECT h.tenant_id, h.seq FROM audit_heads h
          LEFT JOIN audit a ON a.tenant_id = h.tenant_id AND a.seq = h.seq
        WHERE CASE WHEN h.seq < h.first THEN h.anchor ELSE a.hash END IS NOT h.hash""",
    ),
)
