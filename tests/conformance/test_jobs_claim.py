"""Who is claimed first, and who not at all: order, queues, kinds, limits, shares of tenants."""

import asyncio
from collections import Counter

import pytest

from holdfast.model.errors import WorkerGone
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.job import ALL_QUEUES, JobState
from tests.conformance.scene import LEASE, OK, Scene

ALL_LIMITS = pytest.mark.parametrize("limit", [1, 3, 100])


async def test_insert_order_decides_between_equals(scene: Scene) -> None:
    jobs = [scene.job() for _ in range(30)]
    await scene.insert(*reversed(jobs))
    worker = await scene.worker()
    assert [job.id for job in await scene.claim(worker, 20)] == [job.id for job in jobs[:20]]


async def test_a_higher_priority_goes_first_and_a_minute_of_waiting_makes_up_for_a_point(scene: Scene) -> None:
    old = scene.job(priority=0)
    await scene.insert(old)
    scene.clock.move(2 * MINUTE)
    high, level, low = scene.job(priority=3), scene.job(priority=1), scene.job(priority=-1)
    await scene.insert(low, level, high)
    worker = await scene.worker()
    assert [job.id for job in await scene.claim(worker)] == [high.id, old.id, level.id, low.id]


async def test_a_scheduled_job_stands_where_its_due_time_puts_it(scene: Scene) -> None:
    later = scene.job(due_in=SECOND)
    await scene.insert(later)
    scene.clock.move(MINUTE)
    new = scene.job()
    await scene.insert(new)
    worker = await scene.worker()
    assert [job.id for job in await scene.claim(worker)] == [later.id, new.id]


async def test_a_claim_takes_only_kinds_that_the_worker_knows(scene: Scene) -> None:
    unknown, known = scene.job("strange"), scene.job("noop")
    await scene.insert(unknown, known)
    worker = await scene.worker()
    assert [job.id for job in await scene.claim(worker)] == [known.id]
    assert (await scene.get(unknown)).state is JobState.PENDING
    assert [job.id for job in await scene.claim(worker, kinds=["strange"])] == [unknown.id]


async def test_a_claim_takes_only_from_its_queues_and_the_more_urgent_first(scene: Scene) -> None:
    await scene.insert(scene.job(queue="slow"), scene.job(queue="fast"), scene.job(queue="foreign"))
    await scene.execute("UPDATE queues SET priority = 5 WHERE name = 'fast'")
    worker = await scene.worker()
    claimed = await scene.claim(worker, queues=("slow", "fast", "unheard of"))
    assert [job.queue for job in claimed] == ["fast", "slow"]


async def test_a_paused_queue_gives_nothing_until_it_is_resumed(scene: Scene) -> None:
    await scene.insert(scene.job())
    await scene.execute("UPDATE queues SET paused = true WHERE name = 'default'")
    worker = await scene.worker()
    assert await scene.claim(worker) == []
    assert [queue.paused for queue in await scene.store.list_queues(scene.now)] == [True]
    await scene.execute("UPDATE queues SET paused = false WHERE name = 'default'")
    assert len(await scene.claim(worker)) == 1


@ALL_LIMITS
async def test_a_job_whose_deadline_passed_is_not_claimed(scene: Scene, limit: int) -> None:
    first, last = scene.job(), scene.job(tenant="other")
    overdue = [scene.job(deadline_at=scene.now + SECOND, tenant=tenant) for tenant in ("default", "other", "late")]
    later = scene.job(due_in=SECOND, deadline_at=scene.now + MINUTE)
    await scene.insert(first, *overdue, last, later)
    scene.clock.move(SECOND)
    worker = await scene.worker()
    claimed = [job.id for _ in range(6) for job in await scene.claim(worker, limit)]
    assert sorted(claimed) == sorted([first.id, last.id, later.id])
    await scene.store.fail_overdue_jobs(scene.now)
    assert {(await scene.get(job, job.tenant)).state for job in overdue} == {JobState.DEAD}


@ALL_LIMITS
async def test_a_queue_never_runs_more_than_its_limit(scene: Scene, limit: int) -> None:
    await scene.insert(*(scene.job() for _ in range(10)))
    await scene.execute("UPDATE queues SET concurrency = 4 WHERE name = 'default'")
    worker = await scene.worker()
    claimed = [job for _ in range(10) for job in await scene.claim(worker, limit)]
    assert len(claimed) == 4
    await scene.finish(worker, (claimed[0], OK), (claimed[1], OK))
    assert len(await scene.claim(worker, 100)) == 2


