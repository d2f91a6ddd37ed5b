"""Rules that read what they remember, fired many times at once or cut off: a change of a tenant is met once."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from holdfast.engine import rule_firing
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSON, JSONObject
from holdfast.model.rule import RuleMemory
from holdfast.model.trigger import FiringRecord, NewFiring, TriggerRecord
from holdfast.ports import TenantChange
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT

CHANGED: JSONObject = rule(conditions=["tenant.usage != previous.usage"], jobs=[{"kind": "told"}])
TENANTS = [f"t{number}" for number in range(20)]


async def used(w: RulesWorld, usage: JSON) -> None:
    for tenant in TENANTS:
        await w.tenant(tenant, usage=usage)


async def change(w: RulesWorld, usage: JSON) -> None:
    for tenant in TENANTS:
        await w.real.change_tenant(tenant, TenantChange(attributes={"usage": usage}), w.clock.now())


def new(w: RulesWorld, record: TriggerRecord) -> NewFiring:
    now = w.clock.now()
    return NewFiring(w.entropy.new_id(now), TENANT, record.owner, record.id, record.type, now, "started")


def tenants(record: FiringRecord) -> Any:
    assert isinstance(record.firing.detail, dict)
    return record.firing.detail["tenants"]


async def jobs_of_each(w: RulesWorld) -> list[int]:
    return [len(await w.made(tenant)) for tenant in TENANTS]


async def test_events_of_one_page(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await used(w, 1)
        await w.create({**CHANGED, "for_each": "tenant"}, instance_admin=True)
        for _ in range(3):
            await w.post()
        await w.dispatch()
        assert await jobs_of_each(w) == [1] * len(TENANTS)
        found = [record for record in await w.firings() if record.firing.verdict == "started"]
        assert sum(len(record.job_ids) for record in found) == len(TENANTS)


async def test_fires_by_hand(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await used(w, 1)
        await w.create({**CHANGED, "for_each": "tenant"}, instance_admin=True)
        await asyncio.gather(*(w.rules.fire(TENANT, "rule", instance_admin=True) for _ in range(5)))
        assert await jobs_of_each(w) == [1] * len(TENANTS)


async def test_events_at_a_rule_of_one_tenant(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("one", usage=1)
        await w.rules.create("one", CHANGED)
        posted = [await w.post(tenant="one", n=number) for number in range(8)]
        await w.dispatch()
        assert len(await w.made("one")) == 1
        (started,) = await w.firings("one", verdict="started")
        assert started.firing.event_id == posted[0]
        verdicts = sorted(record.firing.verdict for record in await w.firings("one"))
        assert verdicts == ["not_met"] * 7 + ["started"]


async def test_what_does_not_read_what_it_remembers_acts_each_time(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("one", usage=1)
        await w.rules.create("one", rule(conditions=["tenant.usage == 1"], jobs=[{"kind": "told"}]))
        await w.rules.create(
            "one", rule("again", conditions=["tenant.usage != 2"], jobs=[{"kind": "kept", "payload": "{{ previous }}"}])
        )
        for number in range(4):
            await w.post(tenant="one", n=number)
        await w.dispatch()
        assert len(await w.made("one")) == 4
        payloads = [str(job.payload) for job in await w.made("one", "kept")]
        assert sorted(payloads) == ["{'usage': 1}"] * 3 + ["{'usage': None}"]


async def test_deliveries_at_a_rule_of_one_tenant(store_url: str) -> None:
    """Without an id, so that each counts by itself."""
    async with rules_world(url=store_url) as w:
        await used(w, 1)
        record = await w.trigger(await w.create({**CHANGED, "trigger": {"type": "webhook"}}))
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())

        async def deliver() -> str:
            firing = new(w, record)
            return (await w.starts.start(record, {}, key=None, scope="hook", at=firing.at, firing=firing)).verdict

        verdicts = await asyncio.gather(*(deliver() for _ in range(8)))
        assert sorted(verdicts) == ["not_met"] * 7 + ["started"]
        assert len(await w.made()) == 1


async def test_two_processes_at_one_rule(store_url: str) -> None:
    async with rules_world(url=store_url) as w, RulesWorld(store_url) as v:
        for usage in range(6):
            if usage == 0:
                await used(w, usage)
                await w.create({**CHANGED, "for_each": "tenant"}, instance_admin=True)
            else:
                await change(w, usage)
            await asyncio.gather(*(one.rules.fire(TENANT, "rule", instance_admin=True) for one in (w, v) * 2))
            assert await jobs_of_each(w) == [usage + 1] * len(TENANTS)
        told = [tenants(record) for record in await w.firings(verdict="started")]
        assert sum(each["met"] for each in told) == sum(each["jobs"] for each in told) == 6 * len(TENANTS)


async def test_each_finds_what_the_one_before_it_left(store_url: str) -> None:
    """They act in the events' order, and none is judged in vain."""
    async with rules_world(url=store_url) as w:
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())
        seen: JSON = [{"kind": "told", "payload": ["{{ event.data.n }}", "{{ previous.usage }}"]}]
        await w.create(rule(conditions=["event.data.n < 40"], jobs=seen))
        for number in range(41):
            await w.post(n=number)
        await w.dispatch()
        told: list[Any] = await w.told()
        assert sorted(told, key=lambda pair: int(pair[0])) == [[0, None], *([number, 1] for number in range(1, 40))]
        assert await w.verdicts() == ["started"] * 40 + ["not_met"]
        answers = [one for batch in w.faults.answers["insert_jobs"] for group in batch for one in group]
        assert not any(answer.refused for answer in answers)


