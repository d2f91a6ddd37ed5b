"""What must hold in a store at any moment between transactions; each violation is one sentence."""

import sqlite3
from typing import Final

from holdfast.model.instant import MINUTE, Instant

# (what is wrong with the thing named first, a statement that lists such things); :now is the time of the check
CHECKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "run {0} is {1} but no node of it has a live job",
        """SELECT r.id, r.state FROM runs r WHERE r.finished_at IS NULL AND NOT EXISTS (
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
        WHERE j.state IS NOT NULL AND n.state <> j.state""",
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
        """SELECT job_id, count(*) FROM events WHERE type = 'job.succeeded'
        GROUP BY job_id HAVING count(*) > 1""",
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
        "job {0} ended {1} but isn't listed so",
        """SELECT j.id, j.state FROM jobs j LEFT JOIN unhappy u
          ON u.tenant_id = j.tenant_id AND u.state = j.state AND u.job_id = j.id
        WHERE j.state IN ('FAILED', 'DEAD', 'CANCELLED') AND u.job_id IS NULL""",
    ),
)
_SHOWN: Final = 20
# An expired worker's jobs wait for the next round of rescue; only a minute without one is wrong.
_GRACE: Final = MINUTE


def violations(db: sqlite3.Connection, now: Instant) -> list[str]:
    """At most a page per check: one that fails everywhere must not fill the memory."""
    found: list[str] = []
    for sentence, statement in CHECKS:
        rows = db.execute(f"{statement} LIMIT {_SHOWN}", {"now": now, "grace": _GRACE})
        found.extend(sentence.format(*row) for row in rows)
    return found
