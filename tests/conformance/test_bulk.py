"""Cancelling, retrying and discarding many jobs at once: what can be changed is, the rest is left out."""

import asyncio
from typing import Any

from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.job import JobState, NewJob
from holdfast.model.outcome import Suspended
from holdfast.model.records import JobFilter
from holdfast.model.retry import RetryPolicy
from holdfast.ports import Changed
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene, failed, open_store
from tests.model.definitions import document, edge, node

ONCE = RetryPolicy(max_attempts=1)
PAIR = document([node("a"), node("b")], [edge("a", "b")])


async def dead(scene: Scene, *jobs: NewJob) -> list[str]:
    """Inserts these jobs and lets each die at its only attempt, in the order given; their ids."""
    worker = await scene.worker()
    await scene.insert(*jobs)
    claimed = await scene.claim(worker)
    assert {job.id for job in claimed} == {job.id for job in jobs}
    await scene.finish(worker, *((job, failed()) for job in claimed))
    return [job.id for job in jobs]


async def listed(scene: Scene, state: JobState) -> set[str]:
    page = await scene.store.list_jobs(TENANT, JobFilter(state), scene.now, None, 500)
    return {job.id for job in page.items}


async def test_everything_that_goes_on_is_cancelled_and_the_rest_left_out(scene: Scene) -> None:
    worker, running = await scene.started(scene.job())
    parking = scene.job()
    await scene.insert(parking)
    (parked,) = await scene.claim(worker)
    await scene.finish(worker, (parked, Suspended()))
    pending, later, foreign = scene.job(), scene.job(due_in=HOUR), scene.job(tenant="other")
    await scene.insert(pending, later, foreign)
    ids = [running.id, parked.id, pending.id, later.id, foreign.id, "not an id", "0190b8a0-0000-7000-8000-000000000000"]
    changed = await scene.store.cancel_jobs(TENANT, ids, scene.now)
    assert changed.ids == {running.id, parked.id, pending.id, later.id}
    assert await listed(scene, JobState.CANCELLED) == {parked.id, pending.id, later.id}
    assert (await scene.get(running)).state is JobState.RUNNING
    pulse = await scene.store.heartbeat(worker, {running.id: running.lease}, scene.now, HOUR, scene.now)
    assert pulse.cancelled == (running.id,)
    assert (await scene.get(foreign, "other")).state is JobState.PENDING
    again = await scene.store.cancel_jobs(TENANT, [parked.id, pending.id], scene.now)
    assert again == Changed()
    assert await scene.sound()


