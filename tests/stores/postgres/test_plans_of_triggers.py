"""What loops ask about triggers, on tables that were never analysed: how much a statement meets follows from what it is
asked about, not from how much there is."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.model.instant import SECOND
from holdfast.model.trigger import Backfill, ClockMove, FiringFilter, GatheredEvent, Owner
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import backfills, gathering, leads, triggers
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, cron, graph_of, new_id, on_event
from tests.model.definitions import document, node
from tests.stores.postgres.test_plans import nodes, rows_met

MANY, FEW = 3_000, 50
ONE = document([node("a")], name="one")


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=1)
    await store.open()
    await store.migrate()
    yield Scene(store, postgres_url)
    await store.close()


async def met(scene: Scene, statement: str, *values: Any) -> dict[str, float]:
    """Rows of each table (and of what was kept aside) that the statement met. What it changes is undone."""

    async def explain(connection: Connection) -> str:
        block = connection.transaction()
        await block.start()
        text: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        await block.rollback()
        return text

    assert isinstance(scene.store, PostgresStore)
    (plan,) = json.loads(await scene.store._db.transact(explain))
    found: dict[str, float] = {}
    for part in nodes(plan["Plan"]):
        if "Scan" in part["Node Type"]:
            name = part.get("Relation Name") or part.get("CTE Name") or part["Node Type"]
            found[name] = found.get(name, 0) + rows_met(part)
    return found


async def clocks(scene: Scene, count: int) -> list[ClockMove]:
    """Moves of as many clocks, all of which are due."""
    await scene.save(ONE, triggers=[cron(f"c{number}") for number in range(count)])
    due = await scene.store.due_clocks(scene.now, count)
    assert len(due) == count
    return [ClockMove(one.row, one.since, one.next_at, scene.now + SECOND, scene.now + SECOND) for one in due]


async def test_few_of_many_clocks_are_found_and_moved_alone(scene: Scene) -> None:
    moves = await clocks(scene, MANY)
    await scene.store.move_clocks(moves[FEW:])
    assert (await met(scene, triggers.DUE, scene.now, 500))["triggers"] == FEW
    assert (await met(scene, triggers.NEXT))["triggers"] == 1
    rows = [(one.row, one.since, one.seen_at, one.next_at, one.due_at) for one in moves[:FEW]]
    found = await met(scene, triggers.MOVE, *columns(rows, 5))
    assert found["triggers"] <= 2 * FEW
    assert found["locked"] <= FEW


async def test_many_clocks_are_moved_without_looking_at_each_for_each(scene: Scene) -> None:
    moves = await clocks(scene, MANY)
    rows = [(one.row, one.since, one.seen_at, one.next_at, one.due_at) for one in moves]
    assert sum((await met(scene, triggers.MOVE, *columns(rows, 5))).values()) <= 5 * MANY


async def test_what_goes_of_a_backfill_is_counted_from_its_own_firings(scene: Scene) -> None:
    (move,) = await clocks(scene, 1)
    trigger = (await scene.store.list_triggers(TENANT, None, (), None, 1)).items[0]
    backfill = Backfill(new_id(scene.now), TENANT, move.row, 0, scene.now, FEW, scene.now, scene.now)
    await scene.store.create_backfill(backfill, None, scene.now)
    plain = [await scene.new_run("one") for _ in range(MANY // 10)]
    fired = [await scene.new_run("one", firing=scene.firing(trigger.owner, backfill=backfill.id)) for _ in range(FEW)]
    await scene.store.start_runs([*plain, *fired], scene.now)
    found = await met(scene, backfills.OPEN, 100, new_id(0))
    assert found["firings"] == found["runs"] == FEW
    (shown,) = await scene.store.open_backfills()
    assert shown.going == FEW


async def test_handfuls_are_found_step_by_step(scene: Scene) -> None:
    await scene.save(ONE, triggers=[on_event("one"), on_event("two")])
    rows = [record.row for record in (await scene.store.listeners()).triggers]
    events = [
        GatheredEvent(rows[number % 2], f"e{number}", {"n": number}, scene.now + number, None, SECOND, 100)
        for number in range(MANY)
    ]
    await scene.store.gather(events)
    assert (await met(scene, gathering.NEXT))["gathered"] == 1
    assert (await met(scene, gathering.CLOSED, 10))["gathered"] <= 10
    handfuls = await scene.store.due_gatherings(scene.now, 10)
    assert [len(one.events) for one in handfuls] == [100] * 10
    found = await met(scene, gathering.EVENTS, [one.id for one in handfuls])
    assert found["gathered"] == 1_000


async def test_a_look_at_the_listeners_version_meets_one_row(scene: Scene) -> None:
    await clocks(scene, 1)
    for number in range(FEW):
        await scene.store.hold(f"lead-{number}", "a", scene.now, scene.now + SECOND)
    assert (await met(scene, leads.VERSION))["leads"] == 1


async def test_rejections_of_one_owner_are_kept_few_without_a_walk_over_what_it_started(scene: Scene) -> None:
    owner = Owner("workflow", await scene.save(ONE))
    runs = [await scene.new_run("one", firing=scene.firing(owner)) for _ in range(MANY // 10)]
    await scene.store.start_runs(runs, scene.now)
    assert isinstance(scene.store, PostgresStore)
    before = await fetched(scene.store)
    await scene.store.record_firings([scene.firing(owner, "rejected") for _ in range(FEW)], 10)
    assert await fetched(scene.store) - before <= 3 * FEW
    page = await scene.store.list_firings(TENANT, FiringFilter(owner, verdict="rejected"), None, 100)
    assert len(page.items) == 10


async def fetched(store: PostgresStore) -> int:
    """How many entries of indexes of firings were read so far, by connections that have told of it."""

    async def tell(connection: Connection) -> int:
        return int(
            await connection.fetchval(
                "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'firings'"
            )
        )

    await store._db.fetch("SELECT pg_stat_force_next_flush()")
    await store._db.fetch("SELECT pg_stat_clear_snapshot()")
    return await store._db.transact(tell)
