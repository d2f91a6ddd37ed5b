"""Rates of concurrency keys: so many starts in so much time, exact, also for what starts again."""

from typing import Any

import pytest

from holdfast.model.instant import HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from holdfast.model.job import NewJob
from holdfast.model.limits import Rate
from holdfast.model.outcome import Outcome, Released, Snoozed
from holdfast.model.retry import RetryPolicy
from tests.conformance.scene import OK, Scene, failed

AT_ONCE = RetryPolicy(max_attempts=5, strategy="fixed", base_delay=0, max_delay=0, jitter="none")


def rated(scene: Scene, rate: Rate, limit: int | None = None, key: str = "k", **fields: Any) -> NewJob:
    return scene.job(concurrency_key=key, concurrency_limit=limit, rate=rate, **fields)


async def starts(scene: Scene, worker: str, until: Instant, step: Micros, limit: int = 100) -> list[Instant]:
    """When jobs started, with a claim at each step; all that starts succeeds."""
    times: list[Instant] = []
    while scene.now < until:
        claimed = await scene.claim(worker, limit)
        times += [scene.now] * len(claimed)
        await scene.finish(worker, *((job, OK) for job in claimed))
        scene.clock.move(step)
    return times


def most_within(times: list[Instant], window: Micros) -> int:
    return max(sum(1 for other in times if at <= other < at + window) for at in times)


async def test_a_full_bucket_goes_at_once_and_then_one_for_each_token(scene: Scene) -> None:
    await scene.insert(*(rated(scene, Rate(5, 10 * SECOND)) for _ in range(20)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 5
    assert await scene.claim(worker) == []
    due = await scene.store.next_due(["default"], scene.now)
    assert due is not None
    assert scene.now < due <= scene.now + 2 * SECOND
    scene.clock.move(2 * SECOND - 1)
    assert await scene.claim(worker) == []
    scene.clock.move(1)
    assert len(await scene.claim(worker)) == 1
    assert await scene.claim(worker) == []
    assert await scene.sound()


@pytest.mark.parametrize("rate", [Rate(1, SECOND), Rate(7, SECOND), Rate(100, SECOND), Rate(3, 7 * SECOND)])
async def test_no_window_sees_more_starts_than_the_burst_and_what_came_meanwhile(scene: Scene, rate: Rate) -> None:
    await scene.insert(*(rated(scene, rate) for _ in range(400)))
    worker = await scene.worker()
    began = scene.now
    times = await starts(scene, worker, began + 4 * rate.per, rate.per // 21)
    assert times[: rate.count] == [began] * rate.count
    assert most_within(times, rate.per) < 2 * rate.count
    assert 4 * rate.count <= len(times) <= 5 * rate.count
    for number, at in enumerate(times[rate.count :], start=1):
        assert (at - began) * rate.count >= number * rate.per


async def test_nothing_is_saved_up_beyond_a_full_bucket(scene: Scene) -> None:
    rate = Rate(3, SECOND)
    await scene.insert(*(rated(scene, rate) for _ in range(3)))
    worker = await scene.worker()
    assert len(await scene.claim(worker)) == 3
    scene.clock.move(HOUR)
    await scene.insert(*(rated(scene, rate) for _ in range(10)))
    assert len(await scene.claim(worker)) == 3


async def test_a_retry_takes_a_token_too(scene: Scene) -> None:
    rate = Rate(2, MINUTE)
    await scene.insert(rated(scene, rate, retry=AT_ONCE))
    worker = await scene.worker()
    for _ in range(2):
        (claimed,) = await scene.claim(worker)
        await scene.finish(worker, (claimed, failed()))
    assert await scene.claim(worker) == []
    assert await scene.sound()
    scene.clock.move(MINUTE // 2)
    (claimed,) = await scene.claim(worker)
    assert claimed.attempt == 3


@pytest.mark.parametrize("parks", ["retry", "snooze", "release"])
async def test_a_holder_at_limit_one_waits_for_its_token_and_nobody_passes_it(scene: Scene, parks: str) -> None:
    rate = Rate(1, MINUTE)
    holder, next_one = rated(scene, rate, 1, retry=AT_ONCE), rated(scene, rate, 1)
    await scene.insert(holder, next_one)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    outcomes: dict[str, Outcome] = {"retry": failed(), "snooze": Snoozed(scene.now + SECOND), "release": Released()}
    await scene.finish(worker, (claimed, outcomes[parks]))
    assert await scene.sound()
    scene.clock.move(MINUTE - SECOND)
    assert await scene.claim(worker) == []
    scene.clock.move(SECOND)
    (claimed,) = await scene.claim(worker)
    assert claimed.id == holder.id
    await scene.finish(worker, (claimed, OK))
    assert await scene.claim(worker) == []
    assert await scene.sound()
    scene.clock.move(MINUTE)
    assert [job.id for job in await scene.claim(worker)] == [next_one.id]


async def test_a_limit_and_a_rate_hold_together(scene: Scene) -> None:
    rate = Rate(4, MINUTE)
    await scene.insert(*(rated(scene, rate, 2) for _ in range(10)))
    worker = await scene.worker()
    first = await scene.claim(worker)
    assert len(first) == 2
    await scene.finish(worker, *((job, OK) for job in first))
    second = await scene.claim(worker)
    assert len(second) == 2
    await scene.finish(worker, *((job, OK) for job in second))
    assert await scene.claim(worker) == []
    scene.clock.move(MINUTE)
    assert len(await scene.claim(worker)) == 2


async def test_a_rate_that_changes_starts_full_and_one_that_stays_keeps_its_level(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(rated(scene, Rate(2, HOUR)) for _ in range(4)))
    assert len(await scene.claim(worker)) == 2
    await scene.insert(rated(scene, Rate(2, HOUR)))
    assert await scene.claim(worker) == []
    await scene.insert(rated(scene, Rate(3, HOUR)))
    assert len(await scene.claim(worker)) == 3
    assert await scene.claim(worker) == []


async def test_a_rate_that_is_taken_away_lets_everything_through(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(rated(scene, Rate(1, HOUR)) for _ in range(4)))
    assert len(await scene.claim(worker)) == 1
    await scene.insert(scene.job(concurrency_key="k", concurrency_limit=None))
    assert len(await scene.claim(worker)) == 4
    assert await scene.sound()


async def test_a_quick_rate_gives_what_it_promises_to_a_worker_that_waits_for_due_times(scene: Scene) -> None:
    """The worker claims only when ``next_due`` says so: the rate must not suffer from it."""
    rate = Rate(1000, SECOND)
    await scene.insert(*(rated(scene, rate) for _ in range(1600)))
    worker = await scene.worker()
    began, count = scene.now, 0
    while scene.now < began + 500 * MILLISECOND:
        claimed = await scene.claim(worker, 1000)
        await scene.finish(worker, *((job, OK) for job in claimed))
        count += len(claimed)
        due = await scene.store.next_due(["default"], scene.now)
        assert due is not None
        scene.clock.move(max(due - scene.now, MILLISECOND) if not claimed else 0)
    assert 1400 <= count <= 1500
