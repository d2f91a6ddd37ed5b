"""Runs under concurrent callers on two connections, as two processes have: nothing is lost, nothing happens twice."""

import asyncio

from holdfast.model.errors import Conflict, HoldfastError
from holdfast.model.instant import HOUR
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Succeeded
from holdfast.model.run import RunState
from holdfast.ports import Dedupe
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, failed
from tests.model.definitions import document, edge, node

WIDTH = 8
BRANCHES = [f"n{n}" for n in range(WIDTH)]


def wide(join: str) -> JSONObject:
    return document(
        [*(node(name) for name in BRANCHES), node("last", join=join)], [edge(name, "last") for name in BRANCHES]
    )


async def test_branches_that_end_at_once_start_an_all_join_once(scene: Scene, other: Scene) -> None:
    await both_end(scene, other, "all")


async def test_branches_that_end_at_once_start_an_any_join_once(scene: Scene, other: Scene) -> None:
    await both_end(scene, other, "any")


async def both_end(scene: Scene, other: Scene, join: str) -> None:
    await scene.save(wide(join))
    runs = [await scene.start("sample") for _ in range(6)]
    driver = await Driver.of(scene)
    jobs = await scene.claim(driver.worker_id)
    assert len(jobs) == 6 * WIDTH
    halves = [scene.finish(driver.worker_id, (job, Succeeded())) for job in jobs[::2]]
    halves += [other.finish(driver.worker_id, (job, Succeeded())) for job in jobs[1::2]]
    finished = await asyncio.gather(*halves)
    assert all(answer.late == frozenset() for answer in finished)
    last = await scene.claim(driver.worker_id)
    assert sorted(job.run_id or "" for job in last) == sorted(runs)
    await scene.finish(driver.worker_id, *((job, Succeeded()) for job in last))
    assert {(await scene.run(run)).state for run in runs} == {RunState.SUCCEEDED}
    assert await scene.sound()


async def test_the_first_of_a_finish_and_a_cancel_wins(scene: Scene, other: Scene) -> None:
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    driver = await Driver.of(scene)
    runs = [await scene.start("sample") for _ in range(10)]
    jobs = {job.run_id: job for job in await scene.claim(driver.worker_id)}
    calls = [other.store.cancel_run(TENANT, run, other.now) for run in runs]
    finishes = [scene.finish(driver.worker_id, (jobs[run], Succeeded())) for run in runs]
    await asyncio.gather(*finishes, *calls)
    assert {(await scene.run(run)).state for run in runs} == {RunState.CANCELLED}
    assert await scene.sound()


async def test_two_cancels_are_one(scene: Scene, other: Scene) -> None:
    await scene.save(document([node("a")]))
    run = await scene.start("sample")
    answers = await asyncio.gather(
        scene.store.cancel_run(TENANT, run, scene.now),
        other.store.cancel_run(TENANT, run, other.now),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert all(isinstance(answer, tuple | HoldfastError) for answer in answers)
    assert await scene.sound()


async def test_failures_of_all_branches_at_once_end_the_run_once(scene: Scene, other: Scene) -> None:
    await scene.save(wide("all"))
    run = await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await scene.claim(driver.worker_id)
    broken = failed("broken", final=True)
    await asyncio.gather(
        *(scene.finish(driver.worker_id, (job, broken)) for job in jobs[::2]),
        *(other.finish(driver.worker_id, (job, broken)) for job in jobs[1::2]),
    )
    assert (await scene.run(run)).state is RunState.FAILED
    events = await scene.store.list_events(TENANT, None, run_id=run, event_type="workflow.finished")
    assert len(events) == 1
    assert await scene.sound()


async def test_one_key_at_once_starts_one_run(scene: Scene, other: Scene) -> None:
    await scene.save(document([node("a")]))
    dedupe = Dedupe(TENANT, "hook", "delivery", "f", scene.now + HOUR)
    new = [await scene.new_run("sample", dedupe=dedupe) for _ in range(6)]
    stores = (scene.store, other.store)
    answers = await asyncio.gather(*(stores[n % 2].start_runs([run], scene.now) for n, run in enumerate(new)))
    assert len({accepted.id for (accepted,) in answers}) == 1
    assert sum(not accepted.duplicate for (accepted,) in answers) == 1
    assert len((await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items) == 1
