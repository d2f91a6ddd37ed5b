"""Statements of a person's wishes: cancel, retry, discard."""

from typing import Final

# primary key
OF_TENANT: Final = """
SELECT id, run_id FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND tenant_id = ?"""
STATE: Final = """
SELECT j.state, j.run_id, l.state AS live_state FROM jobs j LEFT JOIN live l ON l.job_id = j.id
WHERE j.id = ? AND j.tenant_id = ?"""
REQUEST_CANCEL: Final = "UPDATE live SET cancel_requested = 1 WHERE job_id IN (SELECT value FROM json_each(?))"

# primary key; a lone job that ended badly comes back with a fresh budget; attempt and lease numbers go on
ENDED_BADLY: Final = """
SELECT id, tenant_id, kind, queue, priority, state, unique_key, unique_until, concurrency_key, lease, attempt,
  run_id, node_id
FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND tenant_id = ? AND state IN ('FAILED', 'DEAD', 'CANCELLED')
ORDER BY id"""
REVIVE_LIVE: Final = """
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
  concurrency_key, gated, tag, attempt, base_attempt, lease)
SELECT j.id, j.tenant_id, j.queue, j.kind, 'PENDING', v.column2, v.column3, j.priority, j.timeout,
  CASE WHEN j.deadline_at > v.column2 THEN j.deadline_at END, j.unique_key, j.concurrency_key,
  j.concurrency_key IS NOT NULL, j.tag, j.attempt, j.attempt, j.lease
FROM ({rows}) AS v CROSS JOIN jobs j ON j.id = v.column1"""
REVIVE_JOBS: Final = """
UPDATE jobs SET state = NULL, result = NULL, error = NULL, finished_at = NULL, base_attempt = attempt,
  deadline_at = CASE WHEN deadline_at > ? THEN deadline_at END
WHERE id IN (SELECT value FROM json_each(?))"""

# primary key, then live's: a key is held while its job is live, or until its time
KEY_HOLDER: Final = """
SELECT u.job_id FROM unique_keys u
WHERE u.tenant_id = ? AND u.key = ? AND (u.until > ? OR EXISTS (SELECT 1 FROM live l WHERE l.job_id = u.job_id))"""
TAKE_KEY: Final = """
INSERT INTO unique_keys (tenant_id, key, job_id, until) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until"""

# primary keys
DROP_UNHAPPY: Final = "DELETE FROM unhappy WHERE (tenant_id, state, job_id) IN ({rows})"
ADD_UNHAPPY: Final = "INSERT INTO unhappy (tenant_id, state, job_id) {rows} ON CONFLICT DO NOTHING"
DISCARD: Final = """
UPDATE jobs SET state = 'CANCELLED', error = ?, finished_at = ? WHERE id IN (SELECT value FROM json_each(?))"""

# A key that was idle for so long that its gate is gone: its work goes one by one, until an insert says otherwise.
ADD_GATES: Final = "INSERT INTO gates (tenant_id, key, concurrency, credited_at) {rows} ON CONFLICT DO NOTHING"
