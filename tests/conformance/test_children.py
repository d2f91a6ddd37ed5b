"""Maps over bodies: their children begin in order, tell their ends, are stopped, and are told."""

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Succeeded, Suspended
from holdfast.model.run import RunState
from holdfast.model.spawn import ChildState, Spawn
from tests.conformance.children import (
    body,
    child_states,
    children,
    deliver,
    error_of,
    mapped,
    node_of,
    over,
    park,
    parked,
    steps,
    work,
)
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, failed
from tests.model.definitions import document, edge, node

FINAL = failed("broken", final=True)


async def test_a_map_collects_what_its_children_gave_in_order(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    parking = await park(driver, run_id, over("x", "y", "z"))
    assert parking.mail
    assert (await node_of(scene, run_id)).state == "WAITING"
    assert await scene.sound()
    delivered = await scene.store.deliver(scene.now)
    assert (delivered.ended, delivered.queues) == (1, frozenset({"default"}))
    assert await child_states(scene, run_id) == ["LIVE"] * 3
    jobs = await steps(driver)
    assert [jobs[index].node_id for index in range(3)] == ["step"] * 3
    scene.clock.move(MINUTE)
    for index in (2, 0):
        done = await scene.finish(driver.worker_id, (jobs[index], Succeeded({"n": index})))
        assert done.mail
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED", "LIVE", "SUCCEEDED"]
    await scene.finish(driver.worker_id, (jobs[1], Succeeded({"n": 1})))
    await deliver(scene)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [{"n": 0}, {"n": 1}, {"n": 2}])
    ended = await node_of(scene, run_id)
    assert (ended.state, ended.attempts, ended.ports, ended.finished_at) == ("SUCCEEDED", 1, ("out",), scene.now)
    assert ended.started_at == scene.now - MINUTE
    assert ended.family is not None
    assert (ended.family.total, ended.family.new, ended.family.live, ended.family.failed) == (3, 0, 0, 0)
    assert await scene.sound()


async def test_the_job_of_a_map_tells_that_it_was_parked_and_resumed(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1))
    await deliver(scene)
    waiting = await node_of(scene, run_id)
    assert waiting.started_at == scene.now
    await driver.drain()
    await deliver(scene)
    job = await scene.get(waiting.job_id or "")
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 1)
    assert [(change.after, change.reason) for change in job.changes[2:]] == [
        ("WAITING", "suspended"),
        ("SUCCEEDED", "resumed"),
    ]
    events = await scene.store.list_events(TENANT, None, run_id=run_id)
    told = [(event.type, event.data) for event in events if event.type.startswith("node.")]
    assert told[1:] == [("node.waiting", {"kind": "map"}), ("node.completed", {"port": "out"})]


async def test_a_child_is_a_run_that_no_list_shows(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over({"item": 1}))
    await deliver(scene)
    (record,) = await children(scene, run_id)
    assert (record.index, record.item, record.output, record.error) == (0, {"item": 1}, None, None)
    child, parent = await scene.run(record.run_id or ""), await scene.run(run_id)
    assert (child.parent, child.parent_node, child.parent_index, child.body) == (run_id, "each", 0, "each")
    assert (child.workflow, child.version_id, child.input) == ("sample", parent.version_id, None)
    assert (child.correlation_id, child.state) == ("correlated", RunState.RUNNING)
    listed = (await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items
    assert [run.id for run in listed] == [run_id]
    await driver.drain()
    types = {event.type for event in await scene.store.list_events(TENANT, None, run_id=child.id)}
    assert not any(name.startswith("workflow.") for name in types)
    assert "node.completed" in types


async def test_a_body_sees_its_item_and_what_the_node_closed_over(scene: Scene) -> None:
    await scene.save(mapped(node("first"), node("second", when="index == 1"), name="sample"))
    run_id = await scene.start("sample", {"big": 1})
    closure: JSONObject = {"input": {"big": 1}, "nodes": {}}
    await parked(scene, run_id, over("a", "b", closure=closure))
    await deliver(scene)
    ids = [child.run_id or "" for child in await children(scene, run_id)]
    contexts = await scene.store.run_contexts([(child, frozenset()) for child in ids])
    assert [context.around for context in contexts] == [
        {**closure, "item": item, "index": index} for index, item in enumerate("ab")
    ]
    assert [set(await scene.states(child)) for child in ids] == [{"first", "second"}] * 2
    assert [(await scene.states(child))["second"] for child in ids] == ["SKIPPED", "PENDING"]
    (own,) = await scene.store.run_contexts([(run_id, frozenset())])
    assert own.around is None


async def test_the_output_of_a_body_may_read_its_item(scene: Scene) -> None:
    inner = body(node("step"), output={"was": "{{ item }}", "is": "{{ nodes.step.output }}"})
    await scene.save(
        document([node("each", "map", params={"items": [], "body": inner})], output="{{ nodes.each.output }}")
    )
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over("a", "b"))
    await deliver(scene)
    assert await work(driver) == 2
    await deliver(scene)
    assert (await scene.run(run_id)).output == [{"was": "a", "is": "step"}, {"was": "b", "is": "step"}]


