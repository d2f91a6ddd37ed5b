"""Triggers of workflows and rules: what saves, switches and pauses do to them, and which clocks are due."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import HOUR, MINUTE, SECOND, Instant
from holdfast.model.trigger import ClockMove, NewTrigger, Owner, TriggerRecord
from tests.conformance.scene import TENANT, Scene, cron, every, new_id, on_event, webhook
from tests.model.definitions import document

ONE = document(name="one")


def moved(clock: TriggerRecord, next_at: Instant | None, due_at: Instant | None = None) -> ClockMove:
    return ClockMove(clock.row, clock.since, clock.next_at, next_at, next_at if due_at is None else due_at)


async def planned(scene: Scene, workflow: str, next_at: Instant) -> TriggerRecord:
    """The clock ``c`` of a workflow, planned."""
    await scene.store.move_clocks([moved(await scene.trigger(workflow, "c"), next_at)])
    return await scene.trigger(workflow, "c")


async def due(scene: Scene) -> list[str]:
    return [clock.id for clock in await scene.store.due_clocks(scene.now)]


# -- saves -------------------------------------------------------------------------------------------------------------


async def test_a_save_keeps_what_a_trigger_is(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e"), NewTrigger("m", "manual", {"id": "m"})])
    record = await scene.store.get_workflow(TENANT, "one")
    clock = await scene.trigger(workflow, "c")
    assert (clock.tenant, clock.owner, clock.owner_name) == (TENANT, ("workflow", workflow), "one")
    assert (clock.type, clock.document) == ("cron", {"id": "c", "type": "cron", "cron": "0 7 * * *"})
    assert (clock.version, clock.version_id, clock.rule) == (1, record.version_id, None)
    assert (clock.created_at, clock.since, clock.next_at, clock.due_at) == (scene.now, scene.now, None, scene.now)
    assert (clock.active, clock.key) == (True, None)
    assert clock == await scene.store.get_trigger(TENANT, clock.row)
    listener = await scene.trigger(workflow, "e")
    assert (listener.due_at, listener.since) == (None, scene.now)
    assert await due(scene) == ["c"]
    assert await scene.sound()


async def test_a_save_without_a_change_moves_nothing(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e")])
    before = await planned(scene, workflow, scene.now + HOUR), await scene.trigger(workflow, "e")
    scene.clock.move(MINUTE)
    await scene.save(ONE, triggers=[on_event("e"), cron("c")])
    after = await scene.trigger(workflow, "c"), await scene.trigger(workflow, "e")
    newest = await scene.store.get_workflow(TENANT, "one")
    assert newest.version == 2
    for old, new in zip(before, after, strict=True):
        assert new == replace(old, version=2, version_id=newest.version_id)


async def test_another_document_with_the_same_timing_moves_nothing(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    before = await planned(scene, workflow, scene.now + HOUR)
    scene.clock.move(MINUTE)
    await scene.save(ONE, triggers=[replace(cron("c"), document={"id": "c", "misfire": "all"})])
    after = await scene.trigger(workflow, "c")
    assert after.document == {"id": "c", "misfire": "all"}
    assert (after.since, after.next_at, after.due_at) == (before.since, before.next_at, before.due_at)


@pytest.mark.parametrize("changed", [cron("c", "0 8 * * *"), replace(cron("c"), type="every")], ids=["timing", "type"])
async def test_another_timing_begins_a_clock_anew(scene: Scene, changed: NewTrigger) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    before = await planned(scene, workflow, scene.now + HOUR)
    scene.clock.move(MINUTE)
    await scene.save(ONE, triggers=[changed])
    after = await scene.trigger(workflow, "c")
    assert (after.row, after.created_at) == (before.row, before.created_at)
    assert (after.since, after.next_at, after.due_at) == (scene.now, None, scene.now)


async def test_what_was_away_begins_anew_under_its_row(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e")])
    before = await planned(scene, workflow, scene.now)
    await scene.save(ONE)
    assert (await scene.store.list_triggers(TENANT, None, (), None, 10)).items == ()
    gone = await scene.store.get_trigger(TENANT, before.row)
    assert (gone.present, gone.active, gone.due_at) == (False, False, None)
    assert await due(scene) == []
    assert await scene.store.next_clock() is None
    assert await scene.sound()

    scene.clock.move(MINUTE)
    await scene.save(ONE, triggers=[cron("c"), on_event("e")])
    back, listener = await scene.trigger(workflow, "c"), await scene.trigger(workflow, "e")
    assert (back.row, back.created_at) == (before.row, before.created_at)
    assert (back.since, back.next_at, back.due_at) == (scene.now, None, scene.now)
    assert listener.since == scene.now


async def test_the_same_save_again_begins_nothing_anew(scene: Scene) -> None:
    await scene.save(ONE, triggers=[cron("c")])
    workflow = (await scene.store.get_workflow(TENANT, "one")).id
    rule = await scene.add_rule("r", every("trigger"))
    clock = await planned(scene, workflow, scene.now + HOUR)
    scene.clock.move(SECOND)
    saved = await scene.store.save_rule(rule, every("trigger"), scene.now)
    assert await scene.store.save_rule(rule, every("trigger"), scene.now) == saved
    assert await scene.trigger(workflow, "c") == clock


async def test_a_version_that_could_not_be_saved_changes_no_trigger(scene: Scene) -> None:
    rule = await scene.add_rule("r", every("trigger"))
    before = await scene.rule_trigger(rule.id)
    version = await scene.store.listener_version()
    with pytest.raises(NotFound):
        await scene.store.save_rule(replace(rule, id=new_id(scene.now)), cron("trigger"), scene.now)
    assert await scene.rule_trigger(rule.id) == before
    assert await scene.store.listener_version() == version


# -- on and off --------------------------------------------------------------------------------------------------------


async def test_what_is_off_is_not_due_and_begins_anew_when_it_is_on(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e")])
    await planned(scene, workflow, scene.now)
    await scene.store.set_enabled(TENANT, "one", False, scene.now)
    off = await scene.trigger(workflow, "c")
    assert (off.enabled, off.active, off.due_at) == (False, False, None)
    assert (await due(scene), await scene.store.next_clock()) == ([], None)
    assert (await scene.store.listeners()).triggers == ()
    assert await scene.sound()

    scene.clock.move(HOUR)
    await scene.store.set_enabled(TENANT, "one", True, scene.now)
    on, listener = await scene.trigger(workflow, "c"), await scene.trigger(workflow, "e")
    assert (on.active, on.since, on.next_at, on.due_at) == (True, scene.now, None, scene.now)
    assert (listener.active, listener.since) == (True, scene.now)
    await planned(scene, workflow, scene.now + HOUR)
    scene.clock.move(SECOND)
    await scene.store.set_enabled(TENANT, "one", True, scene.now)
    assert (await scene.trigger(workflow, "c")).since == scene.now - SECOND


async def test_a_save_while_off_leaves_triggers_off(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    await scene.store.set_enabled(TENANT, "one", False, scene.now)
    await scene.save(ONE, triggers=[cron("c", "1 1 * * *"), every("new")])
    for name in ("c", "new"):
        clock = await scene.trigger(workflow, name)
        assert (clock.enabled, clock.due_at, clock.next_at) == (False, None, None)
    assert await due(scene) == []
    assert await scene.sound()


async def test_a_paused_trigger_is_not_due_until_it_is_resumed(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), every("other")])
    clock = await planned(scene, workflow, scene.now)
    paused = await scene.store.pause_trigger(TENANT, clock.row, True, scene.now)
    assert (paused.paused, paused.active, paused.due_at, paused.since) == (True, False, None, clock.since)
    assert await due(scene) == ["other"]
    await scene.store.move_clocks([moved(clock, scene.now + HOUR)])
    assert (await scene.trigger(workflow, "c")).due_at is None
    scene.clock.move(MINUTE)
    await scene.save(ONE, triggers=[cron("c", "1 1 * * *"), every("other")])
    assert (await scene.trigger(workflow, "c")).paused is True
    assert await due(scene) == ["other"]

    resumed = await scene.store.pause_trigger(TENANT, clock.row, False, scene.now)
    assert (resumed.active, resumed.since, resumed.next_at, resumed.due_at) == (True, scene.now, None, scene.now)
    scene.clock.move(MINUTE)
    assert await scene.store.pause_trigger(TENANT, clock.row, False, scene.now) == resumed
    with pytest.raises(NotFound):
        await scene.store.pause_trigger("other", clock.row, True, scene.now)
    assert await scene.sound()


async def test_a_paused_trigger_whose_owner_was_off_stays_paused(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    clock = await scene.trigger(workflow, "c")
    await scene.store.pause_trigger(TENANT, clock.row, True, scene.now)
    for enabled in (False, True):
        await scene.store.set_enabled(TENANT, "one", enabled, scene.now)
    assert (await scene.trigger(workflow, "c")).due_at is None
    await scene.store.set_enabled(TENANT, "one", False, scene.now)
    await scene.store.pause_trigger(TENANT, clock.row, False, scene.now)
    assert (await scene.trigger(workflow, "c")).due_at is None
    assert await scene.sound()


async def test_a_deleted_owner_leaves_nothing_that_acts(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e"), webhook("w", "key-of-w")])
    rule = await scene.add_rule("r", every("trigger"))
    rows = [(await scene.trigger(workflow, "c")).row, (await scene.rule_trigger(rule.id)).row]
    await scene.store.delete_workflow(TENANT, "one", scene.now)
    await scene.store.delete_rule(TENANT, "r", scene.now)
    assert await due(scene) == []
    assert (await scene.store.listeners()).triggers == ()
    assert (await scene.store.list_triggers(TENANT, None, (), None, 10)).items == ()
    for row in rows:
        gone = await scene.store.get_trigger(TENANT, row)
        assert (gone.present, gone.active) == (False, False)
    hook = await scene.store.find_hook("key-of-w")
    assert hook is not None
    assert hook.active is False
    assert await scene.sound()


# -- rules -------------------------------------------------------------------------------------------------------------


async def test_a_rules_trigger_comes_with_its_rule(scene: Scene) -> None:
    rule = await scene.add_rule("r", on_event("trigger"), priority=7)
    record = await scene.rule_trigger(rule.id)
    assert (record.owner, record.owner_name, record.priority) == (("rule", rule.id), "r", 7)
    assert (record.version, record.rule, record.active) == (0, rule.document, True)
    changed = replace(rule, name="better", priority=8, document={"name": "better"})
    await scene.store.save_rule(changed, on_event("trigger"), scene.now)
    after = await scene.rule_trigger(rule.id)
    assert (after.row, after.since) == (record.row, record.since)
    assert (after.owner_name, after.priority, after.rule) == ("better", 8, {"name": "better"})
    assert after.version_id != record.version_id


async def test_a_rule_that_is_saved_off_stops_its_trigger(scene: Scene) -> None:
    rule = await scene.add_rule("r", every("trigger"))
    await scene.store.save_rule(replace(rule, enabled=False), every("trigger"), scene.now)
    assert (await scene.rule_trigger(rule.id)).due_at is None
    assert await scene.sound()
    scene.clock.move(MINUTE)
    await scene.store.enable_rule(TENANT, "r", True, scene.now)
    on = await scene.rule_trigger(rule.id)
    assert (on.active, on.since, on.due_at) == (True, scene.now, scene.now)


# -- lists -------------------------------------------------------------------------------------------------------------


async def test_triggers_are_listed_oldest_first_by_owner_and_type(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), on_event("e")])
    scene.clock.move(SECOND)
    rule = await scene.add_rule("r", every("trigger"))
    await scene.add_rule("theirs", every("trigger"), tenant="other")
    seen: list[str] = []
    cursor = None
    while True:
        page = await scene.store.list_triggers(TENANT, None, (), cursor, 1)
        seen += [one.id for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen[:2]) == ["c", "e"]
    assert seen[2:] == ["trigger"]
    clocks = await scene.store.list_triggers(TENANT, None, ("cron", "every"), None, 10)
    assert [one.id for one in clocks.items] == ["c", "trigger"]
    mine = await scene.store.list_triggers(TENANT, Owner("workflow", workflow), ("cron",), None, 10)
    assert [one.id for one in mine.items] == ["c"]
    others = await scene.store.list_triggers("other", Owner("rule", rule.id), (), None, 10)
    assert others.items == ()


@pytest.mark.parametrize("row", ["", "no-such", "01a3185c-5000-7000-8000-3557c1d3fcff", "ä\x00"])
async def test_an_unknown_trigger_is_not_found(scene: Scene, row: str) -> None:
    with pytest.raises(NotFound):
        await scene.store.get_trigger(TENANT, row)
    with pytest.raises(NotFound):
        await scene.store.pause_trigger(TENANT, row, True, scene.now)
    with pytest.raises(NotFound):
        await scene.store.renew_key(TENANT, row, "key")


# -- clocks ------------------------------------------------------------------------------------------------------------


async def test_due_clocks_come_longest_due_first(scene: Scene) -> None:
    for name, later in (("b", 2), ("a", 1), ("c", 3), ("z", 9)):
        workflow = await scene.save(document(name=name), triggers=[cron("c")])
        await planned(scene, workflow, scene.now + later * MINUTE)
    assert await scene.store.due_clocks(scene.now) == []
    assert await scene.store.next_clock() == scene.now + MINUTE
    scene.clock.move(3 * MINUTE)
    assert [clock.owner_name for clock in await scene.store.due_clocks(scene.now)] == ["a", "b", "c"]
    assert [clock.owner_name for clock in await scene.store.due_clocks(scene.now, 2)] == ["a", "b"]


async def test_a_clock_is_moved_once_from_where_it_was_seen(scene: Scene, other: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    seen = await scene.trigger(workflow, "c")
    steps = [moved(seen, scene.now + n * HOUR, scene.now + n * HOUR + SECOND) for n in (1, 2)]
    await asyncio.gather(scene.store.move_clocks([steps[0]]), other.store.move_clocks([steps[1]]))
    after = await scene.trigger(workflow, "c")
    assert after.next_at in (scene.now + HOUR, scene.now + 2 * HOUR)
    assert after.due_at == (after.next_at or 0) + SECOND
    await scene.store.move_clocks(steps)
    assert await scene.trigger(workflow, "c") == after


async def test_a_clock_that_was_saved_meanwhile_stays(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c"), every("d")])
    seen, other = await scene.trigger(workflow, "c"), await scene.trigger(workflow, "d")
    scene.clock.move(SECOND)
    await scene.save(ONE, triggers=[cron("c", "5 5 * * *"), every("d")])
    await scene.store.move_clocks([moved(seen, scene.now + HOUR), moved(other, scene.now + MINUTE)])
    assert (await scene.trigger(workflow, "c")).next_at is None
    assert (await scene.trigger(workflow, "d")).next_at == scene.now + MINUTE


async def test_a_clock_with_no_time_to_come_is_not_looked_at_again(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    seen = await scene.trigger(workflow, "c")
    await scene.store.move_clocks([ClockMove(seen.row, seen.since, None, None, None)])
    assert (await due(scene), await scene.store.next_clock()) == ([], None)
    assert await scene.sound()


async def test_many_clocks_are_moved_at_once(scene: Scene) -> None:
    names = [f"c{n}" for n in range(60)]
    await scene.save(ONE, triggers=[cron(name) for name in names])
    clocks = await scene.store.due_clocks(scene.now)
    assert sorted(clock.id for clock in clocks) == sorted(names)
    await scene.store.move_clocks([moved(clock, scene.now + n * SECOND) for n, clock in enumerate(clocks, 1)])
    assert await due(scene) == []
    scene.clock.move(MINUTE)
    assert await due(scene) == [clock.id for clock in clocks]


# -- listeners ---------------------------------------------------------------------------------------------------------


async def test_listeners_are_what_events_may_start_of_all_tenants(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[on_event("e"), cron("c"), webhook("w", "k")])
    rule = await scene.add_rule("r", on_event("trigger"), tenant="other")
    off = await scene.add_rule("off", on_event("trigger"), enabled=False)
    listeners = await scene.store.listeners()
    assert {one.owner.id for one in listeners.triggers} == {workflow, rule.id}
    assert off.id not in {one.owner.id for one in listeners.triggers}
    assert listeners.version == await scene.store.listener_version()
    listener = await scene.trigger(workflow, "e")
    assert listener in listeners.triggers


async def test_every_change_of_triggers_raises_the_version(scene: Scene) -> None:
    seen = [await scene.store.listener_version()]

    async def changed() -> None:
        seen.append(await scene.store.listener_version())

    workflow = await scene.save(ONE, triggers=[on_event("e")])
    await changed()
    await scene.save(ONE, triggers=[on_event("e", "other")])
    await changed()
    row = (await scene.trigger(workflow, "e")).row
    for paused in (True, False):
        await scene.store.pause_trigger(TENANT, row, paused, scene.now)
        await changed()
    for enabled in (False, True):
        await scene.store.set_enabled(TENANT, "one", enabled, scene.now)
        await changed()
    await scene.save(ONE)
    await changed()
    await scene.save(ONE, triggers=[on_event("e")])
    await changed()
    await scene.store.delete_workflow(TENANT, "one", scene.now)
    await changed()
    rule = await scene.add_rule("r", on_event("trigger"))
    await changed()
    await scene.store.save_rule(rule, on_event("trigger", "x"), scene.now)
    await changed()
    await scene.store.enable_rule(TENANT, "r", False, scene.now)
    await changed()
    await scene.store.delete_rule(TENANT, "r", scene.now)
    await changed()
    assert len(set(seen)) == len(seen)


async def test_what_starts_nothing_by_events_leaves_the_version(scene: Scene) -> None:
    before = await scene.store.listener_version()
    await scene.save(ONE)
    await scene.start("one")
    await scene.save(ONE)
    assert await scene.store.listener_version() == before
