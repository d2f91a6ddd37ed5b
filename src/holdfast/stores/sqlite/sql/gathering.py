"""Statements about events that are put aside until their trigger starts once for many."""

from typing import Final

# primary key; one that was met is left out. gathered_open: seq orders what isn't closed yet
PUT: Final = """
INSERT INTO gathered (trigger_row, event_id, seq, at, hops, event)
VALUES (?1, ?2, 1 + coalesce((SELECT max(seq) FROM gathered INDEXED BY gathered_open
  WHERE trigger_row = ?1 AND batch IS NULL), 0), ?3, ?4, ?5)
ON CONFLICT (trigger_row, event_id) DO NOTHING"""
# primary key: one event more; due_at follows from first_at and last_at
COUNT: Final = """
INSERT INTO gatherings (trigger_row, first_at, last_at, count, size, due_at) VALUES (?1, ?2, ?2, 1, ?3, ?2)
ON CONFLICT (trigger_row) DO UPDATE SET first_at = min(first_at, ?2), last_at = max(last_at, ?2), count = count + 1,
  size = ?3
RETURNING first_at, last_at, count"""
SET_DUE: Final = "UPDATE gatherings SET due_at = ? WHERE trigger_row = ?"
# gathered_open
CLOSE: Final = """
UPDATE gathered SET batch = ?1 WHERE (trigger_row, event_id) IN (
  SELECT trigger_row, event_id FROM gathered INDEXED BY gathered_open
  WHERE trigger_row = ?2 AND batch IS NULL ORDER BY seq LIMIT ?3)"""
# primary key
END: Final = "DELETE FROM gatherings WHERE trigger_row = ?"

# gatherings_due; a trigger may have become one of another type
DUE: Final = """
SELECT g.trigger_row, g.count FROM gatherings g INDEXED BY gatherings_due CROSS JOIN triggers t ON t.row = g.trigger_row
WHERE g.due_at <= ? AND t.acting AND t.type = 'event' ORDER BY g.due_at LIMIT ?"""
NEXT_DUE: Final = """
SELECT g.due_at FROM gatherings g INDEXED BY gatherings_due CROSS JOIN triggers t ON t.row = g.trigger_row
WHERE t.acting AND t.type = 'event' ORDER BY g.due_at LIMIT 1"""
# gathered_closed: handfuls that weren't dropped yet, as they were closed
CLOSED: Final = """
SELECT c.batch, c.trigger_row, min(c.at) AS at, max(c.hops) AS hops
FROM gathered c INDEXED BY gathered_closed CROSS JOIN triggers t ON t.row = c.trigger_row
WHERE c.batch IS NOT NULL AND c.dropped = 0 AND t.acting AND t.type = 'event'
GROUP BY c.batch ORDER BY c.batch LIMIT ?"""
EVENTS: Final = """
SELECT event FROM gathered INDEXED BY gathered_closed
WHERE batch = ? AND batch IS NOT NULL AND dropped = 0 ORDER BY seq"""
DROP: Final = """
UPDATE gathered SET dropped = 1, event = NULL
WHERE batch IN (SELECT value FROM json_each(?)) AND batch IS NOT NULL AND dropped = 0"""

# gathered_dropped
FORGET: Final = """
DELETE FROM gathered WHERE (trigger_row, event_id) IN (
  SELECT trigger_row, event_id FROM gathered INDEXED BY gathered_dropped WHERE dropped = 1 AND at < ? LIMIT ?)"""
# gatherings_due: what triggers that don't act, or listen no more, have gathered long ago
STALE: Final = """
SELECT g.trigger_row, g.count FROM gatherings g INDEXED BY gatherings_due LEFT JOIN triggers t ON t.row = g.trigger_row
WHERE g.due_at < ? AND coalesce(t.acting AND t.type = 'event', 0) = 0 ORDER BY g.due_at LIMIT ?"""
# gathered_closed
STALE_CLOSED: Final = """
SELECT c.batch FROM gathered c INDEXED BY gathered_closed LEFT JOIN triggers t ON t.row = c.trigger_row
WHERE c.batch IS NOT NULL AND c.dropped = 0 AND c.at < ? AND coalesce(t.acting AND t.type = 'event', 0) = 0
GROUP BY c.batch LIMIT ?"""