async def test_no_more_children_go_than_the_map_allows(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(5), concurrency=2))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["LIVE", "LIVE", "NEW", "NEW", "NEW"]
    jobs = await steps(driver)
    assert set(jobs) == {0, 1}
    await scene.finish(driver.worker_id, (jobs[1], Succeeded()))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["LIVE", "SUCCEEDED", "LIVE", "NEW", "NEW"]
    assert await scene.sound()
    third = await steps(driver)
    await scene.finish(driver.worker_id, (jobs[0], Succeeded()), (third[2], Succeeded()))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "LIVE", "LIVE"]


async def test_a_map_without_items_ends_with_an_empty_list(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    await parked(scene, run_id, over())
    await deliver(scene)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [])


async def test_children_that_end_at_once_need_no_worker(scene: Scene) -> None:
    await scene.save(mapped(node("step", when="item > 1")))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(0, 1, 2, concurrency=1))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED", "SUCCEEDED", "LIVE"]
    assert await driver.drain() == [{"step"}]
    await deliver(scene)
    assert (await scene.run(run_id)).output == [None, None, "step"]
    assert await scene.sound()


async def test_a_failed_item_fails_the_map_and_stops_the_others(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(4), concurrency=3))
    await deliver(scene)
    jobs = await steps(driver)
    await scene.finish(driver.worker_id, (jobs[1], FINAL), (jobs[0], Succeeded("kept")))
    done = await scene.store.deliver(scene.now)
    run = await scene.run(run_id)
    error = error_of(run.error)
    child = (await children(scene, run_id))[1]
    assert (run.state, error["type"], error["index"], error["run"]) == ("FAILED", "item_failed", 1, child.run_id)
    assert "broken" in str(error["message"])
    assert done.mail
    assert await scene.sound()
    stopping = await scene.store.deliver(scene.now)
    assert stopping.stopped == ((jobs[2].id, jobs[2].lease),)
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SUCCEEDED", "FAILED", "CANCELLED", "SKIPPED"]
    assert (await scene.finish(driver.worker_id, (jobs[2], Succeeded()))).late == {jobs[2].id}
    family = (await node_of(scene, run_id)).family
    assert family is not None
    assert (family.new, family.live, family.failed) == (0, 0, 2)
    assert await scene.sound()


async def test_a_map_may_go_on_past_failed_items(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(3), on_item_error="continue"))
    await deliver(scene)
    jobs = await steps(driver)
    await scene.finish(driver.worker_id, (jobs[0], Succeeded(0)), (jobs[1], FINAL), (jobs[2], Succeeded(2)))
    await deliver(scene)
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [0, None, 2])
    (bad,) = (await scene.store.list_children(TENANT, run_id, "each", ChildState.FAILED, None, 10)).items
    assert (bad.index, error_of(bad.error)["message"]) == (1, "broken")
    assert await scene.sound()


async def test_an_error_edge_takes_a_failed_map(scene: Scene) -> None:
    each = node("each", "map", params={"items": [], "body": body(node("step"))})
    await scene.save(document([each, node("repair")], [edge("each.error", "repair")]))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1))
    await deliver(scene)
    await driver.step(step=FINAL)
    await deliver(scene)
    assert await driver.drain() == [{"repair"}]
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_a_cancelled_run_cancels_its_children(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(3), concurrency=2))
    await deliver(scene)
    jobs = await steps(driver, limit=1)
    run, done = await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert (run.state, done.mail) == (RunState.CANCELLED, True)
    assert await scene.sound()
    stopping = await scene.store.deliver(scene.now)
    assert stopping.stopped == tuple((job.id, job.lease) for job in jobs.values())
    await deliver(scene)
    assert await child_states(scene, run_id) == ["CANCELLED", "CANCELLED", "SKIPPED"]
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_a_map_cancelled_before_its_children_began_starts_none(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1, 2))
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    await deliver(scene)
    assert await child_states(scene, run_id) == ["SKIPPED", "SKIPPED"]
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_a_child_that_ends_while_it_is_to_be_cancelled_is_recorded(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(1))
    await deliver(scene)
    jobs = await steps(driver)
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    await scene.finish(driver.worker_id, (jobs[0], Succeeded("in time")))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    assert (child.state, child.output) == (ChildState.SUCCEEDED, "in time")
    assert (await scene.run(run_id)).state is RunState.CANCELLED
    assert await scene.sound()


