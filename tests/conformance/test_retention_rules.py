"""How long an ended job is kept: as its tenant says for its state, else its queue, else the whole instance."""

import sqlite3
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND, Micros
from holdfast.model.job import JobState, NewJob
from holdfast.model.limits import Rate
from holdfast.model.outcome import Outcome, Snoozed
from holdfast.model.records import JobFilter
from holdfast.model.retry import RetryPolicy
from holdfast.ports import QueueChange, TenantChange
from tests.conformance.scene import OK, TENANT, Scene, failed

ONCE = RetryPolicy(max_attempts=1)
S = JobState


async def ended(scene: Scene, outcome: Outcome = OK, **fields: Any) -> NewJob:
    job = scene.job(retry=ONCE, **fields)
    worker, claimed = await scene.started(job)
    await scene.finish(worker, (claimed, outcome))
    return job


async def kept(scene: Scene, *jobs: NewJob, keep: Micros = 30 * DAY) -> list[bool]:
    """Which of these are still there after everything was pruned that may go."""
    while await scene.store.prune(scene.now, keep, 10):
        pass
    return [await exists(scene, job) for job in jobs]


async def exists(scene: Scene, job: NewJob) -> bool:
    try:
        await scene.get(job, job.tenant)
    except NotFound:
        return False
    return True


async def test_each_state_is_kept_as_long_as_its_queue_says(scene: Scene) -> None:
    rule = {S.SUCCEEDED: HOUR, S.DEAD: 2 * DAY}
    await scene.store.change_queue("q", QueueChange(retention=rule), scene.now)
    well, dead = await ended(scene, queue="q"), await ended(scene, failed(), queue="q")
    final = await ended(scene, failed(final=True), queue="q")
    scene.clock.move(2 * HOUR)
    assert await kept(scene, well, dead, final) == [False, True, True]
    scene.clock.move(2 * DAY)
    assert await kept(scene, well, dead, final) == [False, False, True]
    scene.clock.move(30 * DAY)
    assert await kept(scene, well, dead, final) == [False, False, False]


async def test_a_tenants_word_goes_before_a_queues_and_both_before_the_instances(scene: Scene) -> None:
    await scene.store.change_queue("q", QueueChange(retention={S.SUCCEEDED: 3 * HOUR, S.DEAD: 3 * HOUR}), scene.now)
    await scene.store.change_tenant(TENANT, TenantChange(retention={S.SUCCEEDED: HOUR}), scene.now)
    mine, mine_dead = await ended(scene, queue="q"), await ended(scene, failed(), queue="q")
    elsewhere, theirs = await ended(scene), await ended(scene, queue="q", tenant="other")
    far = await ended(scene, tenant="other")
    jobs = (mine, elsewhere, mine_dead, theirs, far)
    scene.clock.move(HOUR - SECOND)
    assert await kept(scene, *jobs, keep=6 * HOUR) == [True] * 5
    scene.clock.move(2 * MINUTE)
    assert await kept(scene, *jobs, keep=6 * HOUR) == [False, False, True, True, True]
    scene.clock.move(2 * HOUR)
    assert await kept(scene, *jobs, keep=6 * HOUR) == [False, False, False, False, True]
    scene.clock.move(3 * HOUR)
    assert await kept(scene, *jobs, keep=6 * HOUR) == [False] * 5


async def test_a_rule_may_keep_longer_than_the_instance_does(scene: Scene) -> None:
    await scene.store.change_queue("audit", QueueChange(retention={S.SUCCEEDED: 90 * DAY}), scene.now)
    long, short = await ended(scene, queue="audit"), await ended(scene)
    scene.clock.move(2 * DAY)
    assert await kept(scene, long, short, keep=DAY) == [True, False]
    assert len((await scene.get(long)).changes) == 3
    scene.clock.move(90 * DAY)
    assert await kept(scene, long, keep=DAY) == [False]


async def test_a_rule_that_changes_counts_for_what_was_looked_at_before(scene: Scene) -> None:
    job = await ended(scene, queue="q")
    scene.clock.move(2 * HOUR)
    assert await kept(scene, job) == [True]
    await scene.store.change_queue("q", QueueChange(retention={S.SUCCEEDED: HOUR}), scene.now)
    assert await kept(scene, job) == [False]


@pytest.mark.parametrize("late", [30 * SECOND, 5 * HOUR])
async def test_a_job_that_ended_long_after_it_was_made_goes_in_its_time(scene: Scene, late: Micros) -> None:
    slow = scene.job()
    worker, claimed = await scene.started(slow)
    await scene.finish(worker, (claimed, Snoozed(scene.now + late)))
    quick = await ended(scene)
    scene.clock.move(late)
    assert await kept(scene, slow, quick, keep=HOUR) == [True, late < HOUR]
    worker = await scene.worker()
    (again,) = await scene.claim(worker)
    await scene.finish(worker, (again, OK))
    scene.clock.move(HOUR - SECOND)
    assert (await kept(scene, slow, keep=HOUR)) == [True]
    # At the latest when the second walk comes by.
    for _ in range(8):
        scene.clock.move(10 * MINUTE)
        await kept(scene, keep=HOUR)
    assert await kept(scene, slow, quick, keep=HOUR) == [False, False]


