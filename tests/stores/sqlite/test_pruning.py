"""Pruning on SQLite holds the writer: what one write does must stay small, however much is kept or still to go."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from holdfast.model.instant import DAY, HOUR, SECOND, Instant
from holdfast.model.job import JobState
from holdfast.model.outcome import Succeeded
from holdfast.ports import QueueChange
from holdfast.stores.retention import FIRST_ID, Stretch
from holdfast.stores.sqlite.pruning import drop_ended, look_at, prune_runs
from tests.conformance.scene import START, Scene, failed, open_store

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

_PAST_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"


async def steps_of(
    file: Path, more: Sequence[str], rows: int, work: Callable[[sqlite3.Connection], int]
) -> tuple[int, int]:
    """How much ``work`` deletes among so many ended jobs, and how many steps (of 100 instructions) it takes."""
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
        deleted = work(database)
    database.close()
    return deleted, steps


def drop_ten(database: sqlite3.Connection) -> int:
    stretch = Stretch("", DAY, False, FIRST_ID, _PAST_ALL)
    return drop_ended(database, look_at(database, stretch, 10))


@pytest.mark.parametrize("more", [(), (_RUNS, _NODES)], ids=["lone jobs", "runs"])
async def test_a_write_costs_the_same_however_much_is_still_to_go(tmp_path: Path, more: Sequence[str]) -> None:
    def prune(database: sqlite3.Connection) -> int:
        return prune_runs(database, START + DAY, 10) if more else drop_ten(database)

    some, little = await steps_of(tmp_path / "few.db", more, 20, prune)
    as_many, much = await steps_of(tmp_path / "many.db", more, 20_000, prune)
    assert some == as_many == 10
    assert much <= little * 1.5


async def test_a_look_at_runs_that_stay_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    def prune(database: sqlite3.Connection) -> int:
        return prune_runs(database, START - DAY, 10)

    nothing, little = await steps_of(tmp_path / "few.db", (_RUNS, _NODES), 10, prune)
    still_nothing, much = await steps_of(tmp_path / "many.db", (_RUNS, _NODES), 20_000, prune)
    assert nothing == still_nothing == 0
    assert much <= little + 5


async def test_what_changed_since_it_was_looked_at_stays(sqlite_url: str) -> None:
    scene = await opened(sqlite_url)
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, failed(final=True)))
    stretch = Stretch("", DAY, False, FIRST_ID, _PAST_ALL)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.row_factory = sqlite3.Row
        seen = look_at(database, stretch, 10)
        scene.clock.move(SECOND)
        await scene.store.discard_jobs("default", [job.id], "seen", scene.now)
        assert drop_ended(database, seen) == 0
    database.close()
    assert (await scene.get(job)).state is JobState.CANCELLED
    await scene.store.close()


async def opened(url: str) -> Scene:
    store = await open_store(url)
    await store.migrate()
    return Scene(store, url)


async def soak(scene: Scene, rounds: int, jobs: int, keep: Instant) -> list[int]:
    """Inserts, finishes and prunes, an hour after the other; the size of the file and its log after each round."""
    path = Path(scene.url.removeprefix("sqlite:///"))
    sizes: list[int] = []
    for _ in range(rounds):
        worker = await scene.worker()
        await scene.insert(*(scene.job(payload={"text": "x" * 500}, unique_key=f"k{n}") for n in range(jobs)))
        while claimed := await scene.claim(worker, 500):
            await scene.finish(worker, *((job, Succeeded({"text": "y" * 500})) for job in claimed[1:]))
            await scene.finish(worker, (claimed[0], failed(final=True)))
        await scene.store.retire_worker(worker, scene.now)
        scene.clock.move(HOUR)
        while await scene.store.prune(scene.now, keep):
            pass
        sizes.append(sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*")))
    return sizes


async def test_the_file_stays_bounded(sqlite_url: str) -> None:
    scene = await opened(sqlite_url)
    await scene.store.change_queue("default", QueueChange(retention={JobState.SUCCEEDED: HOUR // 2}), scene.now)
    sizes = await soak(scene, rounds=24, jobs=400, keep=3 * HOUR)
    assert max(sizes[12:]) <= max(sizes[:12]) * 1.1
    assert await scene.sound()
    await scene.store.close()


async def test_a_file_that_was_large_becomes_small_again(sqlite_url: str) -> None:
    scene = await opened(sqlite_url)
    empty = pages_of(sqlite_url)
    await soak(scene, rounds=1, jobs=16_000, keep=DAY)
    large = pages_of(sqlite_url)
    scene.clock.move(2 * DAY)
    for _ in range(120):
        await scene.store.prune(scene.now, DAY)
    assert pages_of(sqlite_url) - empty < 1_100 < (large - empty) / 3
    assert await scene.sound()
    await scene.store.close()


def pages_of(url: str) -> int:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        pages: int = database.execute("PRAGMA page_count").fetchone()[0]
    database.close()
    return pages


@pytest.mark.chaos
@pytest.mark.timeout(900)
async def test_the_file_stays_bounded_for_long(sqlite_url: str) -> None:
    scene = await opened(sqlite_url)
    sizes = await soak(scene, rounds=100, jobs=4_000, keep=3 * HOUR)
    assert max(sizes[20:]) <= max(sizes[:20]) * 1.1
    assert await scene.sound()
    await scene.store.close()
