"""Drafts that no run has any more, on tables that were never analysed: each is looked up among the runs of tests."""

import json

from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.sql.workflows import PRUNE_DRAFTS
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import Scene
from tests.conformance.test_drafts import SAVED, draft_of
from tests.stores.postgres.test_plans import nodes, rows_met, scene

__all__ = ["scene"]

TESTS = 120


async def test_old_drafts_are_found_without_a_join_with_all_tests(scene: Scene) -> None:
    await scene.save(SAVED)
    await scene.store.start_runs([await draft_of(scene, {}) for _ in range(TESTS)], scene.now)

    async def explain(connection: Connection) -> str:
        text: str = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {PRUNE_DRAFTS}", scene.now + 1, 2 * TESTS
        )
        return text

    assert isinstance(scene.store, PostgresStore)
    (plan,) = json.loads(await scene.store._db.transact(explain))
    met = sum(map(rows_met, nodes(plan["Plan"])))
    assert TESTS <= met <= 5 * TESTS
