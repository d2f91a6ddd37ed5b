"""Deleting what is older than its retention, a portion at a time, each in a short transaction of its own.

Ids begin with the time they were made at, so the oldest rows are the first of an index and no index on an end time is
needed: a row made after the horizon can't have ended before it. A job's or run's events are its history: they go with
it. Events of nothing that is kept are in order of time but for the length of a transaction, so their first rows tell
whether anything is left to delete. Rows that another process deletes at the same time are skipped.
"""

from collections.abc import Sequence
from typing import Any, Final

from holdfast.model.audit import KEEP as AUDIT_KEEP
from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant, Micros
from holdfast.model.statistics import KEEP, KEEP_MINUTES
from holdfast.stores.postgres.audit import Audit
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import access_pruning, gathering, statistics, trigger_pruning, workflows
from holdfast.stores.retention import FIRST_ID, Rules, Seen, Stretch, Walks, prune_jobs

QUEUE_RULES: Final = "SELECT name, retention FROM queues WHERE retention::text <> '{}'"
TENANT_RULES: Final = "SELECT id, retention FROM tenants WHERE retention::text <> '{}'"

# From tenant to tenant in an index (never over their rows), whether or not they are in the table of tenants. {table}:
# one with an index that begins with tenant_id, {more}: that index's condition.
_OWNERS: Final = """
WITH RECURSIVE owners AS (
    (SELECT tenant_id FROM {table} WHERE true {more} ORDER BY tenant_id LIMIT 1)
  UNION ALL
    SELECT next.tenant_id FROM owners CROSS JOIN LATERAL (
        SELECT tenant_id FROM {table} x WHERE x.tenant_id > owners.tenant_id {more} ORDER BY tenant_id LIMIT 1
    ) next
)
"""
JOB_OWNERS: Final = _OWNERS.format(table="jobs", more="") + "SELECT tenant_id FROM owners"

# jobs: primary key (tenant_id, id)
LOOK: Final = """
SELECT id, tenant_id, queue, state, run_id, finished_at FROM jobs
WHERE tenant_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4
"""

# Remembers the last of each tenant's events that ``told`` has deleted. events_pruned: primary key, taken in its order,
# so that two who prune at once wait for each other and no more.
_MARK: Final = """, marked AS (
    INSERT INTO events_pruned AS p (tenant_id, xid, seq)
    SELECT DISTINCT ON (tenant_id) tenant_id, xid, seq FROM told ORDER BY tenant_id, xid DESC, seq DESC
    ON CONFLICT (tenant_id) DO UPDATE SET xid = excluded.xid, seq = excluded.seq
    WHERE (p.xid, p.seq) < (excluded.xid, excluded.seq)
)"""

# Those of these jobs that haven't changed since they were looked at. jobs, unhappy, job_steps, attempt_logs,
# firing_jobs: primary keys; events_of_jobs, deliveries_by_job.
DROP_JOBS: Final = f"""
WITH old AS MATERIALIZED (
    SELECT j.tenant_id, j.id
    FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS g (tenant_id, id, finished_at)
    JOIN jobs j ON j.tenant_id = g.tenant_id AND j.id = g.id AND j.finished_at = g.finished_at AND j.state IS NOT NULL
    FOR UPDATE OF j SKIP LOCKED
), gone AS (
    DELETE FROM jobs j USING old WHERE j.tenant_id = old.tenant_id AND j.id = old.id
    RETURNING j.tenant_id, j.state, j.id
), listed AS (
    DELETE FROM unhappy u USING gone
    WHERE u.tenant_id = gone.tenant_id AND u.state = gone.state AND u.job_id = gone.id AND gone.state <> 'SUCCEEDED'
), told AS (
    DELETE FROM events e USING gone WHERE e.job_id = gone.id RETURNING e.tenant_id, e.xid, e.seq
){_MARK}, steps AS (
    DELETE FROM job_steps s USING gone WHERE s.job_id = gone.id
), logged AS (
    DELETE FROM attempt_logs l USING gone WHERE l.job_id = gone.id
), fired AS (
    DELETE FROM firing_jobs f USING gone WHERE f.job_id = gone.id
), delivered AS (
    DELETE FROM deliveries d USING gone WHERE d.job_id = gone.id
)
SELECT count(*) FROM gone
"""

