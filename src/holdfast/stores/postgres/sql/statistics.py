"""Statements for figures and depths of queues. See ``model.statistics`` for the columns."""

from typing import Final

from holdfast.model.statistics import COLUMNS, LATER

_NAMES: Final = ", ".join(COLUMNS)
_SUMS: Final = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in COLUMNS)
_TOTALS: Final = ", ".join(f"sum({name})::bigint" for name in COLUMNS)
_ARRAYS: Final = ", ".join(f"${place}::integer[]" for place in range(4, 4 + len(COLUMNS)))
# Rows come in key order, so that two who add at once wait for each other and no more.
ADD: Final = f"""
INSERT INTO statistics AS s (tenant_id, at, queue, {_NAMES})
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], {_ARRAYS})
ON CONFLICT (tenant_id, at, queue) DO UPDATE SET {_SUMS}
"""

# statistics: primary key, from a tenant's first minute on
READ: Final = f"""
SELECT ($3::bigint + (at - $3) / $5::bigint * $5)::bigint AS point, {_TOTALS}
FROM statistics
WHERE tenant_id = $1 AND at >= $3 AND at < $4 AND ($2::text IS NULL OR queue = $2 OR queue = '')
GROUP BY point ORDER BY point
"""

# One pass over live (see ``queues.ONE_PASS``).
SAMPLE: Final = """
INSERT INTO queue_depths (tenant_id, at, queue, pending, running, scheduled, oldest)
SELECT tenant_id, $1::bigint, queue,
       count(*) FILTER (WHERE state = 'PENDING' OR state = 'SCHEDULED' AND due_at <= $2),
       count(*) FILTER (WHERE state = 'RUNNING'),
       count(*) FILTER (WHERE state = 'SCHEDULED' AND due_at > $2),
       greatest($2::bigint - coalesce(
           min(due_at) FILTER (WHERE NOT gated AND state IN ('PENDING', 'SCHEDULED') AND due_at <= $2), $2), 0)
FROM live WHERE state IN ('PENDING', 'SCHEDULED', 'RUNNING') GROUP BY tenant_id, queue
ON CONFLICT DO NOTHING
"""

# queue_depths: primary key, from a tenant's first minute on
DEPTHS: Final = """
SELECT ($3::bigint + (at - $3) / $5::bigint * $5)::bigint AS point, queue,
       max(pending) AS pending, max(running) AS running, max(scheduled) AS scheduled, max(oldest) AS oldest
FROM queue_depths
WHERE tenant_id = $1 AND at >= $3 AND at < $4 AND ($2::text IS NULL OR queue = $2)
GROUP BY point, queue ORDER BY queue, point
"""

_PRUNE: Final = """
WITH gone AS (
    DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} WHERE at < $1 {more} ORDER BY at LIMIT $2) RETURNING 1
)
SELECT count(*) FROM gone
"""
# Minutes become part of their quarter of an hour. statistics_between; primary key, in its order.
FOLD: Final = f"""
WITH gone AS (
    DELETE FROM statistics WHERE ctid IN (
        SELECT ctid FROM statistics WHERE at < $1 AND at % {LATER} <> 0 ORDER BY at LIMIT $2
    ) RETURNING *
), kept AS (
    INSERT INTO statistics AS s (tenant_id, at, queue, {_NAMES})
    SELECT tenant_id, at - at % {LATER} AS quarter, queue, {", ".join(f"sum({name})" for name in COLUMNS)} FROM gone
    GROUP BY tenant_id, quarter, queue ORDER BY tenant_id, quarter, queue
    ON CONFLICT (tenant_id, at, queue) DO UPDATE SET {_SUMS}
)
SELECT count(*) FROM gone
"""
# statistics_by_time, queue_depths_by_time, queue_depths_between
PRUNE: Final = _PRUNE.format(table="statistics", more="")
PRUNE_DEPTHS: Final = _PRUNE.format(table="queue_depths", more="")
PRUNE_BETWEEN: Final = _PRUNE.format(table="queue_depths", more=f"AND at % {LATER} <> 0")
