"""Events of one's own: made known by a success, posted from outside, read by who follows all tenants."""

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.event import Event, NewEvent
from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.outcome import Emit, Succeeded
from holdfast.ports import Dedupe, NewTenant
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

PAIR = document([node("a"), node("b")], [edge("a", "b")])


async def recent(scene: Scene, after: str | None = None, tenant: str | None = None) -> list[Event]:
    return await scene.store.recent_events(scene.now - MINUTE, after, tenant=tenant)


async def test_a_success_makes_its_events_known_in_its_transaction(scene: Scene) -> None:
    await scene.save(PAIR)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    emits = (Emit("order.placed", {"n": 1}, "order-1"), Emit("order.paid", {"n": 2}))
    jobs = await driver.claim()
    await driver.settle(jobs, a=Succeeded("done", emits=emits))
    await driver.settle(jobs, a=Succeeded("done", emits=emits))
    told = [one for one in await scene.store.list_events(TENANT, None) if one.type.startswith("order.")]
    assert [(one.type, one.data, one.subject, one.run_id, one.node_id, one.at) for one in told] == [
        ("order.placed", {"n": 1}, "order-1", run_id, "a", scene.now),
        ("order.paid", {"n": 2}, None, run_id, "a", scene.now),
    ]


async def test_a_lone_jobs_success_makes_its_events_known_too(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    other = scene.job()
    await scene.insert(other)
    (second,) = await scene.claim(worker)
    await scene.finish(worker, (job, Succeeded(1, emits=(Emit("job.done", {"x": True}, "s"),))), (second, OK))
    (told,) = [one for one in await scene.store.list_events(TENANT, None) if one.type == "job.done"]
    assert (told.subject, told.data, told.run_id, told.job_id) == ("s", {"x": True}, None, None)
    assert [change.after for change in (await scene.get(job)).changes] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert await scene.sound()


async def test_a_failure_and_a_late_success_make_nothing_known(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, failed(final=True)))
    done = await scene.finish(worker, (job, Succeeded(1, emits=(Emit("never", {}),))))
    assert done.late == {job.id}
    assert "never" not in {one.type for one in await scene.store.list_events(TENANT, None)}


async def test_a_posted_event_is_appended_once_for_its_key(scene: Scene) -> None:
    event = NewEvent(TENANT, "door.opened", scene.now, {"floor": 2}, subject="front")
    guard = Dedupe(TENANT, "events", "k", "f", scene.now + HOUR)
    first = await scene.store.post_event(event, guard, scene.now)
    again = await scene.store.post_event(event, guard, scene.now)
    other = await scene.store.post_event(event, Dedupe(TENANT, "events", "k", "g", scene.now + HOUR), scene.now)
    assert (first.duplicate, again.id, again.duplicate, other.conflict) == (False, first.id, True, True)
    unkeyed = await scene.store.post_event(event, None, scene.now)
    told = await scene.store.list_events(TENANT, None, event_type="door.opened")
    assert [one.cursor for one in told] == [first.id, unkeyed.id]
    assert [(one.subject, one.data, one.job_id, one.run_id) for one in told] == [
        ("front", {"floor": 2}, None, None)
    ] * 2


async def test_who_follows_all_tenants_meets_every_recent_event_once(scene: Scene) -> None:
    await scene.store.create_tenant(NewTenant("other", "other"), scene.now)
    old = [NewEvent(TENANT, "old", scene.now, {"n": n}) for n in range(3)]
    await scene.store.append_events(old)
    scene.clock.move(HOUR)
    for n in range(4):
        await scene.store.append_events([NewEvent(("other", TENANT)[n % 2], "new", scene.now, {"n": n}, subject="s")])
    assert [(one.tenant, one.data, one.subject) for one in await recent(scene)] == [
        (("other", TENANT)[n % 2], {"n": n}, "s") for n in range(4)
    ]
    seen: list[Event] = []
    cursor = None
    while page := await scene.store.recent_events(scene.now - MINUTE, cursor, limit=3):
        seen += page
        cursor = page[-1].cursor
    assert [one.data for one in seen] == [{"n": n} for n in range(4)]
    assert [one.data for one in await recent(scene, tenant="other")] == [{"n": 0}, {"n": 2}]
    assert await recent(scene, await scene.store.last_cursor()) == []
    with pytest.raises(Invalid):
        await recent(scene, "nonsense")


async def test_a_follower_reads_on_inside_a_batch(scene: Scene) -> None:
    jobs = [scene.job() for _ in range(5)]
    await scene.insert(*jobs)
    seen: list[str | None] = []
    cursor = None
    while page := await scene.store.recent_events(scene.now - MINUTE, cursor, limit=2):
        seen += [one.job_id for one in page]
        cursor = page[-1].cursor
    assert seen == [job.id for job in jobs]
