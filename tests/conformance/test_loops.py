"""Loops: one iteration after the other, each given what the one before it gave."""

from holdfast.model.json import JSONObject
from holdfast.model.outcome import Succeeded, Suspended
from holdfast.model.run import RunState
from holdfast.model.spawn import Spawn
from tests.conformance.children import body, child_states, children, deliver, error_of, park, parked, steps
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, failed
from tests.model.definitions import document, edge, node


def looped(until: str | None = None, name: str = "sample") -> JSONObject:
    params: JSONObject = {"max_iterations": 3, "body": body(node("step"))}
    if until is not None:
        params["until"] = until
    return document([node("each", "loop", params=params)], name=name, output="{{ nodes.each.output }}")


def rounds(count: int, closure: JSONObject | None = None) -> Suspended:
    return Suspended(spawn=Spawn("loop", max_iterations=count, closure=closure or {}))


async def turn(driver: Driver, output: int) -> int:
    """Runs the one iteration that is ready; its index."""
    jobs = await steps(driver)
    ((index, job),) = jobs.items()
    await driver.scene.finish(driver.worker_id, (job, Succeeded(output)))
    await deliver(driver.scene)
    return index


async def test_a_loop_hands_each_output_to_the_next_iteration(scene: Scene) -> None:
    await scene.save(looped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, rounds(3))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["LIVE"]
    assert await scene.sound()
    for index in range(3):
        (context,) = await scene.store.run_contexts([((await children(scene, run_id))[-1].run_id or "", frozenset())])
        assert context.around == {"item": None if index == 0 else 10 + index - 1, "index": index}
        assert await turn(driver, 10 + index) == index
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, 12)
    assert [child.output for child in await children(scene, run_id)] == [10, 11, 12]
    assert await scene.sound()


async def test_a_loop_ends_when_its_condition_comes_true(scene: Scene) -> None:
    await scene.save(looped("item >= nodes.limit.output || index > 5"))
    run_id = await scene.start("sample")
    closure: JSONObject = {"nodes": {"limit": {"output": 2, "error": None}}}
    driver = await parked(scene, run_id, rounds(10, closure))
    await deliver(scene)
    for output in (0, 1, 2):
        await turn(driver, output)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, 2)
    assert await child_states(scene, run_id) == ["SUCCEEDED"] * 3
    assert await scene.sound()


async def test_a_condition_that_can_not_be_evaluated_fails_the_loop(scene: Scene) -> None:
    await scene.save(looped("item.missing == 1"))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, rounds(3))
    await deliver(scene)
    await turn(driver, 1)
    run = await scene.run(run_id)
    assert (run.state, error_of(run.error)["type"]) == (RunState.FAILED, "expression")
    assert await child_states(scene, run_id) == ["SUCCEEDED"]
    assert await scene.sound()


async def test_a_failed_iteration_fails_the_loop(scene: Scene) -> None:
    await scene.save(looped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, rounds(3))
    await deliver(scene)
    await turn(driver, 1)
    await driver.step(step=failed("broken", final=True))
    await deliver(scene)
    run = await scene.run(run_id)
    error = error_of(run.error)
    assert (error["type"], error["index"]) == ("iteration_failed", 1)
    assert await child_states(scene, run_id) == ["SUCCEEDED", "FAILED"]
    assert await scene.sound()


async def test_a_cancelled_run_stops_the_iteration_under_way(scene: Scene) -> None:
    await scene.save(looped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, rounds(3))
    await deliver(scene)
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    await deliver(scene)
    assert await child_states(scene, run_id) == ["CANCELLED"]
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_iterations_that_end_at_once_go_round_without_a_worker(scene: Scene) -> None:
    inner = body(node("step", when="false"), output="{{ index }}")
    await scene.save(
        document(
            [node("each", "loop", params={"max_iterations": 4, "body": inner}), node("after")],
            [edge("each", "after")],
            output="{{ nodes.each.output }}",
        )
    )
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    await park(driver, run_id, rounds(4))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED"] * 4
    assert await driver.drain() == [{"after"}]
    assert (await scene.run(run_id)).output == 3
    assert await scene.sound()
