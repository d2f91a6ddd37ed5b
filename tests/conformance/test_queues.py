"""Queues as they stand, and their settings; worker tags; lists of named jobs."""

from dataclasses import replace
from typing import Any

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.limits import Rate
from holdfast.model.outcome import Snoozed, Suspended
from holdfast.model.records import JobFilter, QueueRecord
from holdfast.ports import NewTenant, NewWorker, QueueChange
from tests.conformance.scene import LEASE, OK, TENANT, Scene, new_id


async def queue(scene: Scene, name: str = "default") -> QueueRecord:
    (found,) = [one for one in await scene.store.list_queues(scene.now) if one.name == name]
    return found


async def test_a_queue_is_made_by_its_first_settings(scene: Scene) -> None:
    change = QueueChange(
        paused=True, concurrency=3, rate=Rate(10, SECOND), priority=5, retention={JobState.FAILED: HOUR}
    )
    made = await scene.store.change_queue("new", change, scene.now)
    assert made == QueueRecord("new", True, 3, 5, 0, 0, 0, 0, None, Rate(10, SECOND), 0, {JobState.FAILED: HOUR})
    assert await scene.store.list_queues(scene.now) == [made]
    assert await scene.store.change_queue("new", QueueChange(), scene.now) == made


async def test_a_queue_counts_the_jobs_of_one_tenant_or_of_all(scene: Scene) -> None:
    await scene.store.create_tenant(NewTenant("acme", "acme"), scene.now)
    await scene.insert(scene.job(), scene.job())
    await scene.insert(scene.job(due_in=HOUR))
    await scene.insert(scene.job(tenant="acme"))
    counts = {}
    for tenant in (None, TENANT, "acme", "nobody"):
        (shown,) = await scene.store.list_queues(scene.now, tenant)
        counts[tenant] = (shown.pending, shown.scheduled, shown.oldest_due_at)
    assert counts == {
        None: (3, 1, scene.now), TENANT: (2, 1, scene.now), "acme": (1, 0, scene.now), "nobody": (0, 0, None)
    }  # fmt: skip


async def test_a_change_leaves_alone_what_it_doesnt_name(scene: Scene) -> None:
    await scene.store.change_queue("q", QueueChange(concurrency=3, rate=Rate(1, MINUTE), priority=2), scene.now)
    paused = await scene.store.change_queue("q", QueueChange(paused=True), scene.now)
    assert (paused.paused, paused.concurrency, paused.rate, paused.priority) == (True, 3, Rate(1, MINUTE), 2)
    freed = await scene.store.change_queue("q", QueueChange(concurrency=None, rate=None), scene.now)
    assert (freed.paused, freed.concurrency, freed.rate, freed.priority) == (True, None, None, 2)


async def test_a_paused_queue_gives_nothing_until_it_is_resumed(scene: Scene) -> None:
    await scene.insert(scene.job())
    await scene.store.change_queue("default", QueueChange(paused=True), scene.now)
    worker = await scene.worker()
    assert await scene.claim(worker) == []
    await scene.store.change_queue("default", QueueChange(paused=False), scene.now)
    assert len(await scene.claim(worker)) == 1