async def test_what_asks_for_no_memory_has_none(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        rule_id = await w.create(rule(conditions=["event.data.n >= 0"]))
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())
        for number in range(3):
            await w.post(n=number)
        await w.dispatch()
        assert len(await w.made()) == 3
        assert w.faults.calls["rule_memories"] == 0
        assert await w.real.rule_memories(rule_id, [TENANT]) == {}


@pytest.mark.parametrize(
    "asking",
    [
        {"conditions": ["has(previous.usage) || true"]},
        {"conditions": ["[1].all(n, size(previous) >= n)"]},
        {"jobs": [{"kind": "told", "payload": {"deep": ["since {{ previous.usage }}"]}}]},
        {"jobs": [{"kind": "told", "payload": "{{ previous }}"}]},
    ],
)
async def test_whatever_reads_previous_has_a_memory(asking: JSONObject) -> None:
    async with rules_world() as w:
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())
        rule_id = await w.create({**rule(), **asking})
        await w.post()
        await w.dispatch()
        assert await w.verdicts() == ["started"]
        assert (await w.real.rule_memories(rule_id, [TENANT]))[TENANT].attributes == {"usage": 1}


async def test_a_memory_that_never_rests_is_given_up_and_tried_again(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rules_world(url=store_url) as w:
        rule_id = await w.create(CHANGED)
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())
        await w.post()
        await w.dispatch()
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 2}), w.clock.now())
        read = w.real.rule_memories

        async def stale(rule: str, asked: Collection[str]) -> dict[str, RuleMemory]:
            return {each: replace(memory, seen=0) for each, memory in (await read(rule, asked)).items()}

        await w.post()
        with monkeypatch.context() as patch:
            patch.setattr(w.real, "rule_memories", stale)
            with pytest.raises(Unavailable, match="keeps firing"):
                await w.dispatch()
        assert (len(await w.made()), await w.verdicts()) == (1, ["started"])
        await w.dispatch()
        assert (len(await w.made()), await w.verdicts()) == (2, ["started"] * 2)
        assert (await read(rule_id, [TENANT]))[TENANT].seen == 2


# -- cut off and made again --------------------------------------------------------------------------------------------


async def test_an_event_that_started_is_not_told_as_not_met_by_its_repeat(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.real.change_tenant(TENANT, TenantChange(attributes={"usage": 1}), w.clock.now())
        await w.create(CHANGED)
        await w.post()
        w.faults.lose("write_held")
        with pytest.raises(Unavailable):
            await w.dispatch()
        await w.dispatch()
        assert w.faults.planned("write_held") == 0
        assert (len(await w.made()), await w.verdicts()) == (1, ["started"])


@pytest.mark.parametrize("unique", [False, True])
async def test_a_walk_that_was_cut_off_tells_all_that_it_did(
    store_url: str, unique: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies before its third page, and a tenant's attributes change before it is made again."""
    monkeypatch.setattr(rule_firing, "PAGE", 6)
    async with rules_world(url=store_url) as w:
        await used(w, 1)
        job: JSONObject = {"kind": "told", "unique_key": "once"} if unique else {"kind": "told"}
        await w.create({**CHANGED, "for_each": "tenant", "jobs": [job, job]}, instance_admin=True)
        await w.post()
        w.faults.refuse("list_tenants", Unavailable("killed"), lambda *_: w.faults.calls["list_tenants"] == 3)
        with pytest.raises(Unavailable):
            await w.dispatch()
        made = sum(await jobs_of_each(w))
        assert 0 < made < len(TENANTS) * (2 - unique)
        await w.real.change_tenant(TENANTS[0], TenantChange(attributes={"usage": 2}), w.clock.now())
        await w.dispatch()
        assert await jobs_of_each(w) == [2 - unique] * len(TENANTS)
        (record,) = await w.firings()
        found = tenants(record)
        assert (found["seen"], found["met"], found["failed"]) == (len(TENANTS) + 1, len(TENANTS), 0)
        assert found["jobs"] == 2 * len(TENANTS)
        shown = [each for each in found["examples"] if each["met"]]
        assert [each["tenant"] for each in shown] == sorted(TENANTS)
        assert all(len(each["jobs"]) == 2 for each in shown)
        assert len((await w.real.get_firing(TENANT, record.firing.id)).job_ids) == len(TENANTS) * (2 - unique)
