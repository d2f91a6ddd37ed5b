"""What goes on in a big map, on tables that were never analysed: how many of its children a statement meets follows
from how many begin or end, not from how many there are."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.postgres.sql.twins import BEGIN_TWINS
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.flow_scene import FlowScene, flow_scene, spawns
from tests.conformance.scene import new_id
from tests.model.definitions import document, node
from tests.stores.postgres.test_plans import nodes, rows_met

ITEMS, BEGUN, FEW = 3_000, 1_000, 20
MAPPED = document([node("each", "map", params={"items": [], "body": {"nodes": [node("step")], "edges": []}})])


@pytest.fixture
async def flow(postgres_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(postgres_url) as scene:
        yield scene


async def begun(flow: FlowScene) -> str:
    """A run whose map has begun with a third of its items, in the middle of which some have ended."""
    await flow.save(MAPPED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(each=spawns(*range(ITEMS), concurrency=BEGUN))
    while (await flow.store.deliver(flow.now)).ended:
        pass
    jobs = await driver.claim_all()
    assert len(jobs) == BEGUN
    await driver.settle({str(n): job for n, job in enumerate(jobs[500 : 500 + FEW])})
    return run_id


async def met(flow: FlowScene, statement: str, *values: Any) -> dict[str, float]:
    """Rows of each table that the statement met. What it changes is undone."""

    async def explain(connection: Connection) -> str:
        block = connection.transaction()
        await block.start()
        text: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        await block.rollback()
        return text

    assert isinstance(flow.store, PostgresStore)
    (plan,) = json.loads(await flow.store._db.transact(explain))
    found: dict[str, float] = {}
    for part in nodes(plan["Plan"]):
        if "Scan" in part["Node Type"] and "Relation Name" in part:
            found[part["Relation Name"]] = found.get(part["Relation Name"], 0) + rows_met(part)
    return found


async def test_the_next_children_are_found_where_the_last_ones_began(flow: FlowScene) -> None:
    run_id = await begun(flow)
    found = await met(flow, sql.NEXT_CHILDREN, [run_id], ["each"], [BEGUN - FEW], [FEW])
    assert found["run_children"] <= 2 * FEW
    ids = [[new_id(flow.now) for _ in range(FEW)] for _ in range(2)]
    root = (["step"], ["noop"], ["default"], [0], ["{}"], [1], [1], ["{}"])
    found = await met(flow, BEGIN_TWINS, run_id, "each", BEGUN - FEW, *ids, *root, flow.now, "map")
    assert found["run_children"] <= 3 * FEW
    assert found["runs"] <= 10


async def test_mail_is_read_and_taken_without_a_walk_over_all_children(flow: FlowScene) -> None:
    run_id = await begun(flow)
    assert isinstance(flow.store, PostgresStore)
    seqs = [row["seq"] for row in await flow.store._db.fetch(sql.READ_MAIL, [run_id], 500)]
    assert len(seqs) == FEW
    assert (await met(flow, sql.READ_MAIL, [run_id], 500))["inbox"] <= FEW
    found = await met(flow, sql.TAKE_MAIL, seqs)
    assert (found["inbox"], found["run_children"]) == (FEW, FEW)
    # Each run with mail is met once, whatever it has.
    assert (await met(flow, sql.WITH_MAIL, 10))["inbox"] <= 3
    while (await flow.store.deliver(flow.now)).ended:
        pass


async def test_items_and_closures_are_read_by_their_keys(flow: FlowScene) -> None:
    run_id = await begun(flow)
    page = await flow.store.list_children("default", run_id, "each", None, None, FEW)
    children = [child.run_id for child in page.items]
    found = await met(flow, sql.ITEMS, children)
    assert (found["runs"], found["run_children"]) == (FEW, FEW)
    assert (await met(flow, sql.CLOSURES, [run_id], ["each"]))["run_nodes"] == 1