async def test_jobs_of_several_runs_are_cancelled_with_what_follows_in_their_runs(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = [await scene.start("sample") for _ in range(3)]
    jobs = [((await scene.run(run)).nodes or {})["a"].job_id or "" for run in runs]
    assert (await scene.store.cancel_jobs(TENANT, jobs[:2], scene.now)).ids == set(jobs[:2])
    assert [(await scene.run(run)).state.value for run in runs] == ["FAILED", "FAILED", "RUNNING"]
    assert await scene.sound()


async def test_a_job_whose_run_cant_be_advanced_hinders_no_other(scene: Scene) -> None:
    await scene.save(PAIR)
    run = await scene.start("sample")
    broken = ((await scene.run(run)).nodes or {})["a"].job_id or ""
    await scene.execute("UPDATE workflow_versions SET definition = '{}'")
    fresh = Scene(await open_store(scene.url), scene.url, scene.clock)  # it has read no definition yet
    lone = [fresh.job() for _ in range(5)]
    await fresh.insert(*lone)
    changed = await fresh.store.cancel_jobs(TENANT, [broken, *(job.id for job in lone)], fresh.now)
    assert changed.ids == {job.id for job in lone}
    await fresh.store.close()


async def test_dead_jobs_come_back_together(scene: Scene) -> None:
    ids = await dead(scene, *(scene.job(retry=ONCE, queue="default", priority=n) for n in range(3)))
    worker, going = await scene.started(scene.job("log"))
    scene.clock.move(MINUTE)
    changed = await scene.store.retry_jobs(TENANT, [*ids, going.id, "not an id"], scene.now)
    assert (changed.ids, changed.queues) == (frozenset(ids), frozenset({"default"}))
    assert await listed(scene, JobState.DEAD) == set()
    back = await scene.claim(worker, kinds={"noop"})
    assert [job.id for job in back] == list(reversed(ids))
    assert all((job.attempt, job.used, job.lease) == (2, 1, 2) for job in back)
    await scene.finish(worker, *((job, OK) for job in back))
    assert (await scene.get(ids[0])).changes[3].before == "DEAD"
    assert await scene.sound()


async def test_of_several_that_want_one_key_the_oldest_comes_back(scene: Scene) -> None:
    ids = [(await dead(scene, scene.job(retry=ONCE, unique_key="u")))[0] for _ in range(3)]
    other = await dead(scene, scene.job(retry=ONCE, unique_key="v"))
    rival = scene.job(due_in=HOUR, unique_key="v")
    await scene.insert(rival)
    changed = await scene.store.retry_jobs(TENANT, [*reversed(ids), *other], scene.now)
    assert changed.ids == {ids[0]}
    assert await listed(scene, JobState.DEAD) == {*ids[1:], *other}
    assert (await scene.insert(scene.job(unique_key="u")))[0].id == ids[0]
    assert await scene.sound()


async def test_nobody_retries_anothers_jobs_or_a_runs(scene: Scene) -> None:
    await scene.save(PAIR)
    driver = await Driver.of(scene)
    run = await scene.start("sample")
    await driver.drain(a=failed(final=True))
    node_job = ((await scene.run(run)).nodes or {})["a"].job_id or ""
    (foreign,) = await dead(scene, scene.job(retry=ONCE, tenant="other"))
    assert await scene.store.retry_jobs(TENANT, [node_job, foreign], scene.now) == Changed()
    assert await scene.store.discard_jobs(TENANT, [foreign], "no", scene.now) == Changed()


async def test_a_discarded_job_is_a_dead_letter_no_more_and_says_why(scene: Scene) -> None:
    ids = await dead(scene, *(scene.job(retry=ONCE) for _ in range(2)))
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, failed(final=True)))
    cancelled, pending = scene.job(), scene.job()
    await scene.insert(cancelled, pending)
    await scene.store.cancel_job(TENANT, cancelled.id, scene.now)
    scene.clock.move(MINUTE)
    asked = [*ids, job.id, cancelled.id, pending.id, "not an id"]
    changed = await scene.store.discard_jobs(TENANT, asked, "superseded", scene.now)
    assert changed.ids == {*ids, job.id}
    assert await listed(scene, JobState.DEAD) == await listed(scene, JobState.FAILED) == set()
    assert await listed(scene, JobState.CANCELLED) == {*ids, job.id, cancelled.id}
    record = await scene.get(ids[0])
    assert (record.state, record.error, record.finished_at) == (
        JobState.CANCELLED,
        {"type": "discarded", "message": "superseded"},
        scene.now,
    )
    last = record.changes[-1]
    assert (last.before, last.after, last.reason, last.error) == ("DEAD", "CANCELLED", "discarded", record.error)
    assert await scene.store.discard_jobs(TENANT, asked, "again", scene.now) == Changed()
    assert await scene.sound()


async def test_a_discarded_job_can_still_be_retried(scene: Scene) -> None:
    (job,) = await dead(scene, scene.job(retry=ONCE))
    await scene.store.discard_jobs(TENANT, [job], "not needed", scene.now)
    assert (await scene.store.retry_jobs(TENANT, [job], scene.now)).ids == {job}
    assert await listed(scene, JobState.CANCELLED) == set()
    assert (await scene.get(job)).state is JobState.PENDING
    assert await scene.sound()


