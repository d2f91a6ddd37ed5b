"""Parked nodes: what they wait for is kept and told, and their time comes."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Succeeded, Suspended
from holdfast.model.run import RunState
from holdfast.model.wait import Wait
from tests.conformance.flow_scene import FlowScene, flow_scene, spawns, waits
from tests.conformance.scene import OK, TENANT, failed
from tests.model.definitions import document, edge, node

LONE = document(
    [node("ask", "approval"), node("after")], [edge("ask.approved", "after")], output="{{ nodes.ask.output }}"
)
TIMED = document(
    [node("ask", "approval"), node("late"), node("after")],
    [edge("ask.timeout", "late"), edge("ask.approved", "after")],
)


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


async def test_what_a_node_waits_for_is_shown_with_its_run(flow: FlowScene) -> None:
    await flow.save(LONE)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    wait = Wait("approval", "ask", approvers=("ada",), details={"title": "Pay?"})
    await driver.step(ask=Suspended(flow.now + HOUR, wait=wait))
    (shown,) = await flow.store.list_waits(TENANT, run_id)
    assert (shown.run_id, shown.node_id, shown.wait, shown.until) == (run_id, "ask", wait, flow.now + HOUR)
    run = await flow.run(run_id)
    assert run.state is RunState.WAITING
    assert run.nodes is not None
    assert (run.nodes["ask"].state, run.nodes["ask"].waits, run.nodes["ask"].started_at) == ("WAITING", shown, flow.now)
    (told,) = await flow.events(run_id, "node.waiting")
    assert (told.node_id, told.job_id, told.data) == ("ask", shown.job_id, {"kind": "approval"})
    assert await flow.store.list_waits("other", run_id) == []


async def test_a_node_without_a_time_waits_for_good(flow: FlowScene) -> None:
    await flow.save(LONE)
    run_id = await flow.start("sample")
    await (await flow.driver()).step(ask=waits("ask", kind="approval"))
    assert [one.until for one in await flow.store.list_waits(TENANT, run_id)] == [None]
    flow.clock.move(10_000 * HOUR)
    assert (await flow.store.expire_waits(flow.now)).ended == 0
    assert await flow.states(run_id) == {"ask": "WAITING"}


async def test_only_events_waits_are_listed_for_events_of_all_runs(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    first, second = await flow.start("sample"), await flow.start("sample")
    driver = await flow.driver()
    event = Suspended(wait=Wait("event", "a", event_type="order.*", condition="event.data.n > 1", since=flow.now))
    for job in await driver.claim_all():
        await flow.finish(driver.worker_id, (job, event if job.node_id == "a" else waits("b")))
    found = await flow.store.waits_for_events()
    assert [(one.run_id, one.node_id, one.wait) for one in found] == [
        (run_id, "a", event.wait) for run_id in (first, second)
    ]


async def test_a_wait_that_times_out_goes_on_by_its_port(flow: FlowScene) -> None:
    await flow.save(TIMED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(ask=waits("ask", flow.now + MINUTE))
    flow.clock.move(MINUTE - 1)
    assert (await flow.store.expire_waits(flow.now)).ended == 0
    flow.clock.move(1)
    done = await flow.store.expire_waits(flow.now)
    assert (done.ended, done.queues) == (1, frozenset({"default"}))
    assert (await flow.store.expire_waits(flow.now)).ended == 0
    assert await driver.drain() == [{"late"}]
    run = await flow.run(run_id)
    assert run.state is RunState.SUCCEEDED
    assert run.nodes is not None
    ask = run.nodes["ask"]
    assert (ask.state, ask.ports, ask.output, ask.attempts) == ("SUCCEEDED", ("timeout",), None, 1)
    assert run.nodes["after"].state == "SKIPPED"
    job = await flow.get(ask.job_id or "")
    assert [(c.before, c.after, c.reason) for c in job.changes][-2:] == [
        ("RUNNING", "WAITING", "suspended"),
        ("WAITING", "SUCCEEDED", "timed_out"),
    ]
    assert (job.attempt, job.lease) == (1, 1)
    assert await flow.store.list_waits(TENANT, run_id) == []


async def test_a_wait_that_times_out_without_a_way_on_fails_its_run(flow: FlowScene) -> None:
    await flow.save(LONE)
    run_id = await flow.start("sample")
    await (await flow.driver()).step(ask=waits("ask", flow.now + SECOND))
    flow.clock.move(SECOND)
    assert (await flow.store.expire_waits(flow.now)).ended == 1
    run = await flow.run(run_id)
    assert run.state is RunState.FAILED
    assert isinstance(run.error, dict)
    assert (run.error["type"], run.error["node"]) == ("timeout", "ask")
    assert await flow.states(run_id) == {"ask": "FAILED", "after": "SKIPPED"}


async def test_what_waits_ends_with_its_run(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(a=waits("a"), b=waits("b"))
    await flow.store.cancel_run(TENANT, run_id, flow.now)
    assert await flow.states(run_id) == {"a": "CANCELLED", "b": "CANCELLED"}
    assert await flow.store.list_waits(TENANT, run_id) == []
    flow.clock.move(HOUR)
    assert (await flow.store.expire_waits(flow.now)).ended == 0


async def test_a_wait_of_a_run_that_fails_meanwhile_ends_with_it(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    await driver.settle({"a": jobs["a"]}, a=waits("a"))
    await driver.settle({"b": jobs["b"]}, b=failed(final=True))
    assert await flow.states(run_id) == {"a": "CANCELLED", "b": "FAILED"}


async def test_a_suspension_that_is_sent_twice_is_recognised(flow: FlowScene) -> None:
    await flow.save(LONE)
    await flow.start("sample")
    driver = await flow.driver()
    jobs = await driver.claim()
    first = await driver.settle(jobs, ask=waits("ask"))
    again = await driver.settle(jobs, ask=waits("ask"))
    assert (first.late, again.late) == (frozenset(), frozenset())
    late = await driver.settle(jobs, ask=Succeeded(1))
    assert late.late == {jobs["ask"].id}


async def test_many_overdue_waits_end_in_portions(flow: FlowScene) -> None:
    await flow.save(TIMED)
    runs = [await flow.start("sample") for _ in range(6)]
    driver = await flow.driver()
    jobs = await driver.claim_all()
    await flow.finish(driver.worker_id, *((job, waits("ask", flow.now + SECOND)) for job in jobs))
    flow.clock.move(MINUTE)
    assert [(await flow.store.expire_waits(flow.now, 4)).ended for _ in range(3)] == [4, 2, 0]
    for run_id in runs:
        assert (await flow.states(run_id))["late"] == JobState.PENDING


async def test_runs_of_bodies_go_when_they_are_too_old_to_keep(flow: FlowScene) -> None:
    body: JSONObject = {"nodes": [node("step")], "edges": []}
    await flow.save(document([node("each", "map", params={"items": [], "body": body})]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(each=spawns(1, 2))
    await flow.store.deliver(flow.now)
    first, second = await driver.claim_all()
    await flow.finish(driver.worker_id, (first, OK))
    page = await flow.store.list_children(TENANT, run_id, "each", None, None, 10)
    children = [child.run_id or "" for child in page.items]
    await flow.signal(run_id, "nobody")
    flow.clock.move(HOUR)
    await flow.store.prune(flow.now, MINUTE)
    assert (await flow.run(run_id)).finished_at is None
    await flow.finish(driver.worker_id, (second, OK))
    while (await flow.store.deliver(flow.now)).ended:
        pass
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED
    flow.clock.move(HOUR)
    await flow.store.prune(flow.now, MINUTE)
    for gone in (run_id, *children):
        with pytest.raises(NotFound):
            await flow.run(gone)
