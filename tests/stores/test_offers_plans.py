"""What offers cost on tables that were never analysed: as many rows as are named, whatever waits; few statements."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.ports import NewJobs
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.sql import offers as sql
from tests.stores.offering import Offering, ids, named, opened
from tests.stores.postgres.test_plans import nodes, rows_met

WAITING, NAMED = 3_000, 100


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Offering]:
    async with opened(postgres_url) as scene:
        yield scene


async def waiting(scene: Offering, **fields: Any) -> list[str]:
    jobs = tuple(scene.job(**fields) for _ in range(WAITING))
    await scene.store.insert_jobs([NewJobs(jobs)], scene.now)
    return ids(jobs)


class Counting:
    """Counts the statements outside of transactions, and the transactions."""

    def __init__(self, scene: Offering, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = self.transactions = 0
        database = scene.offering._db
        fetch, transact = database.fetch, database.transact

        async def counted_fetch(statement: str, *values: Any, **how: Any) -> list[Row]:
            self.statements += 1
            return await fetch(statement, *values, **how)

        async def counted_transact(work: Any, **how: Any) -> Any:
            self.transactions += 1
            return await transact(work, **how)

        monkeypatch.setattr(database, "fetch", counted_fetch)
        monkeypatch.setattr(database, "transact", counted_transact)


async def plan_of(scene: Offering, statement: str, *values: Any) -> dict[str, Any]:
    async def explain(connection: Connection) -> str:
        text: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        return text

    (plan,) = json.loads(await scene.offering._db.transact(explain))
    root: dict[str, Any] = plan["Plan"]
    return root


def met_in_live(plan: dict[str, Any]) -> float:
    scans = (node for node in nodes(plan) if node.get("Relation Name") == "live" and "Scan" in node["Node Type"])
    return sum(map(rows_met, scans))


@pytest.mark.parametrize("reckoned", [False, True])
async def test_claiming_by_ids_meets_the_named_rows_alone(scene: Offering, reckoned: bool) -> None:
    await waiting(scene, queue="before")
    named_ids = (await waiting(scene))[-NAMED:]
    worker = await scene.worker()
    lane = (["default"], ["default"])
    plan = await plan_of(
        scene, sql.TAKE_OFFERED, worker, *lane, named_ids, ["noop"], scene.now, [NAMED], [], reckoned, NAMED, True
    )
    assert met_in_live(plan) == 2 * NAMED, "once to lock it, once to start it"
    searches = [node for node in nodes(plan) if node.get("Index Name") == "live_ready"]
    assert sum(node.get("Index Searches", 0) for node in searches) <= 2, "a look at tenants before and after"


async def test_looking_ahead_meets_the_window_alone(scene: Offering) -> None:
    first = (await waiting(scene))[NAMED]
    given: tuple[Any, ...] = (["default"], ["default"], [NAMED], [scene.now], ["noop"], scene.now, [first], [], [0])
    plan = await plan_of(scene, sql.NEXT, *given)
    assert met_in_live(plan) == NAMED


async def test_the_usual_case_takes_two_statements_to_offer_and_one_to_claim(
    scene: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for queue in ("a", "b", "c"):
        await scene.insert(*(scene.job(queue=queue, tenant=f"of {queue}") for _ in range(5)))
    worker = await scene.worker()
    counting = Counting(scene, monkeypatch)
    ready = await scene.ahead()
    assert (counting.statements, counting.transactions) == (2, 0)
    claimed = await scene.take(worker, ready.offers)
    assert (counting.statements, counting.transactions) == (3, 0)
    assert ids(claimed) == named(ready)
    assert len(claimed) == 15
