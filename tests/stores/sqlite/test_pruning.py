"""Pruning on SQLite holds the writer: with nothing to delete, it must cost the same however much is kept."""

import sqlite3
from pathlib import Path

from holdfast.model.instant import DAY
from holdfast.stores.sqlite.pruning import prune
from tests.conformance.scene import START, open_store

_JOBS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO jobs (id, tenant_id, kind, queue, priority, retry, timeout, due_at, correlation_id, created_at, state,
  finished_at)
SELECT printf('01a3185c-5000-7000-8000-%012x', i), 'default', 'noop', 'default', 0, '{}', 1, ?2, 'c', ?2, 'SUCCEEDED',
  ?2
FROM n"""
_EVENTS = """
INSERT INTO events (tenant_id, type, at, job_id, data) SELECT 'default', 'job.succeeded', ?, id, '{}' FROM jobs"""


async def steps_of_a_round(file: Path, kept: int) -> int:
    """How many steps (of 100 instructions of SQLite) a round takes that finds nothing old enough."""
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
        database.execute(_JOBS, (kept, START))
        database.execute(_EVENTS, (START,))
        database.set_progress_handler(count, 100)
        assert prune(database, START - DAY, 500) == 0
    database.close()
    return steps


async def test_a_round_with_nothing_to_prune_costs_the_same_whatever_is_kept(tmp_path: Path) -> None:
    few, many = await steps_of_a_round(tmp_path / "few.db", 10), await steps_of_a_round(tmp_path / "many.db", 20_000)
    assert many <= few + 5
