"""Pruning: what ended before the horizon goes, with all that hangs on it; what goes on or is newer stays."""

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.event import NewEvent
from holdfast.model.instant import DAY, HOUR
from holdfast.model.outcome import Snoozed, Succeeded
from holdfast.model.records import JobFilter
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, failed
from tests.model.definitions import document, edge, node

PAIR = document([node("a"), node("b")], [edge("a", "b")])


async def prune_all(scene: Scene) -> None:
    while await scene.store.prune(scene.now, DAY, 10):
        pass


async def test_old_ended_lone_jobs_go_and_live_ones_stay(scene: Scene) -> None:
    worker = await scene.worker()
    ended, dead, later = scene.job(), scene.job(unique_key="k"), scene.job()
    await scene.insert(ended, dead, later)
    by_id = {job.id: job for job in await scene.claim(worker)}
    await scene.finish(
        worker,
        (by_id[ended.id], Succeeded()),
        (by_id[dead.id], failed(final=True)),
        (by_id[later.id], Snoozed(scene.now + 3 * DAY)),
    )
    scene.clock.move(2 * DAY)
    fresh = scene.job()
    await scene.insert(fresh)
    await prune_all(scene)
    for gone in (ended, dead):
        with pytest.raises(NotFound):
            await scene.get(gone)
    assert {(await scene.get(kept)).id for kept in (later, fresh)} == {later.id, fresh.id}
    for gone in (ended, dead):
        assert await scene.store.list_events(TENANT, None, job_id=gone.id) == []
    assert len((await scene.get(later)).changes) == 3
    assert (await scene.insert(scene.job(unique_key="k")))[0].duplicate is False
    assert await scene.sound()


async def test_old_ended_runs_go_with_their_jobs_and_going_ones_stay(scene: Scene) -> None:
    await scene.save(PAIR)
    driver = await Driver.of(scene)
    ended = await scene.start("sample")
    nodes = (await scene.run(ended)).nodes or {}
    await driver.drain()
    failing = await scene.start("sample")
    await driver.drain(a=failed(final=True))
    going = await scene.start("sample")
    scene.clock.move(2 * DAY)
    await prune_all(scene)
    for gone in (ended, failing):
        with pytest.raises(NotFound):
            await scene.run(gone)
        assert await scene.store.list_events(TENANT, None, run_id=gone) == []
    with pytest.raises(NotFound):
        await scene.get(nodes["a"].job_id or "")
    assert [run.id for run in (await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items] == [going]
    assert await scene.sound()
    assert await (await Driver.of(scene)).drain() == [{"a"}, {"b"}]


async def test_what_is_newer_than_the_horizon_stays(scene: Scene) -> None:
    await scene.save(PAIR)
    driver = await Driver.of(scene)
    run = await scene.start("sample")
    await driver.drain()
    scene.clock.move(DAY - HOUR)
    assert await scene.store.prune(scene.now, DAY) == 0
    assert len(await scene.store.list_events(TENANT, None, run_id=run)) == 12
    assert await scene.sound()


async def test_a_portion_is_never_more_than_was_asked_for(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(scene.job() for _ in range(25)))
    await scene.finish(worker, *((job, Succeeded()) for job in await scene.claim(worker)))
    scene.clock.move(2 * DAY)
    before = await count(scene)
    await scene.store.prune(scene.now, DAY, 10)
    assert 0 < before - await count(scene) <= 10


async def test_old_events_of_nothing_that_is_kept_go(scene: Scene) -> None:
    await scene.store.append_events([NewEvent(TENANT, "queue.paused", scene.now, {"n": n}) for n in range(15)])
    scene.clock.move(2 * DAY)
    await scene.store.append_events([NewEvent(TENANT, "queue.paused", scene.now, {"n": "new"})])
    assert await scene.store.prune(scene.now, DAY, 10) == 10
    await prune_all(scene)
    assert [event.data for event in await scene.store.list_events(TENANT, None)] == [{"n": "new"}]


async def count(scene: Scene) -> int:
    return len((await scene.store.list_jobs(TENANT, JobFilter(), scene.now, None, 500)).items)
