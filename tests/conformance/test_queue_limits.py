"""Limits of queues: a rate, exact over all claims; and who is told when a place under a limit becomes free."""

import asyncio

import pytest

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.limits import Rate
from holdfast.model.outcome import Snoozed
from holdfast.ports import NewTenant, QueueChange
from tests.conformance.scene import OK, Scene, failed


async def limit(scene: Scene, name: str = "default", **change: object) -> None:
    await scene.store.change_queue(name, QueueChange(**change), scene.now)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_a_queue_starts_no_more_than_its_rate_allows(scene: Scene, size: int) -> None:
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("a", "b") for _ in range(10)))
    await limit(scene, rate=Rate(4, 4 * SECOND))
    worker = await scene.worker()
    assert sum([len(await scene.claim(worker, size)) for _ in range(10)]) == 4
    due = await scene.store.next_due(["default"], scene.now)
    assert due is not None
    assert scene.now < due <= scene.now + SECOND
    scene.clock.move(SECOND)
    assert sum([len(await scene.claim(worker, size)) for _ in range(3)]) == 1
    scene.clock.move(HOUR)
    assert sum([len(await scene.claim(worker, size)) for _ in range(10)]) == 4


async def test_a_retry_is_a_start_too(scene: Scene) -> None:
    await scene.insert(scene.job())
    await limit(scene, rate=Rate(1, MINUTE))
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, Snoozed(scene.now)))
    assert await scene.claim(worker) == []
    scene.clock.move(MINUTE)
    assert len(await scene.claim(worker)) == 1


async def test_a_rate_of_one_queue_leaves_others_alone(scene: Scene) -> None:
    await scene.insert(*(scene.job(queue=name) for name in "ab" for _ in range(5)))
    await limit(scene, "a", rate=Rate(2, HOUR))
    worker = await scene.worker()
    claimed = await scene.claim(worker, queues=("a", "b"))
    assert sorted(job.queue for job in claimed) == ["a"] * 2 + ["b"] * 5
    assert await scene.claim(worker, queues=("a", "b")) == []


async def test_a_rate_that_is_lifted_lets_go(scene: Scene) -> None:
    await scene.insert(*(scene.job() for _ in range(5)))
    await limit(scene, rate=Rate(1, HOUR))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 1
    await limit(scene, rate=None)
    assert len(await scene.claim(worker)) == 4


async def test_claims_beside_each_other_share_one_bucket(scene: Scene, other: Scene) -> None:
    await scene.insert(*(scene.job() for _ in range(60)))
    await limit(scene, rate=Rate(20, HOUR))
    first, second = await scene.worker(), await other.worker()
    claims = [s.claim(w, 3) for _ in range(10) for s, w in ((scene, first), (other, second))]
    assert sum(len(jobs) for jobs in await asyncio.gather(*claims)) == 20


@pytest.mark.parametrize("outcome", [OK, failed(), Snoozed(0)])
async def test_a_place_under_a_queues_limit_is_told_when_it_becomes_free(scene: Scene, outcome: object) -> None:
    await scene.insert(*(scene.job() for _ in range(4)))
    await limit(scene, concurrency=2)
    worker = await scene.worker()
    one, _ = await scene.claim(worker)
    done = await scene.finish(worker, (one, outcome))  # type: ignore[arg-type]
    assert "default" in done.queues


async def test_a_queue_without_a_limit_is_not_told_of_every_end(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    assert (await scene.finish(worker, (job, OK))).queues == frozenset()


async def test_a_tenants_free_place_is_told_where_it_waits(scene: Scene) -> None:
    await scene.store.create_tenant(NewTenant("small", "small", max_running=1), scene.now)
    await scene.insert(scene.job(tenant="small", queue="a"), scene.job(queue="c"))
    worker = await scene.worker()
    (one,) = await scene.claim(worker, queues=("a",))
    await scene.insert(scene.job(tenant="small", queue="b"))
    assert await scene.claim(worker, queues=("b",)) == []
    assert (await scene.finish(worker, (one, OK))).queues == {"b"}
    assert len(await scene.claim(worker, queues=("b",))) == 1
