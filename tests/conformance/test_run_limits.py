"""How many runs of a workflow go at once: the others wait their turn, are refused, or take the place of the older."""

import asyncio

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.run import RunState
from holdfast.ports import Dedupe
from tests.conformance.children import call, deliver, parked
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene
from tests.model.definitions import document, edge, node

PAIR = document([node("a"), node("b")], [edge("a", "b")])


async def states_of(scene: Scene, runs: list[str]) -> list[str]:
    return [(await scene.run(run_id)).state.value for run_id in runs]


async def replaced(scene: Scene) -> None:
    """Until those that are to make place have ended, and those that take it have begun."""
    await deliver(scene)
    while (await scene.store.admit_runs(scene.now)).ended:
        await deliver(scene)


async def test_a_run_without_a_place_waits_and_begins_later(scene: Scene) -> None:
    await scene.save(PAIR)
    first, second = [await scene.start("sample", n, limit=1) for n in range(2)]
    waiting = await scene.run(second)
    assert (waiting.state, waiting.started_at, waiting.nodes, waiting.input) == (RunState.PENDING, None, {}, 1)
    assert await scene.sound()
    assert (await scene.store.admit_runs(scene.now)).ended == 0
    driver = await Driver.of(scene)
    claimed = await driver.claim()
    assert {job.run_id for job in claimed.values()} == {first}
    assert not (await driver.settle(claimed)).freed
    assert (await driver.settle(await driver.claim())).freed
    scene.clock.move(MINUTE)
    admitted = await scene.store.admit_runs(scene.now)
    assert (admitted.ended, admitted.queues) == (1, frozenset({"default"}))
    run = await scene.run(second)
    assert (run.state, run.started_at, run.created_at) == (RunState.RUNNING, scene.now, scene.now - MINUTE)
    assert await driver.drain() == [{"a"}, {"b"}]
    assert await states_of(scene, [first, second]) == ["SUCCEEDED", "SUCCEEDED"]
    types = [event.type for event in await scene.store.list_events(TENANT, None, run_id=second)]
    assert types.count("workflow.started") == 1
    assert await scene.sound()


