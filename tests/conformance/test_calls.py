"""Calls of other workflows: alone and for each item, waited for or not, refused, and cancelled with their caller."""

from holdfast.model.instant import MINUTE
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Succeeded
from holdfast.model.run import RunState
from holdfast.model.spawn import MAX_DEPTH, ChildState
from tests.conformance.children import (
    call,
    calling,
    child_states,
    children,
    deliver,
    error_of,
    node_of,
    over,
    parked,
    work,
)
from tests.conformance.scene import TENANT, Scene, failed
from tests.model.definitions import document, node


def callee(name: str = "callee", settings: JSONObject | None = None) -> JSONObject:
    return document([node("inner")], name=name, output={"got": "{{ input.n }}"}, settings=settings or {})


async def test_a_call_gives_the_output_of_the_workflow_that_it_called(scene: Scene) -> None:
    called = await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({"n": 7}))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    record = await scene.run(child.run_id or "")
    assert (record.workflow_id, record.workflow, record.version, record.input) == (called, "callee", 1, {"n": 7})
    assert (record.parent, record.parent_node, record.parent_index, record.body) == (run_id, "each", 0, None)
    assert record.correlation_id == "correlated"
    trigger = dict(record.trigger)
    assert isinstance(trigger.pop("at"), str)
    assert trigger == {"type": "workflow", "id": None, "run": run_id, "node": "each"}
    listed = (await scene.store.list_runs(TENANT, "callee", None, scene.now, None, 10)).items
    assert [run.id for run in listed] == [record.id]
    await driver.drain()
    await deliver(scene)
    assert (await scene.run(run_id)).output == {"got": 7}
    types = [event.type for event in await scene.store.list_events(TENANT, None, run_id=record.id)]
    assert (types.count("workflow.started"), types.count("workflow.finished")) == (1, 1)
    assert await scene.sound()