# ``old`` names the runs to delete. run_nodes, run_children: primary keys; jobs_of_runs, events_of_runs,
# firings_by_run, inbox_by_run, waits_by_run, signals_by_run.
_DROP_RUNS: Final = f""", gone AS (
    DELETE FROM runs r USING old WHERE r.id = old.id RETURNING r.id
), told AS (
    DELETE FROM events e USING old WHERE e.run_id = old.id RETURNING e.tenant_id, e.xid, e.seq
){_MARK}, fired AS (
    DELETE FROM firings f USING old WHERE f.run_id = old.id AND f.run_id IS NOT NULL
), nodes AS (
    DELETE FROM run_nodes n USING old WHERE n.run_id = old.id
), children AS (
    DELETE FROM run_children c USING old WHERE c.run_id = old.id
), read AS (
    DELETE FROM inbox i USING old WHERE i.run_id = old.id
), awaited AS (
    DELETE FROM waits w USING old WHERE w.run_id = old.id
), kept AS (
    DELETE FROM signals s USING old WHERE s.run_id = old.id
), theirs AS (
    DELETE FROM jobs j USING old WHERE j.run_id = old.id RETURNING j.tenant_id, j.state, j.id
), listed AS (
    DELETE FROM unhappy u USING theirs
    WHERE u.tenant_id = theirs.tenant_id AND u.state = theirs.state AND u.job_id = theirs.id
), steps AS (
    DELETE FROM job_steps s USING theirs WHERE s.job_id = theirs.id
), logged AS (
    DELETE FROM attempt_logs l USING theirs WHERE l.job_id = theirs.id
)
SELECT count(*) FROM gone
"""
# runs_by_tenant (tenant_id, id), from the oldest.
PRUNE_RUNS: Final = (
    _OWNERS.format(table="runs", more="AND body IS NULL")
    + """, old AS MATERIALIZED (
    SELECT r.id FROM owners o CROSS JOIN LATERAL (
        SELECT id FROM runs WHERE tenant_id = o.tenant_id AND id < $2 AND finished_at < $1 AND body IS NULL
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) r LIMIT $3
)"""
    + _DROP_RUNS
)
# A body's run has ended before the run that it belongs to, which keeps its result: it goes by its own age.
# runs_of_bodies (id), from the oldest.
PRUNE_BODIES: Final = (
    """WITH old AS MATERIALIZED (
    SELECT id FROM runs WHERE id < $2 AND finished_at < $1 AND body IS NOT NULL
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
)"""
    + _DROP_RUNS
)

# events_of_nothing (tenant_id, xid, seq), its first rows
PRUNE_EVENTS: Final = (
    _OWNERS.format(table="events", more="AND job_id IS NULL AND run_id IS NULL")
    + f""", told AS (
    DELETE FROM events e USING (
        SELECT f.place, f.at FROM owners o CROSS JOIN LATERAL (
            SELECT ctid AS place, at FROM events
            WHERE tenant_id = o.tenant_id AND job_id IS NULL AND run_id IS NULL ORDER BY xid, seq LIMIT $2
        ) f WHERE f.at < $1 LIMIT $2
    ) first
    WHERE e.ctid = first.place
    RETURNING e.tenant_id, e.xid, e.seq
){_MARK}
SELECT count(*) FROM told
"""
)

