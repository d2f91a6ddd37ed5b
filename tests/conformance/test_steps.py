"""What a running attempt tells of itself: signs of life, progress, results of its steps; all of it fenced."""

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSON
from holdfast.ports import Touch
from tests.conformance.scene import LEASE, OK, Scene, failed

TIMEOUT = MINUTE


async def beat(scene: Scene, worker: str) -> None:
    await scene.store.heartbeat(worker, {}, scene.now, LEASE, 0)


async def test_an_attempts_time_counts_from_its_last_sign_of_life(scene: Scene) -> None:
    worker, job = await scene.started(scene.job(timeout=TIMEOUT))
    scene.clock.move(50 * SECOND)
    assert await scene.store.touch_jobs(worker, [Touch(job.id, job.lease)], scene.now) == frozenset()
    scene.clock.move(50 * SECOND)
    await beat(scene, worker)
    assert (await scene.store.rescue(scene.now, hung_grace=0)).jobs == 0
    scene.clock.move(11 * SECOND)
    await beat(scene, worker)
    assert (await scene.store.rescue(scene.now, hung_grace=0)).jobs == 1
    assert (await scene.get(job)).changes[-1].reason == "lost"


async def test_a_new_attempt_has_its_whole_time(scene: Scene) -> None:
    worker, job = await scene.started(scene.job(timeout=TIMEOUT))
    await scene.store.touch_jobs(worker, [Touch(job.id, job.lease, 1)], scene.now)
    scene.clock.move(10 * SECOND)
    await scene.finish(worker, (job, failed()))
    scene.clock.move(10 * MINUTE)
    second = await scene.worker()
    (again,) = await scene.claim(second)
    assert (await scene.get(again)).progress is None
    scene.clock.move(59 * SECOND)
    await beat(scene, second)
    assert (await scene.store.rescue(scene.now, hung_grace=0)).jobs == 0


async def test_progress_is_shown_and_stays_until_it_changes(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    told: list[tuple[JSON, JSON]] = [(0.5, 0.5), (None, 0.5), ({"done": 3, "of": 4}, {"done": 3, "of": 4})]
    for progress, shown in told:
        await scene.store.touch_jobs(worker, [Touch(job.id, job.lease, progress)], scene.now)
        assert (await scene.get(job)).progress == shown
    await scene.finish(worker, (job, OK))
    assert (await scene.get(job)).progress is None


async def test_a_sign_of_life_under_a_lease_that_is_gone_is_late(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    other, kept = await scene.started(scene.job("log"))
    touches = [Touch(job.id, job.lease + 1, 1), Touch(kept.id, kept.lease, 1)]
    assert await scene.store.touch_jobs(worker, touches, scene.now) == {job.id, kept.id}
    assert [(await scene.get(one)).progress for one in (job, kept)] == [None, None]
    assert await scene.store.touch_jobs(other, touches, scene.now) == {job.id}
    await scene.finish(other, (kept, OK))
    assert await scene.store.touch_jobs(other, touches[1:], scene.now) == {kept.id}
    assert await scene.store.touch_jobs(worker, [], scene.now) == frozenset()


async def test_results_of_steps_outlive_their_attempt(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    assert await scene.store.load_steps(job.id) == {}
    kept: dict[str, JSON] = {"charge": {"id": "c-1"}, "nothing": None, "text": "\x00 and ü"}
    for name, result in kept.items():
        assert await scene.store.save_step(worker, job.id, job.lease, name, result, scene.now)
    assert await scene.store.save_step(worker, job.id, job.lease, "charge", {"id": "c-2"}, scene.now)
    await scene.finish(worker, (job, failed()))
    assert await scene.store.load_steps(job.id) == kept
    scene.clock.move(10 * MINUTE)
    second = await scene.worker()
    (again,) = await scene.claim(second)
    assert await scene.store.save_step(second, again.id, again.lease, "mail", True, scene.now)
    assert await scene.store.load_steps(job.id) == {**kept, "mail": True}


async def test_a_step_is_kept_only_under_the_lease(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    stranger = await scene.worker()
    assert not await scene.store.save_step(stranger, job.id, job.lease, "s", 1, scene.now)
    assert not await scene.store.save_step(worker, job.id, job.lease + 1, "s", 1, scene.now)
    await scene.store.rescue(scene.now, hung_grace=0, gone=[worker])
    assert (await scene.get(job)).state is JobState.PENDING
    assert not await scene.store.save_step(worker, job.id, job.lease, "s", 1, scene.now)
    assert await scene.store.load_steps(job.id) == {}


async def test_steps_go_with_their_job(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.store.save_step(worker, job.id, job.lease, "s", 1, scene.now)
    await scene.finish(worker, (job, OK))
    scene.clock.move(2 * DAY)
    await scene.store.prune(scene.now, DAY)
    with pytest.raises(NotFound):
        await scene.get(job)
    assert await scene.store.load_steps(job.id) == {}
