"""Cancelling and retrying jobs by hand, listing them, and that no tenant sees another's."""

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.job import JobState
from holdfast.model.outcome import Cancelled, Outcome, Released, Suspended
from holdfast.model.records import JobFilter, JobRecord
from holdfast.model.retry import RetryPolicy
from holdfast.stores.codec import encode_cursor
from tests.conformance.scene import LEASE, OK, Scene, failed

ONCE = RetryPolicy(max_attempts=1)


async def listed(scene: Scene, tenant: str = "default", **wanted: object) -> list[str]:
    page = await scene.store.list_jobs(tenant, JobFilter(**wanted), scene.now, None, 500)  # type: ignore[arg-type]
    return [job.id for job in page.items]


@pytest.mark.parametrize("due_in", [0, HOUR])
async def test_an_unclaimed_job_is_cancelled_at_once(scene: Scene, due_in: int) -> None:
    job = scene.job(due_in=due_in, unique_key="u")
    await scene.insert(job)
    record = await scene.store.cancel_job("default", job.id, scene.now)
    assert (record.state, record.finished_at) == (JobState.CANCELLED, scene.now)
    assert record.changes[-1].reason == "cancelled"
    scene.clock.move(HOUR)
    assert await scene.claim(await scene.worker()) == []
    assert not (await scene.insert(scene.job(unique_key="u")))[0].duplicate
    assert await scene.sound()


async def test_a_parked_job_is_cancelled_at_once(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, Suspended()))
    assert (await scene.store.cancel_job("default", job.id, scene.now)).state is JobState.CANCELLED


