"""A suspended tenant: nothing of it is claimed or fired, what runs may end, and resumed it goes on where it was."""

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.records import TenantRecord
from holdfast.model.run import RunState
from holdfast.model.subscription import Subscription
from holdfast.model.trigger import Backfill
from holdfast.ports import Handover, NewJobs, NewTenant, Taker, TenantChange
from tests.conformance.scene import KINDS, OK, TENANT, Scene, every, new_id, on_event, webhook
from tests.model.definitions import document, edge, node

ONE = document(name="one")
CHAIN = document([node("a"), node("b")], [edge("a", "b")], name="chain")


async def second(scene: Scene, name: str = "second") -> TenantRecord:
    return await scene.store.create_tenant(NewTenant(new_id(scene.now), name), scene.now)


async def test_nothing_of_it_is_claimed_beside_others(scene: Scene) -> None:
    other = await second(scene)
    jobs = [scene.job(), scene.job(tenant=other.id), scene.job(due_in=MINUTE, tenant=other.id)]
    await scene.insert(*jobs)
    suspended = await scene.store.suspend_tenant(other.id, scene.now, None)
    assert (suspended.suspended_at, suspended.delete_at) == (scene.now, None)
    scene.clock.move(2 * MINUTE)
    worker = await scene.worker()
    assert [job.id for job in await scene.claim(worker)] == [jobs[0].id]
    assert await scene.claim(worker) == []
    resumed = await scene.store.resume_tenant(other.id, scene.now)
    assert (resumed.suspended_at, resumed.delete_at) == (None, None)
    assert {job.id for job in await scene.claim(worker)} == {jobs[1].id, jobs[2].id}
    assert await scene.sound()


