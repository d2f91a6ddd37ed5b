"""Automation rules as stored: created once, saved whole, switched, listed by name; and what they remember."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import DAY, SECOND
from holdfast.model.json import JSON
from holdfast.model.rule import NewRule, RuleMemory, RuleRecord
from holdfast.model.trigger import Owner
from holdfast.ports import Accepted, Dedupe, NewJobs
from tests.conformance.scene import TENANT, Scene, cron, every, new_id, on_event, webhook


def guard(scene: Scene, key: str = "k", fingerprint: str = "f") -> Dedupe:
    return Dedupe(TENANT, "POST /automation-rules", key, fingerprint, scene.now + DAY)


def same(rule: NewRule, record: RuleRecord) -> bool:
    """Whether the record says what was saved."""
    return all(
        getattr(rule, field) == getattr(record, field)
        for field in ("id", "tenant", "name", "enabled", "priority", "document")
    )


async def test_a_rule_is_kept_as_it_was_given(scene: Scene) -> None:
    rule = await scene.add_rule("daily", cron("trigger"), priority=7)
    record = await scene.store.get_rule(TENANT, "daily")
    assert same(rule, record)
    assert (record.created_at, record.updated_at) == (scene.now, scene.now)
    assert await scene.store.get_rule(TENANT, rule.id) == record
    trigger = await scene.rule_trigger(rule.id)
    assert (trigger.owner, trigger.owner_name, trigger.priority) == (Owner("rule", rule.id), "daily", 7)
    assert (trigger.rule, trigger.due_at) == (rule.document, scene.now)
    assert await scene.sound()


async def test_a_name_is_given_once(scene: Scene, other: Scene) -> None:
    await scene.add_rule("daily", cron("trigger"))
    with pytest.raises(Conflict):
        await scene.add_rule("daily", cron("trigger"))
    assert (await scene.add_rule("daily", cron("trigger"), tenant="other")).tenant == "other"
    rivals = [(one, one.rule("rival")) for one in (scene, other) for _ in range(4)]
    answers = await asyncio.gather(
        *(one.store.create_rule(rule, every("trigger"), None, one.now) for one, rule in rivals), return_exceptions=True
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == len(rivals) - 1
    (kept,) = [rule for _, rule in rivals if rule.id == (await scene.store.get_rule(TENANT, "rival")).id]
    assert await scene.rule_trigger(kept.id)
    assert await scene.count("rules") == await scene.count("triggers") == 3


async def test_a_repeated_create_makes_one_rule(scene: Scene) -> None:
    first, again = scene.rule("daily"), scene.rule("daily")
    for rule in (first, first, again):
        answer = await scene.store.create_rule(rule, cron("trigger"), guard(scene), scene.now)
        assert (answer.id, answer.duplicate, answer.conflict) == (first.id, rule is again, False)
    answer = await scene.store.create_rule(again, cron("trigger"), guard(scene, fingerprint="x"), scene.now)
    assert answer.conflict
    # The same call without a key, as after an unknown commit.
    assert (await scene.store.create_rule(first, cron("trigger"), None, scene.now)).id == first.id
    assert await scene.count("rules") == await scene.count("triggers") == 1


async def test_a_create_that_failed_left_its_key_free(scene: Scene) -> None:
    await scene.add_rule("taken", cron("trigger"))
    with pytest.raises(Conflict):
        await scene.store.create_rule(scene.rule("taken"), cron("trigger"), guard(scene), scene.now)
    rule = scene.rule("free")
    assert (await scene.store.create_rule(rule, cron("trigger"), guard(scene), scene.now)).duplicate is False
    assert same(rule, await scene.store.get_rule(TENANT, "free"))


async def test_a_save_replaces_all_but_the_id(scene: Scene) -> None:
    rule = await scene.add_rule("daily", cron("trigger"))
    before = await scene.rule_trigger(rule.id)
    made = scene.now
    scene.clock.move(SECOND)
    saved = replace(rule, name="hourly", priority=3, document={"name": "hourly", "jobs": [1]})
    record = await scene.store.save_rule(saved, on_event("trigger"), scene.now)
    assert same(saved, record)
    assert (record.created_at, record.updated_at) == (made, scene.now)
    after = await scene.rule_trigger(rule.id)
    assert (after.row, after.type, after.owner_name) == (before.row, "event", "hourly")
    assert (after.since, after.due_at, after.rule) == (scene.now, None, saved.document)
    assert after.version_id != before.version_id
    with pytest.raises(NotFound):
        await scene.store.get_rule(TENANT, "daily")
    assert await scene.sound()


async def test_a_save_takes_no_other_rules_name_and_no_unknown_rule(scene: Scene) -> None:
    await scene.add_rule("one", cron("trigger"))
    two = await scene.add_rule("two", cron("trigger"))
    with pytest.raises(Conflict):
        await scene.store.save_rule(replace(two, name="one"), on_event("trigger"), scene.now)
    assert same(two, await scene.store.get_rule(TENANT, "two"))
    assert (await scene.rule_trigger(two.id)).type == "cron"
    for unknown in (replace(two, id=new_id(scene.now)), replace(two, tenant="other"), replace(two, id="nonsense")):
        with pytest.raises(NotFound):
            await scene.store.save_rule(unknown, on_event("trigger"), scene.now)


async def test_a_webhook_keeps_its_address_over_other_triggers(scene: Scene) -> None:
    rule = await scene.add_rule("r", webhook("trigger", "first"))
    await scene.store.save_rule(rule, cron("trigger"), scene.now)
    assert await scene.store.find_hook("first") is None
    await scene.store.save_rule(rule, webhook("trigger", "second"), scene.now)
    hook = await scene.store.find_hook("first")
    assert hook is not None
    assert (hook.owner, hook.active) == (Owner("rule", rule.id), True)
    assert await scene.store.find_hook("second") is None


async def test_a_switch_is_in_the_document_too(scene: Scene) -> None:
    rule = await scene.add_rule("r", every("trigger"))
    scene.clock.move(SECOND)
    off = await scene.store.enable_rule(TENANT, "r", False, scene.now)
    assert (off.enabled, off.document["enabled"], off.updated_at) == (False, False, scene.now)
    assert list(off.document) == list(rule.document)
    assert (await scene.rule_trigger(rule.id)).active is False
    scene.clock.move(SECOND)
    assert await scene.store.enable_rule(TENANT, rule.id, False, scene.now) == off
    on = await scene.store.enable_rule(TENANT, rule.id, True, scene.now)
    assert (on.enabled, on.document["enabled"]) == (True, True)
    trigger = await scene.rule_trigger(rule.id)
    assert (trigger.active, trigger.since, trigger.due_at) == (True, scene.now, scene.now)
    assert await scene.sound()


async def test_a_deleted_rule_leaves_its_name_and_no_trigger_that_acts(scene: Scene) -> None:
    rule = await scene.add_rule("r", webhook("trigger", "key"))
    await scene.store.delete_rule(TENANT, "r", scene.now)
    hook = await scene.store.find_hook("key")
    assert hook is not None
    assert (hook.active, hook.present) == (False, False)
    for name_or_id in ("r", rule.id):
        with pytest.raises(NotFound):
            await scene.store.get_rule(TENANT, name_or_id)
        with pytest.raises(NotFound):
            await scene.store.delete_rule(TENANT, name_or_id, scene.now)
        with pytest.raises(NotFound):
            await scene.store.enable_rule(TENANT, name_or_id, True, scene.now)
    again = await scene.add_rule("r", webhook("trigger", "other"))
    assert (await scene.rule_trigger(again.id)).key == "other"
    assert await scene.sound()


async def test_rules_are_listed_by_name(scene: Scene) -> None:
    for name in ("b", "a", "c"):
        await scene.add_rule(name, cron("trigger"))
    await scene.add_rule("d", cron("trigger"), tenant="other")
    first = await scene.store.list_rules(TENANT, None, 2)
    second = await scene.store.list_rules(TENANT, first.next, 2)
    assert [rule.name for rule in (*first.items, *second.items)] == ["a", "b", "c"]
    assert second.next is None


async def test_no_name_hides_a_rule_from_its_id(scene: Scene) -> None:
    one = await scene.add_rule("one", cron("trigger"))
    await scene.add_rule(one.id, cron("trigger"))
    assert (await scene.store.get_rule(TENANT, one.id)).name == "one"
    for unknown in ("", "nonsense", "ä\x00", new_id(scene.now)):
        with pytest.raises(NotFound):
            await scene.store.get_rule(TENANT, unknown)
    with pytest.raises(NotFound):
        await scene.store.get_rule("other", "one")


async def test_what_stands_in_the_way_is_said_in_the_same_words(scene: Scene) -> None:
    await scene.add_rule("one", cron("trigger"))
    unknown = new_id(scene.now)
    with pytest.raises(NotFound, match=r"^no automation rule nope$"):
        await scene.store.get_rule(TENANT, "nope")
    with pytest.raises(Conflict, match=r"^an automation rule named one exists already$"):
        await scene.add_rule("one", cron("trigger"))
    with pytest.raises(NotFound, match=f"^no event subscription {unknown}$"):
        await scene.store.get_subscription(TENANT, unknown)
    trigger = await scene.rule_trigger((await scene.store.get_rule(TENANT, "one")).id)
    with pytest.raises(NotFound, match=f"^no webhook {trigger.row}$"):
        await scene.store.renew_key(TENANT, trigger.row, "key")


async def test_what_a_rule_remembers_is_asked_tenant_by_tenant(scene: Scene) -> None:
    rule = await scene.add_rule("r", cron("trigger"))
    groups = [
        NewJobs((scene.job(tenant=tenant),), memory=RuleMemory(rule.id, tenant, {"usage": usage, "plan": None}))
        for usage, tenant in enumerate(("a", "b", "c"))
    ]
    await scene.store.insert_jobs(groups, scene.now)
    assert await scene.store.rule_memories(rule.id, ["a", "c", "unknown"]) == {
        "a": RuleMemory(rule.id, "a", {"usage": 0, "plan": None}, 1),
        "c": RuleMemory(rule.id, "c", {"usage": 2, "plan": None}, 1),
    }
    assert await scene.store.rule_memories(rule.id, []) == {}
    assert await scene.store.rule_memories(new_id(scene.now), ["a"]) == {}


async def test_two_who_insert_for_one_tenant_leave_one_memory(scene: Scene, other: Scene) -> None:
    rule = await scene.add_rule("r", cron("trigger"))
    tenants = [f"t{number}" for number in range(10)]

    async def act(one: Scene, usage: int, order: list[str]) -> None:
        groups = [
            NewJobs((one.job(tenant=tenant),), memory=RuleMemory(rule.id, tenant, {"usage": usage})) for tenant in order
        ]
        await one.store.insert_jobs(groups, one.now)

    await asyncio.gather(*(act(one, usage, tenants[:: (-1) ** usage]) for usage in range(6) for one in (scene, other)))
    memories = await scene.store.rule_memories(rule.id, tenants)
    assert sorted(memories) == tenants
    assert await scene.count("rule_memories") == len(tenants)


def judged(
    scene: Scene, rule: str, usage: int, seen: int, key: str | None = None, tenant: str = TENANT, **fields: Any
) -> NewJobs:
    """A rule's jobs that come of what it remembered."""
    memory = RuleMemory(rule, tenant, {"usage": usage}, seen)
    return NewJobs((scene.job(tenant=tenant, **fields),), asked(scene, key, tenant), memory=memory)


