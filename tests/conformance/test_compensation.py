"""Undoing: compensators run one at a time, in the reverse order of what they undo, on a failure or when asked for."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.run import RunState
from tests.conformance.flow_scene import FlowScene, flow_scene, spawns, waits
from tests.conformance.scene import TENANT, failed
from tests.model.definitions import document, edge, node

# a, b and c are done one after the other; a and b can be undone.
BOOKED = document(
    [
        node("a", compensate="undo_a"),
        node("b", compensate="undo_b"),
        node("c", retry={"max_attempts": 1}),
        node("undo_a"),
        node("undo_b", retry={"max_attempts": 2, "base_delay": "1s", "jitter": "none"}),
    ],
    [edge("a", "b"), edge("b", "c")],
)


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


async def test_what_was_done_is_undone_backwards_when_the_run_fails(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    assert await driver.step() == {"a"}
    assert await driver.step() == {"b"}
    await driver.step(c=failed("no room"))
    undoing = await flow.run(run_id)
    assert (undoing.state, undoing.finished_at) == (RunState.RUNNING, None)
    assert await flow.sound()
    assert await driver.drain() == [{"undo_b"}, {"undo_a"}]
    run = await flow.run(run_id)
    assert run.state is RunState.FAILED
    assert isinstance(run.error, dict)
    assert (run.error["message"], run.error["node"]) == ("no room", "c")
    (told,) = await flow.events(run_id, "workflow.compensating")
    assert told.data["nodes"] == ["undo_b", "undo_a"]


async def test_a_compensator_is_retried_and_one_that_fails_hinders_no_other(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step()
    await driver.step()
    await driver.step(c=failed())
    assert await driver.step(undo_b=failed()) == {"undo_b"}
    assert (await flow.states(run_id))["undo_b"] == "SCHEDULED"
    flow.clock.move(SECOND)
    assert await driver.drain(undo_b=failed()) == [{"undo_b"}, {"undo_a"}]
    states = await flow.states(run_id)
    assert (states["undo_b"], states["undo_a"]) == ("DEAD", "SUCCEEDED")
    assert (await flow.run(run_id)).state is RunState.FAILED


async def test_a_run_that_goes_well_skips_its_compensators(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    run_id = await flow.start("sample")
    assert await (await flow.driver()).drain() == [{"a"}, {"b"}, {"c"}]
    states = await flow.states(run_id)
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED
    assert (states["undo_a"], states["undo_b"]) == ("SKIPPED", "SKIPPED")


async def test_a_cancel_undoes_only_when_asked_to(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    driver = await flow.driver()
    plain, undone = await flow.start("sample"), await flow.start("sample")
    for job in await driver.claim_all():
        await driver.settle({"a": job})
    await flow.store.cancel_run(TENANT, plain, flow.now)
    assert (await flow.run(plain)).state is RunState.CANCELLED
    run, _ = await flow.store.cancel_run(TENANT, undone, flow.now, compensate=True)
    assert run.state is RunState.RUNNING
    assert await driver.drain() == [{"undo_a"}]
    run = await flow.run(undone)
    assert run.state is RunState.CANCELLED
    assert await flow.states(undone) == {
        "a": "SUCCEEDED",
        "b": "CANCELLED",
        "c": "SKIPPED",
        "undo_a": "SUCCEEDED",
        "undo_b": "SKIPPED",
    }
    with pytest.raises(Conflict):
        await flow.store.cancel_run(TENANT, undone, flow.now)


async def test_a_second_cancel_ends_the_undoing(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step()
    await flow.store.cancel_run(TENANT, run_id, flow.now, compensate=True)
    running = await driver.claim()
    _, done = await flow.store.cancel_run(TENANT, run_id, flow.now)
    assert done.stopped == ((running["undo_a"].id, running["undo_a"].lease),)
    assert (await flow.run(run_id)).state is RunState.CANCELLED
    assert (await flow.states(run_id))["undo_a"] == "CANCELLED"


async def test_a_timeout_of_the_run_undoes_what_was_done(flow: FlowScene) -> None:
    await flow.save(BOOKED)
    new = await flow.new_flow("sample")
    await flow.store.start_runs([replace(new, deadline_at=flow.now + MINUTE)], flow.now)
    run_id = new.plan.view.id
    driver = await flow.driver()
    await driver.step()
    flow.clock.move(MINUTE)
    assert (await flow.store.expire_runs(flow.now)).ended == 1
    assert await driver.drain() == [{"undo_a"}]
    run = await flow.run(run_id)
    assert run.state is RunState.FAILED
    assert isinstance(run.error, dict)
    assert run.error["type"] == "timeout"
    assert (await flow.store.expire_runs(flow.now)).ended == 0


async def test_children_and_waits_are_gone_before_the_undoing_begins(flow: FlowScene) -> None:
    await flow.save(
        document(
            [
                node("a", compensate="undo_a"),
                node("each", "map", params={"items": [], "body": {"nodes": [node("step")], "edges": []}}),
                node("ask", "wait.callback"),
                node("b"),
                node("undo_a"),
            ],
            [edge("a", "each"), edge("a", "ask"), edge("a", "b")],
        )
    )
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step()
    jobs = await driver.claim()
    await driver.settle({n: jobs[n] for n in ("each", "ask")}, each=spawns(1), ask=waits("ask"))
    await flow.store.deliver(flow.now)
    (step,) = await driver.claim_all()
    await driver.settle({"b": jobs["b"]}, b=failed(final=True))
    assert await flow.store.list_waits(TENANT, run_id) == []
    await flow.store.deliver(flow.now)
    assert (await flow.run(step.run_id or "")).state is RunState.CANCELLED
    assert await driver.drain() == [{"undo_a"}]
    assert (await flow.run(run_id)).state is RunState.FAILED
    await flow.store.deliver(flow.now)
