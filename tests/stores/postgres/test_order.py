"""Order under transactions that overlap: nothing is passed over, and a job's history reads as it happened."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from holdfast.model.event import NewEvent
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id

ADD = "INSERT INTO events (tenant_id, type, at, job_id, data) VALUES ($1, $2, $3, $4, $5::json)"


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
    await scene.store.append_events([told(scene, "later")])
    assert await names(scene, None) == await names(scene, start) == []
    await earlier.execute(ADD, TENANT, "earlier", scene.now, None, "{}")
    await earlier.execute("COMMIT")
    assert await names(scene, None) == await names(scene, start) == ["earlier", "later"]


async def test_a_transaction_that_is_rolled_back_holds_nobody_up(scene: Scene, earlier: Any) -> None:
    await scene.store.append_events([told(scene, "later")])
    await earlier.execute("ROLLBACK")
    assert await names(scene, None) == ["later"]


async def test_a_jobs_history_is_in_the_order_of_its_changes(scene: Scene, earlier: Any) -> None:
    """A transaction that began first but had to wait for the job's lock writes its event last."""
    _, claimed = await scene.started(scene.job())
    data = {"kind": "noop", "queue": "default", "from": "RUNNING", "to": "PENDING", "reason": "lost"}
    data_text = json.dumps(data | {"lease": 1, "attempt": 1})
    await earlier.execute(ADD, TENANT, "job.scheduled", scene.now, claimed.id, data_text)
    await earlier.execute("COMMIT")
    record = await scene.get(claimed)
    assert [change.reason for change in record.changes] == ["inserted", "claimed", "lost"]