async def test_a_rate_that_changes_starts_full_and_one_that_stays_keeps_its_level(scene: Scene) -> None:
    await scene.store.change_queue("default", QueueChange(rate=Rate(2, HOUR)), scene.now)
    await scene.insert(*(scene.job() for _ in range(9)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 2
    await scene.store.change_queue("default", QueueChange(rate=Rate(2, HOUR), priority=1), scene.now)
    assert await scene.claim(worker) == []
    await scene.store.change_queue("default", QueueChange(rate=Rate(3, HOUR)), scene.now)
    assert len(await scene.claim(worker)) == 3
    await scene.store.change_queue("default", QueueChange(rate=None), scene.now)
    assert len(await scene.claim(worker)) == 4


async def test_the_next_token_of_a_queue_in_which_work_waits_is_when_something_is_due(scene: Scene) -> None:
    await scene.store.change_queue("default", QueueChange(rate=Rate(1, HOUR)), scene.now)
    await scene.insert(scene.job(), scene.job(), scene.job(due_in=2 * HOUR))
    worker = await scene.worker()
    assert await scene.store.next_due(["default"], scene.now) == scene.now + 2 * HOUR
    assert len(await scene.claim(worker)) == 1
    assert await scene.store.next_due(["default"], scene.now) == scene.now + HOUR
    assert await scene.store.next_due(["other"], scene.now) is None
    scene.clock.move(HOUR)
    assert len(await scene.claim(worker)) == 1
    assert await scene.store.next_due(["default"], scene.now) == scene.now + HOUR


async def test_all_that_waits_or_runs_is_counted(scene: Scene) -> None:
    worker = await scene.worker()
    keyed: dict[str, Any] = {"concurrency_key": "k", "concurrency_limit": 1}
    await scene.insert(*(scene.job() for _ in range(4)))
    first, second, third, *_ = await scene.claim(worker, 3)
    await scene.finish(worker, (first, Suspended()), (second, Snoozed(scene.now + HOUR)))
    assert third.id
    scene.clock.move(MINUTE)
    await scene.insert(*(scene.job(**keyed) for _ in range(3)), scene.job(due_in=HOUR, **keyed), scene.job(queue="q"))
    told = await queue(scene)
    assert (told.pending, told.blocked, told.scheduled, told.running, told.waiting) == (4, 2, 2, 1, 1)
    assert told.oldest_due_at == scene.now - MINUTE
    scene.clock.move(HOUR)
    later = await queue(scene)
    assert (later.pending, later.blocked, later.scheduled) == (6, 3, 0)
    assert replace(await queue(scene, "q"), oldest_due_at=None) == QueueRecord("q", False, None, 0, 1, 0, 0, 0, None)


async def test_a_job_tells_its_key_its_tag_and_that_it_is_blocked(scene: Scene) -> None:
    first, second = (scene.job(concurrency_key="k", concurrency_limit=1, tag="gpu") for _ in range(2))
    later = scene.job(concurrency_key="k", concurrency_limit=1, due_in=HOUR)
    await scene.insert(first, second, later)
    records = [await scene.get(job) for job in (first, second, later)]
    assert [record.concurrency_key for record in records] == ["k", "k", "k"]
    assert [record.tag for record in records] == ["gpu", "gpu", None]
    assert [record.blocked for record in records] == [False, True, False]
    page = await scene.store.list_jobs(TENANT, JobFilter(JobState.PENDING), scene.now, None, 10)
    assert [record.blocked for record in page.items] == [True, False]


async def test_a_workers_tags_are_shown(scene: Scene) -> None:
    worker = NewWorker(new_id(scene.now), "w", "host", 1, "boot", ("default",), 5, ("gpu", "eu"))
    await scene.store.register_worker(worker, scene.now, LEASE)
    (shown,) = await scene.store.list_workers(scene.now)
    assert shown.tags == ("gpu", "eu")


async def test_named_jobs_are_listed_newest_first_and_filtered_like_others(scene: Scene) -> None:
    jobs = [scene.job() for _ in range(4)]
    later, foreign = scene.job(due_in=HOUR), scene.job(tenant="other")
    await scene.insert(*jobs, later, foreign)
    worker = await scene.worker()
    ended, *_ = await scene.claim(worker, 1)
    await scene.finish(worker, (ended, OK))
    await scene.store.cancel_job(TENANT, jobs[1].id, scene.now)
    names = (*(job.id for job in jobs[:3]), later.id, foreign.id, "not an id", jobs[0].id)

    async def named(state: JobState | None = None, **more: str) -> list[str]:
        wanted = JobFilter(state, ids=names, **more)
        return [job.id for job in (await scene.store.list_jobs(TENANT, wanted, scene.now, None, 10)).items]

    assert await named() == [later.id, jobs[2].id, jobs[1].id, jobs[0].id]
    assert await named(JobState.SUCCEEDED) == [ended.id]
    assert await named(JobState.CANCELLED) == [jobs[1].id]
    assert await named(JobState.PENDING) == [jobs[2].id]
    assert await named(JobState.SCHEDULED) == [later.id]
    assert await named(kind="log") == []
    wanted = JobFilter(ids=names)
    first = await scene.store.list_jobs(TENANT, wanted, scene.now, None, 3)
    rest = await scene.store.list_jobs(TENANT, wanted, scene.now, first.next, 3)
    assert [job.id for job in (*first.items, *rest.items)] == await named()
    assert rest.next is None
    assert (await scene.store.list_jobs(TENANT, JobFilter(ids=()), scene.now, None, 10)).items == ()
