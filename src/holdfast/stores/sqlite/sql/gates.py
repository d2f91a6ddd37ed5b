"""Statements of concurrency keys: what holds a place, what waits for one, and letting it through."""

from typing import Final

ADD_GATE: Final = """
INSERT INTO gates (tenant_id, key, concurrency, rate_count, rate_per, credit, credited_at)
VALUES (?, ?, ?, ?, ?, ?, ?)"""

# primary key
GET_GATE: Final = """
SELECT concurrency, rate_count, rate_per, credit, credited_at, wake_at FROM gates WHERE tenant_id = ? AND key = ?"""
# primary key, live_gated: one row, whether or not the gate is there
LOOK: Final = """
SELECT g.tenant_id IS NOT NULL AS known, g.concurrency, g.rate_count, g.rate_per, g.credit, g.credited_at, g.wake_at,
  EXISTS (SELECT 1 FROM live INDEXED BY live_gated
    WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'PENDING') AS waits,
  EXISTS (SELECT 1 FROM live INDEXED BY live_gated
    WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'SCHEDULED'
      AND due_at <= :now) AS due
FROM (SELECT 1) LEFT JOIN gates g ON g.tenant_id = :tenant AND g.key = :key"""
CHANGE_GATE: Final = """
UPDATE gates SET concurrency = ?3, rate_count = ?4, rate_per = ?5, credit = ?6, credited_at = ?7
WHERE tenant_id = ?1 AND key = ?2"""
SAVE_CREDIT: Final = "UPDATE gates SET credit = ?, credited_at = ? WHERE tenant_id = ? AND key = ?"
SAVE_WAKE: Final = "UPDATE gates SET wake_at = ? WHERE tenant_id = ? AND key = ?"

# live_gated; bounded, so that a flood that becomes due at once doesn't hold the writer
PROMOTE: Final = """
UPDATE live SET state = 'PENDING' WHERE job_id IN (
  SELECT job_id FROM live INDEXED BY live_gated
  WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'SCHEDULED' AND due_at <= :now
  ORDER BY due_at, job_id LIMIT 1000)"""

# live_holding, or the few that keep their place while they wait for a token
TAKEN: Final = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM live INDEXED BY live_holding
    WHERE concurrency_key IS NOT NULL AND gated = 0 AND tenant_id = :tenant AND concurrency_key = :key LIMIT :most))
  + (SELECT count(*) FROM live INDEXED BY live_returning
    WHERE gated = 1 AND metered = 1 AND tenant_id = :tenant AND concurrency_key = :key)"""

# live_holding: let through, not started, each with a token of the rate to come
METERED: Final = """
SELECT count(*) FROM live INDEXED BY live_holding
WHERE concurrency_key IS NOT NULL AND gated = 0 AND tenant_id = :tenant AND concurrency_key = :key
  AND metered = 1 AND state = 'PENDING'"""

# live_returning
RETURNING: Final = """
SELECT job_id, queue FROM live INDEXED BY live_returning
WHERE gated = 1 AND metered = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'PENDING'
ORDER BY due_at, job_id LIMIT :limit"""

# live_gated: the oldest first
OLDEST: Final = """
SELECT job_id, queue FROM live INDEXED BY live_gated
WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'PENDING'
  AND metered = 0
ORDER BY due_at, job_id LIMIT :limit"""

# live_gated_by_rank: in the order of ready work
FIRST: Final = """
SELECT job_id, queue FROM live INDEXED BY live_gated_by_rank
WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'PENDING'
  AND metered = 0
ORDER BY rank, job_id LIMIT :limit"""

# primary key
LET_THROUGH: Final = """
UPDATE live SET gated = 0, metered = ? WHERE job_id IN (SELECT value FROM json_each(?))"""

# live_gated
STILL_WAITING: Final = """
SELECT 1 FROM live INDEXED BY live_gated
WHERE gated = 1 AND tenant_id = :tenant AND concurrency_key = :key AND state = 'PENDING' LIMIT 1"""

# gates_waking
WAKING: Final = """
SELECT tenant_id, key FROM gates INDEXED BY gates_waking WHERE wake_at <= ? ORDER BY wake_at LIMIT ?"""

# live_gated_scheduled
DUE_BEHIND: Final = """
SELECT DISTINCT tenant_id, concurrency_key AS key FROM (
  SELECT tenant_id, concurrency_key FROM live INDEXED BY live_gated_scheduled
  WHERE gated = 1 AND state = 'SCHEDULED' AND queue = ? AND due_at <= ? ORDER BY due_at LIMIT 1000)"""

# live_gated, from key to key
NEXT_BEHIND: Final = """
SELECT tenant_id, concurrency_key FROM live INDEXED BY live_gated
WHERE gated = 1 AND (tenant_id, concurrency_key) > (?, ?) ORDER BY tenant_id, concurrency_key LIMIT 1"""
