"""What must hold of people, keys and the audit log: queries of what breaks it, as in ``invariants``."""

from typing import Final

ACCESS_CHECKS: Final[dict[str, str]] = {
    "service accounts that are in more than one tenant": """
        SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE u.kind = 'service' GROUP BY m.user_id HAVING count(*) > 1""",
    "keys that hold though their service account is gone": """
        SELECT k.id FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
        WHERE k.user_id IS NOT NULL AND k.revoked_at IS NULL AND u.id IS NULL""",
    "sessions of nobody": """
        SELECT s.id FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE u.id IS NULL""",
    "acts in the audit log that don't follow from the ones before them (tenant, number)": """
        SELECT tenant_id || '/' || seq AS act FROM (
            SELECT a.tenant_id, a.seq, a.previous, h.anchor, lag(a.hash) OVER (
                PARTITION BY a.tenant_id ORDER BY a.seq) AS before
            FROM audit a LEFT JOIN audit_heads h ON h.tenant_id = a.tenant_id
        ) chain
        WHERE previous IS DISTINCT FROM coalesce(before, anchor)""",
    "audit logs that end otherwise than they did": """
        SELECT h.tenant_id FROM audit_heads h LEFT JOIN audit a ON a.tenant_id = h.tenant_id AND a.seq = h.seq
        WHERE CASE WHEN h.seq < h.first THEN h.anchor ELSE a.hash END IS DISTINCT FROM h.hash""",
}
