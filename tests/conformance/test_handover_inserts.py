"""New work that an insert or a start hands over: as a claim would give it, and only where nobody else waits."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from holdfast.model.instant import HOUR, SECOND
from holdfast.model.job import ClaimedJob, JobState, NewJob, settle
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.ports import Accepted, Dedupe, Handover, NewJobs, QueueChange, Taker, TenantChange
from tests.conformance.scene import KINDS, LEASE, OK, TENANT, Scene
from tests.model.definitions import document, edge, node

CHAIN: Final = document([node("a"), node("b")], [edge("a", "b")])


def taker(worker: str, slots: int = 10, queues: tuple[str, ...] = ("default",)) -> Taker:
    return Taker(worker, Handover(queues, KINDS, slots))


async def ready(scene: Scene) -> str:
    """A worker, and a queue that is known and empty."""
    worker = await scene.worker()
    await scene.insert(scene.job())
    (job,) = await scene.claim(worker)
    await scene.finish(worker, (job, OK))
    return worker


async def insert(scene: Scene, given: Taker | None, *jobs: NewJob, dedupe: Dedupe | None = None) -> list[Accepted]:
    (answers,) = await scene.store.insert_jobs([NewJobs(jobs, dedupe)], scene.now, given)
    return answers


async def start(scene: Scene, given: Taker | None, definition: JSONObject, *inputs: JSON) -> list[Accepted]:
    await scene.save(definition)
    batch = [await scene.new_run("sample", one) for one in inputs]
    return await scene.store.start_runs(batch, scene.now, given)


def claimed(answers: list[Accepted]) -> list[ClaimedJob]:
    return [job for answer in answers if answer.handed is not None for job in answer.handed.claimed]


def key(scene: Scene) -> Dedupe:
    return Dedupe(TENANT, "jobs", "key", "body", scene.now + HOUR)


async def test_a_lone_job_is_handed_over_as_a_claim_gives_it(scene: Scene) -> None:
    worker = await ready(scene)
    new = scene.job(payload={"n": [1]}, deadline_at=scene.now + HOUR, priority=3)
    other = scene.job(payload={"n": [1]}, deadline_at=scene.now + HOUR, priority=3)
    (job,) = claimed(await insert(scene, taker(worker), new))
    await scene.insert(other)
    (same,) = await scene.claim(worker)
    assert job == same._replace(id=new.id)
    records = [await scene.get(one) for one in (job, same)]
    assert records[0].state is JobState.RUNNING
    assert records[0].changes == records[1].changes
    assert (records[0].worker, records[0].lease, records[0].attempt) == (worker, 1, 1)
    assert (await scene.finish(worker, (job, OK), (same, OK))).late == frozenset()
    assert await scene.sound()


async def test_its_events_are_those_of_an_insert_and_a_claim(scene: Scene) -> None:
    worker = await ready(scene)
    before = await scene.store.last_cursor()
    await insert(scene, taker(worker), handed := scene.job())
    events = await scene.store.list_events(TENANT, before)
    await insert(scene, None, inserted := scene.job())
    await scene.claim(worker)
    others = (await scene.store.list_events(TENANT, before))[len(events) :]
    assert [event.type for event in events] == ["job.scheduled", "job.started"]
    assert {event.job_id for event in events} == {handed.id}
    assert {event.job_id for event in others} == {inserted.id}
    assert [(event.type, event.data) for event in events] == [(event.type, event.data) for event in others]


async def test_what_was_handed_over_is_the_handlers_own(scene: Scene) -> None:
    worker = await ready(scene)
    numbers: list[JSON] = [1]
    (job,) = claimed(await insert(scene, taker(worker), scene.job(payload={"n": numbers})))
    numbers.append(2)
    assert job.payload == {"n": [1]}


async def test_the_first_steps_of_a_run_are_handed_over_with_what_they_may_read(scene: Scene) -> None:
    worker = await ready(scene)
    (answer,) = await start(scene, taker(worker), CHAIN, {"n": [1]})
    assert answer.handed is not None
    (job,) = answer.handed.claimed
    assert (job.run_id, job.node_id, job.lease, job.started_at) == (answer.id, "a", 1, scene.now)
    assert [answer.handed.contexts[job.id]] == await scene.store.run_contexts([(answer.id, frozenset())])
    events = await scene.store.list_events(TENANT, None, run_id=answer.id)
    assert [(event.type, event.node_id) for event in events][-3:] == [
        ("job.scheduled", "a"),
        ("node.started", "a"),
        ("job.started", "a"),
    ]
    assert await scene.states(answer.id) == {"a": "RUNNING"}
    done = await scene.store.finish(worker, [settle(job, OK, scene.now, 0.5)], scene.now)
    assert done.late == frozenset()
    assert [one.node_id for one in await scene.claim(worker)] == ["b"]
    assert await scene.sound()


async def test_each_run_of_a_batch_is_told_of_its_own_steps(scene: Scene) -> None:
    worker = await ready(scene)
    answers = await start(scene, taker(worker), CHAIN, {"n": 1}, {"n": 2})
    for number, answer in enumerate(answers, 1):
        assert answer.handed is not None
        (job,) = answer.handed.claimed
        assert (job.run_id, answer.handed.contexts[job.id].input) == (answer.id, {"n": number})


async def test_no_more_are_handed_over_than_there_are_slots(scene: Scene) -> None:
    worker = await ready(scene)
    jobs = [scene.job(priority=priority) for priority in (0, 5, 0, 9)]
    answers = await insert(scene, taker(worker, 2), *jobs)
    assert {job.id for job in claimed(answers)} == {jobs[1].id, jobs[3].id}, "as a claim would choose"
    assert [answer.handed is None for answer in answers] == [True, False, True, False]
    assert {job.id for job in await scene.claim(worker)} == {jobs[0].id, jobs[2].id}
    assert await scene.sound()


async def _other_work(scene: Scene) -> None:
    await scene.insert(scene.job())


async def _work_of_another_tenant(scene: Scene) -> None:
    await scene.insert(scene.job(tenant="other", kind="nobody.knows"))


async def _due_work(scene: Scene) -> None:
    await scene.insert(scene.job(due_in=SECOND))
    scene.clock.move(2 * SECOND)


def _queue(**change: object) -> Callable[[Scene], Awaitable[None]]:
    async def change_queue(scene: Scene) -> None:
        await scene.store.change_queue("default", QueueChange(**change), scene.now)  # type: ignore[arg-type]

    return change_queue


async def _limited_tenant(scene: Scene) -> None:
    await scene.store.change_tenant(TENANT, TenantChange(max_running=10), scene.now)


async def _dead_worker(scene: Scene) -> None:
    await scene.execute("UPDATE workers SET state = 'DEAD'")


@pytest.mark.parametrize(
    "stands_against",
    [
        pytest.param(_other_work, id="other work waits"),
        pytest.param(_work_of_another_tenant, id="another tenant waits"),
        pytest.param(_due_work, id="scheduled work is due"),
        pytest.param(_queue(paused=True), id="paused queue"),
        pytest.param(_queue(concurrency=10), id="limited queue"),
        pytest.param(_queue(rate=Rate(10, SECOND)), id="rated queue"),
        pytest.param(_limited_tenant, id="limited tenant"),
        pytest.param(_dead_worker, id="dead worker"),
    ],
)
async def test_nothing_is_handed_over(scene: Scene, stands_against: Callable[[Scene], Awaitable[None]]) -> None:
    worker = await ready(scene)
    await stands_against(scene)
    (answer,) = await insert(scene, taker(worker), new := scene.job())
    assert (answer.id, answer.handed) == (new.id, None)
    assert (await scene.store.get_job(TENANT, new.id)).state is JobState.PENDING
    (run,) = await start(scene, taker(worker), CHAIN, {})
    assert run.handed is None
    assert await scene.states(run.id) == {"a": "PENDING"}
    assert await scene.sound()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"kind": "nobody.knows"}, id="unknown kind"),
        pytest.param({"queue": "elsewhere"}, id="another queue"),
        pytest.param({"due_in": SECOND}, id="later"),
        pytest.param({"tag": "gpu"}, id="tagged"),
        pytest.param({"unique_key": "one"}, id="unique"),
        pytest.param({"concurrency_key": "key", "concurrency_limit": 1}, id="keyed"),
        pytest.param({"deadline_at": 1}, id="overdue"),
    ],
)
async def test_what_the_worker_would_not_claim_is_not_handed_over(scene: Scene, fields: dict[str, object]) -> None:
    worker = await ready(scene)
    (answer,) = await insert(scene, taker(worker), scene.job(**fields))  # type: ignore[arg-type]
    assert answer.handed is None
    assert await scene.sound()


async def test_a_repeat_is_handed_nothing(scene: Scene) -> None:
    worker = await ready(scene)
    (first,) = await insert(scene, taker(worker), new := scene.job(), dedupe=key(scene))
    (again,) = await insert(scene, taker(worker), scene.job(), dedupe=key(scene))
    assert (again.id, again.duplicate, again.handed) == (first.id, True, None)
    assert first.handed is not None
    assert [job.id for job in first.handed.claimed] == [new.id]
    assert await scene.sound()


async def test_of_two_equal_requests_in_one_batch_one_is_handed_the_job(scene: Scene) -> None:
    worker = await ready(scene)
    batch = [NewJobs((scene.job(),), key(scene)) for _ in range(2)]
    (first,), (again,) = await scene.store.insert_jobs(batch, scene.now, taker(worker))
    assert (again.id, again.duplicate, again.handed) == (first.id, True, None)
    assert len(claimed([first])) == 1


@pytest.mark.parametrize("keyed", [False, True])
async def test_an_insert_whose_answer_was_lost_is_given_back(scene: Scene, keyed: bool) -> None:
    worker = await ready(scene)
    new, guard = scene.job(), key(scene) if keyed else None
    (lost,) = claimed(await insert(scene, taker(worker), new, dedupe=guard))
    scene.clock.move(SECOND)
    (again,) = await insert(scene, taker(worker), new, dedupe=guard)
    assert (again.id, again.duplicate, again.handed) == (new.id, False, None)
    pulse = await scene.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)
    assert (pulse.alive, pulse.given_back) == (True, 1)
    (job,) = await scene.claim(worker)
    assert (job.id, job.lease, job.attempt, job.used) == (new.id, 2, 1, 1)
    assert (await scene.finish(worker, (lost, OK))).late == {lost.id}
    assert (await scene.finish(worker, (job, OK))).late == frozenset()
    assert await scene.sound()


async def test_a_start_whose_answer_was_lost_is_given_back(scene: Scene) -> None:
    worker = await ready(scene)
    await scene.save(CHAIN)
    new = await scene.new_run("sample", {})
    (first,) = await scene.store.start_runs([new], scene.now, taker(worker))
    assert first.handed is not None
    scene.clock.move(SECOND)
    (again,) = await scene.store.start_runs([new], scene.now, taker(worker))
    assert (again.id, again.duplicate, again.handed) == (first.id, False, None)
    pulse = await scene.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)
    assert pulse.given_back == 1
    (job,) = await scene.claim(worker)
    assert (job.node_id, job.lease, job.attempt) == ("a", 2, 1)
    events = await scene.store.list_events(TENANT, None, run_id=first.id)
    assert [event.type for event in events].count("node.started") == 1
    assert await scene.sound()


async def test_a_worker_that_dies_with_what_it_was_handed_is_rescued(scene: Scene) -> None:
    worker = await ready(scene)
    (lost,) = claimed(await insert(scene, taker(worker), scene.job()))
    scene.clock.move(LEASE + SECOND)
    rescued = await scene.store.rescue(scene.now, hung_grace=SECOND)
    assert (rescued.workers, rescued.jobs) == (1, 1)
    other = await scene.worker("other")
    (job,) = await scene.claim(other)
    assert (job.id, job.lease) == (lost.id, 2)
    assert (await scene.finish(worker, (lost, OK))).late == {lost.id}
    assert await scene.sound()


async def test_who_waited_before_is_claimed_before_what_is_new(scene: Scene) -> None:
    worker = await ready(scene)
    await scene.insert(waiting := scene.job(tenant="other"))
    scene.clock.move(SECOND)
    assert claimed(await insert(scene, taker(worker), scene.job(), scene.job())) == []
    first, second = await scene.claim(worker, 2)
    assert waiting.id in {first.id, second.id}, "each tenant has its turn"
    assert {first.tenant, second.tenant} == {"other", TENANT}
