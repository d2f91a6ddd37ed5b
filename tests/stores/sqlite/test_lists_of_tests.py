"""The list of tests on SQLite costs as little among many runs as among few."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.stores.sqlite.runs import list_page
from holdfast.stores.sqlite.store import SQLiteStore
from tests.conformance.scene import TENANT, Scene, open_store
from tests.conformance.test_drafts import SAVED, draft_of

RUNS = 300


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    store = await open_store(url)
    await store.migrate()
    yield Scene(store, url)
    await store.close()


async def steps_of(scene: Scene, workflow: str | None) -> int:
    """How many instructions listing the only test takes."""
    assert isinstance(scene.store, SQLiteStore)
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def work(db: sqlite3.Connection) -> int:
        db.set_progress_handler(step, 1)
        try:
            return len(list_page(db, TENANT, workflow, None, scene.now, None, 10, True).items)
        finally:
            db.set_progress_handler(None, 1)

    assert await scene.store._read(work) == 1
    return steps


@pytest.mark.parametrize("workflow", [None, "sample"])
async def test_tests_are_listed_without_a_walk_over_all_runs(scene: Scene, workflow: str | None) -> None:
    await scene.save(SAVED)
    await scene.store.start_runs([await draft_of(scene, {})], scene.now)
    alone = await steps_of(scene, workflow)
    await scene.store.start_runs([await scene.new_run("sample") for _ in range(RUNS)], scene.now)
    assert await steps_of(scene, workflow) < alone + RUNS / 2
