"""Which states of its job keep a unique key from another, and inserts that postpone the holder (debounce)."""

import asyncio
from typing import Any

import pytest

from holdfast.model.instant import HOUR, MINUTE, SECOND, Micros, format_instant
from holdfast.model.job import LIVE, JobState, NewJob
from holdfast.model.outcome import Released, Suspended
from holdfast.ports import Accepted
from tests.conformance.scene import OK, TENANT, Scene, failed

KEY = "only"


async def holder_in(scene: Scene, state: JobState) -> tuple[NewJob, str]:
    """A job that holds the key in this state, and the worker that has run it or could."""
    job = scene.job(unique_key=KEY, due_in=HOUR if state is JobState.SCHEDULED else 0)
    await scene.insert(job)
    worker = await scene.worker()
    if state in (JobState.RUNNING, JobState.WAITING):
        (claimed,) = await scene.claim(worker)
        if state is JobState.WAITING:
            await scene.finish(worker, (claimed, Suspended()))
    return job, worker


@pytest.mark.parametrize("state", sorted(LIVE))
async def test_a_state_that_is_respected_makes_a_duplicate(scene: Scene, state: JobState) -> None:
    holder, _ = await holder_in(scene, state)
    new = scene.job(unique_key=KEY, unique_states=frozenset({state}))
    assert await scene.insert(new) == [Accepted(holder.id, duplicate=True)]


@pytest.mark.parametrize("state", sorted(LIVE))
async def test_a_state_that_is_not_respected_gives_the_key_up(scene: Scene, state: JobState) -> None:
    holder, _ = await holder_in(scene, state)
    new = scene.job(unique_key=KEY, unique_states=LIVE - {state})
    assert await scene.insert(new) == [Accepted(new.id)]
    assert (await scene.get(holder)).state is state, "the holder itself goes on"
    assert await scene.insert(scene.job(unique_key=KEY)) == [Accepted(new.id, duplicate=True)]


async def test_the_end_of_a_job_that_lost_its_key_frees_nothing(scene: Scene) -> None:
    holder, worker = await holder_in(scene, JobState.RUNNING)
    new = scene.job(unique_key=KEY, unique_states=frozenset({JobState.PENDING}))
    await scene.insert(new)
    running = await scene.get(holder)
    assert running.state is JobState.RUNNING
    await scene.store.cancel_job(TENANT, holder.id, scene.now)
    claimed = {job.id: job for job in await scene.claim(worker)}
    assert new.id in claimed
    await scene.finish(worker, (claimed[new.id], Released()))
    assert await scene.insert(scene.job(unique_key=KEY)) == [Accepted(new.id, duplicate=True)]
    assert await scene.sound()


async def test_a_scheduled_holder_that_is_due_counts_as_pending(scene: Scene) -> None:
    holder = scene.job(unique_key=KEY, due_in=MINUTE)
    await scene.insert(holder)
    scene.clock.move(MINUTE)
    assert await scene.insert(scene.job(unique_key=KEY, unique_states=frozenset({JobState.PENDING}))) == [
        Accepted(holder.id, duplicate=True)
    ]
    new = scene.job(unique_key=KEY, unique_states=frozenset({JobState.SCHEDULED}))
    assert await scene.insert(new) == [Accepted(new.id)]


async def test_the_window_keeps_the_key_whatever_the_states(scene: Scene) -> None:
    holder = scene.job(unique_key=KEY, unique_until=scene.now + HOUR)
    worker, claimed = await scene.started(holder)
    new = scene.job(unique_key=KEY, unique_states=frozenset({JobState.PENDING}))
    assert await scene.insert(new) == [Accepted(holder.id, duplicate=True)]
    await scene.finish(worker, (claimed, OK))
    assert await scene.insert(new) == [Accepted(holder.id, duplicate=True)]
    scene.clock.move(HOUR)
    assert await scene.insert(new) == [Accepted(new.id)]


async def test_of_one_batch_the_first_is_respected_as_it_will_stand(scene: Scene) -> None:
    first, second = scene.job(unique_key=KEY), scene.job(unique_key=KEY)
    third = scene.job(unique_key=KEY, unique_states=frozenset({JobState.RUNNING}))
    assert await scene.insert(first, second, third) == [
        Accepted(first.id),
        Accepted(first.id, duplicate=True),
        Accepted(third.id),
    ]
    assert await scene.insert(scene.job(unique_key=KEY)) == [Accepted(third.id, duplicate=True)]
    worker = await scene.worker()
    assert {job.id for job in await scene.claim(worker)} == {first.id, third.id}


# -- debounce --------------------------------------------------------------------------------------------------------


def bounced(scene: Scene, payload: str = "new", after: Micros = MINUTE, **fields: Any) -> NewJob:
    """As the entrance makes one: due after the quiet time."""
    return scene.job(unique_key=KEY, payload=payload, due_in=after, debounce=after, **fields)


