"""Statements about triggers, and the counter that tells of their changes."""

from typing import Final

# What makes a clock act (again) begins it anew; an acting clock that wasn't planned yet is due at once.
_CLOCK: Final = "type IN ('cron', 'every', 'at')"

# triggers_of_owner
OF_OWNER: Final = """
SELECT row, id, type, timing, key, present, enabled, paused FROM triggers INDEXED BY triggers_of_owner
WHERE owner_kind = ? AND owner_id = ?"""
ADD: Final = f"""
INSERT INTO triggers (row, tenant_id, owner_kind, owner_id, id, type, document, timing, key, enabled, created_at, since,
  suspended, due_at)
VALUES (:row, :tenant, :kind, :owner, :id, :type, :document, :timing, :key, :enabled, :now, :now,
  :suspended, CASE WHEN :enabled AND NOT :suspended AND {_CLOCK.replace("type", ":type")} THEN :now END)"""
# primary key
CHANGE: Final = "UPDATE triggers SET type = :type, document = :document, timing = :timing, key = :key WHERE row = :row"
BEGIN: Final = f"""
UPDATE triggers SET present = 1, enabled = :enabled, since = :now, next_at = NULL,
  due_at = CASE WHEN :enabled AND NOT paused AND NOT suspended AND {_CLOCK} THEN :now END
WHERE row = :row"""
STOP: Final = "UPDATE triggers SET enabled = :enabled, due_at = NULL WHERE row = :row"
# triggers_of_owner
REMOVE: Final = """
UPDATE triggers SET present = 0, due_at = NULL WHERE owner_kind = ? AND owner_id = ? AND present
  AND id NOT IN (SELECT value FROM json_each(?))"""
SWITCH_ON: Final = f"""
UPDATE triggers SET enabled = 1, since = ?1, next_at = NULL,
  due_at = CASE WHEN present AND NOT paused AND NOT suspended AND {_CLOCK} THEN ?1 END
WHERE owner_kind = ?2 AND owner_id = ?3 AND NOT enabled"""
SWITCH_OFF: Final = """
UPDATE triggers SET enabled = 0, due_at = NULL WHERE owner_kind = ?1 AND owner_id = ?2 AND enabled"""
# primary key
PAUSE: Final = "UPDATE triggers SET paused = 1, due_at = NULL WHERE row = ? AND NOT paused"
RESUME: Final = f"""
UPDATE triggers SET paused = 0, since = ?1, next_at = NULL,
  due_at = CASE WHEN present AND enabled AND NOT suspended AND {_CLOCK} THEN ?1 END
WHERE row = ?2 AND paused"""
# triggers_by_tenant
SUSPEND: Final = "UPDATE triggers SET suspended = 1, due_at = NULL WHERE tenant_id = ? AND NOT suspended"
GO_ON: Final = f"""
UPDATE triggers SET suspended = 0, since = ?1, next_at = NULL,
  due_at = CASE WHEN present AND enabled AND NOT paused AND {_CLOCK} THEN ?1 END
WHERE tenant_id = ?2 AND suspended"""
# tenants' primary key
SUSPENDED: Final = "SELECT 1 FROM tenants WHERE id = ? AND suspended_at IS NOT NULL"
RENEW: Final = "UPDATE triggers SET key = ? WHERE row = ?"

_COLUMNS: Final = """
SELECT t.row, t.tenant_id, t.owner_kind, t.owner_id, t.id, t.type, t.document, t.key, t.present, t.enabled, t.paused,
  t.created_at, t.since, t.next_at, t.due_at, coalesce(w.name, r.name) AS owner_name, w.version, w.version_id,
  r.priority, r.document AS rule"""
# primary keys
_OWNERS: Final = """
  LEFT JOIN workflows w ON t.owner_kind = 'workflow' AND w.id = t.owner_id
  LEFT JOIN rules r ON t.owner_kind = 'rule' AND r.id = t.owner_id"""
BY_ROW: Final = f"{_COLUMNS} FROM triggers t {_OWNERS} WHERE t.row = ? AND t.tenant_id = ?"
BY_KEY: Final = f"""
{_COLUMNS} FROM triggers t INDEXED BY triggers_by_key {_OWNERS}
WHERE t.key = ? AND t.key IS NOT NULL AND t.type = 'webhook' AND NOT t.suspended"""
LIST: Final = f"""
{_COLUMNS} FROM triggers t INDEXED BY {{source}} {_OWNERS}
WHERE t.tenant_id = :tenant AND t.row > :after AND t.present {{more}} ORDER BY t.row LIMIT :limit"""
DUE: Final = f"""
{_COLUMNS} FROM triggers t INDEXED BY triggers_due {_OWNERS}
WHERE t.due_at IS NOT NULL AND t.due_at <= ? AND t.acting ORDER BY t.due_at LIMIT ?"""
NEXT: Final = """
SELECT due_at FROM triggers INDEXED BY triggers_due WHERE due_at IS NOT NULL AND acting ORDER BY due_at LIMIT 1"""
LISTENING: Final = f"""
{_COLUMNS} FROM triggers t INDEXED BY triggers_listening {_OWNERS}
WHERE t.type = 'event' AND t.acting ORDER BY t.row"""

# primary key; row, since, next_at as seen, next_at, due_at
MOVE: Final = """
UPDATE triggers SET next_at = v.column4, due_at = v.column5 FROM ({rows}) AS v
WHERE row = v.column1 AND since = v.column2 AND next_at IS v.column3 AND acting"""

# primary key
RAISE: Final = """
INSERT INTO leads (name, text) VALUES ('listeners', '1')
ON CONFLICT (name) DO UPDATE SET text = CAST(text AS INTEGER) + 1"""
VERSION: Final = "SELECT text FROM leads WHERE name = 'listeners'"

# triggers_of_owner
HOOKS: Final = """
SELECT owner_id, id, key FROM triggers INDEXED BY triggers_of_owner
WHERE owner_kind = 'workflow' AND owner_id IN (SELECT value FROM json_each(?)) AND present AND type = 'webhook'"""
