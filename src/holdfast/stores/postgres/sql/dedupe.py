"""Statements about the keys of repeated requests. dedupe: its primary key."""

from typing import Final

# Answers what was taken; what isn't answered belongs to an earlier request. An expired holder is replaced.
TAKE: Final = """
INSERT INTO dedupe AS d (tenant_id, scope, key, fingerprint, object_ids, expires_at)
SELECT g.tenant_id, g.scope, g.key, g.fingerprint, g.object_ids::json, g.expires_at
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS scope, unnest($3::text[]) AS key,
           unnest($4::text[]) AS fingerprint, unnest($5::text[]) AS object_ids, unnest($6::bigint[]) AS expires_at
) AS g
ON CONFLICT (tenant_id, scope, key) DO UPDATE
SET fingerprint = excluded.fingerprint, object_ids = excluded.object_ids, expires_at = excluded.expires_at,
    status = NULL, answer = NULL
WHERE d.expires_at <= $7
RETURNING tenant_id, scope, key
"""

READ: Final = """
SELECT d.tenant_id, d.scope, d.key, d.fingerprint, d.object_ids, d.expires_at
FROM (SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS scope, unnest($3::text[]) AS key) AS g
JOIN dedupe d ON d.tenant_id = g.tenant_id AND d.scope = g.scope AND d.key = g.key
"""

KEEP: Final = """
UPDATE dedupe d SET object_ids = g.object_ids::json
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS scope, unnest($3::text[]) AS key,
           unnest($4::text[]) AS object_ids
) AS g
WHERE d.tenant_id = g.tenant_id AND d.scope = g.scope AND d.key = g.key
"""

DROP: Final = """
DELETE FROM dedupe d USING (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS scope, unnest($3::text[]) AS key
) AS g
WHERE d.tenant_id = g.tenant_id AND d.scope = g.scope AND d.key = g.key
"""
