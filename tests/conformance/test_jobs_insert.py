"""What an insert answers: accepted, an earlier equal request, a conflict; and that trying again is harmless."""

import asyncio

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.job import JobState, NewJob
from holdfast.model.records import JobFilter
from holdfast.ports import Accepted, Dedupe, NewJobs
from tests.conformance.scene import OK, Scene, failed


def dedupe(scene: Scene, fingerprint: str = "body", *, key: str = "key", tenant: str = "default") -> Dedupe:
    return Dedupe(tenant, "POST /jobs", key, fingerprint, scene.now + 7 * DAY)


async def insert_once(scene: Scene, guard: Dedupe, *jobs: NewJob) -> list[Accepted]:
    (answers,) = await scene.store.insert_jobs([NewJobs(jobs, guard)], scene.now)
    return answers


async def test_the_same_insert_again_is_answered_as_the_first(scene: Scene) -> None:
    jobs = [scene.job(), scene.job(unique_key="mine")]
    assert await scene.insert(*jobs) == [Accepted(job.id) for job in jobs]
    assert await scene.insert(*jobs) == [Accepted(job.id) for job in jobs]
    assert len((await scene.get(jobs[0])).changes) == 1


async def test_an_insert_that_arrives_after_its_job_ended_changes_nothing(scene: Scene) -> None:
    job = scene.job()
    worker, claimed = await scene.started(job)
    await scene.finish(worker, (claimed, OK))
    assert await scene.insert(job) == [Accepted(job.id)]
    assert (await scene.get(job)).state is JobState.SUCCEEDED
    assert await scene.claim(worker) == []


async def test_an_id_of_another_tenant_is_refused(scene: Scene) -> None:
    job = scene.job()
    await scene.insert(job)
    stolen = NewJob(job.id, "other", "noop", scene.now, scene.now, "c")
    with pytest.raises(Conflict):
        await scene.insert(stolen)
    assert (await scene.get(job)).tenant == "default"


async def test_a_unique_key_is_held_until_its_job_ends(scene: Scene) -> None:
    first = scene.job(unique_key="u")
    second, third, fourth = (scene.job(unique_key="u") for _ in range(3))
    assert await scene.insert(first, second) == [Accepted(first.id), Accepted(first.id, duplicate=True)]
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    assert await scene.insert(third) == [Accepted(first.id, duplicate=True)]
    await scene.finish(worker, (claimed, failed(final=True)))
    assert await scene.insert(fourth) == [Accepted(fourth.id)]
    assert [job.id for job in await scene.claim(worker)] == [fourth.id]


async def test_a_unique_window_holds_the_key_longer_than_the_job(scene: Scene) -> None:
    first = scene.job(unique_key="u", unique_until=scene.now + HOUR)
    worker, claimed = await scene.started(first)
    await scene.finish(worker, (claimed, OK))
    assert await scene.insert(scene.job(unique_key="u")) == [Accepted(first.id, duplicate=True)]
    scene.clock.move(HOUR)
    later = scene.job(unique_key="u")
    assert await scene.insert(later) == [Accepted(later.id)]


async def test_a_unique_key_outlives_its_window_while_the_job_lives(scene: Scene) -> None:
    first = scene.job(unique_key="u", unique_until=scene.now + SECOND)
    await scene.insert(first)
    scene.clock.move(HOUR)
    assert await scene.insert(scene.job(unique_key="u")) == [Accepted(first.id, duplicate=True)]


async def test_unique_keys_of_tenants_are_apart(scene: Scene) -> None:
    ours, theirs = scene.job(unique_key="u"), scene.job(unique_key="u", tenant="other")
    assert await scene.insert(ours, theirs) == [Accepted(ours.id), Accepted(theirs.id)]


async def test_a_repeated_request_is_answered_with_the_first_job(scene: Scene) -> None:
    first, again = scene.job(), scene.job()
    assert await insert_once(scene, dedupe(scene), first) == [Accepted(first.id)]
    assert await insert_once(scene, dedupe(scene), again) == [Accepted(first.id, duplicate=True)]
    assert await insert_once(scene, dedupe(scene, "another body"), again) == [Accepted(first.id, conflict=True)]
    assert await insert_once(scene, dedupe(scene), first) == [Accepted(first.id)]
    listed = await scene.store.list_jobs("default", JobFilter(), scene.now, None, 50)
    assert [job.id for job in listed.items] == [first.id]


async def test_a_dedupe_key_expires_and_belongs_to_its_tenant(scene: Scene) -> None:
    first, second, third = scene.job(), scene.job(tenant="other"), scene.job()
    await insert_once(scene, dedupe(scene), first)
    assert await insert_once(scene, dedupe(scene, tenant="other"), second) == [Accepted(second.id)]
    scene.clock.move(7 * DAY)
    assert await insert_once(scene, dedupe(scene), third) == [Accepted(third.id)]


async def test_equal_requests_of_one_batch_insert_once(scene: Scene) -> None:
    first, second = scene.job(), scene.job()
    groups = [NewJobs((first,), dedupe(scene)), NewJobs((second,), dedupe(scene))]
    answers = await scene.store.insert_jobs(groups, scene.now)
    assert answers == [[Accepted(first.id)], [Accepted(first.id, duplicate=True)]]


