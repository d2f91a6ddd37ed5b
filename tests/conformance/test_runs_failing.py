"""Runs that don't end well: failures handled and not, cancelling, timeouts, lost workers."""

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Cancelled, Snoozed, Succeeded
from holdfast.model.run import RunState
from tests.conformance.driving import Driver
from tests.conformance.scene import LEASE, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

PAIR = [node("a"), node("b"), node("c")]
FORK = document(PAIR, [edge("a", "c"), edge("b", "c")])
DRAIN = document(PAIR, [edge("a", "c"), edge("b", "c")], settings={"on_failure": "drain"})
FINAL = failed("broken", final=True)


async def test_a_failed_node_fails_its_run_and_stops_its_siblings(scene: Scene) -> None:
    await scene.save(FORK)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    finished = await driver.settle({"a": jobs["a"]}, a=FINAL)
    assert finished.stopped == ((jobs["b"].id, jobs["b"].lease),)
    run = await scene.run(run_id)
    assert run.state is RunState.FAILED
    assert isinstance(run.error, dict)
    assert (run.error["type"], run.error["message"], run.error["node"]) == ("test", "broken", "a")
    assert await scene.states(run_id) == {"a": "FAILED", "b": "CANCELLED", "c": "SKIPPED"}
    stopped = await scene.get(jobs["b"])
    assert (stopped.state, stopped.changes[-1].reason) == (JobState.CANCELLED, "run_failed")
    assert (await driver.settle({"b": jobs["b"]})).late == {jobs["b"].id}
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_a_failure_and_a_success_of_siblings_in_one_batch(scene: Scene) -> None:
    await scene.save(FORK)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    finished = await driver.settle(await driver.claim(), a=FINAL)
    assert (finished.late, finished.stopped) == (frozenset(), ())
    run = await scene.run(run_id)
    assert run.state is RunState.FAILED
    assert (await scene.states(run_id))["a"] == "FAILED"
    assert await scene.sound()


async def test_a_retry_belongs_to_the_node_until_its_budget_is_gone(scene: Scene) -> None:
    once_more: JSONObject = {
        "max_attempts": 2,
        "strategy": "fixed",
        "base_delay": "1m",
        "max_delay": "1m",
        "jitter": "none",
    }
    await scene.save(document([node("a", retry=once_more)]))
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    await driver.step(a=failed("once"))
    assert await scene.states(run_id) == {"a": "SCHEDULED"}
    assert (await scene.run(run_id)).state is RunState.WAITING
    scene.clock.move(MINUTE)
    await driver.step(a=failed("twice"))
    run = await scene.run(run_id)
    assert run.state is RunState.FAILED
    assert run.nodes is not None
    assert (run.nodes["a"].state, run.nodes["a"].attempts) == ("DEAD", 2)
    assert run.nodes["a"].error == {"type": "test", "message": "twice"}
    assert await scene.sound()


async def test_a_failing_run_drops_its_siblings_retries(scene: Scene) -> None:
    await scene.save(DRAIN)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    await driver.settle({"a": jobs["a"]}, a=FINAL)
    assert (await scene.run(run_id)).state is RunState.RUNNING
    await driver.settle({"b": jobs["b"]}, b=failed("again"))
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await scene.states(run_id) == {"a": "FAILED", "b": "CANCELLED", "c": "SKIPPED"}
    assert await scene.sound()


async def test_a_draining_run_lets_running_attempts_end_well(scene: Scene) -> None:
    await scene.save(DRAIN)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    assert (await driver.settle({"a": jobs["a"]}, a=FINAL)).stopped == ()
    await driver.settle({"b": jobs["b"]})
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await scene.states(run_id) == {"a": "FAILED", "b": "SUCCEEDED", "c": "SKIPPED"}
    assert await scene.sound()


async def test_a_draining_run_ends_what_is_parked(scene: Scene) -> None:
    await scene.save(DRAIN)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    await driver.settle({"b": jobs["b"]}, b=Snoozed(scene.now + MINUTE))
    await driver.settle({"a": jobs["a"]}, a=FINAL)
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await scene.states(run_id) == {"a": "FAILED", "b": "CANCELLED", "c": "SKIPPED"}
    assert await scene.sound()


