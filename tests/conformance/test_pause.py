"""A paused run: what isn't running can't be claimed, and all that comes meanwhile acts when it goes on."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.outcome import Released, Snoozed
from holdfast.model.records import JobFilter
from holdfast.model.run import RunState
from tests.conformance.flow_scene import FlowScene, flow_scene, spawns, waits
from tests.conformance.scene import TENANT, failed
from tests.model.definitions import document, edge, node

PAIR = document([node("a"), node("b")], [edge("a", "b")])
MAPPED = document(
    [node("each", "map", params={"items": "{{ input.items }}", "body": {"nodes": [node("step")], "edges": []}})],
    output="{{ nodes.each.output }}",
)


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


async def pause(flow: FlowScene, run_id: str) -> None:
    run, _ = await flow.store.pause_run(TENANT, run_id, flow.now)
    assert run.state is RunState.PAUSED


async def resume(flow: FlowScene, run_id: str) -> frozenset[str]:
    run, done = await flow.store.resume_run(TENANT, run_id, flow.now)
    assert run.state is not RunState.PAUSED
    return done.queues


async def test_what_is_ready_is_not_claimed_until_the_run_goes_on(flow: FlowScene) -> None:
    await flow.save(PAIR)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await pause(flow, run_id)
    assert await flow.states(run_id) == {"a": "PENDING"}
    assert await driver.claim() == {}
    jobs = await flow.store.list_jobs(TENANT, JobFilter(state=JobState.PENDING, run_id=run_id), flow.now, None, 10)
    assert [job.state for job in jobs.items] == [JobState.PENDING]
    assert await flow.sound()
    assert await resume(flow, run_id) == {"default"}
    assert await driver.drain() == [{"a"}, {"b"}]
    assert [fact for fact, _ in await flow.facts(run_id)][1:3] == ["workflow.paused", "workflow.resumed"]


async def test_a_running_attempt_ends_and_its_successor_waits(flow: FlowScene) -> None:
    await flow.save(PAIR)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    await pause(flow, run_id)
    done = await driver.settle(jobs)
    assert (done.late, done.queues) == (frozenset(), frozenset())
    assert await flow.states(run_id) == {"a": "SUCCEEDED", "b": "PENDING"}
    assert (await flow.run(run_id)).state is RunState.PAUSED
    assert await driver.claim() == {}
    assert await flow.sound()
    await resume(flow, run_id)
    assert await driver.drain() == [{"b"}]


async def test_retries_snoozes_and_what_is_given_back_are_held(flow: FlowScene) -> None:
    await flow.save(document([node("a", retry={"max_attempts": 3}), node("b"), node("c")]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    await pause(flow, run_id)
    await driver.settle(jobs, a=failed(), b=Snoozed(flow.now + HOUR), c=Released())
    assert await flow.states(run_id) == {"a": "SCHEDULED", "b": "SCHEDULED", "c": "PENDING"}
    assert await flow.sound()
    flow.clock.move(MINUTE)
    assert await driver.claim() == {}
    assert await flow.states(run_id) == {"a": "PENDING", "b": "SCHEDULED", "c": "PENDING"}
    assert await flow.store.next_due(("default",), flow.now) is None
    await resume(flow, run_id)
    assert set(await driver.claim()) == {"a", "c"}
    assert await flow.store.next_due(("default",), flow.now) == flow.now - MINUTE + HOUR


async def test_a_signal_to_a_paused_run_acts_when_it_goes_on(flow: FlowScene) -> None:
    await flow.save(document([node("ask", "wait.callback")], output="{{ nodes.ask.output }}"))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(ask=waits("ask"))
    await pause(flow, run_id)
    await flow.signal(run_id, "ask", 7)
    assert await flow.states(run_id) == {"ask": "WAITING"}
    assert await flow.sound()
    await flow.store.resume_run(TENANT, run_id, flow.now)
    run = await flow.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, 7)


async def test_a_wait_that_begins_while_paused_meets_its_signal_at_resume(flow: FlowScene) -> None:
    await flow.save(document([node("ask", "wait.callback")], output="{{ nodes.ask.output }}"))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    await pause(flow, run_id)
    await flow.signal(run_id, "ask", 7)
    await driver.settle(jobs, ask=waits("ask"))
    assert await flow.states(run_id) == {"ask": "WAITING"}
    await flow.store.resume_run(TENANT, run_id, flow.now)
    assert (await flow.run(run_id)).output == 7


async def test_a_wait_of_a_paused_run_times_out_after_it_goes_on(flow: FlowScene) -> None:
    await flow.save(document([node("ask", "wait.callback"), node("late")], [edge("ask.timeout", "late")]))
    run_id = await flow.start("sample")
    await (await flow.driver()).step(ask=waits("ask", flow.now + SECOND))
    await pause(flow, run_id)
    flow.clock.move(HOUR)
    assert (await flow.store.expire_waits(flow.now)).ended == 0
    await flow.store.resume_run(TENANT, run_id, flow.now)
    assert (await flow.store.expire_waits(flow.now)).ended == 1
    assert await flow.states(run_id) == {"ask": "SUCCEEDED", "late": "PENDING"}


async def test_a_run_whose_last_node_ends_while_paused_has_ended(flow: FlowScene) -> None:
    await flow.save(document([node("a")]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    await pause(flow, run_id)
    await driver.settle(jobs)
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED


async def test_a_paused_run_is_cancelled_and_times_out_as_any(flow: FlowScene) -> None:
    await flow.save(PAIR)
    run_id = await flow.start("sample")
    await pause(flow, run_id)
    await flow.store.cancel_run(TENANT, run_id, flow.now)
    run = await flow.run(run_id)
    assert run.state is RunState.CANCELLED
    assert await flow.states(run_id) == {"a": "CANCELLED", "b": "SKIPPED"}


async def test_what_cannot_be_paused_or_resumed_says_why(flow: FlowScene) -> None:
    await flow.save(PAIR)
    run_id = await flow.start("sample")
    with pytest.raises(Conflict):
        await flow.store.resume_run(TENANT, run_id, flow.now)
    await pause(flow, run_id)
    with pytest.raises(Conflict):
        await flow.store.pause_run(TENANT, run_id, flow.now)
    await flow.store.cancel_run(TENANT, run_id, flow.now)
    for change in (flow.store.pause_run, flow.store.resume_run):
        with pytest.raises(Conflict):
            await change(TENANT, run_id, flow.now)
        with pytest.raises(NotFound):
            await change("other", run_id, flow.now)


async def test_bodies_are_paused_with_their_run_and_ends_wait_in_its_inbox(flow: FlowScene) -> None:
    await flow.save(MAPPED)
    run_id = await flow.start("sample", {"items": [1, 2]})
    driver = await flow.driver()
    await driver.step(each=spawns(1, 2, concurrency=2))
    assert (await flow.store.deliver(flow.now)).ended == 1
    first, second = await driver.claim_all()
    await pause(flow, run_id)
    await flow.store.deliver(flow.now)
    await flow.finish(driver.worker_id, (first, Released()))
    assert await driver.claim_all() == []
    await driver.settle({"step": second})
    assert (await flow.store.deliver(flow.now)).ended == 0
    assert await flow.sound()
    done = (await flow.store.resume_run(TENANT, run_id, flow.now))[1]
    assert done.mail
    while (await flow.store.deliver(flow.now)).ended:
        pass
    assert await driver.drain() == [{"step"}]
    while (await flow.store.deliver(flow.now)).ended:
        pass
    run = await flow.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, ["step", "step"])
