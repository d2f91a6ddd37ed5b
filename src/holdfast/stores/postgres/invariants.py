"""What must always hold, asked of the whole database in one snapshot: for ``doctor`` and the end of chaos tests.

Each check is a query of the ids that break it; an empty answer is well. Big joins are right here, so the planner gets
its usual freedom back for this transaction.
"""

from typing import Final

from holdfast.model.instant import LATEST, MINUTE, SECOND, Instant, Micros
from holdfast.stores.belongings import DOOMED, without_doomed
from holdfast.stores.postgres.access_invariants import ACCESS_CHECKS
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.trigger_invariants import TRIGGER_CHECKS

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

# Each key with its limit and the places taken: by what is let through, and by what comes back to the place that it kept
# (gated and metered).
PLACES: Final = """
SELECT g.tenant_id, g.key, g.concurrency, g.rate_count, g.wake_at,
       count(l.job_id) FILTER (WHERE NOT l.gated OR l.metered) AS taken,
       count(l.job_id) FILTER (WHERE NOT l.gated AND l.metered AND l.state = 'PENDING') AS ready,
       min(l.due_at) FILTER (WHERE l.gated AND l.state = 'PENDING') AS waits_since
FROM gates g JOIN live l ON l.tenant_id = g.tenant_id AND l.concurrency_key = g.key
GROUP BY g.tenant_id, g.key, g.concurrency, g.rate_count, g.wake_at
"""

