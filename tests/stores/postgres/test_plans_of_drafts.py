"""Tests among many runs, on tables that were never analysed: drafts that no run has any more are looked up among the
runs of tests, and the list of tests meets no others."""

import json

from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.sql import runs
from holdfast.stores.postgres.sql.workflows import PRUNE_DRAFTS
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene
from tests.conformance.test_drafts import SAVED, draft_of
from tests.stores.postgres.test_plans import nodes, rows_met, scene

__all__ = ["scene"]

TESTS = 120
RUNS = 300


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


async def test_tests_are_listed_without_a_walk_over_all_runs(scene: Scene) -> None:
    await scene.save(SAVED)
    await scene.store.start_runs([await scene.new_run("sample") for _ in range(RUNS)], scene.now)
    tried = await draft_of(scene, {})
    await scene.store.start_runs([tried], scene.now)
    statement = runs.LIST.replace("{more}", " AND r.version = 0").replace("{shown}", "")

    async def explain(connection: Connection) -> str:
        text: str = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", scene.now, TENANT, None, 10
        )
        return text

    assert isinstance(scene.store, PostgresStore)
    (plan,) = json.loads(await scene.store._db.transact(explain))
    met = [rows_met(node) for node in nodes(plan["Plan"]) if node.get("Relation Name") == "runs"]
    assert met == [1]
