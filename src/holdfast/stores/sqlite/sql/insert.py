"""Statements that insert jobs and hold their unique keys."""

from typing import Final

# primary key
KNOWN_IDS: Final = "SELECT id, tenant_id FROM jobs WHERE id IN (SELECT value FROM json_each(?))"

# What a new job fills, by the fields of ``NewJob`` and what follows from them.
JOBS: Final = (
    *("id", "tenant", "kind", "queue", "priority", "payload", "retry", "timeout", "due_at", "deadline_at"),
    *("unique_key", "unique_until", "concurrency_key", "tag", "correlation_id", "run_id", "node_id", "created_at"),
)
ADD_JOBS: Final = """
INSERT INTO jobs (id, tenant_id, kind, queue, priority, payload, retry, timeout, due_at, deadline_at, unique_key,
  unique_until, concurrency_key, tag, correlation_id, run_id, node_id, created_at)
{rows}"""

LIVE: Final = (
    *("id", "tenant", "queue", "kind", "state", "due_at", "rank", "priority", "timeout", "deadline_at", "unique_key"),
    *("concurrency_key", "gated", "tag", "run_id", "node_id"),
)
ADD_LIVE: Final = """
INSERT INTO live (job_id, tenant_id, queue, kind, state, due_at, rank, priority, timeout, deadline_at, unique_key,
  concurrency_key, gated, tag, run_id, node_id)
{rows}"""

ADD_QUEUE: Final = "INSERT INTO queues (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"

# primary keys: a key is held while its job is live, or until its time
KEY_HOLDER: Final = """
SELECT u.job_id, u.until, l.kind, l.queue, l.state, l.due_at, l.priority, l.lease, l.attempt, l.run_id, l.node_id,
  l.concurrency_key
FROM unique_keys u LEFT JOIN live l ON l.job_id = u.job_id
WHERE u.tenant_id = ? AND u.key = ? AND (u.until > ? OR l.job_id IS NOT NULL)"""

TAKE_KEY: Final = """
INSERT INTO unique_keys (tenant_id, key, job_id, until) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until"""

# primary key
FREE_KEY: Final = """
DELETE FROM unique_keys WHERE tenant_id = ? AND key = ? AND job_id = ? AND (until IS NULL OR until <= ?)"""

# primary keys; one with a concurrency key gives its place back
POSTPONE: Final = """
UPDATE live SET state = 'SCHEDULED', due_at = ?2, rank = ?3, gated = concurrency_key IS NOT NULL, metered = 0
WHERE job_id = ?1"""
REPLACE_PAYLOAD: Final = "UPDATE jobs SET payload = ? WHERE id = ?"
