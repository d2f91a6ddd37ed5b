"""Work behind a gate that somebody else has locked while a place comes free: nobody younger goes in its stead, and it
isn't forgotten."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import asyncpg
import pytest

from holdfast.model.instant import SECOND
from holdfast.model.job import LIVE, JobState, NewJob, settle
from tests.conformance.scene import OK, Scene, open_store
from tests.support.waiting import eventually

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
# Not all of LIVE, so that an insert looks at the holder and locks it.
STATES = LIVE - {JobState.WAITING}

# The driver's own type is generic for the type checker only.
Outside = Any


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = await open_store(postgres_url)
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


@pytest.fixture
async def outside(scene: Scene) -> AsyncIterator[Outside]:
    connection = await asyncpg.connect(scene.url)
    yield connection
    await connection.close()


def keyed(scene: Scene, **fields: Any) -> NewJob:
    return scene.job(concurrency_key="k", concurrency_limit=1, **fields)


async def until_it_waits(scene: Scene, doing: Awaitable[Any]) -> "asyncio.Task[Any]":
    """Begins it; answers once it waits for a lock of somebody else."""
    task = asyncio.ensure_future(doing)
    watcher = await asyncpg.connect(scene.url)
    try:
        await eventually(lambda: watcher.fetchval(WAITING))
    finally:
        await watcher.close()
    assert isinstance(task, asyncio.Task)
    return task


async def test_an_insert_that_looks_at_the_next_job_lets_nobody_past_it(scene: Scene, outside: Outside) -> None:
    first, second, third = keyed(scene), keyed(scene, unique_key="u", unique_states=STATES), keyed(scene)
    worker, running = await scene.started(first)
    await scene.insert(second, third)
    async with outside.transaction():
        await outside.execute("SELECT FROM unique_keys FOR UPDATE")
        insert = await until_it_waits(scene, scene.insert(scene.job(unique_key="u", unique_states=STATES)))
        await scene.finish(worker, (running, OK))
    assert (await insert)[0].id == second.id
    assert [job.id for job in await scene.claim(worker)] == [second.id]
    assert await scene.sound()


async def test_a_late_result_of_the_next_job_doesnt_keep_it_behind_its_gate(scene: Scene, outside: Outside) -> None:
    first, second = keyed(scene), keyed(scene)
    worker, running = await scene.started(first)
    other = scene.job()
    await scene.insert(second, other)
    (claimed,) = await scene.claim(worker)
    assert second.id < other.id  # rows are locked in this order
    stale = [settle(claimed._replace(id=id_, lease=7), OK, scene.now, 0.5) for id_ in (second.id, other.id)]
    async with outside.transaction():
        await outside.execute("SELECT FROM live WHERE job_id = $1 FOR UPDATE", other.id)
        finish = await until_it_waits(scene, scene.store.finish(worker, stale, scene.now))
        await scene.finish(worker, (running, OK))
    assert (await finish).late == {second.id, other.id}
    assert [job.id for job in await scene.claim(worker)] == [second.id]


async def test_what_is_due_goes_before_what_came_later_while_a_claim_brings_it_in(
    scene: Scene, outside: Outside
) -> None:
    first, second = keyed(scene), keyed(scene, due_in=SECOND)
    worker, running = await scene.started(first)
    await scene.insert(second)
    scene.clock.move(2 * SECOND)
    third = keyed(scene)
    await scene.insert(third)
    async with outside.transaction():
        # As a claim does before it asks the gate.
        await outside.execute("UPDATE live SET state = 'PENDING' WHERE job_id = $1", second.id)
        await scene.finish(worker, (running, OK))
        assert await scene.claim(worker) == []
    assert await scene.store.admit(scene.now) == {"default"}
    assert [job.id for job in await scene.claim(worker)] == [second.id]


async def test_all_gates_of_an_insert_are_locked_in_one_order(scene: Scene, outside: Outside) -> None:
    """Those of the jobs that it inserts and those of the jobs that it moves away."""
    await scene.insert(scene.job(concurrency_key="b"), scene.job(concurrency_key="a", unique_key="u", due_in=SECOND))
    new = [scene.job(concurrency_key="b"), scene.job(unique_key="u", debounce=SECOND, due_in=SECOND)]
    async with outside.transaction():
        await outside.execute("SELECT FROM gates WHERE key = 'a' FOR UPDATE")
        insert = await until_it_waits(scene, scene.insert(*new))
        await outside.execute("SELECT FROM gates WHERE key = 'b' FOR UPDATE NOWAIT")
    assert [one.duplicate for one in await insert] == [False, True]
