"""Families at the edges: refused children, paused bodies with much mail, children that wait for a place."""

import pytest

from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.json import JSON
from holdfast.model.outcome import Succeeded, Suspended
from holdfast.model.run import RunState
from holdfast.model.spawn import Spawn
from holdfast.stores import families
from tests.conformance.children import (
    body,
    call,
    calling,
    child_states,
    children,
    deliver,
    error_of,
    mapped,
    over,
    parked,
)
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, failed, new_id
from tests.model.definitions import document, edge, node

# Ends as it begins unless its input says that it goes.
CALLEE = document(
    [node("a", when="input.go")], name="callee", settings={"max_concurrent_runs": 1}, output="{{ run.id }}"
)


async def test_a_map_over_a_workflow_that_is_not_there_can_be_cancelled_half_way(scene: Scene) -> None:
    await scene.save(calling("missing", "map"))
    run_id = await scene.start("sample")
    spawn = Spawn("map", tuple(range(300)), workflow="missing", concurrency=1, on_item_error="continue")
    await parked(scene, run_id, Suspended(spawn=spawn))
    await scene.store.deliver(scene.now)
    run, _ = await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert run.state is RunState.CANCELLED


async def test_paused_bodies_with_much_mail_learn_that_they_go_on(scene: Scene) -> None:
    """More than one transaction reads: what they may not read yet must not stand before the order to go on."""
    inner = node("inner", "map", params={"items": [], "body": body(node("step"))})
    await scene.save(mapped(inner))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(5), concurrency=5))
    await deliver(scene)
    maps = await scene.claim(driver.worker_id, 1000, kinds=("map",))
    await scene.finish(driver.worker_id, *((job, over(*range(450), concurrency=450)) for job in maps))
    await deliver(scene)
    steps = []
    while claimed := await scene.claim(driver.worker_id, 1000, kinds=("noop",)):
        steps += claimed
    await scene.store.pause_run(TENANT, run_id, scene.now)
    await deliver(scene)
    for begin in range(0, len(steps), 500):
        await scene.finish(driver.worker_id, *((job, Succeeded(1)) for job in steps[begin : begin + 500]))
    await scene.store.resume_run(TENANT, run_id, scene.now)
    await deliver(scene)
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_a_child_without_a_place_has_not_ended_though_it_would_at_once(scene: Scene) -> None:
    await scene.save(CALLEE)
    going = await scene.start("callee", {"go": True}, limit=1)
    await scene.save(calling())
    run_id = await scene.start("sample")
    await parked(scene, run_id, call({"go": False}))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    assert (await scene.run(child.run_id or "")).state is RunState.PENDING
    assert (await scene.run(run_id)).finished_at is None
    await scene.store.cancel_run(TENANT, going, scene.now)
    assert (await scene.store.admit_runs(scene.now)).ended == 1
    await deliver(scene)
    assert (await scene.run(run_id)).output == child.run_id
    assert await scene.sound()


async def test_children_without_a_place_end_once_each(scene: Scene) -> None:
    await scene.save(CALLEE)
    going = await scene.start("callee", {"go": True}, limit=1)
    await scene.save(calling(kind="map"))
    run_id = await scene.start("sample")
    items: tuple[JSON, ...] = tuple({"go": False} for _ in range(6))
    await parked(scene, run_id, Suspended(spawn=Spawn("map", items, workflow="callee", concurrency=2)))
    await deliver(scene)
    await scene.store.cancel_run(TENANT, going, scene.now)
    while (await scene.store.admit_runs(scene.now)).ended:
        await deliver(scene)
    assert set(await child_states(scene, run_id)) == {"SUCCEEDED"}
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED
    assert await scene.sound()


async def test_a_run_that_cannot_begin_does_not_keep_its_place_from_others(scene: Scene) -> None:
    await scene.save(document([node("a")], name="callee"))
    going, bad, good = [await scene.start("callee", limit=1) for _ in range(3)]
    await scene.execute(f"UPDATE runs SET version_id = '{new_id(scene.now)}' WHERE id = '{bad}'")
    await scene.store.cancel_run(TENANT, going, scene.now)
    await scene.store.admit_runs(scene.now)
    assert (await scene.run(good)).state is RunState.RUNNING


async def test_results_that_are_too_large_together_fail_the_map(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "MAX_RESULTS", 1000)
    await scene.save(mapped(node("step")))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(3)))
    await deliver(scene)
    jobs = await scene.claim(driver.worker_id)
    await scene.finish(driver.worker_id, *((job, Succeeded("x" * 400)) for job in jobs))
    await deliver(scene)
    run = await scene.run(run_id)
    assert run.state is RunState.FAILED
    assert error_of(run.error)["type"] == "too_large"


async def test_a_loop_may_make_more_than_a_map_may_give(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its last result is given."""
    monkeypatch.setattr(families, "MAX_RESULTS", 1000)
    params: JSON = {"max_iterations": 3, "body": body(node("step"), output="{{ nodes.step.output }}")}
    await scene.save(document([node("each", "loop", params=params)]))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, Suspended(spawn=Spawn("loop", max_iterations=3)))
    for _ in range(3):
        await deliver(scene)
        await driver.step(step=Succeeded("x" * 600))
    await deliver(scene)
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_a_lone_job_that_parks_itself_ends_at_its_time(scene: Scene) -> None:
    job = scene.job()
    worker, claimed = await scene.started(job)
    await scene.finish(worker, (claimed, Suspended(scene.now + SECOND)))
    scene.clock.move(MINUTE)
    assert (await scene.store.expire_waits(scene.now)).ended == 1
    assert (await scene.get(job)).error["type"] == "timeout"  # type: ignore[index, call-overload]


async def test_a_run_that_undoes_past_its_timeout_is_not_found_again(scene: Scene) -> None:
    nodes = [node("a", compensate="undo"), node("b", retry={"max_attempts": 1}), node("undo")]
    await scene.save(document(nodes, [edge("a", "b")]))
    driver = await Driver.of(scene)
    await scene.start("sample", timeout=SECOND)
    await driver.step()
    await driver.step(b=failed("x"))
    late = await scene.start("sample", timeout=MINUTE)
    scene.clock.move(2 * MINUTE)
    assert (await scene.store.expire_runs(scene.now, 1)).ended == 1
    assert (await scene.run(late)).state is RunState.FAILED
    assert (await scene.store.expire_runs(scene.now, 1)).ended == 0
