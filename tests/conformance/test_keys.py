"""Concurrency keys: strict order at limit 1, higher limits, and nothing left behind a gate."""

from collections.abc import Iterable
from typing import Any

import pytest

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import ClaimedJob, JobState, NewJob
from holdfast.model.outcome import Outcome, Released, Snoozed, Suspended
from holdfast.model.retry import LOST_CAP, RetryPolicy
from tests.conformance.scene import LEASE, OK, Scene, failed

GRACE = 10 * SECOND
SLOWLY = RetryPolicy(max_attempts=3, strategy="fixed", base_delay=MINUTE, max_delay=MINUTE, jitter="none")


def keyed(scene: Scene, limit: int | None = 1, key: str = "k", **fields: Any) -> NewJob:
    return scene.job(concurrency_key=key, concurrency_limit=limit, **fields)


def ids(jobs: Iterable[NewJob | ClaimedJob]) -> list[str]:
    return [job.id for job in jobs]


async def drained(scene: Scene, worker: str) -> list[str]:
    """Claims and finishes until nothing comes; in the order of the claims."""
    order: list[str] = []
    while claimed := await scene.claim(worker):
        order += ids(claimed)
        await scene.finish(worker, *((job, OK) for job in claimed))
    return order


async def test_one_at_a_time_in_the_order_of_their_due_times_whatever_the_priority(scene: Scene) -> None:
    jobs = [keyed(scene, priority=priority) for priority in (0, 50, -50, 100)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    for expected in jobs:
        claimed = await scene.claim(worker)
        assert ids(claimed) == [expected.id]
        assert await scene.claim(worker) == []
        assert await scene.sound()
        await scene.finish(worker, (claimed[0], OK))
    assert await scene.claim(worker) == []


async def test_a_late_repeat_of_an_insert_goes_first_once_its_job_is_due(scene: Scene) -> None:
    late = keyed(scene, due_in=SECOND)
    scene.clock.move(MINUTE)
    soon = keyed(scene)
    await scene.insert(late, soon)
    worker = await scene.worker()
    assert ids(await scene.claim(worker)) == [late.id]


async def test_keys_do_not_hold_each_other_back_nor_work_without_a_key(scene: Scene) -> None:
    first, second = keyed(scene, key="a"), keyed(scene, key="a")
    other, free, foreign = keyed(scene, key="b"), scene.job(), keyed(scene, key="a", tenant="other")
    await scene.insert(first, second, other, free, foreign)
    worker = await scene.worker()
    assert sorted(ids(await scene.claim(worker))) == sorted(ids([first, other, free, foreign]))


async def test_what_becomes_due_earlier_goes_first_also_when_it_was_inserted_later(scene: Scene) -> None:
    holder = keyed(scene)
    late, soon = keyed(scene, due_in=2 * MINUTE), keyed(scene, due_in=MINUTE)
    await scene.insert(holder, late, soon)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    scene.clock.move(HOUR)
    await scene.insert(new := keyed(scene))
    await scene.finish(worker, (claimed, OK))
    assert await drained(scene, worker) == ids([soon, late, new])


async def test_work_that_comes_due_at_a_free_key_is_let_through_by_a_claim(scene: Scene) -> None:
    job = keyed(scene, due_in=MINUTE)
    await scene.insert(job)
    worker = await scene.worker()
    assert await scene.claim(worker) == []
    assert await scene.store.next_due(["default"], scene.now) == scene.now + MINUTE
    scene.clock.move(MINUTE)
    assert ids(await scene.claim(worker)) == [job.id]


@pytest.mark.parametrize(
    "parks",
    [
        pytest.param(failed(), id="retry"),
        pytest.param(Snoozed(0), id="snooze"),
        pytest.param(Released(), id="release"),
    ],
)
async def test_the_holder_keeps_its_place_while_it_is_parked(scene: Scene, parks: Outcome) -> None:
    holder, next_one = keyed(scene, retry=SLOWLY), keyed(scene)
    await scene.insert(holder, next_one)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    outcome = Snoozed(scene.now + MINUTE) if isinstance(parks, Snoozed) else parks
    await scene.finish(worker, (claimed, outcome))
    if not isinstance(parks, Released):
        assert await scene.claim(worker) == []
        scene.clock.move(MINUTE)
    assert await scene.sound()
    assert await drained(scene, worker) == ids([holder, next_one])


async def test_a_waiting_holder_keeps_its_place_until_it_is_cancelled(scene: Scene) -> None:
    holder, next_one = keyed(scene), keyed(scene)
    await scene.insert(holder, next_one)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, Suspended()))
    assert await scene.claim(worker) == []
    await scene.store.cancel_job("default", holder.id, scene.now)
    assert ids(await scene.claim(worker)) == [next_one.id]
    assert await scene.sound()


async def test_a_rescued_holder_goes_first_again(scene: Scene) -> None:
    holder, next_one = keyed(scene), keyed(scene)
    await scene.insert(holder, next_one)
    await scene.claim(await scene.worker())
    scene.clock.move(LEASE)
    assert (await scene.store.rescue(scene.now, hung_grace=GRACE)).jobs == 1
    assert await drained(scene, await scene.worker()) == ids([holder, next_one])


async def test_a_holder_that_kills_its_workers_frees_the_key_when_it_is_dead(scene: Scene) -> None:
    poison, next_one = keyed(scene), keyed(scene)
    await scene.insert(poison, next_one)
    for _ in range(LOST_CAP + 1):
        assert ids(await scene.claim(await scene.worker())) == [poison.id]
        scene.clock.move(LEASE)
        await scene.store.rescue(scene.now, hung_grace=GRACE)
    assert (await scene.get(poison)).state is JobState.DEAD
    assert await drained(scene, await scene.worker()) == [next_one.id]


