"""Pruning on SQLite holds the writer: a round must cost the same however much is kept, or is still to go."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from holdfast.model.instant import DAY, Instant
from holdfast.stores.sqlite.pruning import prune
from tests.conformance.scene import START, open_store

_JOBS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO jobs (id, tenant_id, kind, queue, priority, retry, timeout, due_at, correlation_id, created_at, state,
  finished_at)
SELECT printf('01a3185c-5000-7000-8000-%012x', i), 'default', 'noop', 'default', 0, '{}', 1, ?2, 'c', ?2, 'SUCCEEDED',
  ?2
FROM n"""
_RUNS = """
INSERT INTO runs (id, tenant_id, workflow_id, workflow, version, version_id, state, trigger, correlation_id, created_at,
  finished_at)
SELECT id, 'default', 'w', 'w', 1, 'v', 'SUCCEEDED', '{}', 'c', created_at, finished_at FROM jobs"""
_NODES = "UPDATE jobs SET run_id = id, node_id = 'a'"
_EVENTS = """
INSERT INTO events (tenant_id, type, at, job_id, data) SELECT 'default', 'job.succeeded', ?, id, '{}' FROM jobs"""


async def steps_of_a_round(file: Path, more: Sequence[str], rows: int, before: Instant) -> tuple[int, int]:
    """How much a round deletes among so many ended jobs, and how many steps (of 100 instructions) it takes."""
    store = await open_store(f"sqlite:///{file}")
    await store.migrate()
    await store.close()
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with sqlite3.connect(file) as database:
        database.row_factory = sqlite3.Row
        database.execute(_JOBS, (rows, START))
        for statement in more:
            database.execute(statement)
        database.execute(_EVENTS, (START,))
        database.set_progress_handler(count, 100)
        deleted = prune(database, before, 10)
    database.close()
    return deleted, steps


async def test_a_round_with_nothing_to_prune_costs_the_same_whatever_is_kept(tmp_path: Path) -> None:
    nothing, little = await steps_of_a_round(tmp_path / "few.db", (), 10, START - DAY)
    still_nothing, much = await steps_of_a_round(tmp_path / "many.db", (), 20_000, START - DAY)
    assert nothing == still_nothing == 0
    assert much <= little + 5


async def test_a_round_costs_the_same_however_many_runs_are_still_to_go(tmp_path: Path) -> None:
    some, little = await steps_of_a_round(tmp_path / "few.db", (_RUNS, _NODES), 20, START + DAY)
    as_many, much = await steps_of_a_round(tmp_path / "many.db", (_RUNS, _NODES), 20_000, START + DAY)
    assert some == as_many == 10
    assert much <= little * 1.5
