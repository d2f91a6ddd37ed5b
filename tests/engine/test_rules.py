"""Automation rules: what they ask, what they insert, what is remembered, what is on record, and who may change them."""

from contextlib import suppress
from typing import Any

import pytest

from holdfast.engine.rule_firing import NOT_MET
from holdfast.engine.started import Started
from holdfast.model.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from holdfast.model.instant import DAY, format_instant
from holdfast.model.job import NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.rule import RuleMemory
from holdfast.model.trigger import FiringRecord, NewFiring
from holdfast.ports import Dedupe, NewJobs, TenantChange
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT

DAILY: JSONObject = {"type": "cron", "cron": "0 7 * * *"}
CHANGED: JSONObject = {
    "name": "usage",
    "trigger": DAILY,
    "for_each": "tenant",
    "conditions": ['tenant.plan == "pro"', "tenant.usage != previous.usage"],
    "jobs": [{"kind": "report", "payload": {"usage": "{{ tenant.usage }}", "for": "{{ tenant.id }}"}}],
}


def conditions(record: FiringRecord) -> list[tuple[Any, Any]]:
    """(met, reason) of each condition of a single tenant's rule."""
    detail = record.firing.detail
    assert isinstance(detail, dict)
    told = detail["conditions"]
    assert isinstance(told, list)
    return [(each["met"], each["reason"]) for each in told if isinstance(each, dict)]


async def fired(w: RulesWorld, name: str = "rule", trigger: JSONObject | None = None) -> FiringRecord:
    return await w.rules.fire(TENANT, name, trigger, "request-1", instance_admin=True)


async def use(w: RulesWorld, tenant: str, **attributes: JSON) -> None:
    await w.real.change_tenant(tenant, TenantChange(attributes=attributes), w.clock.now())


# -- what a rule inserts ----------------------------------------------------------------------------------------------


async def test_templates_are_filled_from_everything_in_scope(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await use(w, TENANT, plan="pro")
        payload: JSON = {
            "n": "{{ event.data.n }}",
            "text": "order {{ trigger.event.data.n }} of {{ tenant.name }}, {{ tenant.attributes.plan }}",
            "rule": "{{ rule.name }} {{ rule.priority }}",
            "before": "{{ previous.plan }}",
            "now": "{{ now }}",
        }
        job: JSON = {"kind": "told", "payload": payload, "priority": "{{ event.data.n * 10 }}", "queue": "q{{ 1 }}"}
        await w.create(rule(jobs=[job, {"kind": "other", "unique_key": "{{ event.data.n }}", "delay": "1h"}]))
        await w.post(n=3)
        await w.dispatch()
        (told,) = await w.made()
        assert (told.priority, told.queue) == (30, "q1")
        assert isinstance(told.payload, dict)
        assert told.payload["n"] == 3
        assert told.payload["text"] == "order 3 of default, pro"
        assert told.payload["rule"] == "rule 0"
        assert told.payload["before"] is None
        (other,) = await w.made(kind="other")
        assert (other.unique_key, other.state) == ("3", "SCHEDULED")
        assert told.correlation_id == other.correlation_id
        (record,) = await w.firings()
        assert set(record.job_ids) == {told.id, other.id}
        assert (await w.real.get_firing(TENANT, record.firing.id)).firing.trigger is not None


async def test_every_condition_is_evaluated_and_told(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await use(w, TENANT, plan="free")
        texts: JSON = ['tenant.plan == "pro"', "event.data.n > 1", "event.data.nothing", "1 + 1", "now > timestamp(0)"]
        await w.create(rule(conditions=texts))
        await w.post(n=2)
        await w.dispatch()
        (record,) = await w.firings()
        assert (record.firing.verdict, record.firing.reason) == ("not_met", NOT_MET)
        told = conditions(record)
        assert told[0] == (False, 'false: tenant.plan is "free"')
        assert told[1] == (True, "true: event.data.n is 2")
        assert told[2][0] is False
        assert "event.data.nothing is missing" in told[2][1]
        assert told[3] == (False, "gives neither true nor false")
        assert told[4][0] is True
        assert await w.told() == []


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        ({"kind": "{{ event.data.kind }}"}, "jobs[0].kind"),
        ({"kind": "told", "priority": "{{ event.data.n * 1000 }}"}, "jobs[0].priority"),
        ({"kind": "told", "delay": "{{ event.data.n }}"}, "jobs[0].delay"),
        ({"kind": "told", "payload": "{{ event.data.missing }}"}, "jobs[0].payload"),
        ({"kind": "told", "deadline": "{{ event.at }}"}, "jobs[0].deadline"),
    ],
)
async def test_a_filled_template_that_is_no_job_fails_the_firing_with_the_field(job: JSON, problem: str) -> None:
    async with rules_world() as w:
        await w.create(rule(jobs=[job, {"kind": "first"}]))
        await w.post(n=3, kind="not a kind!")
        await w.dispatch()
        (record,) = await w.firings()
        assert record.firing.verdict == "failed"
        assert problem in record.firing.reason
        assert conditions(record) == []
        assert await w.made(kind="first") == []
        assert len(await w.real.list_events(TENANT, None, event_type="trigger.rejected")) == 1


