"""Rules that read what they remember, fired many times at once: a change of a tenant is met once."""

import asyncio

from holdfast.model.json import JSON, JSONObject
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT

CHANGED: JSONObject = rule(conditions=["tenant.usage != previous.usage"], jobs=[{"kind": "told"}])
TENANTS = [f"t{number}" for number in range(20)]


async def used(w: RulesWorld, usage: JSON) -> None:
    for tenant in TENANTS:
        await w.tenant(tenant, usage=usage)


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
        for number in range(8):
            await w.post(tenant="one", n=number)
        await w.dispatch()
        assert len(await w.made("one")) == 1
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
