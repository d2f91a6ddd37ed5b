"""Successors that a finish hands over: started as a claim would, and only where a claim had nobody else to think of."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from holdfast.model.instant import HOUR, SECOND
from holdfast.model.job import ClaimedJob, JobState, settle
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.outcome import Outcome, Released, Succeeded
from holdfast.model.run import RunState
from holdfast.ports import Finished, Handover, QueueChange, TenantChange
from tests.conformance.driving import Driver
from tests.conformance.scene import KINDS, LEASE, OK, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

OFFER: Final = Handover(("default",), KINDS, 10)
CHAIN: Final = document(
    [
        node("a"),
        node("b", "transform", params={"value": "{{ nodes.a.output }}"}),
        node("c", "transform", params={"value": "{{ nodes.a.output }}"}),
    ],
    [edge("a", "b"), edge("b", "c")],
)


def fan(*targets: str, **priorities: int) -> JSONObject:
    nodes = [node("a"), *(node(name, priority=priorities.get(name, 0)) for name in targets)]
    return document(nodes, [edge("a", name) for name in targets])


async def finish(
    scene: Scene, worker: str, *ends: tuple[ClaimedJob, Outcome], offer: Handover | None = OFFER
) -> Finished:
    moves = [settle(job, outcome, scene.now, 0.5) for job, outcome in ends]
    return await scene.store.finish(worker, moves, scene.now, offer)


async def first(scene: Scene, definition: JSONObject = CHAIN) -> tuple[str, str, ClaimedJob]:
    """A run whose first step is claimed: worker, run and job."""
    await scene.save(definition)
    run_id = await scene.start("sample", {"n": [1]})
    driver = await Driver.of(scene)
    return driver.worker_id, run_id, (await driver.claim())["a"]


async def test_a_successor_is_handed_over_as_a_claim_gives_it(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    scene.clock.move(SECOND)
    done = await finish(scene, worker, (job, OK))
    (handed,) = done.claimed
    assert (done.queues, done.late, done.stopped, done.over) == (frozenset(), frozenset(), (), False)
    assert (handed.node_id, handed.run_id, handed.version_id) == ("b", run_id, job.version_id)
    assert (handed.lease, handed.attempt, handed.used, handed.started_at) == (1, 1, 1, scene.now)
    record = await scene.get(handed)
    assert (record.state, record.worker, record.lease, record.attempt) == (JobState.RUNNING, worker, 1, 1)
    assert (record.retry, record.timeout, record.created_at) == (handed.retry, handed.timeout, handed.created_at)
    assert [change.reason for change in record.changes] == ["inserted", "claimed"]
    assert await scene.claim(worker) == []
    assert await scene.sound()


async def test_its_events_are_those_of_an_insert_and_a_claim(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    (handed,) = (await finish(scene, worker, (job, OK))).claimed
    events = await scene.store.list_events(TENANT, None, run_id=run_id)
    assert [(event.type, event.node_id) for event in events][-5:] == [
        ("job.succeeded", "a"),
        ("node.completed", "a"),
        ("job.scheduled", "b"),
        ("node.started", "b"),
        ("job.started", "b"),
    ]
    assert events[-1].data == {
        "kind": "transform",
        "queue": "default",
        "from": "PENDING",
        "to": "RUNNING",
        "reason": "claimed",
        "lease": 1,
        "attempt": 1,
        "worker": worker,
    }
    assert handed.id == events[-1].job_id


async def test_a_run_goes_to_its_end_by_hand_overs_alone(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    names, done = [job.node_id], Finished(frozenset(), frozenset())
    while not done.over:
        done = await finish(scene, worker, (job, Succeeded(names[-1])))
        names += [handed.node_id for handed in done.claimed]
        job = done.claimed[0] if done.claimed else job
    assert names == ["a", "b", "c"]
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED
    assert await scene.sound()


async def test_what_it_may_read_comes_along_where_it_is_at_hand(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    done = await finish(scene, worker, (job, Succeeded({"sum": [3]})))
    (handed,) = done.claimed
    assert [done.contexts[handed.id]] == await scene.store.run_contexts([(run_id, frozenset({"a"}))])
    assert done.contexts[handed.id].outputs == {"a": {"sum": [3]}}
    done = await finish(scene, worker, (handed, OK))
    assert [job.node_id for job in done.claimed] == ["c"]
    assert done.contexts == {}, "what an earlier step gave isn't read for this"


async def test_the_steps_of_a_run_get_values_of_their_own(scene: Scene) -> None:
    reads: JSONObject = {"value": "{{ nodes.a.output }}"}
    nodes = [node("a"), node("b", "transform", params=reads), node("c", "transform", params=reads)]
    worker, _, job = await first(scene, document(nodes, [edge("a", "b"), edge("a", "c")]))
    numbers: list[JSON] = [1]
    given: JSONObject = {"list": numbers}
    done = await finish(scene, worker, (job, Succeeded(given)))
    one, other = done.contexts.values()
    assert one == other
    assert isinstance(one.input, dict)
    one.input["changed"] = True
    numbers.append(2)
    assert (other.input, other.outputs) == ({"n": [1]}, {"a": {"list": [1]}})
    assert one.outputs == {"a": {"list": [1]}}


async def test_no_more_are_handed_over_than_there_are_slots(scene: Scene) -> None:
    worker, _, job = await first(scene, fan("b", "c", "d", "e", d=5))
    done = await finish(scene, worker, (job, OK), offer=Handover(("*",), KINDS, 2))
    assert done.queues == {"default"}
    assert "d" in {handed.node_id for handed in done.claimed}, "the highest priority goes first"
    assert len(done.claimed) == 2
    left = await scene.claim(worker)
    assert {job.node_id for job in (*left, *done.claimed)} == {"b", "c", "d", "e"}
    assert await scene.sound()


async def test_a_late_finish_hands_nothing_over(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    other = await scene.worker("other")
    done = await finish(scene, other, (job, OK))
    assert (set(done.late), list(done.claimed)) == ({job.id}, [])
    done = await finish(scene, worker, (job._replace(lease=7), OK))
    assert (set(done.late), list(done.claimed)) == ({job.id}, [])
    assert await scene.states(run_id) == {"a": "RUNNING"}


async def _other_work(scene: Scene) -> None:
    await scene.insert(scene.job())


async def _work_of_another_tenant(scene: Scene) -> None:
    await scene.insert(scene.job(tenant="other", kind="nobody.knows"))


async def _due_work(scene: Scene) -> None:
    await scene.insert(scene.job(due_in=SECOND))
    scene.clock.move(2 * SECOND)


async def _due_work_behind_a_gate(scene: Scene) -> None:
    await scene.insert(scene.job(due_in=SECOND, concurrency_key="key", concurrency_limit=1))
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
        pytest.param(_due_work_behind_a_gate, id="gated work is due"),
        pytest.param(_queue(paused=True), id="paused queue"),
        pytest.param(_queue(concurrency=10), id="limited queue"),
        pytest.param(_queue(rate=Rate(10, SECOND)), id="rated queue"),
        pytest.param(_limited_tenant, id="limited tenant"),
        pytest.param(_dead_worker, id="dead worker"),
    ],
)
async def test_nothing_is_handed_over(scene: Scene, stands_against: Callable[[Scene], Awaitable[None]]) -> None:
    worker, run_id, job = await first(scene)
    await stands_against(scene)
    done = await finish(scene, worker, (job, OK))
    assert (done.claimed, done.contexts) == ((), {})
    assert "default" in done.queues
    assert await scene.states(run_id) == {"a": "SUCCEEDED", "b": "PENDING"}
    assert await scene.sound()


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(None, id="no offer"),
        pytest.param(Handover(("default",), KINDS, 0), id="no slots"),
        pytest.param(Handover(("mails",), KINDS, 10), id="another queue"),
        pytest.param(Handover(("default",), KINDS - {"transform"}, 10), id="unknown kind"),
    ],
)
async def test_what_was_not_asked_for_is_not_handed_over(scene: Scene, offer: Handover | None) -> None:
    worker, run_id, job = await first(scene)
    assert (await finish(scene, worker, (job, OK), offer=offer)).claimed == ()
    assert await scene.states(run_id) == {"a": "SUCCEEDED", "b": "PENDING"}


async def test_work_that_waits_until_later_is_in_nobodys_way(scene: Scene) -> None:
    worker, _, job = await first(scene)
    await scene.insert(scene.job(due_in=HOUR), scene.job(queue="elsewhere"))
    assert len((await finish(scene, worker, (job, OK))).claimed) == 1


async def test_what_goes_back_in_the_same_batch_waits(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    await scene.insert(scene.job())
    (lone,) = await scene.claim(worker)
    assert (await finish(scene, worker, (job, OK), (lone, Released()))).claimed == ()
    assert await scene.states(run_id) == {"a": "SUCCEEDED", "b": "PENDING"}


async def test_who_waited_before_is_claimed_before_the_successor(scene: Scene) -> None:
    worker, _, job = await first(scene)
    await scene.insert(waiting := scene.job(), scene.job(tenant="other"))
    scene.clock.move(SECOND)
    await finish(scene, worker, (job, OK))
    claimed = await scene.claim(worker, 2)
    assert {one.tenant for one in claimed} == {"other", TENANT}
    assert waiting.id in {one.id for one in claimed}
    assert [one.node_id for one in await scene.claim(worker)] == ["b"]


async def test_successors_of_a_paused_run_are_held(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    await scene.store.pause_run(TENANT, run_id, scene.now)
    assert (await finish(scene, worker, (job, OK))).claimed == ()
    assert await scene.claim(worker) == []
    await scene.store.resume_run(TENANT, run_id, scene.now)
    assert [one.node_id for one in await scene.claim(worker)] == ["b"]


async def test_a_run_that_fails_hands_nothing_over(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    done = await finish(scene, worker, (job, failed(final=True)))
    assert (done.claimed, done.over) == ((), True)
    assert (await scene.run(run_id)).state is RunState.FAILED


async def test_a_hand_over_whose_answer_was_lost_is_given_back(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    (lost,) = (await finish(scene, worker, (job, OK))).claimed
    scene.clock.move(SECOND)
    again = await finish(scene, worker, (job, OK))
    assert (again.late, again.claimed) == (frozenset(), ())
    pulse = await scene.store.heartbeat(worker, {}, scene.now, LEASE, scene.now)
    assert (pulse.alive, pulse.given_back) == (True, 1)
    (claimed,) = await scene.claim(worker)
    assert (claimed.id, claimed.lease, claimed.attempt, claimed.used) == (lost.id, 2, 1, 1)
    assert (await finish(scene, worker, (lost, OK))).late == {lost.id}
    events = await scene.store.list_events(TENANT, None, run_id=run_id)
    assert [event.node_id for event in events if event.type == "node.started"] == ["a", "b"]
    assert await scene.sound()


async def test_a_worker_that_dies_with_what_it_was_handed_is_rescued(scene: Scene) -> None:
    worker, run_id, job = await first(scene)
    (handed,) = (await finish(scene, worker, (job, OK))).claimed
    scene.clock.move(LEASE + SECOND)
    rescued = await scene.store.rescue(scene.now, hung_grace=SECOND)
    assert (rescued.workers, rescued.jobs) == (1, 1)
    driver = await Driver.of(scene)
    assert (await driver.claim())["b"].id == handed.id
    assert (await finish(scene, worker, (handed, OK))).late == {handed.id}
    assert await scene.states(run_id) == {"a": "SUCCEEDED", "b": "RUNNING"}
    assert await scene.sound()
