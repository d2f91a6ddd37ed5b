"""Statements about events that are put aside until their trigger starts once for many."""

from typing import Final

# In the order of the rows; one that was met is left out. gathered: primary key
PUT: Final = """
INSERT INTO gathered (trigger_row, event_id, at, hops, event)
SELECT g.trigger_row, g.event_id, g.at, g.hops, g.event::json
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::integer[], $5::text[])
  AS g (trigger_row, event_id, at, hops, event)
ON CONFLICT (trigger_row, event_id) DO NOTHING
RETURNING trigger_row, at
"""
# So many events more; due_at is set afterwards, in the same transaction. gatherings: primary key, in its order
COUNT: Final = """
INSERT INTO gatherings AS s (trigger_row, first_at, last_at, count, size, due_at)
SELECT g.trigger_row, g.first_at, g.last_at, g.count, g.size, g.last_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[])
  AS g (trigger_row, first_at, last_at, count, size)
ON CONFLICT (trigger_row) DO UPDATE
SET first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at),
    count = s.count + excluded.count, size = excluded.size
RETURNING trigger_row, first_at, last_at, count, size
"""
# gathered_open (trigger_row, seq)
OPEN: Final = """
SELECT o.trigger_row, o.event_id, o.at FROM unnest($1::uuid[]) AS g (trigger_row)
JOIN gathered o ON o.trigger_row = g.trigger_row AND o.batch IS NULL
ORDER BY o.trigger_row, o.seq
"""
# gathered: primary key
CLOSE: Final = """
UPDATE gathered c SET batch = g.batch
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS g (trigger_row, event_id, batch)
WHERE c.trigger_row = g.trigger_row AND c.event_id = g.event_id
"""
# gatherings: primary key
SET: Final = """
UPDATE gatherings s SET first_at = g.first_at, last_at = g.last_at, count = g.count, due_at = g.due_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[])
  AS g (trigger_row, first_at, last_at, count, due_at)
WHERE s.trigger_row = g.trigger_row
"""
END: Final = "DELETE FROM gatherings WHERE trigger_row = ANY ($1::uuid[])"

# Whether a trigger still takes events; it may have become one of another type. Asked of each row by itself: joined, the
# planner might begin with all triggers. triggers: primary key
_ACTS: Final = "(SELECT t.acting AND t.type = 'event' FROM triggers t WHERE t.row = {row})"
_GATHERS: Final = _ACTS.replace("{row}", "g.trigger_row")
_TAKES: Final = _ACTS.replace("{row}", "c.trigger_row")
# gatherings_due (due_at)
DUE: Final = f"""
SELECT g.trigger_row FROM gatherings g WHERE g.due_at <= $1 AND {_GATHERS} ORDER BY g.due_at LIMIT $2
"""
LOCK_DUE: Final = """
SELECT trigger_row, first_at FROM gatherings WHERE trigger_row = ANY ($1::uuid[]) AND due_at <= $2
ORDER BY trigger_row FOR UPDATE
"""
# All that is open of these. gathered_open
CLOSE_ALL: Final = """
UPDATE gathered c SET batch = g.batch FROM unnest($1::uuid[], $2::uuid[]) AS g (trigger_row, batch)
WHERE c.trigger_row = g.trigger_row AND c.batch IS NULL
"""

# Handfuls that weren't dropped yet, from the oldest, one step in the index for each. gathered_closed (batch, seq)
_CLOSED: Final = """
WITH RECURSIVE closed AS (
    (SELECT batch, trigger_row, at FROM gathered WHERE batch IS NOT NULL AND NOT dropped ORDER BY batch, seq LIMIT 1)
  UNION ALL
    SELECT next.batch, next.trigger_row, next.at FROM closed CROSS JOIN LATERAL (
        SELECT c.batch, c.trigger_row, c.at FROM gathered c
        WHERE c.batch IS NOT NULL AND c.batch > closed.batch AND NOT c.dropped ORDER BY c.batch, c.seq LIMIT 1
    ) next
)
"""
CLOSED: Final = _CLOSED + f"SELECT c.batch FROM closed c WHERE {_TAKES} LIMIT $1::integer"
NEXT: Final = (
    _CLOSED
    + f"""
SELECT least(
    (SELECT c.at FROM closed c WHERE {_TAKES} LIMIT 1),
    (SELECT g.due_at FROM gatherings g WHERE {_GATHERS} ORDER BY g.due_at LIMIT 1)
)
"""
)
# gathered_closed (batch, seq)
EVENTS: Final = """
SELECT c.batch, c.trigger_row, c.at, c.hops, c.event FROM unnest($1::uuid[]) AS g (batch)
JOIN gathered c ON c.batch = g.batch AND c.batch IS NOT NULL AND NOT c.dropped
ORDER BY c.batch, c.seq
"""
DROP: Final = """
UPDATE gathered SET dropped = true, event = NULL
WHERE batch = ANY ($1::uuid[]) AND batch IS NOT NULL AND NOT dropped
"""

# -- pruning

# gathered_dropped (at)
FORGET: Final = """
WITH gone AS (
    DELETE FROM gathered WHERE (trigger_row, event_id) IN (
        SELECT trigger_row, event_id FROM gathered WHERE dropped AND at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
# What was gathered long ago for triggers that don't act, or listen no more. gatherings_due, gathered_open
FORGET_OPEN: Final = f"""
WITH stale AS MATERIALIZED (
    SELECT g.trigger_row FROM gatherings g WHERE g.due_at < $1 AND {_GATHERS} IS NOT TRUE
    ORDER BY g.due_at LIMIT $2 FOR UPDATE OF g SKIP LOCKED
), ended AS (
    DELETE FROM gatherings g USING stale WHERE g.trigger_row = stale.trigger_row
), gone AS (
    DELETE FROM gathered o USING stale WHERE o.trigger_row = stale.trigger_row AND o.batch IS NULL
)
SELECT count(*) FROM stale
"""
# gathered_closed
FORGET_CLOSED: Final = (
    _CLOSED
    + f""", stale AS MATERIALIZED (
    SELECT c.batch FROM closed c WHERE c.at < $1 AND {_TAKES} IS NOT TRUE LIMIT $2::integer
), gone AS (
    DELETE FROM gathered o USING stale WHERE o.batch = stale.batch AND o.batch IS NOT NULL AND NOT o.dropped
)
SELECT count(*) FROM stale
"""
)