@ALL_LIMITS
async def test_a_tenant_never_runs_more_than_its_limit_in_all_queues_together(scene: Scene, limit: int) -> None:
    await scene.execute(
        "INSERT INTO tenants (id, name, weight, max_running, attributes, created_at)"
        " VALUES ('small', 'small', 1, 3, '{}', 0)"
    )
    await scene.insert(*(scene.job(tenant="small", queue=queue) for queue in "ab" for _ in range(4)))
    await scene.insert(*(scene.job(queue=queue) for queue in "ab" for _ in range(4)))
    worker = await scene.worker()
    claimed = [job for _ in range(12) for job in await scene.claim(worker, limit, queues=("a", "b"))]
    assert Counter(job.tenant for job in claimed) == {"small": 3, "default": 8}
    small = next(job for job in claimed if job.tenant == "small")
    await scene.finish(worker, (small, OK))
    assert [job.tenant for job in await scene.claim(worker, 10, queues=("a", "b"))] == ["small"]


@ALL_LIMITS
async def test_a_flood_of_one_tenant_delays_another_by_a_round_at_most(scene: Scene, limit: int) -> None:
    await scene.insert(*(scene.job(tenant="flood") for _ in range(400)))
    worker = await scene.worker()
    await scene.claim(worker, limit)
    lone = scene.job(tenant="lone")
    await scene.insert(lone)
    next_two = [job.id for _ in range(2) for job in await scene.claim(worker, limit)]
    assert lone.id in next_two


@ALL_LIMITS
async def test_tenants_share_by_weight(scene: Scene, limit: int) -> None:
    await scene.execute(
        "INSERT INTO tenants (id, name, weight, attributes, created_at) VALUES ('heavy', 'heavy', 3, '{}', 0)"
    )
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("heavy", "light") for _ in range(100)))
    worker = await scene.worker()
    claimed: list[str] = []
    while len(claimed) < 80:
        claimed += [job.tenant for job in await scene.claim(worker, min(limit, 80 - len(claimed)))]
    assert abs(Counter(claimed)["heavy"] - 60) <= 1


async def test_tenants_whose_jobs_a_worker_does_not_know_starve_nobody(scene: Scene) -> None:
    await scene.insert(*(scene.job("strange", tenant=f"a{number}") for number in range(12)))
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("b", "c") for _ in range(10)))
    worker = await scene.worker()
    claimed = [job.tenant for _ in range(20) for job in await scene.claim(worker, 1)]
    assert Counter(claimed) == {"b": 10, "c": 10}
    assert len(await scene.claim(worker, kinds=["strange"])) == 12


async def test_a_worker_of_few_kinds_upsets_no_order_among_the_others(scene: Scene) -> None:
    await scene.insert(*(scene.job("strange", tenant=tenant) for tenant in ("a", "b") for _ in range(10)))
    await scene.insert(*(scene.job(tenant="c") for _ in range(10)))
    worker = await scene.worker()
    claimed = []
    for _ in range(10):
        assert len(await scene.claim(worker, 1, kinds=["noop"])) == 1
        claimed += [job.tenant for job in await scene.claim(worker, 1, kinds=["strange"])]
    assert Counter(claimed) == {"a": 5, "b": 5}


async def test_idleness_saves_up_no_credit(scene: Scene) -> None:
    await scene.insert(scene.job(tenant="idle"), *(scene.job(tenant="busy") for _ in range(300)))
    worker = await scene.worker()
    for _ in range(100):
        await scene.claim(worker, 1)
    await scene.insert(*(scene.job(tenant="idle") for _ in range(100)))
    taken = [job.tenant for _ in range(40) for job in await scene.claim(worker, 1)]
    assert abs(taken.count("idle") - 20) <= 1


async def test_a_tenant_that_never_lets_go_starves_nobody(scene: Scene) -> None:
    """A job inserted anew before each claim of one slot must not always be the first."""
    await scene.insert(*(scene.job(tenant="patient") for _ in range(30)))
    worker = await scene.worker()
    seen: list[str] = []
    for _ in range(20):
        await scene.insert(scene.job(tenant="eager"))
        seen += [job.tenant for job in await scene.claim(worker, 1)]
    assert seen.count("patient") >= 9


