"""What must hold in a store at any moment between transactions; each violation is one sentence."""

import re
import sqlite3
from typing import Final

from holdfast.model.instant import MINUTE, SECOND, Instant
from holdfast.stores.belongings import DOOMED, without_doomed
from holdfast.stores.sqlite.access_invariants import ACCESS_CHECKS
from holdfast.stores.sqlite.trigger_invariants import TRIGGER_CHECKS

# Each key with its limit and the places taken: by what is let through, and by what comes back to the place that it kept
# (gated and metered). live_holding, live_gated
_PLACES: Final = """
SELECT g.tenant_id, g.key, g.concurrency, g.rate_count, g.wake_at,
  (SELECT count(*) FROM live l
   WHERE l.tenant_id = g.tenant_id AND l.concurrency_key = g.key AND (l.gated = 0 OR l.metered)) AS taken,
  (SELECT count(*) FROM live l
   WHERE l.tenant_id = g.tenant_id AND l.concurrency_key = g.key AND l.gated = 0 AND l.metered
     AND l.state = 'PENDING') AS ready
FROM gates g"""

# (what is wrong with the thing named first, a statement that lists such things); :now is the time of the check
CHECKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "run {0} is {1} but no node of it has a live job",
        """SELECT r.id, r.state FROM runs r
        WHERE r.finished_at IS NULL AND NOT (r.started_at IS NULL AND r.limit_count IS NOT NULL) AND NOT EXISTS (
          SELECT 1 FROM run_nodes n CROSS JOIN live l ON l.job_id = n.job_id
          WHERE n.run_id = r.id AND n.state = 'ACTIVE')""",
    ),
    (
        "run {0} has ended {1} but is still open, or the other way round",
        """SELECT id, state FROM runs
        WHERE (finished_at IS NULL) <> (state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED'))""",
    ),
    (
        "run {0} has ended but its node {1} is undecided",
        """SELECT r.id, n.node_id FROM runs r CROSS JOIN run_nodes n ON n.run_id = r.id
        WHERE r.finished_at IS NOT NULL AND n.state = 'ACTIVE'""",
    ),
    (
        "node {1} of run {0} is active without a live job",
        """SELECT n.run_id, n.node_id FROM run_nodes n
        WHERE n.state = 'ACTIVE' AND NOT EXISTS (SELECT 1 FROM live l WHERE l.job_id = n.job_id)""",
    ),
    (
        "job {0} is live but its node {1} is decided",
        """SELECT l.job_id, l.node_id FROM live l CROSS JOIN run_nodes n
          ON n.run_id = l.run_id AND n.node_id = l.node_id
        WHERE n.state <> 'ACTIVE' OR n.job_id <> l.job_id""",
    ),
    (
        "job {0} ended {1} but its node says otherwise",
        """SELECT j.id, j.state FROM jobs j CROSS JOIN run_nodes n ON n.run_id = j.run_id AND n.node_id = j.node_id
        WHERE j.state IS NOT NULL AND n.state <> j.state
          AND NOT (j.state = 'CANCELLED' AND n.state IN ('FAILED', 'DEAD'))""",
    ),
    (
        "job {0} is neither live nor ended",
        """SELECT j.id FROM jobs j WHERE j.state IS NULL
        AND NOT EXISTS (SELECT 1 FROM live l WHERE l.job_id = j.id)""",
    ),
    (
        "job {0} is both live and ended {1}",
        "SELECT l.job_id, j.state FROM live l CROSS JOIN jobs j ON j.id = l.job_id WHERE j.state IS NOT NULL",
    ),
    (
        "job {0} waits in queue {1}, which doesn't exist",
        "SELECT l.job_id, l.queue FROM live l LEFT JOIN queues q ON q.name = l.queue WHERE q.name IS NULL",
    ),
    (
        "job {0} is RUNNING without a live lease",
        """SELECT l.job_id FROM live l LEFT JOIN workers w ON w.id = l.worker_id
        WHERE l.state = 'RUNNING' AND (w.id IS NULL OR w.state <> 'ALIVE' OR w.expires_at + :grace <= :now)""",
    ),
    (
        "job {0} succeeded {1} times",
        """SELECT job_id, count(*) FROM (
          SELECT job_id FROM events WHERE type = 'job.succeeded' AND job_id IS NOT NULL
          UNION ALL
          SELECT json_extract(told.value, '$[0]') FROM events e CROSS JOIN json_each(e.data, '$.jobs') AS told
          WHERE e.type = 'job.succeeded' AND e.job_id IS NULL)
        GROUP BY job_id HAVING count(*) > 1""",
    ),
    (
        "job {0} is {1}, but the last transition on record led to {2}",
        """SELECT id, now, last FROM (
          SELECT j.id, j.run_id, coalesce(CASE WHEN l.state = 'HELD' THEN 'PENDING' ELSE l.state END, j.state) AS now, (
            SELECT json_extract(e.data, '$.to') FROM events e
            WHERE e.job_id = j.id AND e.type LIKE 'job.%' ORDER BY e.seq DESC LIMIT 1) AS last
          FROM jobs j LEFT JOIN live l ON l.job_id = j.id)
        WHERE coalesce(last, '') <> now AND NOT (now = 'PENDING' AND last = 'SCHEDULED')
          AND NOT (run_id IS NULL AND last IS NULL AND now IN ('PENDING', 'SCHEDULED'))
          AND NOT (run_id IS NULL AND now IN ('RUNNING', 'SUCCEEDED')
            AND coalesce(last, 'PENDING') IN ('PENDING', 'SCHEDULED', 'WAITING', 'RUNNING'))""",
    ),
    (
        "job {0} waits at a concurrency key that it doesn't have",
        "SELECT job_id FROM live WHERE gated AND concurrency_key IS NULL",
    ),
    (
        "key {1} of tenant {0} has work but no gate",
        """SELECT DISTINCT l.tenant_id, l.concurrency_key FROM live l
        LEFT JOIN gates g ON g.tenant_id = l.tenant_id AND g.key = l.concurrency_key
        WHERE l.concurrency_key IS NOT NULL AND g.key IS NULL""",
    ),
    (
        "key {1} of tenant {0} has {2} places, but {3} are taken",
        f"""SELECT tenant_id, key, concurrency, taken FROM ({_PLACES}) WHERE taken > concurrency""",
    ),
    (
        "work waits at key {1} of tenant {0}, though {3} of its {2} places are taken and no token is awaited",
        f"""SELECT tenant_id, key, concurrency, taken FROM ({_PLACES}) p
        WHERE (concurrency IS NULL OR taken < concurrency) AND wake_at IS NULL
          AND (rate_count IS NULL OR ready < rate_count)
          AND EXISTS (SELECT 1 FROM live l INDEXED BY live_gated
            WHERE l.gated = 1 AND l.tenant_id = p.tenant_id AND l.concurrency_key = p.key AND l.state = 'PENDING'
              AND l.due_at + :moment <= :now)""",
    ),
    (
        "node {1} of run {0} was decided {2} times",
        """SELECT run_id, node_id, count(*) FROM events
        WHERE type IN ('node.completed', 'node.failed', 'node.skipped')
        GROUP BY run_id, node_id HAVING count(*) > 1""",
    ),
    (
        "run {0} was finished {1} times",
        """SELECT run_id, count(*) FROM events WHERE type = 'workflow.finished'
        GROUP BY run_id HAVING count(*) > 1""",
    ),
    (
        "node {1} of run {0} waits for children of which none goes on and none has told its end",
        """SELECT n.run_id, n.node_id FROM run_nodes n
        WHERE n.state = 'ACTIVE' AND n.family IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM run_children c
            WHERE c.run_id = n.run_id AND c.node_id = n.node_id AND c.state = 'LIVE')
          AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.run_id = n.run_id AND i.node_id = n.node_id)""",
    ),
    (
        "node {1} of run {0} has {2} children that go on and {3} that are new, but its family says otherwise",
        """SELECT run_id, node_id, live, new FROM (
          SELECT n.run_id, n.node_id, n.family,
            (SELECT count(*) FROM run_children c
             WHERE c.run_id = n.run_id AND c.node_id = n.node_id AND c.state = 'LIVE') AS live,
            (SELECT count(*) FROM run_children c
             WHERE c.run_id = n.run_id AND c.node_id = n.node_id AND c.state = 'NEW') AS new
          FROM run_nodes n WHERE n.family IS NOT NULL)
        WHERE live <> json_extract(family, '$.live')
          OR (new <> json_extract(family, '$.new') AND json_extract(family, '$.kind') <> 'loop')""",
    ),
    (
        "child {2} of node {1} of run {0} goes on, but its run has ended and told nobody",
        """SELECT c.run_id, c.node_id, c.idx FROM run_children c CROSS JOIN runs parent ON parent.id = c.run_id
        LEFT JOIN runs r ON r.id = c.child_id
        WHERE c.state = 'LIVE' AND (r.id IS NULL OR r.finished_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM inbox i
            WHERE i.run_id = c.run_id AND i.kind = 'child' AND i.node_id = c.node_id AND i.idx = c.idx)""",
    ),
    (
        "run {0} goes on, though node {2} of run {1}, whose child it is, has ended and nobody told it",
        """SELECT r.id, c.run_id, c.node_id FROM run_children c
          CROSS JOIN run_nodes n ON n.run_id = c.run_id AND n.node_id = c.node_id
          CROSS JOIN runs r ON r.id = c.child_id
        WHERE c.state = 'LIVE' AND n.state <> 'ACTIVE' AND NOT json_extract(n.family, '$.detached')
          AND r.finished_at IS NULL AND r.ending IS NULL
          AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.run_id = r.id AND i.kind = 'cancel')""",
    ),
    (
        "run {0} executes a body, but run {1} around it is gone or its node doesn't know it",
        """SELECT r.id, r.parent_id FROM runs r LEFT JOIN run_children c
          ON c.run_id = r.parent_id AND c.node_id = r.parent_node AND c.idx = r.parent_index
        WHERE r.body IS NOT NULL AND r.finished_at IS NULL AND c.child_id IS NOT r.id""",
    ),
    (
        "job {0} of run {1} is {2}, but its run is {3}",
        """SELECT l.job_id, r.id, l.state, r.state FROM live l CROSS JOIN runs r ON r.id = l.run_id
        WHERE (l.state = 'HELD') <> (r.state = 'PAUSED') AND l.state IN ('PENDING', 'SCHEDULED', 'HELD')""",
    ),
    (
        "node {1} of run {0} waits for {2}, but its job isn't parked",
        """SELECT w.run_id, w.node_id, w.name FROM waits w LEFT JOIN live l ON l.job_id = w.job_id
        WHERE l.state IS NOT 'WAITING'""",
    ),
    (
        "job {0} ended {1} but isn't listed so",
        """SELECT j.id, j.state FROM jobs j LEFT JOIN unhappy u
          ON u.tenant_id = j.tenant_id AND u.state = j.state AND u.job_id = j.id
        WHERE j.state IN ('FAILED', 'DEAD', 'CANCELLED') AND u.job_id IS NULL""",
    ),
)
_SHOWN: Final = 20
_INDEXED: Final = re.compile(r" INDEXED BY \w+")
# An expired worker's jobs wait for the next round of rescue; only a minute without one is wrong.
_GRACE: Final = MINUTE
# Work that became due only just may be on its way through its gate.
_MOMENT: Final = 5 * SECOND


def violations(db: sqlite3.Connection, now: Instant) -> list[str]:
    """At most a page per check: one that fails everywhere must not fill the memory."""
    found: list[str] = []
    doomed = db.execute(DOOMED.format(now=now)).fetchone() is not None
    for sentence, check in (*CHECKS, *TRIGGER_CHECKS, *ACCESS_CHECKS):
        statement = without_doomed(now, "main.") + _INDEXED.sub("", check) if doomed else check
        rows = db.execute(f"{statement} LIMIT {_SHOWN}", {"now": now, "grace": _GRACE, "moment": _MOMENT})
        found.extend(sentence.format(*row) for row in rows)
    return found
