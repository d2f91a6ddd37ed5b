"""Definitions kept by version: few of them, and callers that take turns at every await."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from holdfast.stores.postgres import versions
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import OK, Scene, graph_of, new_id
from tests.model.definitions import document
from tests.support.waiting import eventually

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'workflow_versions'::regclass"


@pytest.fixture
async def scene(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(versions, "KEPT", 1)
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


async def test_a_definition_dropped_meanwhile_is_no_unknown_version(scene: Scene) -> None:
    """Two transactions know ``a`` and read one more each; the first to go on drops what the second knew."""
    for name in ("a", "b", "c"):
        await scene.save(document(name=name))
    runs = [await scene.start(name) for name in ("a", "a", "b", "a", "c")]
    worker = await scene.worker()
    by_run = {job.run_id: job for job in await scene.claim(worker)}
    known, *others = [(by_run[run], OK) for run in runs]
    await scene.finish(worker, known)
    outside = await asyncpg.connect(scene.url)
    await outside.execute("BEGIN; LOCK TABLE workflow_versions IN ACCESS EXCLUSIVE MODE")
    both = asyncio.gather(scene.finish(worker, *others[:2]), scene.finish(worker, *others[2:]))

    async def wait() -> bool:
        return bool(await outside.fetchval(WAITING) == 2)

    await eventually(wait)
    await outside.close()
    assert [done.late for done in await both] == [frozenset(), frozenset()]
    assert await scene.sound()
