"""A run whose version this process can't use: it is left out of what is done to many, and hinders nobody else."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.graph import Graph
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.run import RunState
from tests.conformance.scene import LEASE, OK, TENANT, Scene, graph_of, open_store
from tests.model.definitions import document

GRACE = 10 * SECOND
WITH_BATCHES = pytest.mark.parametrize("limit", [1, 2, 100])


def broken_graph_of(version_id: str, definition: JSONObject) -> Graph:
    if definition["name"] == "broken":
        raise RecursionError("the definition is nested too deeply")
    return graph_of(version_id, definition)


@pytest.fixture
async def limping(scene: Scene) -> AsyncIterator[Scene]:
    """The same store as a process sees it that can't make a graph of the workflow ``broken``."""
    store = await open_store(scene.url, broken_graph_of)
    yield Scene(store, scene.url, scene.clock)
    await store.close()


async def runs_of(scene: Scene, **options: int) -> tuple[list[str], str]:
    """Three runs of ``broken``, then one of ``sample``: their ids."""
    await scene.save(document(name="broken"))
    await scene.save(document())
    return [await scene.start("broken", **options) for _ in range(3)], await scene.start("sample", **options)


async def job_state(scene: Scene, run_id: str) -> str:
    return (await scene.states(run_id))["a"]


@WITH_BATCHES
async def test_its_jobs_do_not_keep_the_others_of_a_dead_worker(scene: Scene, limping: Scene, limit: int) -> None:
    broken, good = await runs_of(scene)
    lone = scene.job()
    await scene.insert(lone)
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 5
    scene.clock.move(LEASE)
    rounds = [await limping.store.rescue(scene.now, hung_grace=GRACE, limit=limit) for _ in range(3)]
    assert (sum(r.workers for r in rounds), sum(r.jobs for r in rounds)) == (1, 2)
    assert (await scene.get(lone)).state is JobState.PENDING
    assert await job_state(scene, good) == "PENDING"
    assert [await job_state(scene, run) for run in broken] == ["RUNNING"] * 3
    assert [record.alive for record in await scene.store.list_workers(scene.now)] == [False]

    assert (await scene.store.rescue(scene.now, hung_grace=GRACE)).jobs == 3, "a process that can use it"
    worker = await scene.worker()
    await scene.finish(worker, *((job, OK) for job in await scene.claim(worker)))
    assert {(await scene.run(run)).state for run in (*broken, good)} == {RunState.SUCCEEDED}
    assert await scene.sound()


@WITH_BATCHES
async def test_its_jobs_do_not_keep_other_deadlines_from_passing(scene: Scene, limping: Scene, limit: int) -> None:
    broken, good = await runs_of(scene)
    lone = scene.job(deadline_at=scene.now + HOUR)
    await scene.insert(lone)
    await scene.execute(f"UPDATE live SET deadline_at = {scene.now + MINUTE} WHERE run_id IS NOT NULL")
    scene.clock.move(HOUR)
    ended = [(await limping.store.fail_overdue_jobs(scene.now, limit)).ended for _ in range(3)]
    assert sum(ended) == 2
    assert (await scene.get(lone)).state is JobState.DEAD
    assert [(await scene.run(run)).state for run in (good, *broken)] == [RunState.FAILED, *[RunState.RUNNING] * 3]
    assert (await scene.store.fail_overdue_jobs(scene.now)).ended == 3
    assert await scene.sound()


@WITH_BATCHES
async def test_it_does_not_keep_other_runs_from_timing_out(scene: Scene, limping: Scene, limit: int) -> None:
    broken, good = await runs_of(scene, timeout=MINUTE)
    scene.clock.move(MINUTE)
    assert sum([(await limping.store.expire_runs(scene.now, limit)).ended for _ in range(3)]) == 1
    assert [(await scene.run(run)).state for run in (good, *broken)] == [RunState.FAILED, *[RunState.RUNNING] * 3]
    assert (await scene.store.expire_runs(scene.now)).ended == 3
    assert await scene.sound()


@pytest.mark.parametrize("way", ["heartbeat", "retirement"])
async def test_its_jobs_keep_no_worker_from_giving_back(scene: Scene, limping: Scene, way: str) -> None:
    _, good = await runs_of(scene)
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 4
    scene.clock.move(LEASE - SECOND)
    if way == "heartbeat":
        assert (await limping.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)).alive
    else:
        await limping.store.retire_worker(worker, scene.now)
    assert await job_state(scene, good) == "PENDING"
    (record,) = await scene.store.list_workers(scene.now)
    assert (record.alive, record.running) == (way == "heartbeat", 3)
    assert len((await scene.store.list_runs(TENANT, "broken", RunState.RUNNING, scene.now, None, 10)).items) == 3
