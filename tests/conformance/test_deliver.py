"""Mail between runs: read once, in portions, by whoever delivers; what can't be read leaves the others alone."""

import asyncio

import pytest

from holdfast.model.instant import DAY, HOUR, SECOND
from holdfast.model.outcome import Succeeded
from holdfast.model.run import RunState
from tests.conformance.children import call, calling, child_states, children, deliver, mapped, over, parked, work
from tests.conformance.scene import TENANT, Scene
from tests.model.definitions import document, node


async def test_without_mail_nothing_is_delivered(scene: Scene) -> None:
    await scene.save(mapped())
    await scene.start("sample")
    done = await scene.store.deliver(scene.now)
    assert (done.ended, done.mail, done.queues, done.freed) == (0, False, frozenset(), False)


async def test_mail_is_read_once_whoever_delivers(scene: Scene, other: Scene) -> None:
    await scene.save(mapped())
    runs = [await scene.start("sample") for _ in range(5)]
    for run_id in runs:
        driver = await parked(scene, run_id, over(*range(4)))
    await asyncio.gather(*(one.store.deliver(scene.now) for one in (scene, other) * 3))
    await deliver(scene)
    assert await work(driver) == 20
    await asyncio.gather(*(one.store.deliver(scene.now) for one in (scene, other) * 3))
    await deliver(scene)
    for run_id in runs:
        assert (await scene.run(run_id)).output == ["step"] * 4
    assert await scene.sound()


async def test_no_more_runs_are_delivered_than_asked_for(scene: Scene) -> None:
    await scene.save(mapped())
    for _ in range(3):
        await parked(scene, await scene.start("sample"), over(1))
    counts = [(await scene.store.deliver(scene.now, 2)).ended for _ in range(3)]
    assert counts == [2, 1, 0]


async def test_many_ends_in_one_batch_are_read_together(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(1200), concurrency=1000))
    await deliver(scene)
    assert await work(driver) == 1000  # more than one transaction starts: the window fills all the same
    while await deliver(scene):
        await work(driver)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, ["step"] * 1200)
    assert await scene.sound()


async def test_an_unusable_run_leaves_the_others_their_mail(scene: Scene) -> None:
    await scene.save(mapped())
    good, bad = await scene.start("sample"), await scene.start("sample")
    for run_id in (bad, good):
        await parked(scene, run_id, over(1))
    unknown = "'01a3185c-5000-7000-8000-3557c1d3fcff'"
    await scene.execute(f"UPDATE runs SET version_id = {unknown} WHERE id = '{bad}'")
    done = await scene.store.deliver(scene.now)
    assert done.ended == 1
    assert await child_states(scene, good) == ["LIVE"]
    assert await child_states(scene, bad) == ["NEW"]


async def test_mail_to_a_run_that_is_gone_is_thrown_away(scene: Scene) -> None:
    await scene.save(document([node("inner")], name="callee"))
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({}, detached=True))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    scene.clock.move(40 * DAY)
    assert await scene.store.prune(scene.now, 30 * DAY) > 0
    again = await scene.worker()
    (job,) = await scene.claim(again)
    done = await scene.finish(again, (job, Succeeded()))
    assert done.mail
    await deliver(scene)
    assert (await scene.store.deliver(scene.now)).ended == 0
    assert (await scene.run(child.run_id or "")).state is RunState.SUCCEEDED
    assert driver.worker_id != again
    assert await scene.sound()


async def test_what_belongs_to_a_run_is_pruned_with_it(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1, 2))
    await deliver(scene)
    await work(driver)
    await deliver(scene)
    scene.clock.move(2 * HOUR)
    while await scene.store.prune(scene.now, HOUR):
        pass
    for table in ("runs", "run_nodes", "run_children", "inbox", "waits", "signals", "live", "jobs"):
        assert await scene.count(table) == 0
    assert await scene.sound()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM inbox",
        "DELETE FROM run_children",
        "UPDATE run_children SET state = 'SUCCEEDED' WHERE idx = 0",
        "UPDATE run_children SET state = 'SKIPPED' WHERE state = 'NEW'",
        "UPDATE live SET state = 'HELD' WHERE node_id = 'step'",
        "UPDATE runs SET state = 'PAUSED' WHERE body IS NOT NULL",
        "UPDATE run_nodes SET state = 'SUCCEEDED' WHERE node_id = 'each'",
    ],
)
async def test_damage_to_families_is_told(scene: Scene, damage: str) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1, 2, 3, concurrency=2))
    await deliver(scene)
    (job, _) = await scene.claim(driver.worker_id, 2)
    await scene.finish(driver.worker_id, (job, Succeeded()))
    second = await scene.start("sample")
    await parked(scene, second, over(1))
    await scene.execute("UPDATE workers SET expires_at = expires_at + 1")
    assert await scene.sound()
    await scene.execute(damage)
    assert await scene.store.check_invariants(scene.now) != []


async def test_a_delivery_that_failed_is_tried_again(scene: Scene) -> None:
    """What a process read but didn't commit is still there for the next."""
    await scene.save(mapped())
    run_id = await scene.start("sample")
    await parked(scene, run_id, over(1))
    version = (await scene.run(run_id)).version_id
    unknown = "01a3185c-5000-7000-8000-3557c1d3fcff"
    await scene.execute(f"UPDATE runs SET version_id = '{unknown}'")
    assert (await scene.store.deliver(scene.now)).ended == 0
    await scene.execute(f"UPDATE runs SET version_id = '{version}'")
    scene.clock.move(SECOND)
    assert (await scene.store.deliver(scene.now)).ended == 1
    assert await child_states(scene, run_id) == ["LIVE"]
    assert (await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items[0].id == run_id