async def test_an_error_edge_handles_the_failure(scene: Scene) -> None:
    await scene.save(
        document(
            [node("a", "http.request", params={"url": "http://x.test"}), node("ok"), node("repair")],
            [edge("a", "ok"), edge("a.error", "repair")],
            output="{{ nodes.a.error.message }}",
        )
    )
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    assert await driver.drain(a=FINAL) == [{"a"}, {"repair"}]
    run = await scene.run(run_id)
    assert (run.state, run.output, run.error) == (RunState.SUCCEEDED, "broken", None)
    assert await scene.states(run_id) == {"a": "FAILED", "ok": "SKIPPED", "repair": "SUCCEEDED"}
    assert await scene.sound()


async def test_on_error_continue_goes_on_and_keeps_the_error(scene: Scene) -> None:
    await scene.save(document([node("a", on_error="continue"), node("b")], [edge("a", "b")]))
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    assert await driver.drain(a=FINAL) == [{"a"}, {"b"}]
    (context,) = await scene.store.run_contexts([(run_id, frozenset({"a"}))])
    assert context.errors["a"] == {"type": "test", "message": "broken"}
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_a_cancelled_run_stops_at_once(scene: Scene) -> None:
    await scene.save(FORK)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = {job.node_id: job for job in await scene.claim(driver.worker_id, 1)}
    (running,) = jobs.values()
    run, finished = await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert (run.state, run.finished_at) == (RunState.CANCELLED, scene.now)
    assert finished.stopped == ((running.id, running.lease),)
    assert await scene.states(run_id) == {"a": "CANCELLED", "b": "CANCELLED", "c": "SKIPPED"}
    assert (await scene.finish(driver.worker_id, (running, Succeeded("late")))).late == {running.id}
    with pytest.raises(Conflict):
        await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert await driver.claim() == {}
    assert await scene.sound()


async def test_a_cancelled_node_job_fails_its_run(scene: Scene) -> None:
    await scene.save(FORK)
    run_id = await scene.start("sample")
    run = await scene.run(run_id)
    assert run.nodes is not None
    await scene.store.cancel_job(TENANT, run.nodes["a"].job_id or "", scene.now)
    ended = await scene.run(run_id)
    assert ended.state is RunState.FAILED
    assert isinstance(ended.error, dict)
    assert ended.error["type"] == "cancelled"
    assert await scene.sound()


async def test_a_running_node_job_that_was_asked_to_stop_fails_its_run(scene: Scene) -> None:
    await scene.save(FORK)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    record = await scene.store.cancel_job(TENANT, jobs["a"].id, scene.now)
    assert record.state is JobState.RUNNING
    pulse = await scene.store.heartbeat(
        driver.worker_id, {job.id: job.lease for job in jobs.values()}, scene.now, LEASE, scene.now
    )
    assert pulse.cancelled == (jobs["a"].id,)
    await driver.settle({"a": jobs["a"]}, a=Cancelled())
    assert (await scene.run(run_id)).state is RunState.FAILED
    assert await scene.sound()


async def test_a_run_past_its_timeout_fails(scene: Scene) -> None:
    await scene.save(FORK)
    late, early = await scene.start("sample", timeout=MINUTE), await scene.start("sample", timeout=3 * MINUTE)
    assert (await scene.store.expire_runs(scene.now)).stopped == ()
    scene.clock.move(2 * MINUTE)
    driver = await Driver.of(scene)
    await scene.store.expire_runs(scene.now)
    run = await scene.run(late)
    assert run.state is RunState.FAILED
    assert isinstance(run.error, dict)
    assert run.error["type"] == "timeout"
    assert (await scene.run(early)).state is RunState.RUNNING
    assert {job.run_id for job in (await scene.claim(driver.worker_id))} == {early}
    await scene.store.expire_runs(scene.now)
    assert await scene.sound()


async def test_a_lost_workers_node_runs_again_and_the_first_result_is_late(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    run_id = await scene.start("sample")
    dead = await Driver.of(scene)
    lost = await dead.claim()
    scene.clock.move(LEASE + SECOND)
    rescued = await scene.store.rescue(scene.now, hung_grace=MINUTE)
    assert (rescued.workers, rescued.jobs, rescued.queues) == (1, 1, frozenset({"default"}))
    driver = await Driver.of(scene)
    again = await driver.claim()
    assert (again["a"].lease, again["a"].lost) == (2, 1)
    assert (await dead.settle(lost)).late == {lost["a"].id}
    await driver.settle(again)
    assert await driver.drain() == [{"b"}]
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED
    assert await scene.sound()