async def test_equal_requests_of_one_batch_meet_the_same_holder(scene: Scene) -> None:
    holder = scene.job(unique_key="u")
    await scene.insert(holder)
    groups = [NewJobs((scene.job(unique_key="u"), scene.job()), dedupe(scene)) for _ in range(2)]
    first, second = await scene.store.insert_jobs(groups, scene.now)
    assert first == [Accepted(holder.id, duplicate=True), Accepted(groups[0].jobs[1].id)]
    assert second == [Accepted(answer.id, duplicate=True) for answer in first]


async def test_a_group_of_jobs_is_one_request(scene: Scene) -> None:
    jobs = [scene.job() for _ in range(3)]
    assert await insert_once(scene, dedupe(scene), *jobs) == [Accepted(job.id) for job in jobs]
    assert await insert_once(scene, dedupe(scene), *jobs) == [Accepted(job.id) for job in jobs]
    assert (await insert_once(scene, dedupe(scene), scene.job()))[0] == Accepted(jobs[0].id, duplicate=True)


async def test_a_repeated_group_is_answered_with_all_its_jobs(scene: Scene) -> None:
    jobs, again = [scene.job() for _ in range(3)], [scene.job() for _ in range(3)]
    await insert_once(scene, dedupe(scene), *jobs)
    assert await insert_once(scene, dedupe(scene), *again) == [Accepted(job.id, duplicate=True) for job in jobs]
    assert await insert_once(scene, dedupe(scene, "another body"), *again) == [
        Accepted(job.id, conflict=True) for job in jobs
    ]
    stored = await scene.store.find_answer("default", "POST /jobs", "key", scene.now)
    assert stored is not None
    assert stored.object_ids == tuple(job.id for job in jobs)


async def test_a_repeated_request_is_answered_with_the_job_that_held_its_unique_key(scene: Scene) -> None:
    holder = scene.job(unique_key="u")
    await scene.insert(holder)
    taken, free, more = scene.job(unique_key="u"), scene.job(), scene.job(unique_key="v")
    first = [Accepted(holder.id, duplicate=True), Accepted(free.id), Accepted(more.id)]
    assert await insert_once(scene, dedupe(scene), taken, free, more) == first
    assert await insert_once(scene, dedupe(scene), taken, free, more) == first, "the very same call again"
    others = [scene.job(unique_key="u"), scene.job(), scene.job(unique_key="v")]
    repeat = await insert_once(scene, dedupe(scene), *others)
    assert repeat == [Accepted(answer.id, duplicate=True) for answer in first]
    for answer in repeat:
        assert (await scene.get(answer.id)).id == answer.id
    listed = await scene.store.list_jobs("default", JobFilter(), scene.now, None, 50)
    assert {job.id for job in listed.items} == {holder.id, free.id, more.id}


async def test_equal_requests_of_one_batch_are_answered_alike(scene: Scene) -> None:
    holder = scene.job(unique_key="u")
    await scene.insert(holder)
    made = [(scene.job(unique_key="u"), scene.job()) for _ in range(2)]
    answers = await scene.store.insert_jobs([NewJobs(jobs, dedupe(scene)) for jobs in made], scene.now)
    assert [[answer.id for answer in group] for group in answers] == [[holder.id, made[0][1].id]] * 2
    assert all(answer.duplicate for answer in answers[1])


async def test_a_key_is_not_taken_again_by_a_repeat_after_its_job_ended(scene: Scene) -> None:
    first, next_one = scene.job(unique_key="u"), scene.job(unique_key="u")
    worker, claimed = await scene.started(first)
    await scene.finish(worker, (claimed, OK))
    assert await scene.insert(first) == [Accepted(first.id)], "the same insert, whose answer was lost"
    assert await scene.sound()
    assert await scene.insert(next_one) == [Accepted(next_one.id)]


async def test_two_processes_that_insert_the_same_key_insert_it_once(scene: Scene, other: Scene) -> None:
    for number in range(20):
        mine, theirs = (scene.job(unique_key=f"u{number}") for _ in range(2))
        first, second = await asyncio.gather(scene.insert(mine), other.insert(theirs))
        assert first[0].id == second[0].id
        assert [first[0].duplicate, second[0].duplicate].count(True) == 1


async def test_two_processes_that_send_the_same_request_insert_it_once(scene: Scene, other: Scene) -> None:
    for number in range(20):
        guard = dedupe(scene, key=f"k{number}")
        first, second = await asyncio.gather(
            insert_once(scene, guard, scene.job()), insert_once(other, guard, scene.job())
        )
        assert first[0].id == second[0].id
        assert [first[0].duplicate, second[0].duplicate].count(True) == 1


async def test_a_queue_is_made_by_its_first_job(scene: Scene) -> None:
    await scene.insert(scene.job(queue="mails"), scene.job(queue="mails", due_in=MINUTE), scene.job())
    queues = await scene.store.list_queues(scene.now)
    assert [(queue.name, queue.pending, queue.scheduled, queue.paused) for queue in queues] == [
        ("default", 1, 0, False),
        ("mails", 1, 1, False),
    ]
