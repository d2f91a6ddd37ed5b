"""What must always hold, asked of the whole database in one snapshot: for ``doctor`` and the end of chaos tests.

Each check is a query of the ids that break it; an empty answer is well. Big joins are right here, so the planner gets
its usual freedom back for this transaction.
"""

from typing import Final

from holdfast.model.instant import MINUTE, Instant
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part

SHOWN: Final = 3

SNAPSHOT: Final = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL enable_seqscan = on;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on;
SET LOCAL enable_bitmapscan = on;
SET LOCAL plan_cache_mode = auto;
"""

# An expired worker's jobs wait for the next round of rescue; only a minute without one is wrong.
GRACE: Final = MINUTE
LEASES: Final = """
    SELECT l.job_id FROM live l LEFT JOIN workers w ON w.id = l.worker_id
    WHERE l.state = 'RUNNING' AND (w.id IS NULL OR w.state <> 'ALIVE' OR w.expires_at + $2::bigint <= $1)"""

CHECKS: Final[dict[str, str]] = {
    "live jobs without a job": """
        SELECT l.job_id FROM live l LEFT JOIN jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
        WHERE j.id IS NULL""",
    "live jobs whose queue doesn't exist": """
        SELECT l.job_id FROM live l LEFT JOIN queues q ON q.name = l.queue
        WHERE q.name IS NULL""",
    "live jobs in a queue that doesn't exist": """
        SELECT l.job_id FROM live l LEFT JOIN queues q ON q.name = l.queue
        WHERE q.name IS NULL""",
    "jobs that are live and ended at once": """
        SELECT l.job_id FROM live l JOIN jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
        WHERE j.state IS NOT NULL""",
    "jobs that neither are live nor ended": """
        SELECT j.id FROM jobs j LEFT JOIN live l ON l.job_id = j.id
        WHERE j.state IS NULL AND l.job_id IS NULL""",
    "jobs whose last recorded transition isn't their state": """
        SELECT j.id FROM jobs j LEFT JOIN live l ON l.job_id = j.id
        JOIN LATERAL (
            SELECT e.data ->> 'to' AS state FROM events e
            WHERE e.job_id = j.id AND e.data ->> 'to' IS NOT NULL ORDER BY e.seq DESC LIMIT 1
        ) last ON true
        WHERE last.state <> coalesce(l.state, j.state) AND NOT (last.state = 'SCHEDULED' AND l.state = 'PENDING')
         """,
    "jobs that succeeded more than once": """
        SELECT job_id FROM events WHERE type = 'job.succeeded'
        GROUP BY job_id HAVING count(*) > 1""",
    "ended jobs missing from the list of those that ended badly": """
        SELECT j.id FROM jobs j
        LEFT JOIN unhappy u ON u.tenant_id = j.tenant_id AND u.state = j.state AND u.job_id = j.id
        WHERE j.state IN ('FAILED', 'DEAD', 'CANCELLED') AND u.job_id IS NULL""",
    "listed as ended badly without having done so": """
        SELECT u.job_id FROM unhappy u LEFT JOIN jobs j ON j.tenant_id = u.tenant_id AND j.id = u.job_id
        WHERE j.state IS DISTINCT FROM u.state""",
    "unique keys held by jobs that have ended": """
        SELECT u.job_id FROM unique_keys u LEFT JOIN live l ON l.job_id = u.job_id
        WHERE u.held AND l.job_id IS NULL""",
    "runs that are stuck: nothing of them is due, running, scheduled or parked": """
        SELECT r.id FROM runs r
        WHERE r.finished_at IS NULL AND r.state <> 'PAUSED' AND NOT EXISTS (
            SELECT FROM run_nodes n JOIN live l ON l.job_id = n.job_id WHERE n.run_id = r.id AND n.state = 'ACTIVE')""",
    "ended runs with jobs that go on": """
        SELECT r.id FROM runs r JOIN live l ON l.run_id = r.id
        WHERE r.finished_at IS NOT NULL""",
    "runs whose state and end disagree": """
        SELECT id FROM runs
        WHERE (state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) <> (finished_at IS NOT NULL)""",
    "ended runs with undecided nodes": """
        SELECT r.id FROM runs r JOIN run_nodes n ON n.run_id = r.id AND n.state = 'ACTIVE'
        WHERE r.finished_at IS NOT NULL""",
    "runs with a node whose job disagrees": """
        SELECT n.run_id FROM run_nodes n JOIN jobs j ON j.run_id = n.run_id AND j.node_id = n.node_id
        LEFT JOIN live l ON l.job_id = j.id
        WHERE CASE WHEN n.state = 'ACTIVE' THEN l.job_id IS NULL ELSE j.state IS DISTINCT FROM n.state END""",
}


class Invariants(Part):
    async def check_invariants(self, now: Instant) -> list[str]:
        async def work(connection: Connection) -> list[str]:
            await connection.execute(SNAPSHOT)
            found = [await _broken(connection, "RUNNING jobs without a live lease of a worker", LEASES, now, GRACE)]
            found += [await _broken(connection, name, query) for name, query in CHECKS.items()]
            return [sentence for sentence in found if sentence is not None]

        return await self._db.transact(work)


async def _broken(connection: Connection, name: str, query: str, *values: Instant) -> str | None:
    counted = f"SELECT broken.*, count(*) OVER () AS total FROM ({query}) AS broken LIMIT {SHOWN}"
    rows = await connection.fetch(counted, *values)
    if not rows:
        return None
    shown = ", ".join(str(row[0]) for row in rows)
    return f"{name}: {rows[0]['total']} ({shown}{', …' if rows[0]['total'] > SHOWN else ''})"
