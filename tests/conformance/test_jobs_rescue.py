"""Workers that stop answering, claims whose answer was lost, attempts that hang, deadlines that pass."""

import pytest

from holdfast.model.event import attempts_of
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.outcome import Released
from holdfast.model.retry import LOST_CAP, RetryPolicy
from holdfast.ports import NewWorker, Pulse
from tests.conformance.scene import LEASE, OK, Scene, failed

GRACE = 10 * SECOND


async def heartbeat(scene: Scene, worker: str, *held: ClaimedJob) -> Pulse:
    """Renews; everything claimed before now counts as orphaned when it isn't held."""
    leases = {job.id: job.lease for job in held}
    return await scene.store.heartbeat(worker, leases, scene.now, LEASE, scene.now)


async def test_a_heartbeat_keeps_the_worker_and_its_jobs(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    for _ in range(5):
        scene.clock.move(LEASE - SECOND)
        pulse = await heartbeat(scene, worker, job)
        assert (pulse.alive, pulse.lost, pulse.cancelled, pulse.given_back) == (True, (), (), 0)
        assert (await scene.store.rescue(scene.now, hung_grace=GRACE)).jobs == 0
    (record,) = await scene.store.list_workers(scene.now)
    assert (record.alive, record.running, record.heartbeat_at) == (True, 1, scene.now)
    assert (record.expires_at, record.host, record.pid, record.boot) == (scene.now + LEASE, "host", 4711, "boot")


async def test_a_silent_worker_is_dead_for_good_and_its_jobs_run_again(scene: Scene) -> None:
    worker, lost = await scene.started(scene.job())
    scene.clock.move(LEASE)
    rescued = await scene.store.rescue(scene.now, hung_grace=GRACE)
    assert (rescued.workers, rescued.jobs, rescued.queues) == (1, 1, frozenset({"default"}))
    pulse = await scene.store.heartbeat(worker, {lost.id: lost.lease}, scene.now, LEASE, scene.now)
    assert not pulse.alive
    assert (await scene.finish(worker, (lost, OK))).late == {lost.id}

    successor = await scene.worker()
    (again,) = await scene.claim(successor)
    assert (again.id, again.attempt, again.used, again.lost, again.lease) == (lost.id, 1, 1, 1, 2)
    await scene.finish(successor, (again, OK))
    attempts = attempts_of((await scene.get(again)).changes)
    assert [(a.number, a.lease, a.worker, a.outcome, a.error_type) for a in attempts] == [
        (1, 1, worker, "lost", "lost"),
        (1, 2, successor, "succeeded", None),
    ]
    assert await scene.sound()


async def test_rescue_again_finds_nothing(scene: Scene) -> None:
    await scene.started(scene.job())
    scene.clock.move(LEASE)
    await scene.store.rescue(scene.now, hung_grace=GRACE)
    again = await scene.store.rescue(scene.now, hung_grace=GRACE)
    assert (again.workers, again.jobs) == (0, 0)


async def test_a_worker_known_to_be_gone_is_rescued_at_once(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    living = await scene.worker("living")
    rescued = await scene.store.rescue(scene.now, hung_grace=GRACE, gone=[worker])
    assert (rescued.workers, rescued.jobs) == (1, 1)
    assert [again.id for again in await scene.claim(living)] == [job.id]


async def test_many_jobs_are_rescued_page_by_page(scene: Scene) -> None:
    await scene.insert(*(scene.job() for _ in range(25)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 25
    scene.clock.move(LEASE)
    counts = [(await scene.store.rescue(scene.now, hung_grace=GRACE, limit=10)).jobs for _ in range(4)]
    assert counts == [10, 10, 5, 0]


async def test_a_job_that_kills_its_workers_ends_dead(scene: Scene) -> None:
    job = scene.job()
    await scene.insert(job)
    for _ in range(LOST_CAP + 1):
        assert len(await scene.claim(await scene.worker())) == 1
        scene.clock.move(LEASE)
        await scene.store.rescue(scene.now, hung_grace=GRACE)
    record = await scene.get(job)
    assert (record.state, record.changes[-1].reason) == (JobState.DEAD, "lost")
    assert await scene.sound()


async def test_lost_attempts_leave_the_retry_budget_alone(scene: Scene) -> None:
    policy = RetryPolicy(max_attempts=2, strategy="fixed", base_delay=0, jitter="none")
    await scene.insert(scene.job(retry=policy))
    for _ in range(3):
        assert len(await scene.claim(await scene.worker())) == 1
        scene.clock.move(LEASE)
        await scene.store.rescue(scene.now, hung_grace=GRACE)
    worker = await scene.worker()
    (first,) = await scene.claim(worker)
    await scene.finish(worker, (first, failed()))
    (second,) = await scene.claim(worker)
    assert (first.used, second.used) == (1, 2)
    await scene.finish(worker, (second, failed()))
    assert (await scene.get(second)).changes[-1].reason == "retries_exhausted"


async def test_a_job_that_must_not_run_twice_stops_when_it_is_lost(scene: Scene) -> None:
    _, job = await scene.started(scene.job(retry=RetryPolicy(on_lost="stop")))
    scene.clock.move(LEASE)
    await scene.store.rescue(scene.now, hung_grace=GRACE)
    record = await scene.get(job)
    assert (record.state, record.changes[-1].reason) == (JobState.DEAD, "needs_attention")


async def test_a_hung_attempt_is_taken_away_from_a_living_worker(scene: Scene) -> None:
    worker, job = await scene.started(scene.job(timeout=MINUTE))
    for _ in range(3):
        scene.clock.move(20 * SECOND)
        await heartbeat(scene, worker, job)
    assert (await scene.store.rescue(scene.now, hung_grace=GRACE)).jobs == 0
    scene.clock.move(GRACE)
    assert (await scene.store.rescue(scene.now, hung_grace=GRACE)).jobs == 1
    pulse = await heartbeat(scene, worker, job)
    assert (pulse.alive, pulse.lost) == (True, ((job.id, job.lease),))


async def test_a_claim_whose_answer_was_lost_is_given_back(scene: Scene) -> None:
    await scene.insert(scene.job(), scene.job())
    worker = await scene.worker()
    held, orphan = await scene.claim(worker)
    pulse = await scene.store.heartbeat(worker, {held.id: 1}, scene.now, LEASE, scene.now)
    assert pulse.given_back == 0, "a claim of this very moment may still be on its way"
    scene.clock.move(SECOND)
    pulse = await scene.store.heartbeat(worker, {held.id: 1}, scene.now, LEASE, scene.now)
    assert pulse.given_back == 1
    record = await scene.get(orphan)
    assert (record.state, record.attempt, record.changes[-1].reason) == (JobState.PENDING, 0, "released")
    assert (await scene.get(held)).state is JobState.RUNNING
    assert await scene.sound()


async def test_a_lease_of_long_ago_is_reported_lost(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    pulse = await scene.store.heartbeat(worker, {job.id: job.lease + 1}, scene.now, LEASE, scene.now)
    assert pulse.lost == ((job.id, job.lease + 1),)


async def test_a_job_held_under_an_older_lease_is_given_back(scene: Scene) -> None:
    """The worker gave it back and claimed it again, but the answer of that claim was lost."""
    worker, before = await scene.started(scene.job())
    await scene.finish(worker, (before, Released()))
    (lost,) = await scene.claim(worker)
    pulse = await heartbeat(scene, worker, before)
    assert pulse.given_back == 0, "a claim of this very moment may still be on its way"
    scene.clock.move(SECOND)
    pulse = await heartbeat(scene, worker, before)
    assert (pulse.given_back, pulse.lost, pulse.cancelled) == (1, ((before.id, before.lease),), ())
    record = await scene.get(lost)
    assert (record.state, record.attempt, record.changes[-1].reason) == (JobState.PENDING, 0, "released")
    assert await scene.sound()


async def test_a_worker_that_says_goodbye_gives_its_jobs_back(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.store.retire_worker(worker, scene.now)
    await scene.store.retire_worker(worker, scene.now)
    record = await scene.get(job)
    assert (record.state, record.attempt, record.changes[-1].reason) == (JobState.PENDING, 0, "released")
    assert [w.alive for w in await scene.store.list_workers(scene.now)] == [False]
    assert not (await scene.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)).alive


async def test_a_registration_may_be_repeated_but_revives_nobody(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.execute(f"UPDATE workers SET state = 'DEAD' WHERE id = '{worker}'")
    again = NewWorker(worker, "w", "host", 4711, "boot", ("default",), 10)
    await scene.store.register_worker(again, scene.now, LEASE)
    assert not (await scene.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)).alive


@pytest.mark.parametrize("delay", [0, 2 * HOUR])
async def test_a_job_whose_deadline_passes_before_it_is_claimed_ends_dead(scene: Scene, delay: int) -> None:
    late = scene.job(due_in=delay, deadline_at=scene.now + HOUR)
    timeless, running = scene.job(), scene.job("task:work", deadline_at=scene.now + HOUR)
    await scene.insert(late, timeless, running)
    worker = await scene.worker()
    (held,) = await scene.claim(worker, kinds=["task:work"])
    assert (await scene.store.fail_overdue_jobs(scene.now)).ended == 0
    scene.clock.move(HOUR)
    await heartbeat(scene, worker, held)
    assert (await scene.store.fail_overdue_jobs(scene.now)).ended == 1
    record = await scene.get(late)
    assert (record.state, record.changes[-1].reason) == (JobState.DEAD, "deadline")
    assert (await scene.get(timeless)).state is JobState.PENDING
    assert (await scene.get(running)).state is JobState.RUNNING