async def test_a_tenant_that_was_alone_for_long_isnt_starved_by_a_newcomer(scene: Scene) -> None:
    await scene.insert(*(scene.job(tenant="old") for _ in range(200)))
    worker = await scene.worker()
    await scene.claim(worker, 200)
    await scene.insert(*(scene.job(tenant="new") for _ in range(50)))
    await scene.claim(worker, 1)
    await scene.insert(*(scene.job(tenant="old") for _ in range(50)))
    taken = [job.tenant for _ in range(20) for job in await scene.claim(worker, 1)]
    assert abs(taken.count("old") - 10) <= 1


async def test_a_tenant_at_its_limit_gives_newcomers_no_advantage(scene: Scene) -> None:
    await scene.execute(
        "INSERT INTO tenants (id, name, weight, max_running, attributes, created_at)"
        " VALUES ('small', 'small', 1, 1, '{}', 0)"
    )
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("small", "busy") for _ in range(200)))
    worker = await scene.worker()
    for _ in range(50):
        await scene.claim(worker, 1)
    await scene.insert(*(scene.job(tenant="new") for _ in range(100)))
    taken = [job.tenant for _ in range(30) for job in await scene.claim(worker, 1)]
    assert abs(taken.count("busy") - 15) <= 1


async def test_two_processes_never_claim_the_same_job(scene: Scene, other: Scene) -> None:
    await scene.insert(*(scene.job() for _ in range(200)))
    mine, theirs = await scene.worker(), await other.worker()
    claimed: list[str] = []

    async def work(side: Scene, worker: str) -> None:
        while taken := await side.claim(worker, 7):
            claimed.extend(job.id for job in taken)

    await asyncio.gather(*(work(scene, mine) for _ in range(3)), *(work(other, theirs) for _ in range(3)))
    assert len(claimed) == len(set(claimed)) == 200
    assert await scene.sound()


async def test_limits_are_exact_across_processes(scene: Scene, other: Scene) -> None:
    await scene.insert(*(scene.job() for _ in range(100)))
    await scene.execute("UPDATE queues SET concurrency = 10 WHERE name = 'default'")
    mine, theirs = await scene.worker(), await other.worker()
    claims = [side.claim(worker, 3) for _ in range(5) for side, worker in ((scene, mine), (other, theirs))]
    assert sum(len(claimed) for claimed in await asyncio.gather(*claims)) == 10


async def test_a_worker_that_is_not_alive_claims_nothing(scene: Scene) -> None:
    await scene.insert(scene.job())
    worker = await scene.worker()
    scene.clock.move(LEASE)
    await scene.store.rescue(scene.now, hung_grace=0)
    with pytest.raises(WorkerGone):
        await scene.claim(worker)
    with pytest.raises(WorkerGone):
        await scene.claim("0190b8a0-0000-7000-8000-000000000000")


async def test_the_next_due_time_is_the_earliest_of_the_queues_asked_for(scene: Scene) -> None:
    assert await scene.store.next_due(["a", "b"], scene.now) is None
    await scene.insert(scene.job(queue="a", due_in=MINUTE), scene.job(queue="b", due_in=SECOND), scene.job(queue="a"))
    assert await scene.store.next_due(["a", "b"], scene.now) == scene.now + SECOND
    assert await scene.store.next_due(["a"], scene.now) == scene.now + MINUTE


async def test_a_paused_queue_has_nothing_due(scene: Scene) -> None:
    await scene.insert(scene.job(queue="a", due_in=SECOND), scene.job(queue="b", due_in=MINUTE))
    await scene.execute("UPDATE queues SET paused = true WHERE name = 'a'")
    assert await scene.store.next_due(["a", "b"], scene.now) == scene.now + MINUTE
    assert await scene.store.next_due(["a"], scene.now) is None
    await scene.execute("UPDATE queues SET paused = false WHERE name = 'a'")
    assert await scene.store.next_due(["a", "b"], scene.now) == scene.now + SECOND


async def test_a_worker_of_all_queues_claims_from_each_also_from_one_made_later(scene: Scene) -> None:
    worker = await scene.worker(queues=(ALL_QUEUES,))
    await scene.insert(scene.job(queue="mail"), scene.job(queue="reports", due_in=SECOND))
    assert [job.queue for job in await scene.claim(worker, queues=(ALL_QUEUES,))] == ["mail"]
    assert await scene.store.next_due((ALL_QUEUES,), scene.now) == scene.now + SECOND
    scene.clock.move(SECOND)
    await scene.insert(scene.job(queue="later"))
    claimed = await scene.claim(worker, queues=(ALL_QUEUES,))
    assert sorted(job.queue for job in claimed) == ["later", "reports"]
