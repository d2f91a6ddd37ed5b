"""Deleting what triggers leave behind: old firings, met events, finished backfills, memories of rules that are gone.

Firings of runs go with their runs, those of jobs that haven't ended stay: they tell how many starts led there. What a
trigger has gathered that doesn't act any more goes when it is old. Each step is small, like all pruning.
"""

import sqlite3
from typing import Final

from holdfast.model.ids import uuid7
from holdfast.model.instant import Instant
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.sql import gathering

# firings_by_time, from the oldest; firing_jobs_by_firing
OLD_FIRINGS: Final = """
SELECT id FROM firings f INDEXED BY firings_by_time
WHERE run_id IS NULL AND at < ? AND NOT EXISTS (
  SELECT 1 FROM firing_jobs j INDEXED BY firing_jobs_by_firing CROSS JOIN live l ON l.job_id = j.job_id
  WHERE j.firing_id = f.id)
ORDER BY at LIMIT ?"""
_DROP_FIRING_JOBS: Final = """
DELETE FROM firing_jobs WHERE job_id IN (
  SELECT job_id FROM firing_jobs INDEXED BY firing_jobs_by_firing
  WHERE firing_id IN (SELECT value FROM json_each(?)))"""
_DROP_FIRINGS: Final = "DELETE FROM firings WHERE id IN (SELECT value FROM json_each(?))"
# primary key, from the oldest
_DROP_BACKFILLS: Final = """
DELETE FROM backfills WHERE id IN (SELECT id FROM backfills WHERE id < ? AND finished_at < ? ORDER BY id LIMIT ?)"""
# gathered_open; fewer than the trigger's size
_DROP_OPEN: Final = """
DELETE FROM gathered WHERE (trigger_row, event_id) IN (
  SELECT trigger_row, event_id FROM gathered INDEXED BY gathered_open WHERE trigger_row = ? AND batch IS NULL)"""
# Memories in order, a portion at a time: primary key
_NEXT_MEMORIES: Final = """
SELECT rule_id, tenant_id FROM rule_memories WHERE (rule_id, tenant_id) > (?, ?) ORDER BY rule_id, tenant_id LIMIT ?"""
# primary keys
_DROP_MEMORY: Final = """
DELETE FROM rule_memories WHERE rule_id = ?1 AND tenant_id = ?2
  AND NOT (EXISTS (SELECT 1 FROM rules WHERE id = ?1) AND EXISTS (SELECT 1 FROM tenants WHERE id = ?2))"""

# A firing may have inserted thousands of jobs.
FIRINGS_AT_ONCE: Final = 100
MEMORIES_AT_ONCE: Final = 500

Memory = tuple[str, str]


def prune_firings(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    ids = [row["id"] for row in db.execute(OLD_FIRINGS, (before, limit))]
    if ids:
        db.execute(_DROP_FIRING_JOBS, (id_list(ids),))
        db.execute(_DROP_FIRINGS, (id_list(ids),))
    return len(ids)


def prune_gathered(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    """Events that were met, and what was gathered for triggers that don't act any more."""
    deleted = db.execute(gathering.FORGET, (before, limit)).rowcount
    for row in db.execute(gathering.STALE, (before, 1)).fetchall():
        deleted += db.execute(_DROP_OPEN, (row["trigger_row"],)).rowcount
        db.execute(gathering.END, (row["trigger_row"],))
    stale = [row["batch"] for row in db.execute(gathering.STALE_CLOSED, (before, 1))]
    if stale:
        db.execute(gathering.DROP, (id_list(stale),))
    return min(deleted, limit)


def prune_backfills(db: sqlite3.Connection, before: Instant, limit: int) -> int:
    return db.execute(_DROP_BACKFILLS, (uuid7(max(before, 0), 0), before, limit)).rowcount


def next_memories(db: sqlite3.Connection, after: Memory) -> list[Memory]:
    return [(row[0], row[1]) for row in db.execute(_NEXT_MEMORIES, (*after, MEMORIES_AT_ONCE))]


def drop_memories(db: sqlite3.Connection, memories: list[Memory]) -> int:
    """Those whose rule or tenant is gone."""
    return sum(db.execute(_DROP_MEMORY, memory).rowcount for memory in memories)
