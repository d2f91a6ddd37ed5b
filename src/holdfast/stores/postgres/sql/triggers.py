"""Statements about triggers, and the counter that tells of their changes."""

from typing import Final

_CLOCK: Final = "IN ('cron', 'every', 'at')"

# All of one owner, locked in the order in which ``MOVE`` locks. triggers_of_owner
LOCK: Final = """
SELECT row FROM triggers WHERE owner_kind = $1 AND owner_id = $2::uuid ORDER BY row FOR UPDATE
"""

# A trigger that is known keeps its row and key. Its times begin anew when it was away, when its type or timing changed,
# or when its owner was off. triggers_of_owner
_ANEW: Final = """
NOT t.present OR t.type <> excluded.type OR t.timing IS DISTINCT FROM excluded.timing
OR (excluded.enabled AND NOT t.enabled)
"""
SAVE: Final = f"""
INSERT INTO triggers AS t (tenant_id, owner_kind, owner_id, enabled, created_at, since, row, id, type, document, timing,
                           key, suspended, due_at)
SELECT $1, $2, $3::uuid, $4::boolean, $5::bigint, $5::bigint, g.row, g.id, g.type, g.document::json, g.timing, g.key,
       $12::boolean, CASE WHEN $4::boolean AND NOT $12::boolean AND g.type {_CLOCK} THEN $5::bigint END
FROM unnest($6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
  AS g (row, id, type, document, timing, key)
ON CONFLICT (owner_kind, owner_id, id) DO UPDATE
SET type = excluded.type, document = excluded.document, timing = excluded.timing, key = coalesce(t.key, excluded.key),
    present = true, enabled = excluded.enabled,
    since = CASE WHEN {_ANEW} THEN excluded.since ELSE t.since END,
    next_at = CASE WHEN {_ANEW} THEN NULL ELSE t.next_at END,
    due_at = CASE WHEN t.paused OR t.suspended THEN NULL WHEN {_ANEW} THEN excluded.due_at
                  WHEN excluded.enabled THEN t.due_at END
"""
# Those that the newest save lacks. triggers_of_owner
REMOVE: Final = """
UPDATE triggers SET present = false, due_at = NULL
WHERE owner_kind = $1 AND owner_id = $2::uuid AND present AND NOT id = ANY ($3::text[])
RETURNING row
"""
# triggers_of_owner
SWITCH_ON: Final = f"""
UPDATE triggers
SET enabled = true, since = $3::bigint, next_at = NULL,
    due_at = CASE WHEN present AND NOT paused AND NOT suspended AND type {_CLOCK} THEN $3::bigint END
WHERE owner_kind = $1 AND owner_id = $2::uuid AND NOT enabled
RETURNING row
"""
SWITCH_OFF: Final = """
UPDATE triggers SET enabled = false, due_at = NULL
WHERE owner_kind = $1 AND owner_id = $2::uuid AND enabled
RETURNING row
"""

# triggers: primary key
PAUSE: Final = """
UPDATE triggers SET paused = true, due_at = NULL WHERE row = $1 AND tenant_id = $2 AND NOT paused RETURNING row
"""
RESUME: Final = f"""
UPDATE triggers
SET paused = false, since = $3::bigint, next_at = NULL,
    due_at = CASE WHEN present AND enabled AND NOT suspended AND type {_CLOCK} THEN $3::bigint END
WHERE row = $1 AND tenant_id = $2 AND paused
RETURNING row
"""
# A tenant's, locked in the order in which ``MOVE`` locks. triggers_by_tenant
LOCK_OF_TENANT: Final = "SELECT row FROM triggers WHERE tenant_id = $1 ORDER BY row FOR UPDATE"
SUSPEND: Final = "UPDATE triggers SET suspended = true, due_at = NULL WHERE tenant_id = $1 AND NOT suspended"
GO_ON: Final = f"""
UPDATE triggers
SET suspended = false, since = $2::bigint, next_at = NULL,
    due_at = CASE WHEN present AND enabled AND NOT paused AND type {_CLOCK} THEN $2::bigint END
WHERE tenant_id = $1 AND suspended
"""
# What is saved now is suspended if its tenant is, which it must stay, or not, until the end. tenants: primary key
SUSPENDED: Final = "SELECT suspended_at IS NOT NULL FROM tenants WHERE id = $1 FOR SHARE"
RENEW: Final = """
UPDATE triggers SET key = $3 WHERE row = $1 AND tenant_id = $2 AND type = 'webhook' RETURNING row
"""

_COLUMNS: Final = """
SELECT t.row, t.tenant_id, t.owner_kind, t.owner_id, t.id, t.type, t.document, t.key, t.present, t.enabled, t.paused,
       t.created_at, t.since, t.next_at, t.due_at, coalesce(w.name, r.name) AS owner_name, w.version, w.version_id,
       r.priority, r.document AS rule
FROM triggers t
"""
# workflows, rules: primary keys
_OWNERS: Final = """
LEFT JOIN workflows w ON t.owner_kind = 'workflow' AND w.id = t.owner_id
LEFT JOIN rules r ON t.owner_kind = 'rule' AND r.id = t.owner_id
"""
# triggers: primary key
GET: Final = _COLUMNS + _OWNERS + "WHERE t.row = $1 AND t.tenant_id = $2"
# triggers_by_key
BY_KEY: Final = _COLUMNS + _OWNERS + "WHERE t.key = $1 AND t.key IS NOT NULL AND t.type = 'webhook' AND NOT t.suspended"
# triggers_by_tenant (tenant_id, row), or triggers_of_owner with an owner. {more} are conditions made by list_triggers.
LIST: Final = (
    _COLUMNS
    + _OWNERS
    + """
WHERE t.tenant_id = $1 AND ($2::uuid IS NULL OR t.row > $2) AND t.present {more} ORDER BY t.row LIMIT $3
"""
)
# triggers_due (due_at)
DUE: Final = (
    _COLUMNS + _OWNERS + "WHERE t.due_at IS NOT NULL AND t.due_at <= $1 AND t.acting ORDER BY t.due_at LIMIT $2"
)
NEXT: Final = "SELECT due_at FROM triggers WHERE due_at IS NOT NULL AND acting ORDER BY due_at LIMIT 1"
# triggers_listening (row)
LISTENING: Final = _COLUMNS + _OWNERS + "WHERE t.type = 'event' AND t.acting ORDER BY t.row"

# Each from where it was seen, locked in row order. triggers: primary key
MOVE: Final = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
      AS g (row, since, seen_at, next_at, due_at)
), locked AS MATERIALIZED (
    SELECT t.row FROM triggers t WHERE t.row = ANY ($1::uuid[]) ORDER BY t.row FOR UPDATE
)
UPDATE triggers t SET next_at = g.next_at, due_at = g.due_at
FROM given g
WHERE (SELECT count(*) FROM locked) > 0
  AND t.row = g.row AND t.since = g.since AND t.next_at IS NOT DISTINCT FROM g.seen_at AND t.acting
"""

# The webhooks of workflows. triggers_of_owner
HOOKS: Final = """
SELECT owner_id, id, key FROM triggers
WHERE owner_kind = 'workflow' AND owner_id = ANY ($1::uuid[]) AND present AND type = 'webhook'
"""
