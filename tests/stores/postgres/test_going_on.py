"""Claims that go on where the last one stopped see what a look would have seen: a dead worker, a pause, a limit."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import WorkerGone
from holdfast.stores.postgres import heads
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import OK, Scene, graph_of, new_id

FOR_EVER = 1e9


@pytest.fixture
async def scene(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """Each filled claim makes the next one go on."""
    monkeypatch.setattr(heads, "SLOW", 0.0)
    monkeypatch.setattr(heads, "MANY", 0)
    monkeypatch.setattr(heads, "PATIENCE", FOR_EVER)
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


async def going_on(scene: Scene) -> str:
    """A worker whose next claim goes on: work of a higher priority isn't seen."""
    await scene.insert(*(scene.job() for _ in range(10)))
    worker = await scene.worker()
    await scene.claim(worker, 2)
    await scene.insert(urgent := scene.job(priority=9))
    assert urgent.id not in {job.id for job in await scene.claim(worker, 2)}
    return worker


async def test_a_worker_that_was_declared_dead_gets_nothing(scene: Scene) -> None:
    worker = await going_on(scene)
    await scene.execute("UPDATE workers SET state = 'DEAD'")
    with pytest.raises(WorkerGone):
        await scene.claim(worker, 2)


async def test_a_queue_that_was_paused_gives_nothing(scene: Scene) -> None:
    worker = await going_on(scene)
    await scene.execute("UPDATE queues SET paused = true")
    assert await scene.claim(worker, 2) == []


@pytest.mark.parametrize("limit", ["UPDATE queues SET concurrency = 5", "UPDATE tenants SET max_running = 5"])
async def test_a_limit_that_was_set_holds(scene: Scene, limit: str) -> None:
    worker = await going_on(scene)
    await scene.execute(limit)
    claimed = await scene.claim(worker, 2)
    assert len(claimed) == 1
    await scene.finish(worker, (claimed[0], OK))
    assert len(await scene.claim(worker, 2)) == 1
