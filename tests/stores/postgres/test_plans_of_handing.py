"""Whether something waits in a queue is seen at one row of an index, on tables that were never analysed."""

import json
from typing import Final

from holdfast.model.instant import HOUR
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql.settle import SETTLE
from holdfast.stores.postgres.store import PostgresStore
from holdfast.stores.postgres.telling import SUBJECT_COLUMNS
from holdfast.stores.postgres.writes import END_COLUMNS, NODE_COLUMNS, RUN_COLUMNS, STEP_COLUMNS, step_row
from tests.conformance.scene import Scene, new_id, open_store
from tests.stores.postgres.test_plans import nodes, rows_met

WAITING: Final = 1_000


async def test_a_long_queue_costs_a_hand_over_no_more_than_a_short_one(postgres_url: str) -> None:
    store = await open_store(postgres_url)
    await store.migrate()
    try:
        scene = Scene(store, postgres_url)
        await scene.insert(
            *(scene.job() for _ in range(WAITING)),
            *(scene.job(due_in=HOUR) for _ in range(WAITING)),
            *(scene.job(concurrency_key="key", concurrency_limit=1, due_in=HOUR) for _ in range(WAITING)),
        )
        worker = await scene.worker()
        step = scene.job(run_id=new_id(scene.now), node_id="a")
        others = columns([], END_COLUMNS + NODE_COLUMNS + RUN_COLUMNS + SUBJECT_COLUMNS)
        given = (*others, *columns([step_row(step)], STEP_COLUMNS), [True], worker, 5, scene.now)

        async def explain(connection: Connection) -> str:
            text: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {SETTLE}", *given)
            return text

        assert isinstance(store, PostgresStore)
        (plan,) = json.loads(await store._db.transact(explain))
        looks = [
            node
            for node in nodes(plan["Plan"])
            if node.get("Relation Name") == "live" and node.get("Index Name", "live_pkey") != "live_pkey"
        ]
        assert {node["Index Name"] for node in looks} == {"live_ready", "live_scheduled", "live_gated_scheduled"}
        assert sum(map(rows_met, looks)) <= len(looks)
    finally:
        await store.close()