# dedupe_by_expiry (expires_at)
PRUNE_DEDUPE: Final = """
WITH gone AS (
    DELETE FROM dedupe WHERE (tenant_id, scope, key) IN (
        SELECT tenant_id, scope, key FROM dedupe WHERE expires_at < $1
        ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""

# unique_keys_until (until)
PRUNE_KEYS: Final = """
WITH gone AS (
    DELETE FROM unique_keys WHERE (tenant_id, key) IN (
        SELECT tenant_id, key FROM unique_keys WHERE until < $1 AND NOT held
        ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""

# mail_by_tenant (tenant_id, at, id)
PRUNE_MAIL: Final = (
    _OWNERS.format(table="mail", more="")
    + """, gone AS (
    DELETE FROM mail WHERE id IN (
        SELECT m.id FROM owners o CROSS JOIN LATERAL (
            SELECT id FROM mail WHERE tenant_id = o.tenant_id AND at < $1 ORDER BY at, id LIMIT $2
        ) m LIMIT $2
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
)

# Gates in key order, a portion at a time. gates: primary key
NEXT_GATES: Final = """
SELECT tenant_id, key FROM gates WHERE (tenant_id, key) > ($1::text, $2::text) ORDER BY tenant_id, key LIMIT $3
"""
# Those that nothing changed for long, with a bucket that is full by now and without work. An insert locks the gate
# before it adds work, so what is locked here and has none, in a snapshot taken after it, will get none. live_holding,
# live_gated.
_NO_WORK: Final = """
NOT EXISTS (SELECT FROM live l WHERE l.tenant_id = g.tenant_id AND l.concurrency_key = g.key AND NOT l.gated)
  AND NOT EXISTS (SELECT FROM live l WHERE l.tenant_id = g.tenant_id AND l.concurrency_key = g.key AND l.gated)
"""
LOCK_GATES: Final = f"""
SELECT g.tenant_id, g.key FROM unnest($1::text[], $2::text[]) AS given (tenant_id, key)
JOIN gates g ON g.tenant_id = given.tenant_id AND g.key = given.key
WHERE g.credited_at < $3 AND coalesce(g.credited_at + g.rate_per <= $4, true) AND {_NO_WORK}
ORDER BY g.tenant_id, g.key FOR UPDATE OF g SKIP LOCKED
"""
DROP_GATES: Final = f"""
WITH gone AS (
    DELETE FROM gates g USING unnest($1::text[], $2::text[]) AS given (tenant_id, key)
    WHERE g.tenant_id = given.tenant_id AND g.key = given.key AND {_NO_WORK}
    RETURNING 1
)
SELECT count(*) FROM gone
"""

PRUNE_WORKERS: Final = """
DELETE FROM workers w WHERE w.state <> 'ALIVE' AND w.expires_at < $1
  AND NOT EXISTS (SELECT FROM live l WHERE l.worker_id = w.id AND l.state = 'RUNNING')
"""

# A run takes its nodes, jobs and events along, and an event may tell of hundreds of jobs: few go at once.
RUNS_AT_ONCE: Final = 50
EVENTS_AT_ONCE: Final = 100
# A firing may have inserted thousands of jobs, and a handful holds hundreds of events.
FIRINGS_AT_ONCE: Final = 100
HANDFULS_AT_ONCE: Final = 10
GATES_AT_ONCE: Final = 500
MEMORIES_AT_ONCE: Final = 500


class Prune(Audit):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._walks = Walks()
        self._last_gate = ("", "")
        self._last_memory = (FIRST_ID, "")

    async def prune(self, now: Instant, keep: Micros, limit: int = 500) -> int:
        before = now - keep
        horizon = uuid7(max(before, 0), 0)
        deleted = await self._in_steps(PRUNE_BODIES, (before, horizon), limit, RUNS_AT_ONCE)
        deleted += await self._in_steps(PRUNE_RUNS, (before, horizon), limit - deleted, RUNS_AT_ONCE)
        if deleted < limit:
            deleted += await self._prune_jobs(now, keep, limit - deleted)
        for statement, values, portion in (
            (workflows.PRUNE_DRAFTS, (before,), limit),
            (PRUNE_EVENTS, (before,), EVENTS_AT_ONCE),
            (PRUNE_DEDUPE, (now,), limit),
            (PRUNE_KEYS, (now,), limit),
            (PRUNE_MAIL, (before,), limit),
            (trigger_pruning.FIRINGS, (before,), FIRINGS_AT_ONCE),
            (trigger_pruning.BACKFILLS, (before, horizon), limit),
            (statistics.PRUNE, (now - KEEP,), limit),
            (statistics.FOLD, (now - KEEP_MINUTES,), limit),
            (statistics.PRUNE_DEPTHS, (now - KEEP,), limit),
            (statistics.PRUNE_BETWEEN, (now - KEEP_MINUTES,), limit),
            (gathering.FORGET, (before,), limit),
            (gathering.FORGET_OPEN, (before,), HANDFULS_AT_ONCE),
            (gathering.FORGET_CLOSED, (before,), HANDFULS_AT_ONCE),
            (access_pruning.SESSIONS, (now,), limit),
            (access_pruning.INVITES, (now,), limit),
            (access_pruning.THROTTLES, (now,), limit),
        ):
            deleted += await self._in_steps(statement, values, limit - deleted, portion)
        if deleted < limit:
            deleted += await self.prune_audit(now - AUDIT_KEEP, limit - deleted)
        await self._db.fetch(PRUNE_WORKERS, before)
        return deleted + await self._prune_gates(before, now) + await self._prune_memories()

    async def _prune_memories(self) -> int:
        """Looks at the next memories of rules; from the start again after the last."""
        rows = await self._db.fetch(trigger_pruning.NEXT_MEMORIES, *self._last_memory, MEMORIES_AT_ONCE)
        found = [(row["rule_id"], row["tenant_id"]) for row in rows]
        self._last_memory = found[-1] if len(found) == MEMORIES_AT_ONCE else (FIRST_ID, "")
        return int(await self._db.value(trigger_pruning.DROP_MEMORIES, *columns(found, 2))) if found else 0

    async def _prune_gates(self, before: Instant, now: Instant) -> int:
        """Looks at the next gates; from the start again after the last."""

        async def work(connection: Connection) -> int:
            keys = [tuple(row) for row in await connection.fetch(LOCK_GATES, *columns(found, 2), before, now)]
            return int(await connection.fetchval(DROP_GATES, *columns(keys, 2))) if keys else 0

        found = [tuple(row) for row in await self._db.fetch(NEXT_GATES, *self._last_gate, GATES_AT_ONCE)]
        self._last_gate = found[-1] if len(found) == GATES_AT_ONCE else ("", "")
        return await self._db.transact(work) if found else 0

    async def _prune_jobs(self, now: Instant, keep: Micros, limit: int) -> int:
        rules = Rules.read(keep, await self._db.fetch(QUEUE_RULES), await self._db.fetch(TENANT_RULES))
        tenants = [row["tenant_id"] for row in await self._db.fetch(JOB_OWNERS)]

        async def look(stretch: Stretch, count: int) -> Sequence[Seen]:
            rows = await self._db.fetch(LOOK, stretch.scope, stretch.after, stretch.before, count)
            return [Seen(*row) for row in rows]

        async def drop(jobs: Sequence[Seen]) -> int:
            rows = [(job.tenant, job.id, job.finished_at) for job in jobs]
            return int(await self._db.value(DROP_JOBS, *columns(rows, 3)))

        stretches = self._walks.stretches(rules, {tenant: rules.lengths(tenant) for tenant in tenants}, now)
        return await prune_jobs(self._walks, stretches, rules, now, limit, look, drop)

    async def _in_steps(self, statement: str, values: tuple[Any, ...], limit: int, portion: int) -> int:
        """Repeats a statement, which takes the most to delete as its last argument, as long as it finds enough."""
        deleted = 0
        while deleted < limit:
            count = min(portion, limit - deleted)
            gone = int(await self._db.value(statement, *values, count))
            deleted += gone
            if gone < count:
                break
        return deleted
