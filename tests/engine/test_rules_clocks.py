"""Rules that fire by the clock, on simulated time and on both stores: each day, for each tenant, once."""

from holdfast.cron import Crons
from holdfast.engine.rules import Rules
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import JobFilter
from holdfast.ports import NewTenant, TenantChange
from tests.engine.clock_scene import ClockScene, clock_scene
from tests.engine.world import TENANT

DAILY: JSONObject = {
    "name": "usage-report",
    "trigger": {"type": "cron", "cron": "0 7 * * *", "timezone": "Europe/Berlin"},
    "for_each": "tenant",
    "conditions": ['tenant.plan == "pro"', "tenant.usage != previous.usage"],
    "jobs": [{"kind": "report", "payload": {"usage": "{{ tenant.usage }}", "at": "{{ trigger.fire_at }}"}}],
}


async def rules(c: ClockScene, document: JSONObject) -> Rules:
    w = c.w
    made = Rules(w.store, w.clock, w.entropy, w.wakeups, Crons(), w.starts)
    await made.create(TENANT, document, True)
    return made


async def use(c: ClockScene, tenant: str, usage: int) -> None:
    change = TenantChange(attributes={"plan": "pro", "usage": usage})
    await c.w.real.change_tenant(tenant, change, c.clock.now())


async def reports(c: ClockScene, tenant: str, kind: str = "report") -> list[JSON]:
    page = await c.w.real.list_jobs(tenant, JobFilter(kind=kind), c.clock.now(), None, 100)
    return [job.payload for job in sorted(page.items, key=lambda job: job.id)]


async def test_each_day_at_seven_for_each_pro_tenant_whose_usage_changed(store_url: str) -> None:
    async with clock_scene(store_url, "2027-03-26T12:00:00Z") as c:
        for name, plan in (("one", "pro"), ("two", "pro"), ("three", "free")):
            new = NewTenant(name, name, attributes={"plan": plan, "usage": 1})
            await c.w.real.create_tenant(new, c.clock.now())
        await rules(c, DAILY)
        await c.at("2027-03-27T12:00:00Z")
        await use(c, "one", 2)
        await c.at("2027-03-29T12:00:00Z")  # the clocks went forward in between
        await use(c, "one", 3)
        await use(c, "two", 3)
        await c.at("2027-03-30T12:00:00Z")
        assert await reports(c, "one") == [
            {"usage": 1, "at": "2027-03-27T06:00:00.000000Z"},
            {"usage": 2, "at": "2027-03-28T05:00:00.000000Z"},
            {"usage": 3, "at": "2027-03-30T05:00:00.000000Z"},
        ]
        assert await reports(c, "two") == [
            {"usage": 1, "at": "2027-03-27T06:00:00.000000Z"},
            {"usage": 3, "at": "2027-03-30T05:00:00.000000Z"},
        ]
        assert await reports(c, "three") == []
        assert [record.firing.verdict for record in await c.firings()] == ["started", "started", "not_met", "started"]


async def test_a_downtime_gives_each_tenant_one_report_and_a_repeated_round_none(store_url: str) -> None:
    async with clock_scene(store_url, "2027-01-15T12:00:00Z") as c:
        await c.w.real.create_tenant(NewTenant("one", "one", attributes={"plan": "pro", "usage": 1}), c.clock.now())
        await rules(c, DAILY)
        await c.keep()
        c.down_until("2027-01-20T12:00:00Z")
        c.w.faults.lose("move_clocks")
        for _ in range(3):
            try:
                await c.keep(c.process().timekeeper)
            except Exception:
                continue
        assert await reports(c, "one") == [{"usage": 1, "at": "2027-01-20T06:00:00.000000Z"}]


async def test_a_rule_by_interval_acts_for_its_own_tenant(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        document: JSONObject = {
            "name": "often",
            "trigger": {"type": "every", "every": "10m"},
            "conditions": "now > timestamp('2027-01-15T12:15:00Z')",
            "jobs": [{"kind": "often", "payload": "{{ trigger.fire_at }}"}],
        }
        await rules(c, document)
        await c.at("2027-01-15T12:35:00Z")
        assert await reports(c, TENANT, "often") == ["2027-01-15T12:20:00.000000Z", "2027-01-15T12:30:00.000000Z"]
        assert [record.firing.verdict for record in await c.firings()] == ["not_met", "started", "started"]