async def test_a_runs_node_keeps_its_state_when_its_job_is_discarded(scene: Scene) -> None:
    await scene.save(PAIR)
    driver = await Driver.of(scene)
    run = await scene.start("sample")
    await driver.drain(a=failed(final=True))
    job = ((await scene.run(run)).nodes or {})["a"].job_id or ""
    assert (await scene.store.discard_jobs(TENANT, [job], "seen", scene.now)).ids == {job}
    assert (await scene.get(job)).state is JobState.CANCELLED
    assert (await scene.states(run))["a"] == "FAILED"
    assert await scene.sound()


async def test_what_came_back_with_a_key_waits_for_its_place(scene: Scene) -> None:
    keyed: dict[str, Any] = {"retry": ONCE, "concurrency_key": "k", "concurrency_limit": 1}
    ids = [(await dead(scene, scene.job(**keyed)))[0] for _ in range(2)]
    holder = scene.job(**keyed)
    await scene.insert(holder)
    await scene.store.retry_jobs(TENANT, ids, scene.now)
    assert [(await scene.get(job)).blocked for job in (holder.id, *ids)] == [False, True, True]
    worker = await scene.worker()
    order = []
    while claimed := await scene.claim(worker):
        order += [job.id for job in claimed]
        assert len(claimed) == 1
        await scene.finish(worker, (claimed[0], OK))
    assert order[0] == holder.id
    assert set(order[1:]) == set(ids)
    assert await scene.sound()


async def test_cancelling_what_holds_a_key_lets_the_next_through(scene: Scene) -> None:
    first, second = (scene.job(concurrency_key="k", concurrency_limit=1) for _ in range(2))
    await scene.insert(first, second)
    changed = await scene.store.cancel_jobs(TENANT, [first.id], scene.now)
    assert changed.queues == {"default"}
    assert [job.id for job in await scene.claim(await scene.worker())] == [second.id]
    assert await scene.sound()


async def test_a_key_whose_gate_is_long_gone_lets_one_through_at_a_time(scene: Scene) -> None:
    keyed: dict[str, Any] = {"retry": ONCE, "concurrency_key": "k", "concurrency_limit": 5}
    ids = await dead(scene, *(scene.job(**keyed) for _ in range(2)))
    await scene.execute("DELETE FROM gates")
    await scene.store.retry_jobs(TENANT, ids, scene.now)
    assert [job.id for job in await scene.claim(await scene.worker())] == ids[:1]
    assert await scene.sound()


async def test_of_two_who_do_the_same_at_once_one_changes_each_job(scene: Scene, other: Scene) -> None:
    ids = await dead(scene, *(scene.job(retry=ONCE) for _ in range(40)))
    for name in ("retry_jobs", "cancel_jobs", "retry_jobs", "cancel_jobs"):
        one, two = await asyncio.gather(
            getattr(scene.store, name)(TENANT, ids, scene.now),
            getattr(other.store, name)(TENANT, list(reversed(ids)), scene.now),
        )
        assert one.ids | two.ids == set(ids)
        assert not one.ids & two.ids
    assert len((await scene.get(ids[0])).changes) == 7
    assert await scene.sound()


async def test_retries_and_claims_at_once_never_exceed_a_keys_limit(scene: Scene, other: Scene) -> None:
    keyed: dict[str, Any] = {"retry": ONCE, "concurrency_key": "k", "concurrency_limit": 2}
    ids: list[str] = []
    worker = await scene.worker()
    await scene.insert(*(scene.job(**keyed) for _ in range(10)))
    while claimed := await scene.claim(worker):
        await scene.finish(worker, *((job, failed()) for job in claimed))
        ids += [job.id for job in claimed]
    assert len(ids) == 10
    halves = asyncio.gather(*(s.store.retry_jobs(TENANT, ids[n::2], s.now) for n, s in enumerate((scene, other))))
    assert {job for changed in await halves for job in changed.ids} == set(ids)
    assert len(await scene.claim(worker)) == 2
    assert await scene.sound()