async def test_a_running_job_is_asked_to_stop(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    assert not (await scene.get(job)).stopping
    asked = await scene.store.cancel_job("default", job.id, scene.now)
    assert (asked.state, asked.stopping) == (JobState.RUNNING, True)
    pulse = await scene.store.heartbeat(worker, {job.id: job.lease}, scene.now, LEASE, scene.now)
    assert (pulse.cancelled, pulse.lost) == ((job.id,), ())
    await scene.finish(worker, (job, Cancelled()))
    assert (await scene.get(job)).state is JobState.CANCELLED


async def test_a_job_asked_to_stop_isnt_tried_again(scene: Scene) -> None:
    for outcome in (failed(), Released()):
        worker, job = await scene.started(scene.job())
        await scene.store.cancel_job("default", job.id, scene.now)
        await scene.finish(worker, (job, outcome))
        assert (await scene.get(job)).state is JobState.CANCELLED
    worker, job = await scene.started(scene.job())
    await scene.store.cancel_job("default", job.id, scene.now)
    await scene.store.rescue(scene.now, hung_grace=0, gone=[worker])
    assert (await scene.get(job)).state is JobState.CANCELLED
    assert await scene.sound()


async def test_a_job_that_succeeds_before_it_could_stop_has_succeeded(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.store.cancel_job("default", job.id, scene.now)
    await scene.finish(worker, (job, OK))
    assert (await scene.get(job)).state is JobState.SUCCEEDED


async def test_an_ended_job_cant_be_cancelled(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, OK))
    with pytest.raises(Conflict):
        await scene.store.cancel_job("default", job.id, scene.now)


async def test_a_dead_job_comes_back_with_a_fresh_budget(scene: Scene) -> None:
    worker, job = await scene.started(scene.job(retry=ONCE))
    await scene.finish(worker, (job, failed()))
    scene.clock.move(MINUTE)
    record = await scene.store.retry_job("default", job.id, scene.now)
    assert (record.state, record.error, record.finished_at, record.run_at) == (
        JobState.PENDING,
        None,
        None,
        scene.now,
    )
    assert (record.changes[-1].before, record.changes[-1].reason) == ("DEAD", "manual_retry")
    (again,) = await scene.claim(worker)
    assert (again.attempt, again.used, again.lease) == (2, 1, 2)
    assert await listed(scene, state=JobState.DEAD) == []
    await scene.finish(worker, (again, OK))
    assert (await scene.get(job)).state is JobState.SUCCEEDED
    assert await scene.sound()


async def test_a_deadline_that_has_passed_doesnt_end_a_retried_job_again(scene: Scene) -> None:
    job = scene.job(deadline_at=scene.now + MINUTE)
    await scene.insert(job)
    scene.clock.move(HOUR)
    await scene.store.fail_overdue_jobs(scene.now)
    await scene.store.retry_job("default", job.id, scene.now)
    await scene.store.fail_overdue_jobs(scene.now)
    assert (await scene.get(job)).state is JobState.PENDING


async def test_only_a_job_that_ended_badly_can_be_retried(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    with pytest.raises(Conflict):
        await scene.store.retry_job("default", job.id, scene.now)
    await scene.finish(worker, (job, OK))
    with pytest.raises(Conflict):
        await scene.store.retry_job("default", job.id, scene.now)


async def test_a_retry_needs_the_jobs_unique_key_and_takes_it(scene: Scene) -> None:
    worker, dead = await scene.started(scene.job(retry=ONCE, unique_key="u"))
    await scene.finish(worker, (dead, failed()))
    rival = scene.job(unique_key="u")
    await scene.insert(rival)
    with pytest.raises(Conflict):
        await scene.store.retry_job("default", dead.id, scene.now)
    await scene.store.cancel_job("default", rival.id, scene.now)
    await scene.store.retry_job("default", dead.id, scene.now)
    (answer,) = await scene.insert(scene.job(unique_key="u"))
    assert (answer.id, answer.duplicate) == (dead.id, True)


async def test_what_another_tenant_has_isnt_found(scene: Scene) -> None:
    job = scene.job(tenant="other")
    await scene.insert(job)
    for call in (scene.store.cancel_job, scene.store.retry_job):
        with pytest.raises(NotFound):
            await call("default", job.id, scene.now)
    with pytest.raises(NotFound):
        await scene.store.get_job("default", job.id)
    assert await listed(scene) == []
    assert await listed(scene, state=JobState.PENDING) == []
    assert await scene.store.list_events("default", None, job_id=job.id) == []
    assert (await scene.get(job, "other")).state is JobState.PENDING


async def test_an_unknown_job_isnt_found(scene: Scene) -> None:
    for unknown in ("0190b8a0-0000-7000-8000-000000000000", "not an id"):
        with pytest.raises(NotFound):
            await scene.store.get_job("default", unknown)
        with pytest.raises(NotFound):
            await scene.store.cancel_job("default", unknown, scene.now)


async def one_of_each_state(scene: Scene) -> dict[str, str]:
    """Ids by state."""
    worker = await scene.worker()
    jobs = {name: scene.job("task:work", retry=ONCE) for name in ("SUCCEEDED", "FAILED", "DEAD", "WAITING", "RUNNING")}
    await scene.insert(*jobs.values())
    claimed = {job.id: job for job in await scene.claim(worker)}
    outcomes: dict[str, Outcome] = {
        "SUCCEEDED": OK,
        "FAILED": failed(final=True),
        "DEAD": failed(),
        "WAITING": Suspended(),
    }
    await scene.finish(worker, *((claimed[jobs[name].id], outcome) for name, outcome in outcomes.items()))
    rest = {"PENDING": scene.job("log"), "SCHEDULED": scene.job(due_in=HOUR), "CANCELLED": scene.job(queue="q")}
    await scene.insert(*rest.values(), scene.job(tenant="other"))
    await scene.store.cancel_job("default", rest["CANCELLED"].id, scene.now)
    return {name: job.id for name, job in {**jobs, **rest}.items()}


async def test_a_list_shows_jobs_of_one_state_queue_or_kind(scene: Scene) -> None:
    ids = await one_of_each_state(scene)
    assert await listed(scene) == sorted(ids.values(), reverse=True)
    for state, job_id in ids.items():
        assert await listed(scene, state=JobState(state)) == [job_id]
    assert await listed(scene, kind="log") == [ids["PENDING"]]
    assert await listed(scene, queue="q") == [ids["CANCELLED"]]
    assert await listed(scene, queue="q", state=JobState.PENDING) == []
    assert await listed(scene, kind="task:work", state=JobState.DEAD) == [ids["DEAD"]]
    assert await listed(scene, run_id="0190b8a0-0000-7000-8000-000000000000") == []
    scene.clock.move(HOUR)
    assert await listed(scene, state=JobState.SCHEDULED) == []
    assert await listed(scene, state=JobState.PENDING) == sorted([ids["PENDING"], ids["SCHEDULED"]], reverse=True)


@pytest.mark.parametrize("state", [None, JobState.PENDING, JobState.CANCELLED], ids=str)
async def test_a_list_is_read_page_by_page(scene: Scene, state: JobState | None) -> None:
    jobs = [scene.job() for _ in range(7)]
    await scene.insert(*jobs)
    if state is JobState.CANCELLED:
        for job in jobs:
            await scene.store.cancel_job("default", job.id, scene.now)
    pages: list[list[JobRecord]] = []
    cursor: str | None = None
    while not pages or cursor is not None:
        page = await scene.store.list_jobs("default", JobFilter(state), scene.now, cursor, 3)
        pages.append(list(page.items))
        cursor = page.next
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [job.id for page in pages for job in page] == [job.id for job in reversed(jobs)]


@pytest.mark.parametrize("cursor", ["", "nonsense", "ÿ", encode_cursor(1), encode_cursor("a", "b")])
async def test_a_cursor_that_was_never_given_is_refused(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        await scene.store.list_jobs("default", JobFilter(), scene.now, cursor, 3)
    assert [problem.path for problem in caught.value.problems] == ["cursor"]