async def test_a_map_past_its_time_fails_and_stops_its_children(scene: Scene) -> None:
    each = node("each", "map", params={"items": [], "body": body(node("step")), "timeout": "1h"})
    await scene.save(document([each, node("late")], [edge("each.error", "late")]))
    run_id = await scene.start("sample")
    spawn = Spawn("map", (1, 2), concurrency=1)
    driver = await parked(scene, run_id, Suspended(scene.now + HOUR, spawn=spawn))
    await deliver(scene)
    assert (await scene.store.expire_waits(scene.now)).ended == 0
    scene.clock.move(HOUR)
    expired = await scene.store.expire_waits(scene.now)
    assert (expired.ended, expired.mail) == (1, True)
    await deliver(scene)
    assert await driver.drain() == [{"late"}]
    assert await child_states(scene, run_id) == ["CANCELLED", "SKIPPED"]
    ended = await node_of(scene, run_id)
    assert (ended.state, error_of(ended.error)["type"]) == ("FAILED", "timeout")
    assert (await scene.get(ended.job_id or "")).changes[-1].reason == "timed_out"
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED
    assert await scene.sound()


async def test_bodies_may_have_children_of_their_own(scene: Scene) -> None:
    inner = node("deep", "map", params={"items": [], "body": body(node("leaf"))})
    await scene.save(mapped(inner))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over("a", "b"))
    await deliver(scene)
    jobs = await steps(driver)
    await scene.finish(driver.worker_id, *((jobs[index], over(index, 10 + index)) for index in (0, 1)))
    await deliver(scene)
    leaves = await scene.claim(driver.worker_id)
    assert [job.node_id for job in leaves] == ["leaf"] * 4
    around = await scene.store.run_contexts([(job.run_id or "", frozenset()) for job in leaves])
    outputs: list[JSON] = [(context.around or {}).get("item") for context in around]
    await scene.finish(driver.worker_id, *((job, Succeeded(out)) for job, out in zip(leaves, outputs, strict=True)))
    await deliver(scene)
    assert (await scene.run(run_id)).output == [[0, 10], [1, 11]]
    assert await scene.sound()


async def test_stopping_goes_down_to_the_children_of_children(scene: Scene) -> None:
    await scene.save(mapped(node("deep", "map", params={"items": [], "body": body(node("leaf"))})))
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over("a"))
    await deliver(scene)
    jobs = await steps(driver)
    await scene.finish(driver.worker_id, (jobs[0], over(1, 2)))
    await deliver(scene)
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    await deliver(scene)
    (middle,) = await children(scene, run_id)
    assert middle.state is ChildState.CANCELLED
    assert await child_states(scene, middle.run_id or "", "deep") == ["CANCELLED", "CANCELLED"]
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_children_are_listed_page_by_page(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    await parked(scene, run_id, over(*range(5), concurrency=2))
    await deliver(scene)
    seen: list[int] = []
    cursor = None
    while True:
        page = await scene.store.list_children(TENANT, run_id, "each", None, cursor, 2)
        seen += [child.index for child in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [0, 1, 2, 3, 4]
    new = await scene.store.list_children(TENANT, run_id, "each", ChildState.NEW, None, 2)
    assert [child.index for child in new.items] == [2, 3]
    assert new.next is not None
    for tenant, run, name in (("other", run_id, "each"), (TENANT, "nothing", "each"), (TENANT, run_id, "nobody")):
        with pytest.raises(NotFound):
            await scene.store.list_children(tenant, run, name, None, None, 10)
    with pytest.raises(Invalid):
        await scene.store.list_children(TENANT, run_id, "each", None, "nonsense", 10)


async def test_a_paused_map_starts_no_children_until_it_goes_on(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    driver = await parked(scene, run_id, over(*range(3), concurrency=2))
    await deliver(scene)
    jobs = await steps(driver, limit=1)
    paused, done = await scene.store.pause_run(TENANT, run_id, scene.now)
    assert (paused.state, done.mail) == (RunState.PAUSED, True)
    await deliver(scene)
    ids = [child.run_id or "" for child in (await children(scene, run_id))[:2]]
    assert [(await scene.run(child)).state for child in ids] == [RunState.PAUSED, RunState.PAUSED]
    assert await driver.claim() == {}
    await scene.finish(driver.worker_id, *((job, Succeeded("ran on")) for job in jobs.values()))
    await deliver(scene)
    assert await child_states(scene, run_id) == ["LIVE", "LIVE", "NEW"]
    assert await scene.sound()
    _, resumed = await scene.store.resume_run(TENANT, run_id, scene.now)
    assert resumed.mail
    await deliver(scene)
    assert len(await driver.claim()) >= 1
    assert sorted(await child_states(scene, run_id)) == ["LIVE", "LIVE", "SUCCEEDED"]
    assert await scene.sound()


async def test_a_cancelled_run_refuses_what_comes_later(scene: Scene) -> None:
    await scene.save(mapped())
    run_id = await scene.start("sample")
    await parked(scene, run_id, over(1))
    await scene.store.cancel_run(TENANT, run_id, scene.now)
    with pytest.raises(Conflict):
        await scene.store.pause_run(TENANT, run_id, scene.now)
    with pytest.raises(Conflict):
        await scene.store.cancel_run(TENANT, run_id, scene.now)
