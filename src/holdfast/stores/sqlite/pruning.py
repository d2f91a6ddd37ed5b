"""Deleting what is older than its retention, in small steps, and giving the freed pages back.

Each step is a write of its own, so that claims come in between. Ids order things by creation, so the oldest runs are at
the start of the primary key. What hasn't ended is left alone whatever its age, and so are its events: they are its
history. Freed pages are used again; only when many lie idle is the file made smaller.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from holdfast.model.audit import KEEP as AUDIT_KEEP
from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant, Micros
from holdfast.model.statistics import KEEP, KEEP_MINUTES
from holdfast.stores.codec import encode
from holdfast.stores.retention import Rules, Seen, Stretch, Walks, prune_jobs
from holdfast.stores.sqlite.audit import Audit
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.sql import access_pruning, statistics
from holdfast.stores.sqlite.sql.workflows import DROP_DRAFTS
from holdfast.stores.sqlite.statistics import fold_figures
from holdfast.stores.sqlite.trigger_pruning import (
    FIRINGS_AT_ONCE,
    MEMORIES_AT_ONCE,
    drop_memories,
    next_memories,
    prune_backfills,
    prune_firings,
    prune_gathered,
)

_QUEUE_RULES: Final = "SELECT name, retention FROM queues WHERE retention <> '{}'"
_TENANT_RULES: Final = "SELECT id, retention FROM tenants WHERE retention <> '{}'"

# primary keys, from the oldest
_OLD_RUNS: Final = "SELECT id FROM runs WHERE id < ? AND finished_at < ? ORDER BY id LIMIT ?"
_LOOK: Final = """
SELECT id, tenant_id, queue, state, run_id, finished_at FROM jobs WHERE id > ? AND id < ? ORDER BY id LIMIT ?"""
# jobs_run_node
_JOBS_OF: Final = "SELECT id FROM jobs WHERE run_id IN (SELECT value FROM json_each(?))"
# primary key; one that was revived or discarded since it was looked at has another end
_STILL_ENDED: Final = """
SELECT j.id FROM json_each(?) AS v CROSS JOIN jobs j ON j.id = json_extract(v.value, '$[0]')
WHERE j.finished_at = json_extract(v.value, '$[1]')"""
_DROP_RUNS: Final = (
    "DELETE FROM run_nodes WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM run_children WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM inbox WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM waits WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM signals WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM events WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM firings WHERE run_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?))",
)
_DROP_JOBS: Final = (
    """DELETE FROM unhappy WHERE (tenant_id, state, job_id) IN (
      SELECT tenant_id, state, id FROM jobs WHERE id IN (SELECT value FROM json_each(?)))""",
    "DELETE FROM events WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM job_steps WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM attempt_logs WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM firing_jobs WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM deliveries WHERE job_id IN (SELECT value FROM json_each(?))",
    "DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))",
)
# events_of_nothing, from the oldest; events of jobs and runs are their history and go with them
_DROP_EVENTS: Final = """
DELETE FROM events WHERE seq IN (
  SELECT seq FROM events INDEXED BY events_of_nothing
  WHERE job_id IS NULL AND run_id IS NULL AND at < ? ORDER BY at LIMIT ?)"""
# dedupe_expires
_DROP_DEDUPE: Final = """
DELETE FROM dedupe WHERE (tenant_id, scope, key) IN (
  SELECT tenant_id, scope, key FROM dedupe INDEXED BY dedupe_expires WHERE expires_at < ? LIMIT ?)"""
# unique_keys_until
_DROP_KEYS: Final = """
DELETE FROM unique_keys WHERE (tenant_id, key) IN (
  SELECT tenant_id, key FROM unique_keys u INDEXED BY unique_keys_until
  WHERE until IS NOT NULL AND until < ? AND NOT EXISTS (SELECT 1 FROM live l WHERE l.job_id = u.job_id) LIMIT ?)"""
# mail_tenant
_DROP_MAIL: Final = """
DELETE FROM mail WHERE id IN (
  SELECT m.id FROM tenants t CROSS JOIN mail m INDEXED BY mail_tenant ON m.tenant_id = t.id WHERE m.at < ? LIMIT ?)"""
# Gates in key order, a portion at a time: primary key
_NEXT_GATES: Final = """
SELECT tenant_id, key FROM gates WHERE (tenant_id, key) > (?, ?) ORDER BY tenant_id, key LIMIT ?"""
# One that nothing changed for long, with a bucket that is full by now and without work: live_holding, live_gated
_DROP_GATE: Final = """
DELETE FROM gates WHERE tenant_id = ?1 AND key = ?2 AND credited_at < ?3
  AND coalesce(credited_at + rate_per <= ?4, 1)
  AND NOT EXISTS (SELECT 1 FROM live l INDEXED BY live_holding
    WHERE l.tenant_id = ?1 AND l.concurrency_key = ?2 AND l.concurrency_key IS NOT NULL AND l.gated = 0)
  AND NOT EXISTS (SELECT 1 FROM live l INDEXED BY live_gated
    WHERE l.tenant_id = ?1 AND l.concurrency_key = ?2 AND l.gated = 1)"""
_DROP_WORKERS: Final = """
DELETE FROM workers WHERE state <> 'ALIVE' AND heartbeat_at < ?
  AND NOT EXISTS (SELECT 1 FROM live l WHERE l.state = 'RUNNING' AND l.worker_id = workers.id)"""

# A run takes its nodes, jobs and events along: few go at once, so that the writer is soon free again.
_RUNS_AT_ONCE: Final = 20
# An event may tell of hundreds of jobs.
_EVENTS_AT_ONCE: Final = 100
_GATES_AT_ONCE: Final = 500
# Each is written once more.
_FIGURES_AT_ONCE: Final = 200

# Idle pages are kept for what comes next, unless they are many and a large part of the file.
_IDLE_PAGES: Final = 1_000
_IDLE_PART: Final = 4
# The driver steps a statement without columns once, and a step gives one page back, whatever number is asked for.
_VACUUM: Final = "PRAGMA incremental_vacuum(1)"
_PAGES_AT_ONCE: Final = 250
_ROUNDS: Final = 20

Step = Callable[[sqlite3.Connection, int], int]


class Pruning(Audit):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._walks = Walks()
        self._last_gate = ("", "")
        self._last_memory = ("", "")

    async def prune(self, now: Instant, keep: Micros, limit: int = 500) -> int:
        before = now - keep
        deleted = await self._in_steps(lambda db, count: prune_runs(db, before, count), limit, _RUNS_AT_ONCE)
        if deleted < limit:
            deleted += await self._prune_jobs(now, keep, limit - deleted)
        for step, portion in (
            (lambda db, count: db.execute(DROP_DRAFTS, (before, count)).rowcount, limit),
            (lambda db, count: db.execute(_DROP_EVENTS, (before, count)).rowcount, _EVENTS_AT_ONCE),
            (lambda db, count: db.execute(_DROP_DEDUPE, (now, count)).rowcount, limit),
            (lambda db, count: db.execute(_DROP_KEYS, (now, count)).rowcount, limit),
            (lambda db, count: db.execute(_DROP_MAIL, (before, count)).rowcount, limit),
            (lambda db, count: prune_firings(db, before, count), FIRINGS_AT_ONCE),
            (lambda db, count: prune_gathered(db, before, count), limit),
            (lambda db, count: prune_backfills(db, before, count), limit),
            (lambda db, count: db.execute(statistics.PRUNE, (now - KEEP, count)).rowcount, limit),
            (lambda db, count: fold_figures(db, now - KEEP_MINUTES, count), _FIGURES_AT_ONCE),
            (lambda db, count: db.execute(statistics.PRUNE_DEPTHS, (now - KEEP, count)).rowcount, limit),
            (lambda db, count: db.execute(statistics.PRUNE_BETWEEN, (now - KEEP_MINUTES, count)).rowcount, limit),
            (lambda db, count: db.execute(access_pruning.SESSIONS, (now, count)).rowcount, limit),
            (lambda db, count: db.execute(access_pruning.INVITES, (now, count)).rowcount, limit),
            (lambda db, count: db.execute(access_pruning.THROTTLES, (now, count)).rowcount, limit),
        ):
            deleted += await self._in_steps(step, limit - deleted, portion)
        if deleted < limit:
            deleted += await self.prune_audit(now - AUDIT_KEEP, limit - deleted)
        await self._write(lambda db: db.execute(_DROP_WORKERS, (before,)))
        await self._give_pages_back(1 if deleted == limit else _ROUNDS)
        return deleted + await self._prune_gates(before, now) + await self._prune_memories()

    async def _prune_gates(self, before: Instant, now: Instant) -> int:
        """Looks at the next gates; from the start again after the last."""

        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in db.execute(_NEXT_GATES, (*self._last_gate, _GATES_AT_ONCE))]

        found = await self._read(read)
        self._last_gate = found[-1] if len(found) == _GATES_AT_ONCE else ("", "")
        if not found:
            return 0
        return await self._write(lambda db: sum(_drop_gate(db, key, before, now) for key in found))

    async def _prune_memories(self) -> int:
        """Looks at the next memories of rules; from the start again after the last."""
        found = await self._read(lambda db: next_memories(db, self._last_memory))
        self._last_memory = found[-1] if len(found) == MEMORIES_AT_ONCE else ("", "")
        return await self._write(lambda db: drop_memories(db, found)) if found else 0

    async def _give_pages_back(self, rounds: int) -> None:
        while rounds and await self._write(give_pages_back):
            rounds -= 1

    async def _prune_jobs(self, now: Instant, keep: Micros, limit: int) -> int:
        rules = await self._read(lambda db: Rules.read(keep, db.execute(_QUEUE_RULES), db.execute(_TENANT_RULES)))

        async def look(stretch: Stretch, count: int) -> Sequence[Seen]:
            return await self._read(lambda db: look_at(db, stretch, count))

        async def drop(jobs: Sequence[Seen]) -> int:
            return await self._write(lambda db: drop_ended(db, jobs))

        stretches = self._walks.stretches(rules, {"": rules.lengths()}, now)
        return await prune_jobs(self._walks, stretches, rules, now, limit, look, drop)

    async def _in_steps(self, step: Step, limit: int, portion: int) -> int:
        deleted = 0
        while deleted < limit:
            count = min(portion, limit - deleted)
            gone = await self._write(lambda db, count=count: step(db, count))  # type: ignore[misc]
            deleted += gone
            if gone < count:
                break
        return deleted


def prune_runs(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    """Deletes the oldest ended runs with all that is theirs."""
    runs = [row["id"] for row in db.execute(_OLD_RUNS, (uuid7(max(before, 0), 0), before, limit))]
    _drop(db, _DROP_JOBS, [row["id"] for row in db.execute(_JOBS_OF, (id_list(runs),))])
    _drop(db, _DROP_RUNS, runs)
    return len(runs)


def look_at(db: sqlite3.Connection, stretch: Stretch, count: int) -> list[Seen]:
    return [Seen(*row) for row in db.execute(_LOOK, (stretch.after, stretch.before, count))]


def drop_ended(db: sqlite3.Connection, jobs: Sequence[Seen]) -> int:
    """Deletes those of these jobs that haven't changed, with all that is theirs."""
    pairs = encode([(job.id, job.finished_at) for job in jobs])
    ids = [row["id"] for row in db.execute(_STILL_ENDED, (pairs,))]
    _drop(db, _DROP_JOBS, ids)
    return len(ids)


def _drop(db: sqlite3.Connection, statements: Sequence[str], ids: Sequence[str]) -> None:
    if ids:
        for statement in statements:
            db.execute(statement, (id_list(ids),))


def _drop_gate(db: sqlite3.Connection, key: tuple[str, str], before: Instant, now: Instant) -> int:
    return db.execute(_DROP_GATE, (*key, before, now)).rowcount


def give_pages_back(db: sqlite3.Connection) -> bool:
    """Makes the file smaller by a few pages if many lie idle; whether they did."""
    idle, pages = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    if idle <= max(_IDLE_PAGES, pages // _IDLE_PART):
        return False
    for _ in range(_PAGES_AT_ONCE):
        db.execute(_VACUUM)
    return True
