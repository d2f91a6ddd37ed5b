"""What must hold of triggers and of what they leave: damage is told, and a store in full use has nothing to say."""

import pytest

from holdfast.model.instant import HOUR, SECOND
from holdfast.model.subscription import NewDelivery
from holdfast.model.trigger import Backfill, ClockMove, GatheredEvent, Owner
from holdfast.ports import NewJobs
from tests.conformance.scene import TENANT, Scene, cron, every, new_id, on_event, webhook
from tests.model.definitions import document, node

ONE = document([node("a")], name="one")


async def in_use(scene: Scene) -> None:
    """Something of everything."""
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e"), webhook("w", "key"), every("gone")])
    await scene.save(ONE, triggers=[cron("c"), on_event("e"), webhook("w", "key")])
    await scene.add_rule("r", every("trigger"))
    await scene.add_rule("off", on_event("trigger"), enabled=False)
    clock, listener = await scene.trigger(workflow, "c"), await scene.trigger(workflow, "e")
    next_at = scene.now + HOUR
    await scene.store.move_clocks([ClockMove(clock.row, clock.since, None, next_at, next_at)])
    for number in range(5):
        event = GatheredEvent(listener.row, f"e{number}", {}, scene.now, SECOND, None, 3)
        await scene.store.gather([event])
    await scene.start("one", firing=scene.firing(Owner("workflow", workflow)))
    delivery = NewDelivery(new_id(scene.now), "e", "order.created", scene.now)
    await scene.store.insert_jobs([NewJobs((scene.job(),), delivery=delivery)], scene.now)
    start = scene.now - HOUR
    for _ in range(2):
        backfill = Backfill(new_id(scene.now), TENANT, clock.row, start, scene.now, 1, scene.now, start)
        await scene.store.create_backfill(backfill, None, scene.now)
    await scene.store.move_backfill(backfill.id, start, None, 0, scene.now)


async def test_a_store_in_use_is_sound(scene: Scene) -> None:
    await in_use(scene)
    assert await scene.sound()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE triggers SET due_at = NULL WHERE next_at IS NOT NULL",
        "UPDATE triggers SET due_at = 1 WHERE id = 'gone'",
        "UPDATE triggers SET due_at = 1 WHERE type = 'event'",
        "UPDATE triggers SET enabled = NOT enabled WHERE type = 'webhook'",
        "UPDATE workflows SET deleted_at = 1",
        "DELETE FROM rules",
        "DELETE FROM gatherings",
        "UPDATE gatherings SET count = count + 1",
        "DELETE FROM gathered WHERE batch IS NULL",
        "UPDATE gathered SET event = NULL",
        "DELETE FROM runs",
        "DELETE FROM jobs WHERE run_id IS NULL",
        "UPDATE backfills SET next_at = 1",
    ],
)
async def test_damage_is_told(scene: Scene, damage: str) -> None:
    await in_use(scene)
    await scene.execute(damage)
    told = await scene.store.check_invariants(scene.now)
    words = ("clock", "trigger", "event", "firing", "deliver", "backfill")
    assert any(any(word in sentence for word in words) for sentence in told), told
