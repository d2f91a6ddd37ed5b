"""Deleting what is older than the retention, a portion at a time.

Ids begin with the time they were made at, so the oldest rows are the first of an index and no index on an end time is
needed: a row made after the horizon can't have ended before it. A job's or run's events are its history: they go with
it. Events of nothing that is kept are in order of time but for the length of a transaction, so their first rows tell
whether anything is left to delete.
"""

from typing import Final

from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant, Micros
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part

# $1 horizon, $2 the first id that could be made at it, $3 how many. jobs: primary key, from the oldest;
# events_of_jobs.
PRUNE_JOBS: Final = """
WITH old AS MATERIALIZED (
    SELECT j.tenant_id, j.id FROM tenants t CROSS JOIN LATERAL (
        SELECT tenant_id, id FROM jobs
        WHERE tenant_id = t.id AND id < $2 AND finished_at < $1 AND state IS NOT NULL AND run_id IS NULL
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) j LIMIT $3
), gone AS (
    DELETE FROM jobs j USING old WHERE j.tenant_id = old.tenant_id AND j.id = old.id
    RETURNING j.tenant_id, j.id, j.unique_key
), listed AS (
    DELETE FROM unhappy u USING gone WHERE u.tenant_id = gone.tenant_id AND u.job_id = gone.id
      AND u.state IN ('FAILED', 'DEAD', 'CANCELLED')
), told AS (
    DELETE FROM events e USING gone WHERE e.job_id = gone.id
), keys AS MATERIALIZED (
    SELECT u.tenant_id, u.key FROM gone JOIN unique_keys u
      ON u.tenant_id = gone.tenant_id AND u.key = gone.unique_key AND u.job_id = gone.id
    WHERE gone.unique_key IS NOT NULL AND NOT u.held AND u.until < $1
    ORDER BY u.tenant_id, u.key FOR UPDATE OF u
), freed AS (
    DELETE FROM unique_keys u USING keys WHERE u.tenant_id = keys.tenant_id AND u.key = keys.key
)
SELECT count(*) FROM gone
"""

# runs_by_tenant (tenant_id, id), from the oldest; then run_nodes, jobs_of_runs,
# events_of_runs.
PRUNE_RUNS: Final = """
WITH old AS MATERIALIZED (
    SELECT r.id FROM tenants t CROSS JOIN LATERAL (
        SELECT id FROM runs WHERE tenant_id = t.id AND id < $2 AND finished_at < $1
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) r LIMIT $3
), gone AS (
    DELETE FROM runs r USING old WHERE r.id = old.id RETURNING r.id
), told AS (
    DELETE FROM events e USING old WHERE e.run_id = old.id
), nodes AS (
    DELETE FROM run_nodes n USING old WHERE n.run_id = old.id
), theirs AS (
    DELETE FROM jobs j USING old WHERE j.run_id = old.id RETURNING j.tenant_id, j.id
), listed AS (
    DELETE FROM unhappy u USING theirs WHERE u.tenant_id = theirs.tenant_id AND u.job_id = theirs.id
      AND u.state IN ('FAILED', 'DEAD', 'CANCELLED')
)
SELECT count(*) FROM gone
"""

# events_of_nothing (tenant_id, xid, seq), its first rows
PRUNE_EVENTS: Final = """
WITH gone AS (
    DELETE FROM events e USING (
        SELECT f.place, f.at FROM tenants t CROSS JOIN LATERAL (
            SELECT ctid AS place, at FROM events
            WHERE tenant_id = t.id AND job_id IS NULL AND run_id IS NULL ORDER BY xid, seq LIMIT $2
        ) f
    ) first
    WHERE e.ctid = first.place AND first.at < $1
    RETURNING 1
)
SELECT count(*) FROM gone
"""

# dedupe_by_expiry (expires_at)
PRUNE_DEDUPE: Final = """
DELETE FROM dedupe WHERE (tenant_id, scope, key) IN (
    SELECT tenant_id, scope, key FROM dedupe WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""

PRUNE_WORKERS: Final = """
DELETE FROM workers w WHERE w.state <> 'ALIVE' AND w.expires_at < $1
  AND NOT EXISTS (SELECT FROM live l WHERE l.worker_id = w.id AND l.state = 'RUNNING')
"""


class Prune(Part):
    async def prune(self, now: Instant, keep: Micros, limit: int = 500) -> int:
        before = now - keep
        horizon = uuid7(before, 0)

        async def work(connection: Connection) -> int:
            runs = await connection.fetchval(PRUNE_RUNS, before, horizon, limit)
            jobs = await connection.fetchval(PRUNE_JOBS, before, horizon, limit)
            events = await connection.fetchval(PRUNE_EVENTS, before, limit)
            await connection.fetch(PRUNE_DEDUPE, before, limit)
            await connection.fetch(PRUNE_WORKERS, before)
            return int(runs + jobs + events)

        return await self._db.transact(work)
