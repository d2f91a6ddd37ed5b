"""Statements about the audit log. audit, audit_heads: primary keys, unless another index is named."""

from typing import Final

# In order of the tenants' ids, as everybody locks them.
LOCK: Final = "SELECT * FROM audit_heads WHERE tenant_id = ANY ($1::text[]) ORDER BY tenant_id FOR UPDATE"
BEGIN: Final = """
INSERT INTO audit_heads (tenant_id, seq, hash, first, anchor)
SELECT tenant_id, 0, $2, 1, $2 FROM unnest($1::text[]) AS new (tenant_id)
ON CONFLICT (tenant_id) DO NOTHING
"""
APPEND: Final = """
INSERT INTO audit (tenant_id, seq, at, actor_kind, actor_id, actor, action, target, outcome, address, correlation_id,
                   detail, previous, hash)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::bytea[])
"""
MOVE: Final = """
UPDATE audit_heads h SET seq = new.seq, hash = new.hash
FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS new (tenant_id, seq, hash) WHERE h.tenant_id = new.tenant_id
"""

HEAD: Final = "SELECT * FROM audit_heads WHERE tenant_id = $1 AND seq > 0"
# audit_by_time (tenant_id, at, seq), backwards
LIST: Final = """
SELECT * FROM audit
WHERE tenant_id = $1 AND (at, seq) < ($2::bigint, $3::bigint) AND at >= $4
  AND ($5::text IS NULL OR actor_id = $5 OR actor = $5) AND ($6::text IS NULL OR action = $6)
  AND ($7::text IS NULL OR starts_with(action, $7)) AND ($8::text IS NULL OR target = $8)
  AND ($9::text IS NULL OR outcome = $9)
ORDER BY at DESC, seq DESC LIMIT $10
"""
READ: Final = "SELECT * FROM audit WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"

# The next chains in order, and whether they begin with what is old.
NEXT_CHAINS: Final = """
SELECT h.tenant_id, coalesce(a.at < $2, false) AS old
FROM (SELECT tenant_id, first FROM audit_heads WHERE tenant_id >= $1 ORDER BY tenant_id LIMIT $3) h
LEFT JOIN audit a ON a.tenant_id = h.tenant_id AND a.seq = h.first
ORDER BY h.tenant_id
"""
OLDEST: Final = "SELECT seq, at, hash FROM audit WHERE tenant_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3"
DROP: Final = "DELETE FROM audit WHERE tenant_id = $1 AND seq BETWEEN $2 AND $3"
ANCHOR: Final = "UPDATE audit_heads SET first = $2, anchor = $3 WHERE tenant_id = $1"