async def test_a_call_runs_the_newest_version(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    await scene.save(document([node("newer")], name="callee"))
    driver = await parked(scene, run_id, call({}))
    await deliver(scene)
    assert await driver.drain() == [{"newer"}]


async def test_a_failed_call_fails_its_node_with_the_childs_error(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    await driver.step(inner=failed("no way", final=True))
    await deliver(scene)
    error = error_of((await scene.run(run_id)).error)
    (child,) = await children(scene, run_id)
    assert (error["type"], error["run"]) == ("child_failed", child.run_id)
    assert error_of(error["error"])["message"] == "no way"
    assert await scene.sound()


async def test_a_cancelled_child_fails_its_caller(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    _, done = await scene.store.cancel_run(TENANT, child.run_id or "", scene.now)
    assert done.mail
    await deliver(scene)
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await child_states(scene, run_id) == ["CANCELLED"]
    assert await scene.sound()


async def test_a_child_past_its_own_timeout_fails_its_caller(scene: Scene) -> None:
    await scene.save(callee(settings={"timeout": "1m"}))
    await scene.save(calling())
    run_id = await scene.start("sample")
    await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    scene.clock.move(2 * MINUTE)
    expired = await scene.store.expire_runs(scene.now)
    assert (expired.ended, expired.mail) == (1, True)
    await deliver(scene)
    error = error_of((await scene.run(run_id)).error)
    assert error_of(error["error"])["type"] == "timeout"


async def test_cancelling_the_caller_cancels_the_call(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    await deliver(scene)
    (child,) = await children(scene, run_id)
    assert (await scene.run(child.run_id or "")).state is RunState.CANCELLED
    assert child.state is ChildState.CANCELLED
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_pausing_the_caller_leaves_the_called_workflow_going(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    await scene.store.pause_run(TENANT, run_id, scene.now)
    await deliver(scene)
    assert await driver.drain() == [{"inner"}]
    await deliver(scene)
    assert (await scene.run(run_id)).state is RunState.PAUSED
    assert await scene.sound()
    await scene.store.resume_run(TENANT, run_id, scene.now)
    await deliver(scene)
    assert (await scene.run(run_id)).output == {"got": 1}


async def test_a_detached_call_ends_once_the_workflow_has_started(scene: Scene) -> None:
    await scene.save(callee())
    await scene.save(calling())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, call({"n": 1}, detached=True))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, {"run_id": child.run_id})
    assert (await scene.run(child.run_id or "")).state is RunState.RUNNING
    assert await scene.sound()
    assert await driver.drain() == [{"inner"}]
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED"]
    assert (await scene.run(child.run_id or "")).output == {"got": 1}
    assert await scene.sound()


async def test_a_workflow_that_can_not_be_called_fails_the_call_without_a_run(scene: Scene) -> None:
    await scene.save(callee("off"))
    await scene.store.set_enabled(TENANT, "off", False, scene.now)
    await scene.save(calling())
    for name, kind in (("nobody", "not_found"), ("off", "switched_off")):
        for detached in (False, True):
            run_id = await scene.start("sample")
            await parked(scene, run_id, call({"n": 1}, name, detached=detached))
            await deliver(scene)
            error = error_of((await scene.run(run_id)).error)
            assert (error["type"], error["run"]) == ("child_failed", None)
            assert error_of(error["error"])["type"] == kind
            (child,) = await children(scene, run_id)
            assert (child.state, child.run_id) == (ChildState.FAILED, None)
    assert await scene.sound()


async def test_another_tenants_workflow_is_not_there(scene: Scene) -> None:
    await scene.save(callee(), tenant="other")
    await scene.save(calling())
    run_id = await scene.start("sample")
    await parked(scene, run_id, call({"n": 1}))
    await deliver(scene)
    assert error_of(error_of((await scene.run(run_id)).error)["error"])["type"] == "not_found"


async def test_calls_nest_only_so_deep(scene: Scene) -> None:
    await scene.save(calling("sample"))
    run_id = await scene.start("sample")
    deepest = run_id
    for _ in range(MAX_DEPTH):
        await parked(scene, deepest, call({}, "sample"))
        await deliver(scene)
        (child,) = await children(scene, deepest)
        assert child.run_id is not None
        deepest = child.run_id
    await parked(scene, deepest, call({}, "sample"))
    await deliver(scene)
    assert error_of(error_of((await scene.run(deepest)).error)["error"])["type"] == "too_deep"
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await scene.sound()


async def test_a_map_may_run_a_workflow_for_each_item(scene: Scene) -> None:
    await scene.save(document([node("inner")], name="callee", output="{{ input }}"))
    await scene.save(calling(kind="map"))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over({"n": 1}, 5, None, workflow="callee"))
    await deliver(scene)
    assert await work(driver) == 3
    await deliver(scene)
    wanted = [{"n": 1}, {"item": 5, "index": 1}, {"item": None, "index": 2}]
    assert (await scene.run(run_id)).output == wanted
    assert await scene.sound()


async def test_called_workflows_wait_for_their_own_limit(scene: Scene) -> None:
    await scene.save(callee(settings={"max_concurrent_runs": 1}))
    await scene.save(calling(kind="map"))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over({"n": 0}, {"n": 1}, {"n": 2}, workflow="callee"))
    await deliver(scene)
    ids = [child.run_id or "" for child in await children(scene, run_id)]
    assert [(await scene.run(child)).state for child in ids] == [RunState.RUNNING, RunState.PENDING, RunState.PENDING]
    assert await scene.sound()
    for _ in ids:
        (job,) = await scene.claim(driver.worker_id)
        done = await scene.finish(driver.worker_id, (job, Succeeded()))
        assert done.freed or (await scene.run(ids[-1])).state is not RunState.PENDING
        await scene.store.admit_runs(scene.now)
        assert await scene.sound()
    await deliver(scene)
    assert (await scene.run(run_id)).output == [{"got": 0}, {"got": 1}, {"got": 2}]


async def test_a_limit_that_refuses_fails_the_child(scene: Scene) -> None:
    limits: JSONObject = {"max_concurrent_runs": {"limit": 1, "when_full": "reject"}}
    await scene.save(callee(settings=limits))
    await scene.save(calling(kind="map"))
    run_id = await scene.start("sample")
    items = over({"n": 0}, {"n": 1}, workflow="callee", on_item_error="continue")
    driver = await parked(scene, run_id, items)
    await deliver(scene)
    assert await work(driver) == 1
    await deliver(scene)
    assert (await scene.run(run_id)).output == [{"got": 0}, None]
    refused = (await children(scene, run_id))[1]
    assert (refused.run_id, error_of(refused.error)["type"]) == (None, "refused")
    assert (await node_of(scene, run_id)).state == "SUCCEEDED"
    assert await scene.sound()
