"""Tags: a job that bears one is claimed only by workers that carry it; for all others its tenant has no lane."""

from collections import Counter
from collections.abc import Iterable

from holdfast.model.instant import MINUTE
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.outcome import Released
from holdfast.model.records import JobFilter
from holdfast.ports import ClaimRequest
from tests.conformance.scene import KINDS, OK, TENANT, Scene


async def claim(scene: Scene, worker: str, tags: Iterable[str] = (), limit: int = 100) -> list[ClaimedJob]:
    return await scene.store.claim(ClaimRequest(worker, ("default",), KINDS, limit, frozenset(tags)), scene.now)


async def test_a_tagged_job_waits_for_a_worker_that_carries_its_tag(scene: Scene) -> None:
    plain, gpu, eu = scene.job(), scene.job(tag="gpu"), scene.job(tag="eu")
    await scene.insert(plain, gpu, eu)
    worker = await scene.worker()
    assert [job.id for job in await claim(scene, worker)] == [plain.id]
    assert await claim(scene, worker, ["other"]) == []
    assert [job.id for job in await claim(scene, worker, ["gpu", "other"])] == [gpu.id]
    assert [job.id for job in await claim(scene, worker, ["gpu", "eu"])] == [eu.id]


async def test_a_worker_with_tags_also_claims_what_has_none(scene: Scene) -> None:
    jobs = [scene.job(tag="gpu" if number % 2 else None) for number in range(6)]
    await scene.insert(*jobs)
    claimed = await claim(scene, await scene.worker(), ["gpu"])
    assert [job.id for job in claimed] == [job.id for job in jobs]


async def test_a_tag_stays_with_its_job(scene: Scene) -> None:
    job = scene.job(tag="gpu", due_in=MINUTE)
    await scene.insert(job)
    scene.clock.move(MINUTE)
    worker = await scene.worker()
    assert await claim(scene, worker) == []
    (claimed,) = await claim(scene, worker, ["gpu"])
    await scene.finish(worker, (claimed, Released()))
    assert await claim(scene, worker) == []
    assert (await scene.get(job)).tag == "gpu"
    (again,) = await claim(scene, worker, ["gpu"])
    await scene.finish(worker, (again, OK))
    ended = await scene.store.list_jobs(TENANT, JobFilter(state=JobState.SUCCEEDED), scene.now, None, 10)
    assert [(item.id, item.tag) for item in ended.items] == [(job.id, "gpu")]


async def test_work_for_other_tags_does_not_hide_what_stands_behind_it(scene: Scene) -> None:
    await scene.insert(*(scene.job(tag="gpu", priority=50) for _ in range(50)))
    plain = scene.job()
    await scene.insert(plain)
    assert [job.id for job in await claim(scene, await scene.worker(), limit=1)] == [plain.id]


async def test_a_tenant_whose_tags_nobody_here_carries_takes_no_share(scene: Scene) -> None:
    await scene.insert(*(scene.job(tag="gpu", tenant="a") for _ in range(20)))
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("b", "c") for _ in range(10)))
    worker = await scene.worker()
    assert Counter(job.tenant for job in await claim(scene, worker, limit=10)) == {"b": 5, "c": 5}


async def test_a_worker_of_few_tags_upsets_no_order_among_the_others(scene: Scene) -> None:
    await scene.insert(*(scene.job(tag="gpu", tenant=tenant) for tenant in ("a", "b") for _ in range(10)))
    await scene.insert(*(scene.job(tenant="c") for _ in range(10)))
    worker = await scene.worker()
    tagged: list[str] = []
    for _ in range(10):
        assert [job.tenant for job in await claim(scene, worker, limit=1)] == ["c"]
        tagged += [job.tenant for job in await claim(scene, worker, ["gpu"], limit=1) if job.tenant != "c"]
    counts = Counter(tagged)
    assert abs(counts["a"] - counts["b"]) <= 1