CHECKS: Final[dict[str, str]] = {
    "live jobs without a job": """
        SELECT l.job_id FROM live l LEFT JOIN jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
        WHERE j.id IS NULL""",
    "live jobs whose queue doesn't exist": """
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
        LEFT JOIN LATERAL (
            SELECT e.data ->> 'to' AS state FROM events e
            WHERE e.job_id = j.id AND e.type LIKE 'job.%' ORDER BY e.seq DESC LIMIT 1
        ) last ON true
        WHERE last.state IS DISTINCT FROM coalesce(l.state, j.state)
          AND NOT (l.state IN ('PENDING', 'HELD') AND last.state = 'SCHEDULED') IS TRUE
          AND NOT (l.state = 'HELD' AND last.state = 'PENDING') IS TRUE
          AND NOT (j.run_id IS NULL AND last.state IS NULL AND l.state IN ('PENDING', 'SCHEDULED')) IS TRUE
          AND NOT (j.run_id IS NULL AND coalesce(l.state, j.state) IN ('RUNNING', 'SUCCEEDED')
                   AND coalesce(last.state, 'PENDING') IN ('PENDING', 'SCHEDULED', 'WAITING', 'RUNNING'))""",
    "jobs that succeeded more than once": """
        SELECT job_id FROM (
            SELECT job_id::text FROM events WHERE type = 'job.succeeded' AND job_id IS NOT NULL
          UNION ALL
            SELECT told.entry ->> 0
            FROM events e CROSS JOIN LATERAL json_array_elements(e.data -> 'jobs') AS told (entry)
            WHERE e.type = 'job.succeeded' AND e.job_id IS NULL
        ) AS succeeded (job_id)
        GROUP BY job_id HAVING count(*) > 1""",
    "jobs that wait at a concurrency key without having one": """
        SELECT job_id FROM live WHERE gated AND concurrency_key IS NULL""",
    "concurrency keys that have work but no gate": """
        SELECT DISTINCT l.concurrency_key, l.tenant_id FROM live l
        LEFT JOIN gates g ON g.tenant_id = l.tenant_id AND g.key = l.concurrency_key
        WHERE l.concurrency_key IS NOT NULL AND g.key IS NULL""",
    "concurrency keys with more places taken than there are": f"""
        SELECT key, tenant_id FROM ({PLACES}) AS places WHERE taken > concurrency""",
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
        WHERE CASE WHEN n.state = 'ACTIVE' THEN l.job_id IS NULL ELSE j.state IS DISTINCT FROM n.state END
          AND NOT (j.state = 'CANCELLED' AND n.state IN ('FAILED', 'DEAD')) IS TRUE""",
}

# A run that hasn't ended has something that will carry it on.
OF_RUNS: Final[dict[str, str]] = {
    "runs that are stuck: nothing of them is due, running, scheduled or parked": """
        SELECT r.id FROM runs r
        WHERE r.finished_at IS NULL AND r.state <> 'PAUSED' AND r.started_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM run_nodes n JOIN live l ON l.job_id = n.job_id WHERE n.run_id = r.id AND n.state = 'ACTIVE')""",
    "runs that are stuck: a parked node of them awaits no signal, time, child or mail": f"""
        SELECT r.id FROM live l JOIN runs r ON r.id = l.run_id
        WHERE l.state = 'WAITING' AND l.due_at >= {LATEST} AND r.state <> 'PAUSED'
          AND EXISTS (SELECT FROM events e WHERE e.job_id = l.job_id AND e.type = 'node.waiting')
          AND NOT EXISTS (SELECT FROM waits w WHERE w.job_id = l.job_id)
          AND NOT EXISTS (SELECT FROM inbox i WHERE i.run_id = r.id)
          AND NOT EXISTS (
            SELECT FROM run_children c JOIN runs child ON child.id = c.child_id
            WHERE c.run_id = l.run_id AND c.node_id = l.node_id AND c.state = 'LIVE' AND child.finished_at IS NULL)""",
    "runs that wait for a place without a limit": """
        SELECT id FROM runs WHERE finished_at IS NULL AND started_at IS NULL AND limit_count IS NULL""",
    "jobs held back though their run isn't paused": """
        SELECT l.job_id FROM live l LEFT JOIN runs r ON r.id = l.run_id
        WHERE l.state = 'HELD' AND r.state IS DISTINCT FROM 'PAUSED'""",
    "jobs of paused runs that could be claimed": """
        SELECT l.job_id FROM live l JOIN runs r ON r.id = l.run_id
        WHERE l.state IN ('PENDING', 'SCHEDULED') AND r.state = 'PAUSED'""",
    "waits whose job isn't parked": """
        SELECT w.job_id FROM waits w LEFT JOIN live l ON l.job_id = w.job_id
        WHERE l.state IS DISTINCT FROM 'WAITING'""",
    "nodes whose children are counted wrongly": """
        SELECT n.run_id, n.node_id FROM run_nodes n CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE c.state = 'LIVE') AS live, count(*) FILTER (WHERE c.state = 'NEW') AS new,
                   count(*) AS total
            FROM run_children c WHERE c.run_id = n.run_id AND c.node_id = n.node_id
        ) counted
        WHERE n.state = 'ACTIVE' AND n.family IS NOT NULL
          AND (counted.live <> (n.family ->> 'live')::integer
               OR counted.new <> CASE n.family ->> 'kind' WHEN 'loop' THEN 0 ELSE (n.family ->> 'new')::integer END
               OR counted.total <> (n.family ->> 'total')::integer
                  - CASE n.family ->> 'kind' WHEN 'loop' THEN (n.family ->> 'new')::integer ELSE 0 END)""",
    "children that have ended without their parent knowing": """
        SELECT c.child_id FROM run_children c LEFT JOIN runs child ON child.id = c.child_id
        WHERE c.state = 'LIVE' AND (child.id IS NULL OR child.finished_at IS NOT NULL) AND NOT EXISTS (
            SELECT FROM inbox i
            WHERE i.run_id = c.run_id AND i.kind = 'child' AND i.node_id = c.node_id AND i.idx = c.idx)""",
    "runs of bodies that go on after the run around them": """
        SELECT r.id FROM runs r LEFT JOIN runs parent ON parent.id = r.parent_id
        WHERE r.body IS NOT NULL AND r.finished_at IS NULL AND (parent.id IS NULL OR parent.finished_at IS NOT NULL)
          AND NOT EXISTS (SELECT FROM inbox i WHERE i.run_id = r.id AND i.kind = 'cancel')""",
}

# Work that became due only just may be on its way through its gate.
MOMENT: Final = 5 * SECOND

AT_TIME: Final[dict[str, tuple[str, Micros]]] = {
    "RUNNING jobs without a live lease of a worker": (LEASES, GRACE),
    "concurrency keys at which work waits though there is a place and no token is awaited": (
        f"""SELECT key, tenant_id FROM ({PLACES}) AS places
        WHERE (concurrency IS NULL OR taken < concurrency) AND wake_at IS NULL
          AND (rate_count IS NULL OR ready < rate_count) AND waits_since + $2::bigint <= $1::bigint""",
        MOMENT,
    ),
}


class Invariants(Part):
    async def check_invariants(self, now: Instant) -> list[str]:
        async def work(connection: Connection) -> list[str]:
            await connection.execute(SNAPSHOT)
            given = without_doomed(now) if await connection.fetch(DOOMED.format(now=now)) else ""
            found = [
                await _broken(connection, given, name, query)
                for name, query in (CHECKS | OF_RUNS | TRIGGER_CHECKS | ACCESS_CHECKS).items()
            ]
            for name, (query, moment) in AT_TIME.items():
                found.append(await _broken(connection, given, name, query, now, moment))
            return [sentence for sentence in found if sentence is not None]

        return await self._db.transact(work)


async def _broken(connection: Connection, given: str, name: str, query: str, *values: Instant) -> str | None:
    counted = f"{given}SELECT broken.*, count(*) OVER () AS total FROM ({query}) AS broken LIMIT {SHOWN}"
    rows = await connection.fetch(counted, *values)
    if not rows:
        return None
    shown = ", ".join(str(row[0]) for row in rows)
    return f"{name}: {rows[0]['total']} ({shown}{', …' if rows[0]['total'] > SHOWN else ''})"