async def test_places_are_taken_by_the_oldest_first(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = [await scene.start("sample", limit=2) for _ in range(5)]
    assert await states_of(scene, runs) == ["RUNNING"] * 2 + ["PENDING"] * 3
    await scene.store.cancel_run(TENANT, runs[0], scene.now)
    late = await scene.start("sample", limit=2)
    assert (await scene.run(late)).state is RunState.PENDING  # it doesn't pass those that wait
    assert (await scene.store.admit_runs(scene.now)).ended == 1
    assert await states_of(scene, runs) == ["CANCELLED", "RUNNING", "RUNNING", "PENDING", "PENDING"]
    assert await scene.sound()


async def test_runs_that_wait_can_be_cancelled_and_not_paused(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = [await scene.start("sample", limit=1) for _ in range(3)]
    with pytest.raises(Conflict):
        await scene.store.pause_run(TENANT, runs[1], scene.now)
    cancelled, _ = await scene.store.cancel_run(TENANT, runs[1], scene.now)
    assert (cancelled.state, cancelled.started_at, cancelled.finished_at) == (RunState.CANCELLED, None, scene.now)
    assert await scene.sound()
    await scene.store.cancel_run(TENANT, runs[0], scene.now)
    await scene.store.admit_runs(scene.now)
    assert await states_of(scene, runs) == ["CANCELLED", "CANCELLED", "RUNNING"]
    assert await scene.sound()


async def test_a_run_may_time_out_while_it_waits(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = [await scene.start("sample", limit=1, timeout=timeout) for timeout in (None, MINUTE)]
    scene.clock.move(HOUR)
    assert (await scene.store.expire_runs(scene.now)).ended == 1
    assert await states_of(scene, runs) == ["RUNNING", "FAILED"]
    assert await scene.sound()


async def test_a_limit_may_refuse(scene: Scene) -> None:
    await scene.save(PAIR)
    first = await scene.start("sample", limit=1, when_full="reject")
    dedupe = Dedupe(TENANT, "s", "k", "f", scene.now + HOUR)
    new = await scene.new_run("sample", limit=1, when_full="reject", dedupe=dedupe)
    (answer,) = await scene.store.start_runs([new], scene.now)
    assert answer.refused
    assert [run.id for run in (await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items] == [first]
    await scene.store.cancel_run(TENANT, first, scene.now)
    again = await scene.new_run("sample", limit=1, when_full="reject", dedupe=dedupe)
    (answer,) = await scene.store.start_runs([again], scene.now)
    assert (answer.refused, answer.duplicate, answer.id) == (False, False, again.plan.view.id)
    assert await scene.sound()


async def test_a_newer_run_may_take_the_place_of_the_older(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = [await scene.start("sample", limit=1, when_full="replace") for _ in range(3)]
    await replaced(scene)
    assert await states_of(scene, runs) == ["CANCELLED", "CANCELLED", "RUNNING"]
    driver = await Driver.of(scene)
    assert {job.run_id for job in (await driver.claim()).values()} == {runs[2]}
    assert await scene.sound()


async def test_only_as_many_older_runs_are_cancelled_as_must_be(scene: Scene) -> None:
    await scene.save(PAIR)
    runs = []
    for _ in range(5):
        runs.append(await scene.start("sample", limit=3, when_full="replace"))
        await replaced(scene)
    assert await states_of(scene, runs) == ["CANCELLED", "CANCELLED", "RUNNING", "RUNNING", "RUNNING"]
    assert await scene.sound()


async def test_a_batch_of_starts_keeps_to_the_limit(scene: Scene) -> None:
    await scene.save(PAIR)
    batch = [await scene.new_run("sample", limit=2) for _ in range(4)]
    answers = await scene.store.start_runs(batch, scene.now)
    assert await states_of(scene, [answer.id for answer in answers]) == ["RUNNING", "RUNNING", "PENDING", "PENDING"]
    assert await scene.store.start_runs(batch, scene.now) == answers
    assert await scene.sound()


async def test_starts_from_two_processes_keep_to_the_limit(scene: Scene, other: Scene) -> None:
    await scene.save(PAIR)
    batches = [[await scene.new_run("sample", limit=3)] for _ in range(12)]
    stores = [scene.store, other.store]
    answers = await asyncio.gather(*(stores[n % 2].start_runs(batch, scene.now) for n, batch in enumerate(batches)))
    runs = [answer.id for (answer,) in answers]
    assert sorted(await states_of(scene, runs)) == ["PENDING"] * 9 + ["RUNNING"] * 3
    driver = await Driver.of(scene)
    ended = 0
    while ended < 12:
        assert (await states_of(scene, runs)).count("RUNNING") <= 3
        while jobs := await scene.claim(driver.worker_id):
            await scene.finish(driver.worker_id, *((job, OK) for job in jobs))
        await asyncio.gather(*(store.admit_runs(scene.now) for store in stores))
        ended = (await states_of(scene, runs)).count("SUCCEEDED")
    assert await scene.sound()


async def test_workflows_have_limits_of_their_own(scene: Scene) -> None:
    await scene.save(PAIR)
    await scene.save(document([node("a")], name="other"))
    runs = [await scene.start(name, limit=1) for name in ("sample", "other", "sample", "other", "other")]
    free = await scene.start("other")
    assert await states_of(scene, [*runs, free]) == ["RUNNING", "RUNNING", "PENDING", "PENDING", "PENDING", "RUNNING"]
    for run_id in (runs[0], runs[1], free):
        await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert (await scene.store.admit_runs(scene.now)).ended == 2
    assert await states_of(scene, runs[2:]) == ["RUNNING", "RUNNING", "PENDING"]
    assert await scene.sound()


async def test_a_run_that_waits_for_one_it_called_holds_no_place(scene: Scene) -> None:
    """Otherwise a workflow that calls itself would wait for ever for its own place."""
    again = node("each", "workflow.call", params={"workflow": "sample", "input": {}}, when="input.deeper")
    await scene.save(document([again], settings={"max_concurrent_runs": 1}))
    outer = await scene.start("sample", {"deeper": True}, limit=1)
    driver = await parked(scene, outer, call({"deeper": False}, "sample"))
    await deliver(scene)
    while (await scene.store.admit_runs(scene.now)).ended:
        await driver.drain()
        await deliver(scene)
    assert await states_of(scene, [outer]) == ["SUCCEEDED"]
    assert await scene.sound()


async def test_no_more_runs_are_admitted_than_asked_for(scene: Scene) -> None:
    await scene.save(PAIR)
    first = [await scene.start("sample", limit=4) for _ in range(4)]
    waiting = [await scene.start("sample", limit=4) for _ in range(4)]
    for run_id in first:
        await scene.store.cancel_run(TENANT, run_id, scene.now)
    assert [(await scene.store.admit_runs(scene.now, 3)).ended for _ in range(3)] == [3, 1, 0]
    assert await states_of(scene, waiting) == ["RUNNING"] * 4


async def test_a_run_that_ends_as_it_begins_frees_its_place(scene: Scene) -> None:
    await scene.save(document([node("a", when="input == 'go'")]))
    going = await scene.start("sample", "go", limit=1)
    waiting = [await scene.start("sample", "stop", limit=1) for _ in range(2)]
    await scene.store.cancel_run(TENANT, going, scene.now)
    admitted = await scene.store.admit_runs(scene.now)
    assert (admitted.ended, admitted.freed) == (1, True)
    await scene.store.admit_runs(scene.now)
    assert await states_of(scene, waiting) == ["SUCCEEDED", "SUCCEEDED"]
    assert await scene.sound()
