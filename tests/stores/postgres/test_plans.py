"""What people ask for about dead letters, on tables that were never analysed: how much of their list a statement meets
follows from how many it names, not from how many there are."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from holdfast.model.job import rank
from holdfast.ports import NewJobs
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.sql import control as sql
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id

ENDED, NAMED = 2_000, 50


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=2)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


@pytest.mark.parametrize("statement", [sql.REVIVE, sql.DISCARD])
async def test_few_of_many_dead_letters_are_found_without_a_walk_over_all(scene: Scene, statement: str) -> None:
    jobs = tuple(scene.job() for _ in range(ENDED))
    await scene.store.insert_jobs([NewJobs(jobs)], scene.now)
    ids = [job.id for job in jobs]
    await scene.store.cancel_jobs(TENANT, ids, scene.now)
    named = ids[-NAMED:]
    given: Any = [rank(scene.now, 0)] * NAMED if statement is sql.REVIVE else '{"type": "discarded"}'

    async def explain(connection: Connection) -> str:
        values = (TENANT, named, given, scene.now, ["CANCELLED"] * NAMED)
        text: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        return text

    assert isinstance(scene.store, PostgresStore)
    (plan,) = json.loads(await scene.store._db.transact(explain))
    found = (node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "unhappy")
    listed = [node for node in found if "Scan" in node["Node Type"]]
    assert sum(map(rows_met, listed)) == NAMED


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from nodes(inner)


def rows_met(node: dict[str, Any]) -> float:
    """Rows that a node gave or threw away, over all its loops."""
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return float(node["Actual Loops"] * (node["Actual Rows"] + thrown))
