"""Deleting sessions, invites and throttles that are over. $1: now, $2: at most so many."""

from typing import Final

# {table}, {key}: its primary key; {over}: the column of its index by time. What was made to last longer since it was
# looked at stays; rows that another process deletes at the same time are skipped.
_PRUNE: Final = """
WITH gone AS (
    DELETE FROM {table} WHERE {key} IN (
        SELECT {key} FROM {table} WHERE {over} <= $1 ORDER BY {over} LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
# sessions_by_expiry
SESSIONS: Final = _PRUNE.format(table="sessions", key="id", over="expires_at")
# invites_by_expiry
INVITES: Final = _PRUNE.format(table="invites", key="id", over="expires_at")
# throttles_by_time
THROTTLES: Final = _PRUNE.format(table="throttles", key="key", over="forget_at")