async def test_each_insert_postpones_the_job_and_the_last_payload_counts(scene: Scene) -> None:
    first = bounced(scene, "one")
    assert await scene.insert(first) == [Accepted(first.id)]
    worker = await scene.worker()
    for payload in ("two", "three"):
        scene.clock.move(40 * SECOND)
        assert await scene.claim(worker) == []
        assert await scene.insert(bounced(scene, payload)) == [Accepted(first.id, duplicate=True)]
    record = await scene.get(first)
    assert (record.state, record.payload, record.run_at) == (JobState.SCHEDULED, "three", scene.now + MINUTE)
    assert await scene.store.next_due(["default"], scene.now) == scene.now + MINUTE
    scene.clock.move(MINUTE)
    (claimed,) = await scene.claim(worker)
    assert (claimed.id, claimed.payload) == (first.id, "three")


async def test_a_postponed_job_that_was_ready_waits_again(scene: Scene) -> None:
    holder = scene.job(unique_key=KEY, payload="old")
    await scene.insert(holder)
    await scene.insert(bounced(scene))
    worker = await scene.worker()
    assert await scene.claim(worker) == []
    scene.clock.move(MINUTE)
    assert [job.payload for job in await scene.claim(worker)] == ["new"]


async def test_each_postponement_is_on_record(scene: Scene) -> None:
    first = bounced(scene)
    await scene.insert(first)
    scene.clock.move(SECOND)
    await scene.insert(bounced(scene))
    scene.clock.move(MINUTE)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, OK))
    events = await scene.store.list_events(TENANT, None, job_id=first.id)
    assert [(event.data["from"], event.data["to"], event.data["reason"]) for event in events] == [
        (None, "SCHEDULED", "inserted"),
        ("SCHEDULED", "SCHEDULED", "debounced"),
        ("PENDING", "RUNNING", "claimed"),
        ("RUNNING", "SUCCEEDED", "succeeded"),
    ]
    assert events[0].data["retry_at"] == format_instant(first.due_at), "the first due time stays on record"
    assert events[1].data["retry_at"] == format_instant(first.due_at + SECOND)


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.WAITING])
async def test_a_holder_that_somebody_has_claimed_is_left_as_it_is(scene: Scene, state: JobState) -> None:
    holder, _ = await holder_in(scene, state)
    before = await scene.get(holder)
    assert await scene.insert(bounced(scene)) == [Accepted(holder.id, duplicate=True)]
    assert await scene.get(holder) == before


async def test_a_holder_that_waits_for_its_retry_is_left_as_it_is(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job(unique_key=KEY, payload="old"))
    await scene.finish(worker, (claimed, failed()))
    before = await scene.get(claimed)
    assert await scene.insert(bounced(scene)) == [Accepted(claimed.id, duplicate=True)]
    assert await scene.get(claimed) == before


async def test_a_running_holder_may_be_followed_by_a_debounced_job(scene: Scene) -> None:
    """With ``unique_states`` that leave RUNNING out: what comes during a run makes one more, postponed by the rest."""
    holder, _ = await holder_in(scene, JobState.RUNNING)
    waiting = frozenset({JobState.PENDING, JobState.SCHEDULED})
    next_one = bounced(scene, "one", unique_states=waiting)
    assert await scene.insert(next_one) == [Accepted(next_one.id)]
    scene.clock.move(SECOND)
    assert await scene.insert(bounced(scene, "two", unique_states=waiting)) == [Accepted(next_one.id, duplicate=True)]
    assert (await scene.get(next_one)).payload == "two"
    assert (await scene.get(holder)).state is JobState.RUNNING


async def test_debounced_inserts_of_one_batch_make_one_job(scene: Scene) -> None:
    jobs = [bounced(scene, str(number)) for number in range(5)]
    answers = await scene.insert(*jobs)
    assert [answer.id for answer in answers] == [jobs[0].id] * 5
    assert [answer.duplicate for answer in answers] == [False, True, True, True, True]
    assert (await scene.get(jobs[0])).payload == "4"


async def test_debounced_inserts_of_two_processes_make_one_job(scene: Scene, other: Scene) -> None:
    jobs = [bounced(scene, str(number)) for number in range(20)]
    answers = await asyncio.gather(*((scene if number % 2 else other).insert(job) for number, job in enumerate(jobs)))
    ids = {answer.id for (answer,) in answers}
    assert len(ids) == 1
    assert [answer.duplicate for (answer,) in answers].count(False) == 1
    assert (await scene.get(ids.pop())).state is JobState.SCHEDULED
    assert await scene.sound()


async def test_a_postponed_job_gives_its_place_at_its_key_back(scene: Scene) -> None:
    first = scene.job(unique_key=KEY, concurrency_key="k", concurrency_limit=1)
    second = scene.job(concurrency_key="k", concurrency_limit=1)
    await scene.insert(first, second)
    await scene.insert(bounced(scene))
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    assert claimed.id == second.id
    scene.clock.move(MINUTE)
    assert await scene.claim(worker) == []
    await scene.finish(worker, (claimed, OK))
    assert [job.id for job in await scene.claim(worker)] == [first.id]
    assert await scene.sound()
