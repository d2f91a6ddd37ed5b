"""A lone job from its insert to its end: states, attempts, history, fencing."""

import pytest

from holdfast.model.event import attempts_of
from holdfast.model.instant import HOUR, MINUTE, SECOND, format_instant
from holdfast.model.job import JobState
from holdfast.model.outcome import Cancelled, Outcome, Released, Snoozed, Succeeded, Suspended
from holdfast.model.retry import RetryPolicy
from tests.conformance.scene import OK, Scene, failed

FIXED = RetryPolicy(max_attempts=2, strategy="fixed", base_delay=MINUTE, max_delay=MINUTE, jitter="none")


async def test_a_job_is_kept_as_it_was_given(scene: Scene) -> None:
    job = scene.job(
        "task:work",
        payload={"n": 1, "list": [1.5, None, "ä"]},
        priority=7,
        queue="mails",
        retry=FIXED,
        timeout=5 * SECOND,
        deadline_at=scene.now + HOUR,
        unique_key="only",
    )
    (accepted,) = await scene.insert(job)
    assert (accepted.id, accepted.duplicate, accepted.conflict) == (job.id, False, False)
    record = await scene.get(job)
    assert record.state is JobState.PENDING
    assert record.payload == {"n": 1, "list": [1.5, None, "ä"]}
    assert (record.kind, record.priority, record.queue, record.retry) == ("task:work", 7, "mails", FIXED)
    assert (record.timeout, record.deadline_at, record.unique_key) == (5 * SECOND, scene.now + HOUR, "only")
    assert (record.attempt, record.lease, record.started_at, record.finished_at) == (0, 0, None, None)
    assert record.run_at == record.created_at == scene.now


async def test_a_claim_hands_out_everything_that_an_attempt_needs(scene: Scene) -> None:
    job = scene.job("task:work", payload={"n": 1}, retry=FIXED, timeout=SECOND, deadline_at=scene.now + HOUR)
    scene.clock.move(SECOND)
    worker, claimed = await scene.started(job)
    assert (claimed.attempt, claimed.used, claimed.lost, claimed.lease) == (1, 1, 0, 1)
    assert (claimed.payload, claimed.retry, claimed.timeout) == ({"n": 1}, FIXED, SECOND)
    assert (claimed.started_at, claimed.created_at) == (scene.now, job.created_at)
    assert (claimed.deadline_at, claimed.correlation_id) == (job.deadline_at, "correlated")
    assert (claimed.run_id, claimed.node_id, claimed.version_id) == (None, None, None)
    record = await scene.get(job)
    assert (record.state, record.worker, record.started_at) == (JobState.RUNNING, worker, scene.now)


async def test_a_success_ends_the_job_with_its_result(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    scene.clock.move(SECOND)
    finished = await scene.finish(worker, (claimed, Succeeded({"answer": 42})))
    assert finished.late == frozenset()
    record = await scene.get(claimed)
    assert (record.state, record.result, record.error) == (JobState.SUCCEEDED, {"answer": 42}, None)
    assert (record.attempt, record.lease, record.worker, record.finished_at) == (1, 1, worker, scene.now)
    assert await scene.claim(worker) == []
    assert await scene.sound()


async def test_a_failure_is_retried_after_its_delay_and_then_is_dead(scene: Scene) -> None:
    worker, first = await scene.started(scene.job(retry=FIXED))
    await scene.finish(worker, (first, failed("once")))
    waiting = await scene.get(first)
    assert (waiting.state, waiting.run_at, waiting.attempt) == (JobState.SCHEDULED, scene.now + MINUTE, 1)
    assert await scene.store.next_due(["default"], scene.now) == scene.now + MINUTE
    assert await scene.claim(worker) == []

    scene.clock.move(MINUTE)
    (second,) = await scene.claim(worker)
    assert (second.id, second.attempt, second.used, second.lease) == (first.id, 2, 2, 2)
    await scene.finish(worker, (second, failed("twice")))
    dead = await scene.get(first)
    assert (dead.state, dead.error) == (JobState.DEAD, {"type": "test", "message": "twice"})
    assert [(c.before, c.after, c.reason) for c in dead.changes] == [
        (None, "PENDING", "inserted"),
        ("PENDING", "RUNNING", "claimed"),
        ("RUNNING", "SCHEDULED", "retry"),
        ("SCHEDULED", "RUNNING", "claimed"),
        ("RUNNING", "DEAD", "retries_exhausted"),
    ]
    one, two = attempts_of(dead.changes)
    assert (one.number, one.outcome, one.error_message, one.retry_at) == (1, "failed", "once", scene.now)
    assert (two.number, two.lease, two.worker, two.outcome, two.error_message) == (2, 2, worker, "failed", "twice")
    assert await scene.sound()


async def test_a_final_failure_ends_failed(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    await scene.finish(worker, (claimed, failed(final=True)))
    assert (await scene.get(claimed)).state is JobState.FAILED
    assert await scene.sound()


async def test_the_history_of_a_job_is_its_events(scene: Scene) -> None:
    job = scene.job(due_in=MINUTE)
    await scene.insert(job)
    scene.clock.move(MINUTE)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, OK))
    events = await scene.store.list_events("default", None, job_id=job.id)
    assert [event.type for event in events] == ["job.scheduled", "job.started", "job.succeeded"]
    common = {"kind": "noop", "queue": "default"}
    due = format_instant(job.due_at)
    before = {"from": None, "to": "SCHEDULED", "reason": "inserted", "lease": 0, "attempt": 0, "retry_at": due}
    after = {"from": "RUNNING", "to": "SUCCEEDED", "reason": "succeeded", "lease": 1, "attempt": 1, "worker": worker}
    assert events[0].data == {**common, **before}
    assert events[2].data == {**common, **after}
    assert [change.at for change in (await scene.get(job)).changes] == [event.at for event in events]


