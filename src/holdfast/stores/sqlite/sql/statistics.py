"""Statements for figures and depths of queues on SQLite. See ``model.statistics`` for the columns."""

from typing import Final

from holdfast.model.statistics import COLUMNS, LATER

_NAMES: Final = ", ".join(COLUMNS)
_SUMS: Final = ", ".join(f"{name} = {name} + excluded.{name}" for name in COLUMNS)
# primary key
ADD: Final = f"""
INSERT INTO statistics (tenant_id, at, queue, {_NAMES}) VALUES (?, ?, ?, {", ".join("?" * len(COLUMNS))})
ON CONFLICT (tenant_id, at, queue) DO UPDATE SET {_SUMS}"""

# primary key, from a tenant's first minute on
READ: Final = f"""
SELECT :since + (at - :since) / :step * :step AS point, {", ".join(f"sum({name})" for name in COLUMNS)} FROM statistics
WHERE tenant_id = :tenant AND at >= :since AND at < :until AND (:queue IS NULL OR queue = :queue OR queue = '')
GROUP BY point ORDER BY point"""

SAMPLED: Final = "SELECT 1 FROM queue_depths INDEXED BY queue_depths_by_time WHERE at = ? LIMIT 1"
# One pass over live.
COUNT: Final = """
SELECT tenant_id, :minute, queue,
  sum(state = 'PENDING' OR (state = 'SCHEDULED' AND due_at <= :now)),
  sum(state = 'RUNNING'),
  sum(state = 'SCHEDULED' AND due_at > :now),
  max(:now - coalesce(
    min(CASE WHEN NOT gated AND state IN ('PENDING', 'SCHEDULED') AND due_at <= :now THEN due_at END), :now), 0)
FROM live WHERE state IN ('PENDING', 'SCHEDULED', 'RUNNING') GROUP BY tenant_id, queue"""
KEEP: Final = """
INSERT INTO queue_depths (tenant_id, at, queue, pending, running, scheduled, oldest) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING"""

# primary key, from a tenant's first minute on
DEPTHS: Final = """
SELECT :since + (at - :since) / :step * :step AS point, queue, max(pending), max(running), max(scheduled), max(oldest)
FROM queue_depths
WHERE tenant_id = :tenant AND at >= :since AND at < :until AND (:queue IS NULL OR queue = :queue)
GROUP BY point, queue ORDER BY queue, point"""

_PRUNE: Final = """
DELETE FROM {table} WHERE (tenant_id, at, queue) IN (
  SELECT tenant_id, at, queue FROM {table} INDEXED BY {index} WHERE at < ? {more} ORDER BY at LIMIT ?)"""
_BETWEEN: Final = f"AND at % {LATER} <> 0"
PRUNE: Final = _PRUNE.format(table="statistics", index="statistics_by_time", more="")
TAKE_BETWEEN: Final = f"""
{_PRUNE.format(table="statistics", index="statistics_between", more=_BETWEEN)}
RETURNING tenant_id, at - at % {LATER}, queue, {_NAMES}"""
PRUNE_DEPTHS: Final = _PRUNE.format(table="queue_depths", index="queue_depths_by_time", more="")
PRUNE_BETWEEN: Final = _PRUNE.format(table="queue_depths", index="queue_depths_between", more=_BETWEEN)