def asked(scene: Scene, key: str | None, tenant: str = TENANT, fingerprint: str = "") -> Dedupe | None:
    return None if key is None else Dedupe(tenant, "rule", key, fingerprint, scene.now + DAY)


async def refused(scene: Scene, *batch: NewJobs) -> list[bool]:
    return [answer.refused for [answer] in await scene.store.insert_jobs(batch, scene.now)]


async def remembered(scene: Scene, rule: str, tenant: str = TENANT) -> tuple[JSON, int]:
    memory = (await scene.store.rule_memories(rule, [tenant]))[tenant]
    return memory.attributes["usage"], memory.seen


async def test_jobs_come_only_of_what_is_remembered_still(scene: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    first = judged(scene, rule, 1, 0, "first", unique_key="first")
    assert await refused(scene, first) == [False]
    stale = [judged(scene, rule, 2, 0, "late"), judged(scene, rule, 2, 2, "later"), judged(scene, rule, 2, 0)]
    stale = [replace(each, firing=scene.firing(Owner("rule", rule))) for each in stale]
    assert await refused(scene, *stale, judged(scene, rule, 2, 0, unique_key="late")) == [True] * 4
    assert await remembered(scene, rule) == (1, 1)
    assert (await scene.count("jobs"), await scene.count("firings"), await scene.count("dedupe")) == (1, 0, 1)
    assert await scene.count("unique_keys") == 1
    assert await refused(scene, judged(scene, rule, 2, 1, "late")) == [False]
    assert await remembered(scene, rule) == (2, 2)
    assert await scene.sound()


async def test_what_was_remembered_before_is_not_what_is_remembered_again(scene: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    for seen, usage in enumerate((1, 2, 1)):
        assert await refused(scene, judged(scene, rule, usage, seen)) == [False]
    assert await refused(scene, judged(scene, rule, 2, 1)) == [True]
    assert await remembered(scene, rule) == (1, 3)


async def test_what_is_not_there_was_not_seen(scene: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    assert await refused(scene, judged(scene, rule, 1, 3)) == [True]
    assert await scene.count("jobs") == await scene.count("rule_memories") == 0


@pytest.mark.parametrize("key", [None, "key"])
async def test_a_repeat_is_known_before_its_memory_is_compared(scene: Scene, key: str | None) -> None:
    """Also when others have written the memory since: it keeps what they wrote."""
    rule = (await scene.add_rule("r", cron("trigger"))).id
    call = judged(scene, rule, 1, 0, key)
    assert await scene.store.insert_jobs([call], scene.now) == [[Accepted(call.jobs[0].id)]]
    for others in range(2):
        assert await scene.store.insert_jobs([call], scene.now) == [[Accepted(call.jobs[0].id)]]
        assert await remembered(scene, rule) == (1 + others, 1 + others)
        assert await refused(scene, judged(scene, rule, 2 + others, 1 + others)) == [False]
    assert await scene.count("jobs") == 3
    again = await scene.store.insert_jobs([judged(scene, rule, 9, 0, key)], scene.now)
    assert again[0][0].duplicate is (key is not None)
    assert again[0][0].refused is (key is None)


async def test_of_several_in_one_batch_the_first_changes_what_is_remembered(scene: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    batch = [
        judged(scene, rule, 1, 0, "a"),
        judged(scene, rule, 1, 0, "b"),
        judged(scene, rule, 1, 0, "b"),  # of the one before, which comes to nothing
        judged(scene, rule, 2, 1, "c"),
        judged(scene, rule, 1, 0, "d", tenant="t2"),
    ]
    plain = NewJobs((scene.job(),), asked(scene, "plain"))
    assert await refused(scene, *batch, plain) == [False, True, True, False, False, False]
    assert await scene.count("jobs") == await scene.count("dedupe") == 4
    assert await remembered(scene, rule) == (2, 2)


async def test_what_inserted_nothing_is_not_remembered(scene: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    await scene.insert(scene.job(unique_key="one"))
    for key in ("a", "b"):
        assert await refused(scene, judged(scene, rule, 1, 0, key, unique_key="one")) == [False]
    assert await scene.store.rule_memories(rule, [TENANT]) == {}


@pytest.mark.parametrize("known", [False, True])
async def test_of_many_at_once_one_comes_of_what_was_remembered(scene: Scene, other: Scene, known: bool) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    tenants = [f"t{number}" for number in range(5)]
    if known:
        assert not any(await refused(scene, *(judged(scene, rule, 1, 0, tenant=each) for each in tenants)))

    async def act(one: Scene, order: list[str]) -> list[bool]:
        return await refused(one, *(judged(one, rule, 2, int(known), tenant=tenant) for tenant in order))

    done = await asyncio.gather(*(act(one, tenants[:: (-1) ** way]) for way in range(4) for one in (scene, other)))
    assert sum(not each for answers in done for each in answers) == len(tenants)
    assert await scene.count("jobs") == len(tenants) * (1 + known)
    assert [await remembered(scene, rule, tenant) for tenant in tenants] == [(2, 1 + known)] * len(tenants)


async def test_one_call_made_twice_at_once_is_refused_neither_time(scene: Scene, other: Scene) -> None:
    rule = (await scene.add_rule("r", cron("trigger"))).id
    for seen in range(10):
        call = judged(scene, rule, seen, seen, "key" if seen % 2 else None)
        if call.dedupe is not None:
            call = replace(call, dedupe=asked(scene, f"key-{seen}"))
        both = await asyncio.gather(*(one.store.insert_jobs([call], one.now) for one in (scene, other)))
        assert both == [[[Accepted(call.jobs[0].id)]]] * 2
        assert await remembered(scene, rule) == (seen, seen + 1)


async def test_what_requests_were_answered_is_asked_key_by_key(scene: Scene) -> None:
    jobs = [scene.job(), scene.job(unique_key="u"), scene.job(unique_key="u")]
    await scene.store.insert_jobs([NewJobs(tuple(jobs), asked(scene, "k"))], scene.now)

    async def answers(*keys: tuple[str, str, str]) -> list[tuple[Accepted, ...] | None]:
        guards = [asked(scene, key, tenant, fingerprint) for key, tenant, fingerprint in keys]
        return await scene.store.answered_before([each for each in guards if each is not None], scene.now)

    first, second = (job.id for job in jobs[:2])
    ids = (first, second, second)
    assert await answers(("k", TENANT, ""), ("k", "other", ""), ("free", TENANT, ""), ("k", TENANT, "x")) == [
        tuple(Accepted(one, duplicate=True) for one in ids),
        None,
        None,
        tuple(Accepted(one, conflict=True) for one in ids),
    ]
    assert await answers() == []
    scene.clock.move(DAY)
    assert await answers(("k", TENANT, "")) == [None]