async def test_a_scheduled_job_is_shown_pending_once_it_is_due(scene: Scene) -> None:
    await scene.insert(scene.job(due_in=MINUTE))
    worker = await scene.worker()
    assert await scene.claim(worker) == []
    assert [queue.scheduled for queue in await scene.store.list_queues(scene.now)] == [1]
    scene.clock.move(MINUTE)
    (queue,) = await scene.store.list_queues(scene.now)
    assert (queue.pending, queue.scheduled, queue.oldest_due_at) == (1, 0, scene.now)
    assert len(await scene.claim(worker)) == 1


@pytest.mark.parametrize("outcome", [Released(), Snoozed(1_900_000_000 * SECOND), Suspended()], ids=repr)
async def test_what_is_not_a_failure_burns_no_attempt(scene: Scene, outcome: Released | Snoozed | Suspended) -> None:
    worker, claimed = await scene.started(scene.job(retry=FIXED))
    finished = await scene.finish(worker, (claimed, outcome))
    record = await scene.get(claimed)
    assert (record.attempt, record.lease, record.worker, record.started_at) == (0, 1, None, None)
    assert finished.queues == (frozenset({"default"}) if isinstance(outcome, Released) else frozenset())
    assert await scene.sound()


async def test_a_released_job_runs_again_under_a_higher_lease(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job(retry=FIXED))
    await scene.finish(worker, (claimed, Released()))
    (again,) = await scene.claim(worker)
    assert (again.attempt, again.used, again.lease) == (1, 1, 2)


async def test_a_suspended_job_waits_and_is_not_claimed(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    await scene.finish(worker, (claimed, Suspended()))
    assert (await scene.get(claimed)).state is JobState.WAITING
    assert await scene.claim(worker) == []


async def test_a_late_result_changes_nothing(scene: Scene) -> None:
    worker, old = await scene.started(scene.job())
    await scene.finish(worker, (old, Released()))
    (new,) = await scene.claim(worker)
    finished = await scene.finish(worker, (old, Succeeded("old")))
    assert finished.late == {old.id}
    record = await scene.get(new)
    assert (record.state, record.result, record.lease) == (JobState.RUNNING, None, new.lease)
    assert len(record.changes) == 4


async def test_a_result_of_another_worker_is_late(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    stranger = await scene.worker("stranger")
    assert (await scene.finish(stranger, (claimed, OK))).late == {claimed.id}
    assert (await scene.finish(worker, (claimed, OK))).late == frozenset()
    assert (await scene.finish(stranger, (claimed, OK))).late == {claimed.id}


@pytest.mark.parametrize("outcome", [OK, failed(), failed(final=True), Released(), Suspended()], ids=repr)
async def test_a_finish_whose_answer_was_lost_may_be_repeated(scene: Scene, outcome: Outcome) -> None:
    worker, claimed = await scene.started(scene.job())
    first = await scene.finish(worker, (claimed, outcome))
    again = await scene.finish(worker, (claimed, outcome))
    assert first.late == again.late == frozenset()
    assert len((await scene.get(claimed)).changes) == 3


async def test_a_late_result_fails_none_of_its_batch(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(scene.job() for _ in range(5)))
    claimed = await scene.claim(worker)
    await scene.finish(worker, (claimed[2], failed(final=True)))
    finished = await scene.finish(worker, *((job, OK) for job in claimed))
    assert finished.late == {claimed[2].id}
    ends = [(await scene.get(job)).state.value for job in claimed]
    assert ends == ["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED", "SUCCEEDED"]


async def test_a_batch_may_hold_every_kind_of_end(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(scene.job(retry=FIXED) for _ in range(7)))
    claimed = await scene.claim(worker)
    outcomes: list[Outcome] = [
        OK,
        failed(),
        failed(final=True),
        Snoozed(scene.now + SECOND),
        Suspended(),
        Released(),
        Cancelled(),
    ]
    await scene.finish(worker, *zip(claimed, outcomes, strict=True))
    assert [(await scene.get(job)).state.value for job in claimed] == [
        "SUCCEEDED",
        "SCHEDULED",
        "FAILED",
        "SCHEDULED",
        "WAITING",
        "PENDING",
        "CANCELLED",
    ]
    assert await scene.sound()


async def test_a_large_batch_is_one_commit_of_all(scene: Scene) -> None:
    worker = await scene.worker()
    accepted = await scene.insert(*(scene.job(payload={"number": n}) for n in range(700)))
    assert len({answer.id for answer in accepted}) == 700
    claimed = await scene.claim(worker, 1000)
    assert [job.payload for job in claimed] == [{"number": n} for n in range(700)]
    finished = await scene.finish(worker, *((job, Succeeded(job.payload)) for job in claimed))
    assert finished.late == frozenset()
    assert (await scene.get(claimed[654])).result == {"number": 654}
    assert await scene.sound()