async def test_many_jobs_of_a_long_rule_dont_hide_those_of_a_short_one(scene: Scene) -> None:
    await scene.store.change_queue("audit", QueueChange(retention={S.CANCELLED: 90 * DAY}), scene.now)
    long = [scene.job(queue="audit") for _ in range(60)]
    await scene.insert(*long)
    await scene.store.cancel_jobs(TENANT, [job.id for job in long], scene.now)
    short = [scene.job() for _ in range(25)]
    await scene.insert(*short)
    await scene.store.cancel_jobs(TENANT, [job.id for job in short], scene.now)
    scene.clock.move(2 * DAY)
    assert [await scene.store.prune(scene.now, DAY, 10) for _ in range(2)] == [10, 10]
    assert 5 <= await scene.store.prune(scene.now, DAY, 10) < 10
    assert await scene.store.prune(scene.now, DAY, 10) == 0
    left = await scene.store.list_jobs(TENANT, JobFilter(), scene.now, None, 500)
    assert {job.id for job in left.items} == {job.id for job in long}
    assert await scene.sound()


async def test_a_job_that_is_retried_or_discarded_meanwhile_starts_anew(scene: Scene) -> None:
    revived, discarded = await ended(scene, failed()), await ended(scene, failed())
    scene.clock.move(2 * DAY)
    await scene.store.retry_jobs(TENANT, [revived.id], scene.now)
    await scene.store.discard_jobs(TENANT, [discarded.id], "seen", scene.now)
    assert await kept(scene, revived, discarded, keep=DAY) == [True, True]
    scene.clock.move(2 * DAY)
    assert await kept(scene, revived, discarded, keep=DAY) == [True, False]


async def test_two_processes_prune_the_same_jobs_once(scene: Scene, other: Scene) -> None:
    jobs = [scene.job() for _ in range(30)]
    await scene.insert(*jobs)
    await scene.store.cancel_jobs(TENANT, [job.id for job in jobs], scene.now)
    scene.clock.move(2 * DAY)
    total = 0
    while count := await scene.store.prune(scene.now, DAY, 10) + await other.store.prune(scene.now, DAY, 10):
        total += count
    assert total >= 30
    assert (await scene.store.list_jobs(TENANT, JobFilter(), scene.now, None, 500)).items == ()
    assert await scene.sound()


async def test_what_guarded_requests_and_keys_goes_when_its_time_is_over(scene: Scene) -> None:
    job = scene.job(unique_key="u", unique_until=scene.now + HOUR)
    worker, claimed = await scene.started(job)
    await scene.finish(worker, (claimed, OK))
    assert await kept(scene, job) == [True]
    assert (await scene.insert(scene.job(unique_key="u")))[0].id == job.id
    scene.clock.move(2 * HOUR)
    assert await scene.store.prune(scene.now, 30 * DAY) == 1
    assert await scene.store.prune(scene.now, 30 * DAY) == 0
    assert not (await scene.insert(scene.job(unique_key="u")))[0].duplicate


async def test_the_gate_of_a_key_goes_once_it_is_long_idle_and_its_bucket_full(scene: Scene) -> None:
    await scene.insert(
        scene.job(concurrency_key="busy", concurrency_limit=2, due_in=90 * DAY),
        scene.job(concurrency_key="waits", concurrency_limit=1),
        scene.job(concurrency_key="waits", concurrency_limit=1),
    )
    await ended(scene, queue="q", concurrency_key="idle", concurrency_limit=2)
    await ended(scene, queue="q", concurrency_key="slow", rate=Rate(3, 10 * DAY))
    assert await gates(scene) == {"busy", "waits", "idle", "slow"}
    await scene.store.prune(scene.now, DAY)
    assert await gates(scene) == {"busy", "waits", "idle", "slow"}
    scene.clock.move(2 * DAY)
    await scene.store.prune(scene.now, DAY)
    assert await gates(scene) == {"busy", "waits", "slow"}
    scene.clock.move(9 * DAY)
    await scene.store.prune(scene.now, DAY)
    assert await gates(scene) == {"busy", "waits"}
    assert await scene.sound()


async def gates(scene: Scene) -> set[str]:
    """The keys that have a gate; no method of the port tells."""
    if scene.url.startswith("postgres"):
        connection = await asyncpg.connect(scene.url)
        try:
            return {row["key"] for row in await connection.fetch("SELECT key FROM gates")}
        finally:
            await connection.close()
    with closing(sqlite3.connect(scene.url.removeprefix("sqlite:///"))) as database:
        return {row[0] for row in database.execute("SELECT key FROM gates")}
