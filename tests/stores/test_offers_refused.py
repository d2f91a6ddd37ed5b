"""Claiming by ids: what may start does, in the order given; everything else is refused and stays as it was."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import WorkerGone
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.ports import NewTenant, QueueChange
from holdfast.ports.streams import Offer
from tests.conformance.scene import OK, TENANT
from tests.stores.offering import Offering, ids, named, offer, opened


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Offering]:
    async with opened(postgres_url) as scene:
        yield scene


async def test_offered_jobs_are_claimed_in_the_order_given_as_a_claim_gives_them(scene: Offering) -> None:
    jobs = [scene.job(payload={"n": n}, priority=n % 3) for n in range(20)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    claimed = await scene.take(worker, map(offer, reversed(jobs)))  # type: ignore[arg-type]
    assert ids(claimed) == ids(reversed(jobs))
    first = claimed[-1]
    assert (first.payload, first.attempt, first.used, first.lease, first.started_at) == ({"n": 0}, 1, 1, 1, scene.now)
    assert (await scene.get(first)).state is JobState.RUNNING
    await scene.finish(worker, *((job, OK) for job in claimed))
    assert await scene.sound()


async def test_no_more_than_the_limit_of_those_that_are_there(scene: Offering) -> None:
    jobs = [scene.job() for _ in range(6)]
    await scene.insert(*jobs[1:])
    worker = await scene.worker()
    assert ids(await scene.take(worker, [offer(job) for job in jobs], 3)) == ids(jobs[1:4])
    assert await scene.take(worker, [], 3) == []


async def test_an_offer_is_good_for_one_claim_however_often_it_is_made(scene: Offering) -> None:
    job = scene.job()
    await scene.insert(job)
    worker = await scene.worker()
    assert ids(await scene.take(worker, [offer(job)] * 3)) == [job.id]
    assert await scene.take(worker, [offer(job)]) == []
    assert (await scene.get(job)).attempt == 1


@pytest.mark.parametrize("fate", ["cancelled", "scheduled", "behind its key", "overdue", "of another tenant", "ended"])
async def test_what_may_not_start_is_refused_and_stays_as_it_was(scene: Offering, fate: str) -> None:
    good = scene.job()
    fields = {
        "scheduled": {"due_in": MINUTE},
        "behind its key": {"concurrency_key": "k", "concurrency_limit": 1},
        "overdue": {"deadline_at": scene.now + SECOND},
    }.get(fate, {})
    first, bad = (scene.job(**fields) for _ in range(2))  # type: ignore[arg-type]
    await scene.insert(good, first, bad)
    worker = await scene.worker()
    named_so = offer(bad)
    if fate == "cancelled":
        await scene.store.cancel_job(TENANT, bad.id, scene.now)
    elif fate == "overdue":
        scene.clock.move(SECOND)
    elif fate == "of another tenant":
        named_so = Offer(bad.queue, "somebody", bad.id)
    elif fate == "ended":
        (claimed,) = await scene.take(worker, [named_so])
        await scene.finish(worker, (claimed, OK))
    before = await scene.get(bad)
    unknown = Offer("default", TENANT, scene.job().id)
    damaged = Offer("default", TENANT, "no id")
    assert ids(await scene.take(worker, [damaged, named_so, unknown, offer(good)])) == [good.id]
    assert await scene.get(bad) == before


async def test_kinds_tags_and_queues_of_the_worker_hold(scene: Offering) -> None:
    strange, tagged, elsewhere, fine = (
        scene.job("strange"),
        scene.job(tag="gpu"),
        scene.job(queue="other"),
        scene.job(),
    )
    await scene.insert(strange, tagged, elsewhere, fine)
    worker = await scene.worker()
    offers = [offer(job) for job in (strange, tagged, elsewhere, fine)]
    assert ids(await scene.take(worker, offers, queues=("default",))) == [fine.id]
    assert ids(await scene.take(worker, offers, kinds=["strange"], queues=("default",))) == [strange.id]
    assert ids(await scene.take(worker, offers, tags=["gpu"], queues=("default",))) == [tagged.id]
    assert ids(await scene.take(worker, offers, queues=("default", "other"))) == [elsewhere.id]


@pytest.mark.parametrize("tenants", [1, 2])
async def test_a_dead_worker_gets_nothing_and_is_told(scene: Offering, tenants: int) -> None:
    jobs = [scene.job(tenant=f"t{n}") for n in range(tenants)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    await scene.execute("UPDATE workers SET state = 'DEAD'")
    for _ in range(2):
        with pytest.raises(WorkerGone):
            await scene.take(worker, [offer(job) for job in jobs])
        await scene.execute("UPDATE queues SET paused = true")
    assert await scene.column("SELECT count(*) FROM live WHERE state = 'RUNNING'") == [0]


@pytest.mark.parametrize("tenants", [1, 2])
async def test_a_queue_paused_between_offer_and_claim_gives_nothing_until_it_goes_on(
    scene: Offering, tenants: int
) -> None:
    await scene.insert(*(scene.job(tenant=f"t{n % tenants}") for n in range(4)), scene.job(queue="goes on"))
    worker = await scene.worker()
    offers = (await scene.ahead()).offers
    await scene.store.change_queue("default", QueueChange(paused=True), scene.now)
    assert [job.queue for job in await scene.take(worker, offers)] == ["goes on"]
    assert (await scene.ahead()).offers == ()
    await scene.store.change_queue("default", QueueChange(paused=False), scene.now)
    assert len(await scene.take(worker, (await scene.ahead()).offers)) == 4


@pytest.mark.parametrize(
    "limit", ["UPDATE queues SET concurrency = 3", "UPDATE tenants SET max_running = 3 WHERE id = 't'"]
)
async def test_a_limit_set_between_offer_and_claim_holds(scene: Offering, limit: str) -> None:
    await scene.store.create_tenant(NewTenant("t", "t"), scene.now)
    await scene.insert(*(scene.job(tenant="t") for _ in range(8)))
    worker = await scene.worker()
    ready = await scene.ahead()
    assert len(ready.offers) == 8
    await scene.execute(limit)
    claimed = await scene.take(worker, ready.offers)
    assert ids(claimed) == named(ready)[:3]
    assert (await scene.ahead()).offers == ()
    await scene.finish(worker, (claimed[0], OK))
    assert named(await scene.ahead()) == named(ready)[3:4]


async def test_workers_with_the_same_offers_never_wait_for_each_other(scene: Offering) -> None:
    jobs = [scene.job() for _ in range(200)]
    await scene.insert(*jobs)
    workers = [await scene.worker() for _ in range(4)]
    offers = [offer(job) for job in jobs]
    backwards = offers[::-1]
    given = [offers, backwards, offers, backwards]
    answers = await asyncio.gather(*(scene.take(w, o, 150) for w, o in zip(workers, given, strict=True)))
    taken = [job.id for jobs_of in answers for job in jobs_of]
    assert len(taken) == len(set(taken))
    rest = await scene.take(workers[0], offers)
    assert sorted([*taken, *ids(rest)]) == sorted(ids(jobs))


async def test_what_another_transaction_has_locked_is_refused_at_once(scene: Offering) -> None:
    jobs = [scene.job() for _ in range(3)]
    await scene.insert(*jobs)
    worker = await scene.worker()

    async def meanwhile(connection: object) -> list[str]:
        await connection.fetch("SELECT FROM live WHERE job_id = $1 FOR UPDATE", jobs[1].id)  # type: ignore[attr-defined]
        return ids(await scene.take(worker, [offer(job) for job in jobs]))

    assert await scene.offering._db.transact(meanwhile) == [jobs[0].id, jobs[2].id]
    assert ids(await scene.take(worker, [offer(jobs[1])])) == [jobs[1].id]


async def test_the_events_of_starts_are_written_once(scene: Offering) -> None:
    jobs = [scene.job() for _ in range(3)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    await scene.take(worker, [offer(job) for job in jobs])
    for job in jobs:
        (change,) = (one for one in (await scene.get(job)).changes or () if one.after == "RUNNING")
        assert (change.before, change.lease, change.worker) == ("PENDING", 1, worker)


async def test_those_of_a_suspended_tenant_are_refused_and_no_more_are_made(scene: Offering) -> None:
    job = scene.job()
    await scene.insert(job)
    worker = await scene.worker()
    offers = (await scene.ahead()).offers
    await scene.store.suspend_tenant(TENANT, scene.now, None)
    assert await scene.take(worker, offers) == []
    assert (await scene.ahead()).offers == ()
    await scene.store.resume_tenant(TENANT, scene.now)
    assert ids(await scene.take(worker, offers)) == [job.id]


async def test_those_of_a_suspended_tenant_are_refused_beside_others(scene: Offering) -> None:
    other = await scene.store.create_tenant(NewTenant("other", "other"), scene.now)
    mine, theirs = scene.job(), scene.job(tenant=other.id)
    await scene.insert(mine, theirs)
    worker = await scene.worker()
    offers = (await scene.ahead()).offers
    assert len(offers) == 2
    await scene.store.suspend_tenant(other.id, scene.now, None)
    assert ids(await scene.take(worker, offers)) == [mine.id]
    assert (await scene.ahead()).offers == ()