async def test_kinds_that_nobody_knows_are_kept() -> None:
    async with rules_world() as w:
        await w.create(rule(jobs=[{"kind": "what.is.this"}]))
        await w.post()
        await w.dispatch()
        (job,) = await w.made(kind="what.is.this")
        assert job.state == "PENDING"


async def test_jobs_record_and_memory_commit_together(store_url: str) -> None:
    """The answer is lost at the commit; the repeat finds all of it and writes none of it again."""
    async with rules_world(url=store_url) as w:
        await use(w, TENANT, usage=1)
        rule_id = await w.create(rule(conditions=["tenant.usage != previous.usage"], jobs=[{"kind": "told"}] * 3))
        await w.post()
        w.faults.lose_answer("insert_jobs")
        await w.dispatch()
        assert len(await w.made()) == 3
        assert await w.verdicts() == ["started"]
        assert await w.real.rule_memories(rule_id, [TENANT]) == {TENANT: RuleMemory(rule_id, TENANT, {"usage": 1}, 1)}


async def test_what_a_rule_remembers_is_what_it_last_inserted_for(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await use(w, TENANT, usage=1)
        await w.create(rule(conditions=["tenant.usage != previous.usage"]))
        assert (await fired(w)).firing.verdict == "started"
        assert (await fired(w)).firing.verdict == "not_met"
        await use(w, TENANT, usage=2, plan="new")
        assert (await fired(w)).firing.verdict == "started"
        assert (await fired(w)).firing.verdict == "not_met"


# -- for each tenant ---------------------------------------------------------------------------------------------------


async def test_each_pro_tenant_whose_usage_changed_gets_its_report(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        for name, plan, usage in (("one", "pro", 1), ("two", "free", 1), ("three", "pro", 3)):
            await w.tenant(name, plan=plan, usage=usage)
        await w.create(CHANGED, instance_admin=True)
        first = await fired(w, "usage")
        assert first.firing.verdict == "started"
        assert await w.told("one", "report") == [{"usage": 1, "for": "one"}]
        assert await w.told("two", "report") == []
        assert await w.told("three", "report") == [{"usage": 3, "for": "three"}]
        assert (await fired(w, "usage")).firing.verdict == "not_met"
        await use(w, "one", plan="pro", usage=2)
        third = await fired(w, "usage")
        assert await w.told("one", "report") == [{"usage": 1, "for": "one"}, {"usage": 2, "for": "one"}]
        assert len(await w.told("three", "report")) == 1
        detail = third.firing.detail
        assert isinstance(detail, dict)
        tenants: Any = detail["tenants"]
        assert (tenants["seen"], tenants["met"], tenants["jobs"]) == (4, 1, 1)
        assert tenants["examples"][0]["tenant"] == "one"
        others = {example["tenant"]: example["conditions"][1] for example in tenants["examples"][1:]}
        assert set(others) == {TENANT, "two", "three"}
        assert others["three"]["reason"] == "false: previous.usage is 3, tenant.usage is 3"
        assert len(await w.firings()) == 3
        assert await w.firings("one") == []


async def test_a_walk_that_is_cut_off_gives_no_tenant_its_jobs_twice(store_url: str) -> None:
    """A clock's fire: the store goes away between two tenants, the round is made again."""
    async with rules_world(url=store_url) as w:
        for n in range(5):
            await w.tenant(f"t{n}", plan="pro", usage=n)
        rule_id = await w.create(CHANGED, instance_admin=True)
        record = await w.trigger(rule_id)
        firing = (await fired(w, "usage")).firing
        for n in range(5):
            await use(w, f"t{n}", plan="pro", usage=n + 10)
        given: JSONObject = {"type": "cron", "id": "trigger", "fire_at": format_instant(w.clock.now())}

        async def start() -> str:
            done = await w.starts.start(
                record, given, key="noon", scope=f"fire:{record.row}", at=w.clock.now(), firing=firing
            )
            return done.verdict

        w.faults.lose("record_firings")
        with pytest.raises(Unavailable):
            await start()
        assert await start() == "duplicate"
        assert await start() == "duplicate"
        for n in range(5):
            assert len(await w.told(f"t{n}", "report")) == 2
        told = await w.firings(verdict="started")
        assert [each.firing.verdict for each in await w.firings()] == ["started", "started"]
        tenants: Any = told[0].firing.detail
        assert (tenants["tenants"]["met"], tenants["tenants"]["jobs"], len(told[0].job_ids)) == (5, 5, 5)


async def test_jobs_of_all_tenants_belong_to_the_one_firing_and_its_chain(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        for n in range(3):
            await w.tenant(f"t{n}", plan="pro", usage=n)
        record = await w.trigger(await w.create(CHANGED, instance_admin=True))
        given: JSONObject = {"type": "event", "id": "trigger"}
        now = w.clock.now()
        firing = NewFiring(
            w.entropy.new_id(now), TENANT, record.owner, record.id, "event", now, "started", event_id="7", hops=3
        )
        w.faults.lose("record_firings")
        for _ in range(2):  # the second time the walk finds that all is done
            with suppress(Unavailable):
                await w.starts.start(record, given, key="7", scope=f"event:{record.row}", at=now, firing=firing)
        jobs = [job.id for n in range(3) for job in await w.made(f"t{n}", "report")]
        assert await w.real.hops_of(jobs) == dict.fromkeys(jobs, 3)
        started = [one for one in await w.firings() if one.firing.verdict == "started"]
        assert [(set(one.job_ids), one.firing.hops, one.firing.event_id) for one in started] == [(set(jobs), 3, "7")]


async def test_a_key_with_another_body_is_a_conflict_for_all_tenants(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("one", plan="pro", usage=1)
        record = await w.trigger(await w.create({**CHANGED, "conditions": ["has(tenant.plan)"]}, instance_admin=True))

        async def start(fingerprint: str) -> Started:
            now = w.clock.now()
            firing = NewFiring(w.entropy.new_id(now), TENANT, record.owner, record.id, "webhook", now, "started")
            return await w.starts.start(
                record, {}, key="d-1", scope="hook", at=now, firing=firing, fingerprint=fingerprint, recorded=False
            )

        assert [(await start(body)).conflict for body in ("a", "a", "b")] == [False, False, True]
        assert len(await w.made("one", "report")) == 1
        assert len(await w.firings()) == 1


async def test_a_key_of_another_tenants_caller_is_no_repeat(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("one", plan="pro", usage=1)
        await w.create({**CHANGED, "conditions": ["has(tenant.plan)"]}, instance_admin=True)
        now, expires = w.clock.now(), w.clock.now() + DAY
        theirs = Dedupe("one", "POST fire", "today", "theirs", expires)
        job = NewJob(w.entropy.new_id(now), "one", "told", now, now, "request-1")
        await w.real.insert_jobs([NewJobs((job,), theirs)], now)
        ours = Dedupe(TENANT, "POST fire", "today", "ours", expires)
        for _ in range(2):
            await w.rules.fire(TENANT, "usage", None, None, ours, instance_admin=True)
        assert len(await w.made("one", "report")) == 1


async def test_what_other_tenants_have_is_told_in_no_event(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("bad", level=1_000)
        jobs: JSON = [{"kind": "told", "priority": "{{ tenant.level }}"}]
        document = rule(trigger=DAILY, for_each="tenant", conditions=["has(tenant.level)"], jobs=jobs)
        await w.create(document, instance_admin=True)
        assert "tenant bad" in (await fired(w)).firing.reason
        (event,) = await w.real.list_events(TENANT, None, event_type="trigger.rejected", limit=10)
        assert "bad" not in str(event.data)


async def test_one_tenant_whose_template_fails_does_not_hold_up_the_others(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("good", level=1)
        await w.tenant("bad", level=1_000)
        document: JSONObject = {
            "name": "each",
            "trigger": DAILY,
            "for_each": "tenant",
            "conditions": "has(tenant.level)",
            "jobs": [{"kind": "told", "priority": "{{ tenant.level }}"}],
        }
        await w.create(document, instance_admin=True)
        record = await fired(w, "each")
        assert record.firing.verdict == "started"
        assert "tenant bad" in record.firing.reason
        assert len(await w.made("good")) == 1
        assert await w.made("bad") == []


# -- saving ------------------------------------------------------------------------------------------------------------


async def test_only_an_admin_of_the_instance_saves_tries_and_changes_rules_for_each_tenant() -> None:
    async with rules_world() as w:
        with pytest.raises(Forbidden):
            await w.create(CHANGED)
        await w.create(CHANGED, instance_admin=True)
        with pytest.raises(Forbidden):
            await w.rules.save(TENANT, "usage", rule("usage"))
        with pytest.raises(Forbidden):
            await w.rules.save(TENANT, "usage", CHANGED)
        with pytest.raises(Forbidden):
            await w.rules.dry_run(TENANT, "usage")
        with pytest.raises(Forbidden):
            await w.rules.dry_run(TENANT, CHANGED)
        with pytest.raises(Forbidden):
            await w.rules.enable(TENANT, "usage", False)
        with pytest.raises(Forbidden):
            await w.rules.fire(TENANT, "usage")
        with pytest.raises(Forbidden):
            await w.rules.delete(TENANT, "usage")
        assert (await w.rules.get(TENANT, "usage")).enabled
        assert await w.firings() == []
        assert not (await w.rules.enable(TENANT, "usage", False, instance_admin=True)).enabled
        await w.rules.delete(TENANT, "usage", instance_admin=True)


async def test_a_bad_document_is_told_and_nothing_is_saved() -> None:
    async with rules_world() as w:
        with pytest.raises(Invalid, match=r"trigger\.cron.*conditions\[0\]"):
            await w.create(rule(trigger={"type": "cron", "cron": "0 25 * * *"}, conditions=["tenant.plan =="]))
        assert (await w.rules.list(TENANT, None, 10)).items == ()


async def test_create_get_list_save_enable_delete(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        rule_id = await w.create(rule("b", priority=3))
        await w.create(rule("a"))
        assert [each.name for each in (await w.rules.list(TENANT, None, 10)).items] == ["a", "b"]
        with pytest.raises(Conflict):
            await w.create(rule("a"))
        found = await w.rules.get(TENANT, "b")
        assert (found.id, found.priority, found.enabled, found.document["name"]) == (rule_id, 3, True, "b")
        saved = await w.rules.save(TENANT, "b", rule("c", jobs=[{"kind": "other"}]))
        assert (saved.id, saved.name, saved.priority) == (rule_id, "c", 0)
        off = await w.rules.enable(TENANT, rule_id, False)
        assert (off.enabled, off.document["enabled"]) == (False, False)
        await w.post()
        await w.dispatch()
        assert (len(await w.made()), len(await w.made(kind="other"))) == (1, 0)
        await w.rules.delete(TENANT, "c")
        with pytest.raises(NotFound):
            await w.rules.get(TENANT, rule_id)


async def test_a_save_changes_what_the_next_event_does(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule(jobs=[{"kind": "told", "payload": 1}]))
        await w.post()
        await w.dispatch()
        await w.rules.save(TENANT, "rule", rule(jobs=[{"kind": "told", "payload": 2}]))
        await w.post()
        await w.dispatch()
        assert await w.told() == [1, 2]


# -- by hand -----------------------------------------------------------------------------------------------------------


async def test_fired_by_hand_its_conditions_decide_and_the_record_is_answered(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule(conditions=["event.data.n > 5"]))
        met = await fired(w, trigger={"event": {"data": {"n": 6}}})
        assert (met.firing.verdict, len(met.job_ids)) == ("started", 1)
        unmet = await fired(w, trigger={"event": {"data": {"n": 5}}})
        assert (unmet.firing.verdict, unmet.job_ids) == ("not_met", ())
        assert conditions(unmet) == [(False, "false: event.data.n is 5")]
        assert await w.told() == [{"data": {"n": 6}}]


async def test_fired_again_with_the_same_key_it_is_the_same_firing(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule())
        key = Dedupe(TENANT, "POST /fire", "key-1", "same", w.clock.now() + DAY)
        records = [await w.rules.fire(TENANT, "rule", None, "request-1", key) for _ in range(2)]
        assert records[0] == records[1]
        assert len(await w.made()) == 1
        other = Dedupe(TENANT, "POST /fire", "key-1", "other", w.clock.now() + DAY)
        with pytest.raises(Conflict):
            await w.rules.fire(TENANT, "rule", None, "request-1", other)


async def test_a_rule_that_is_off_is_not_fired_by_hand() -> None:
    async with rules_world() as w:
        await w.create(rule(enabled=False))
        with pytest.raises(Conflict, match="switched off"):
            await fired(w)
        assert await w.firings() == []


async def test_a_trigger_that_cannot_be_one_is_refused() -> None:
    async with rules_world() as w:
        await w.create(rule())
        bad: list[tuple[JSONObject, str]] = [({"event": "text"}, r"trigger\.event"), ({"x": 1 << 70}, r"trigger\.x")]
        for given, path in bad:
            with pytest.raises(Invalid, match=path):
                await fired(w, trigger=given)


# -- dry runs ----------------------------------------------------------------------------------------------------------


async def test_a_dry_run_tells_everything_and_writes_nothing(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        for n in range(60):
            await w.tenant(f"t{n:02}", plan="pro" if n % 6 == 0 else "free", usage=n)
        await w.create(CHANGED, instance_admin=True)
        writes = {"insert_jobs", "record_firings", "start_runs", "post_event"}
        w.faults.calls.clear()
        for given in ("usage", CHANGED):
            found = await w.rules.dry_run(TENANT, given, None, True)
            assert (found["seen"], found["met"], found["jobs"]) == (61, 10, 10)
            trigger = found["trigger"]
            assert isinstance(trigger, dict)
            assert trigger["type"] == "cron"
            assert trigger["fire_at"] == trigger["at"]
            tenants: Any = found["tenants"]
            assert [each["met"] for each in tenants] == [True] * 10 + [False] * 50
            assert tenants[0]["jobs"][0]["payload"] == {"usage": 0, "for": "t00"}
            assert tenants[0]["conditions"][0]["met"]
            reasons = {each["conditions"][0]["reason"] for each in tenants[10:] if each["tenant"] != TENANT}
            assert reasons == {'false: tenant.plan is "free"'}
            assert tenants[10]["jobs"] == []
        assert not writes & w.faults.calls.keys()
        assert await w.firings() == []


async def test_a_dry_run_knows_what_the_saved_rule_remembers() -> None:
    async with rules_world() as w:
        await w.tenant("one", plan="pro", usage=1)
        await w.create(CHANGED, instance_admin=True)
        await fired(w, "usage")
        assert (await w.rules.dry_run(TENANT, "usage", None, True))["met"] == 0
        assert (await w.rules.dry_run(TENANT, CHANGED, None, True))["met"] == 1


async def test_a_dry_run_tells_whether_the_trigger_takes_the_event_and_what_is_wrong_with_a_job() -> None:
    async with rules_world() as w:
        trigger: JSONObject = {"type": "event", "event": "order.*", "condition": "event.data.n > 1"}
        document = rule(trigger=trigger, jobs=[{"kind": "told", "priority": "{{ event.data.n }}"}])
        tried: list[tuple[JSONObject, bool, int]] = [
            ({"type": "order.paid", "data": {"n": 2}}, True, 0),
            ({"type": "order.paid", "data": {"n": 1}}, False, 0),
            ({"type": "user.paid", "data": {"n": 1_000}}, False, 1),
        ]
        for event, fits, problems in tried:
            found: Any = await w.rules.dry_run(TENANT, document, {"event": event})
            assert found["fits"] is fits
            assert len(found["tenants"][0]["problems"]) == problems


async def test_many_firings_at_once_share_commits(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule(conditions=["event.data.n % 2 == 0"]))
        for n in range(40):
            await w.post(n=n)
        w.faults.calls.clear()
        await w.dispatch()
        assert len(await w.made()) == 20
        assert len(await w.firings(verdict="not_met")) == 20
        assert w.faults.calls["record_firings"] < 20
