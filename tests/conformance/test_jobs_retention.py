"""Retention leaves alone what a live job, a run half done or a reader of events still needs."""

from holdfast.model.event import NewEvent
from holdfast.model.instant import DAY, SECOND
from holdfast.model.job import JobState
from tests.conformance.scene import OK, TENANT, Scene
from tests.model.definitions import document, edge, node


async def test_what_hasnt_ended_stays_with_its_history_however_old(scene: Scene) -> None:
    waiting = scene.job(due_in=90 * DAY)
    await scene.insert(waiting)
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    run = await scene.start("sample")
    worker = await scene.worker()
    (first,) = await scene.claim(worker)
    await scene.finish(worker, (first, OK))
    told = [await scene.store.list_events(TENANT, None, job_id=job) for job in (waiting.id, first.id)]
    of_the_run = await scene.store.list_events(TENANT, None, run_id=run)
    scene.clock.move(60 * DAY)
    await scene.store.prune(scene.now, 0)
    assert [await scene.store.list_events(TENANT, None, job_id=job) for job in (waiting.id, first.id)] == told
    assert await scene.store.list_events(TENANT, None, run_id=run) == of_the_run
    assert (await scene.get(waiting)).state is JobState.SCHEDULED
    assert await scene.states(run) == {"a": "SUCCEEDED", "b": "PENDING"}
    assert (await scene.get(first)).state is JobState.SUCCEEDED


async def test_a_cursor_goes_on_after_everything_was_pruned(scene: Scene) -> None:
    await scene.store.append_events([NewEvent(TENANT, "queue.paused", scene.now, {})])
    last = await scene.store.last_cursor()
    scene.clock.move(SECOND)
    assert await scene.store.prune(scene.now, 0) == 1
    assert await scene.store.list_events(TENANT, last) == []
    await scene.store.append_events([NewEvent(TENANT, "queue.resumed", scene.now, {})])
    assert [event.type for event in await scene.store.list_events(TENANT, last)] == ["queue.resumed"]