@pytest.mark.parametrize("end", ["cancel", "deadline", "failure", "worker's goodbye"])
async def test_every_end_of_the_holder_lets_the_next_one_through(scene: Scene, end: str) -> None:
    holder = keyed(scene, deadline_at=scene.now + MINUTE if end == "deadline" else None)
    next_one = keyed(scene)
    await scene.insert(holder, next_one)
    worker = await scene.worker()
    if end == "failure":
        (claimed,) = await scene.claim(worker)
        done = await scene.finish(worker, (claimed, failed(final=True)))
        assert done.queues == {"default"}
    elif end == "deadline":
        scene.clock.move(MINUTE)
        assert (await scene.store.fail_overdue_jobs(scene.now)).queues == {"default"}
    elif end == "cancel":
        await scene.store.cancel_job("default", holder.id, scene.now)
    else:
        await scene.claim(worker)
        await scene.store.retire_worker(worker, scene.now)
        worker = await scene.worker()
        (again,) = await scene.claim(worker)
        assert again.id == holder.id
        await scene.finish(worker, (again, OK))
    assert await scene.sound()
    assert ids(await scene.claim(worker)) == [next_one.id]


async def test_a_cancelled_job_behind_the_gate_leaves_no_gap(scene: Scene) -> None:
    jobs = [keyed(scene) for _ in range(3)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.store.cancel_job("default", jobs[1].id, scene.now)
    await scene.finish(worker, (claimed, OK))
    assert await drained(scene, worker) == [jobs[2].id]


async def test_a_retried_dead_letter_queues_up_at_its_key_again(scene: Scene) -> None:
    first, second = keyed(scene), keyed(scene)
    await scene.insert(first, second)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, failed(final=True)))
    (claimed,) = await scene.claim(worker)
    scene.clock.move(SECOND)
    await scene.store.retry_job("default", first.id, scene.now)
    assert await scene.claim(worker) == []
    await scene.finish(worker, (claimed, OK))
    assert ids(await scene.claim(worker)) == [first.id]
    assert await scene.sound()


async def test_a_limit_lets_so_many_through_in_the_order_of_ready_work(scene: Scene) -> None:
    jobs = [keyed(scene, 3, priority=priority) for priority in (0, 0, 0, 5, 0, -5)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    first = await scene.claim(worker)
    assert len(first) == 3
    assert jobs[5].id not in ids(first)
    await scene.finish(worker, (first[0], OK), (first[1], OK))
    assert len(await scene.claim(worker)) == 2
    assert await scene.claim(worker) == []
    assert await scene.sound()


@pytest.mark.parametrize("parks", ["retry", "snooze", "wait"])
async def test_at_a_higher_limit_only_running_work_holds(scene: Scene, parks: str) -> None:
    jobs = [keyed(scene, 2, retry=SLOWLY) for _ in range(3)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    one, two = await scene.claim(worker)
    outcomes: dict[str, Outcome] = {"retry": failed(), "snooze": Snoozed(scene.now + MINUTE), "wait": Suspended()}
    done = await scene.finish(worker, (one, outcomes[parks]))
    assert "default" in done.queues
    (three,) = await scene.claim(worker)
    scene.clock.move(MINUTE)
    assert await scene.claim(worker) == []  # what came back waits for a place
    await scene.finish(worker, (two, OK), (three, OK))
    assert ids(await scene.claim(worker)) == ([] if parks == "wait" else [one.id])
    assert await scene.sound()


async def test_the_newest_insert_says_the_limit(scene: Scene) -> None:
    await scene.insert(*(keyed(scene, 1) for _ in range(5)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 1
    await scene.insert(keyed(scene, 4))
    assert len(await scene.claim(worker)) == 3
    assert await scene.sound()


async def test_a_key_without_a_limit_holds_nothing_back(scene: Scene) -> None:
    await scene.insert(*(keyed(scene, None) for _ in range(20)))
    assert len(await scene.claim(await scene.worker())) == 20


async def test_the_sweep_lets_through_what_a_change_from_outside_made_possible(scene: Scene) -> None:
    keys = [f"k{number}" for number in range(7)]
    await scene.insert(*(keyed(scene, 1, key) for key in keys for _ in range(2)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 7
    await scene.execute("UPDATE gates SET concurrency = 2")
    queues: set[str] = set()
    for _ in range(5):
        queues |= await scene.store.admit(scene.now, limit=2)
    assert queues == {"default"}
    assert len(await scene.claim(worker)) == 7


async def test_blocked_work_is_shown_as_waiting_at_its_key(scene: Scene) -> None:
    first, second = keyed(scene), keyed(scene)
    await scene.insert(first, second)
    assert [(await scene.get(job)).state for job in (first, second)] == [JobState.PENDING] * 2
    assert [(await scene.get(job)).blocked for job in (first, second)] == [False, True]


async def test_a_key_spans_queues(scene: Scene) -> None:
    first, second = keyed(scene, queue="a"), keyed(scene, queue="b")
    await scene.insert(first, second)
    worker = await scene.worker(queues=("a", "b"))
    (claimed,) = await scene.claim(worker, queues=("a", "b"))
    assert claimed.id == first.id
    done = await scene.finish(worker, (claimed, OK))
    assert done.queues == {"b"}
    assert ids(await scene.claim(worker, queues=("b",))) == [second.id]
