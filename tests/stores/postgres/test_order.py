"""Order under transactions that overlap: nothing is passed over, and a job's history reads as it happened."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from holdfast.model.errors import NotFound
from holdfast.model.event import NewEvent
from holdfast.model.run import RunState
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id
from tests.model.definitions import document, node
from tests.support.waiting import eventually

ADD = "INSERT INTO events (tenant_id, type, at, job_id, data) VALUES ($1, $2, $3, $4, $5::json)"

FETCHED = "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'events'"
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


@pytest.fixture
async def earlier(scene: Scene) -> AsyncIterator[Any]:
    """A connection whose transaction has begun, with an id, before anything that the test does."""
    connection = await asyncpg.connect(scene.url)
    await connection.execute("BEGIN; SELECT pg_current_xact_id()")
    yield connection
    await connection.close()


def told(scene: Scene, name: str) -> NewEvent:
    return NewEvent(TENANT, name, scene.now, {})


async def names(scene: Scene, after: str | None) -> list[str]:
    return [event.type for event in await scene.store.list_events(TENANT, after)]


async def test_a_reader_waits_for_what_may_still_come_before(scene: Scene, earlier: Any) -> None:
    start = await scene.store.last_cursor()
    await earlier.execute(ADD, TENANT, "earlier", scene.now, None, "{}")
    await scene.store.append_events([told(scene, "later")])
    assert await names(scene, None) == await names(scene, start) == []
    await earlier.execute("COMMIT")
    assert await names(scene, None) == await names(scene, start) == ["earlier", "later"]


async def test_what_a_transaction_saw_done_comes_before_its_own_events(scene: Scene, earlier: Any) -> None:
    start = await scene.store.last_cursor()
    await scene.store.append_events([told(scene, "cause")])
    await earlier.execute(ADD, TENANT, "effect", scene.now, None, "{}")
    assert await names(scene, None) == await names(scene, start) == []
    await earlier.execute("COMMIT")
    assert await names(scene, None) == await names(scene, start) == ["cause", "effect"]


async def test_a_transaction_that_is_rolled_back_holds_nobody_up(scene: Scene, earlier: Any) -> None:
    await scene.store.append_events([told(scene, "later")])
    await earlier.execute("ROLLBACK")
    assert await names(scene, None) == ["later"]


async def test_a_jobs_history_is_in_the_order_of_its_changes(scene: Scene, earlier: Any) -> None:
    """A transaction that began first but had to wait for the job's lock writes its event last."""
    _, claimed = await scene.started(scene.job())
    data = {"kind": "noop", "queue": "default", "from": "RUNNING", "to": "PENDING", "reason": "lost"}
    data_text = json.dumps(data | {"lease": 1, "attempt": 1, "started_at": claimed.started_at})
    await earlier.execute(ADD, TENANT, "job.scheduled", scene.now, claimed.id, data_text)
    await earlier.execute("UPDATE live SET state = 'PENDING', worker_id = NULL, started_at = NULL")
    await earlier.execute("COMMIT")
    record = await scene.get(claimed)
    assert [change.reason for change in record.changes] == ["inserted", "claimed", "lost"]


async def test_a_runs_events_are_in_the_order_of_what_happened(scene: Scene, earlier: Any) -> None:
    """A cancel that has begun reads the nodes; before it gets to stop them, a worker starts one."""
    await scene.save(document([node("a"), node("b")], []))
    run = await scene.start("sample")
    worker = await scene.worker()
    await earlier.execute("LOCK TABLE run_nodes IN ACCESS EXCLUSIVE MODE")
    cancel = asyncio.create_task(scene.store.cancel_run(TENANT, run, scene.now))
    await eventually(lambda: waits(scene))
    assert len(await scene.claim(worker)) == 2
    await earlier.execute("COMMIT")
    record, finished = await cancel
    assert (record.state, len(finished.stopped)) == (RunState.CANCELLED, 2)
    for job_id in {n.job_id for n in (record.nodes or {}).values()}:
        events = await scene.store.list_events(TENANT, None, job_id=job_id)
        types = [event.type for event in events]
        assert types.index("job.started") < types.index("job.cancelled")
    events = await scene.store.list_events(TENANT, None, run_id=run)
    types = [event.type for event in events]
    assert types[-1] == "workflow.finished"
    assert types.index("node.started") < types.index("job.started") < types.index("job.cancelled")


async def test_a_run_that_is_pruned_while_it_is_cancelled_is_not_found(scene: Scene, earlier: Any) -> None:
    await scene.save(document([node("a")], []))
    run = await scene.start("sample")
    await earlier.execute("DELETE FROM runs")
    cancel = asyncio.create_task(scene.store.cancel_run(TENANT, run, scene.now))
    await eventually(lambda: waits(scene))
    await earlier.execute("COMMIT")
    with pytest.raises(NotFound):
        await cancel


async def test_the_events_of_a_job_are_found_without_walking_the_log(scene: Scene) -> None:
    """Whatever the statistics say, which here are those of empty tables."""
    await scene.store.append_events([told(scene, "noise") for _ in range(2_000)])
    await scene.insert(scene.job(), job := scene.job())
    await scene.save(document([node("a")], []))
    run = await scene.start("sample")
    before = await fetched(scene)
    assert len(await scene.store.list_events(TENANT, None, job_id=job.id)) == 1
    assert len(await scene.store.list_events(TENANT, None, run_id=run)) == 2
    assert await scene.store.list_events("other", None, run_id=run) == []
    await scene.store.close()  # a session tells what it did when it ends, at the latest
    await eventually(lambda: changed(scene, before))
    assert await fetched(scene) - before < 100


async def fetched(scene: Scene) -> int:
    """How many rows of the log were ever read through an index."""
    connection = await asyncpg.connect(scene.url)
    try:
        rows: int = await connection.fetchval(FETCHED)
        return rows
    finally:
        await connection.close()


async def changed(scene: Scene, before: int) -> bool:
    return await fetched(scene) != before


async def waits(scene: Scene) -> bool:
    """Whether a transaction waits for another."""
    connection = await asyncpg.connect(scene.url)
    try:
        waiting: bool = await connection.fetchval(WAITING)
        return waiting
    finally:
        await connection.close()