async def test_nothing_of_it_is_claimed_where_it_is_alone(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(scene.job(), scene.job())
    assert len(await scene.claim(worker, 1)) == 1
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    assert await scene.claim(worker) == []


async def test_new_work_isnt_handed_over(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    taker = Taker(worker, Handover(("default",), KINDS, 10))
    await scene.store.insert_jobs([NewJobs((job := scene.job(),))], scene.now, taker)
    assert (await scene.get(job)).state is JobState.PENDING


async def test_a_limit_that_stands_is_kept_over_a_suspension(scene: Scene) -> None:
    await scene.store.change_tenant(TENANT, TenantChange(max_running=1), scene.now)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    worker = await scene.worker()
    await scene.insert(scene.job(), scene.job())
    assert await scene.claim(worker) == []
    assert (await scene.store.resume_tenant(TENANT, scene.now)).max_running == 1
    assert len(await scene.claim(worker)) == 1


async def test_what_runs_ends_and_its_successors_wait(scene: Scene) -> None:
    await scene.save(CHAIN)
    run_id = await scene.start("chain")
    worker = await scene.worker()
    (first,) = await scene.claim(worker)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    done = await scene.finish(worker, (first, OK))
    assert done.late == frozenset()
    assert await scene.states(run_id) == {"a": "SUCCEEDED", "b": "PENDING"}
    assert await scene.claim(worker) == []
    assert await scene.sound()
    await scene.store.resume_tenant(TENANT, scene.now)
    (second_job,) = await scene.claim(worker)
    await scene.finish(worker, (second_job, OK))
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_its_clocks_dont_fire_and_make_nothing_up(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[every("tick")])
    assert len(await scene.store.due_clocks(scene.now)) == 1
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    scene.clock.move(DAY)
    assert (await scene.store.due_clocks(scene.now), await scene.store.next_clock()) == ([], None)
    assert await scene.sound()
    await scene.store.resume_tenant(TENANT, scene.now)
    (due,) = await scene.store.due_clocks(scene.now)
    assert (due.since, due.next_at, due.due_at) == (scene.now, None, scene.now)
    assert (await scene.trigger(workflow, "tick")).row == due.row
    assert await scene.sound()


async def test_a_paused_clock_stays_paused(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[every("tick")])
    row = (await scene.trigger(workflow, "tick")).row
    await scene.store.pause_trigger(TENANT, row, True, scene.now)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    await scene.store.resume_tenant(TENANT, scene.now)
    assert await scene.store.due_clocks(scene.now) == []
    await scene.store.pause_trigger(TENANT, row, False, scene.now)
    assert len(await scene.store.due_clocks(scene.now)) == 1


async def test_what_is_saved_switched_or_unpaused_meanwhile_doesnt_act_either(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[every("tick")])
    row = (await scene.trigger(workflow, "tick")).row
    await scene.store.pause_trigger(TENANT, row, True, scene.now)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    await scene.store.pause_trigger(TENANT, row, False, scene.now)
    await scene.save(document(name="two"), triggers=[every("new"), on_event("told"), webhook("hook", "k1")])
    await scene.save(ONE, triggers=[every("tick", "30m"), every("more")])
    await scene.store.set_enabled(TENANT, "one", False, scene.now)
    await scene.store.set_enabled(TENANT, "one", True, scene.now)
    assert await scene.store.due_clocks(scene.now) == []
    assert (await scene.store.listeners()).triggers == ()
    assert await scene.store.find_hook("k1") is None
    assert await scene.sound()
    await scene.store.resume_tenant(TENANT, scene.now)
    assert {one.id for one in await scene.store.due_clocks(scene.now)} == {"tick", "new", "more"}
    assert [one.id for one in (await scene.store.listeners()).triggers] == ["told"]
    assert await scene.store.find_hook("k1") is not None
    assert await scene.sound()


async def test_its_webhooks_lead_nowhere(scene: Scene) -> None:
    await scene.save(ONE, triggers=[webhook("signup", "key-1")])
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    assert await scene.store.find_hook("key-1") is None
    await scene.store.resume_tenant(TENANT, scene.now)
    hook = await scene.store.find_hook("key-1")
    assert hook is not None
    assert hook.active


async def test_what_listens_is_told_and_falls_silent(scene: Scene) -> None:
    await scene.save(ONE, triggers=[on_event("ordered")])
    url, now = "https://example.com", scene.now
    made = Subscription(new_id(now), TENANT, url, ("order.*",), b"sealed", now, now, now)
    await scene.store.create_subscription(made, None, scene.now)
    before = await scene.store.listeners()
    assert (len(before.triggers), len(before.subscriptions)) == (1, 1)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    silent = await scene.store.listeners()
    assert (silent.triggers, silent.subscriptions) == ((), ())
    assert silent.version > before.version
    scene.clock.move(SECOND)
    await scene.store.resume_tenant(TENANT, scene.now)
    again = await scene.store.listeners()
    assert again.version > silent.version
    assert [one.since for one in again.triggers] == [one.since for one in again.subscriptions] == [scene.now]


async def test_its_backfills_wait(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[every("tick")])
    row = (await scene.trigger(workflow, "tick")).row
    backfill = Backfill(new_id(scene.now), TENANT, row, scene.now - DAY, scene.now, 1, scene.now, scene.now - DAY)
    await scene.store.create_backfill(backfill, None, scene.now)
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    assert await scene.store.open_backfills() == []
    await scene.store.resume_tenant(TENANT, scene.now)
    assert [one.id for one in await scene.store.open_backfills()] == [backfill.id]


async def test_said_twice_it_keeps_its_first_time_and_takes_the_last_deadline(scene: Scene) -> None:
    other = await second(scene)
    began = scene.now
    await scene.store.suspend_tenant(other.id, scene.now, scene.now + DAY)
    scene.clock.move(MINUTE)
    again = await scene.store.suspend_tenant(other.id, scene.now, None)
    assert (again.suspended_at, again.delete_at) == (began, None)
    resumed = await scene.store.resume_tenant(other.id, scene.now)
    assert await scene.store.resume_tenant(other.id, scene.now) == resumed


async def test_what_is_unknown_or_may_not_go_is_refused(scene: Scene) -> None:
    for unknown in ("nobody", "\0"):
        with pytest.raises(NotFound):
            await scene.store.suspend_tenant(unknown, scene.now, None)
        with pytest.raises(NotFound):
            await scene.store.resume_tenant(unknown, scene.now)
    with pytest.raises(Conflict):
        await scene.store.suspend_tenant(TENANT, scene.now, scene.now + DAY)
    assert (await scene.store.get_tenant(TENANT, scene.now)).suspended_at is None


async def test_one_whose_time_has_come_doesnt_come_back(scene: Scene) -> None:
    other = await second(scene)
    await scene.store.suspend_tenant(other.id, scene.now, scene.now + DAY)
    scene.clock.move(DAY)
    with pytest.raises(Conflict):
        await scene.store.resume_tenant(other.id, scene.now)
    with pytest.raises(Conflict):
        await scene.store.suspend_tenant(other.id, scene.now, None)
