"""Events start what waits for them: once each, whatever is lost on the way, whoever looks, whenever it was saved."""

import asyncio

import asyncpg
import pytest

from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.triggers import dispatcher
from holdfast.engine.wakeups import EVENTS
from holdfast.model.errors import Unavailable
from holdfast.model.event import NewEvent
from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.model.trigger import Owner
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT
from tests.support.waiting import eventually


def flow(**trigger: JSON) -> JSONObject:
    """A workflow that starts by an event and ends at once."""
    first: JSONObject = {"id": "arrived", "type": "event", "event": "order.created", **trigger}
    return {"triggers": [first], "nodes": [{"id": "only", "type": "noop"}]}


async def inputs(w: RulesWorld) -> list[JSON]:
    """Of all runs, oldest first."""
    page = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 1_000)
    return [run.input for run in sorted(page.items, key=lambda run: run.id)]


async def test_an_event_starts_a_run_with_its_data(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow())
        cursor = await w.post(n=1)
        await w.post("order.paid", n=2)
        await w.dispatch()
        assert await inputs(w) == [{"n": 1}]
        (record,) = await w.firings()
        assert record.firing.verdict == "started"
        assert record.firing.event_id == cursor
        assert record.firing.hops == 1
        run = await w.run(record.run_id or "")
        assert run.trigger["type"] == "event"
        event = run.trigger["event"]
        assert isinstance(event, dict)
        assert (event["id"], event["type"], event["data"], event["run"]) == (cursor, "order.created", {"n": 1}, None)


async def test_a_condition_chooses_events_and_an_error_in_it_is_no_match(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(condition='event.data.plan == "pro" && event.data.amount > 10'))
        await w.post(plan="pro", amount=11)
        await w.post(plan="pro", amount=10)
        await w.post(plan="free", amount=11)
        await w.post(plan="pro", amount="much")
        await w.post(plan="pro")
        await w.dispatch()
        assert await inputs(w) == [{"plan": "pro", "amount": 11}]


async def test_patterns_take_every_type_that_begins_so() -> None:
    async with rules_world() as w:
        await w.save(**flow(event="order.*"))
        for event_type in ("order.created", "order.paid", "orders", "user.created"):
            await w.post(event_type, type=event_type)
        await w.dispatch()
        assert await inputs(w) == [{"type": "order.created"}, {"type": "order.paid"}]


async def test_what_came_before_the_save_starts_nothing_and_what_comes_after_is_not_missed(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.post(n=0)
        w.clock.move(1)
        await w.create(rule("first"))
        await w.post(n=1)
        await w.dispatch()
        await w.create(rule("second", jobs=[{"kind": "second", "payload": "{{ event.data.n }}"}]))
        await w.post(n=2)
        await w.dispatch()
        assert await w.told() == [{"data": {"n": 1}}, {"data": {"n": 2}}]
        assert await w.told(kind="second") == [2]


async def test_a_rule_saved_while_a_page_is_read_gets_what_was_posted_after_it(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule("first"))
        await w.dispatch()
        gate = w.faults.hold_answer("event_feed")
        going = asyncio.create_task(w.dispatch())
        await asyncio.wait_for(gate.reached.wait(), 10)
        wanted: JSONObject = {"type": "event", "event": "user.created"}
        await w.create(rule("second", trigger=wanted, jobs=[{"kind": "second"}]))
        await w.post("user.created")
        gate.open()
        await going
        await w.dispatch()
        assert len(await w.made(kind="second")) == 1


async def test_a_page_that_lacks_what_a_new_rule_wants_is_read_again(store_url: str) -> None:
    """The rule and its event are committed between the reading of the index and the reading of the page."""
    async with rules_world(url=store_url) as w:
        await w.create(rule("first"))
        await w.dispatch()
        gate = w.faults.hold("event_feed")
        going = asyncio.create_task(w.dispatch())
        await asyncio.wait_for(gate.reached.wait(), 10)
        wanted: JSONObject = {"type": "event", "event": "user.created"}
        await w.create(rule("second", trigger=wanted, jobs=[{"kind": "second"}]))
        await w.post("user.created")
        await w.post()
        gate.open()
        await going
        await w.dispatch()
        assert len(await w.made(kind="second")) == 1
        assert len(await w.made()) == 1


@pytest.mark.parametrize("fault", ["lose", "lose_answer"])
@pytest.mark.parametrize("call", ["hold", "listener_version", "listeners", "event_feed", "write_held"])
async def test_a_dispatcher_that_fails_anywhere_starts_each_event_once(call: str, fault: str) -> None:
    async with rules_world() as w:
        await w.save(**flow())
        await w.create(rule())
        for n in range(3):
            await w.post(n=n)
        getattr(w.faults, fault)(call)
        try:
            await w.dispatch()
        except Unavailable:
            w.dispatcher = w.new_dispatcher()
            w.clock.move(60 * SECOND)
            await w.dispatch()
        await w.dispatch()
        assert w.faults.planned(call) == 0
        assert sorted(map(str, await inputs(w))) == ["{'n': 0}", "{'n': 1}", "{'n': 2}"]
        assert sorted(map(str, await w.told())) == [f"{{'data': {{'n': {n}}}}}" for n in range(3)]
        assert await w.verdicts() == ["started"] * 6


@pytest.mark.parametrize("call", ["start_runs", "insert_jobs", "write_held"])
async def test_a_dispatcher_killed_around_a_commit_starts_each_event_once(store_url: str, call: str) -> None:
    """Killed where the call was about to be made, and where it had committed: another goes on."""
    async with rules_world(url=store_url) as w:
        await w.save(**flow())
        await w.create(rule())
        for hold in (w.faults.hold, w.faults.hold_answer):
            await w.post(n=1)
            gate = hold(call)
            going = asyncio.create_task(w.dispatch())
            await asyncio.wait_for(gate.reached.wait(), 10)
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            gate.open()
            w.dispatcher = w.new_dispatcher()
            w.clock.move(60 * SECOND)
            await w.dispatch()
        assert await inputs(w) == [{"n": 1}] * 2
        assert await w.told() == [{"data": {"n": 1}}] * 2
        assert await w.verdicts() == ["started"] * 4


async def test_two_that_both_believe_to_lead_start_each_event_once(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow())
        await w.create(rule())
        other = w.new_dispatcher()
        first = w.faults.hold("write_held")
        for n in range(20):
            await w.post(n=n)
        going = asyncio.create_task(w.dispatch())
        await asyncio.wait_for(first.reached.wait(), 10)
        w.clock.move(60 * SECOND)  # it was slow, and the lead is another's
        while await other.run_once():
            pass
        first.open()
        await going
        assert sorted(map(str, await inputs(w))) == sorted(f"{{'n': {n}}}" for n in range(20))
        assert len(await w.made()) == 20
        assert len(await w.firings()) == 40


async def test_only_one_leads_and_another_takes_over(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule())
        await w.post(n=1)
        await w.dispatch()
        other = w.new_dispatcher()
        await w.post(n=2)
        assert not await other.run_once()
        assert len(await w.made()) == 1
        w.clock.move(60 * SECOND)
        assert not await other.run_once()
        assert len(await w.made()) == 2


async def test_an_outage_repeats_the_round() -> None:
    async with rules_world() as w:
        await w.create(rule())
        w.go(w.dispatcher)
        await w.post(n=1)
        await eventually(w.made)
        w.faults.away = True
        await asyncio.sleep(0)
        w.faults.away = False
        await w.post(n=2)

        async def both() -> bool:
            return len(await w.made()) == 2

        await eventually(both)


async def test_events_that_commit_out_of_order_are_all_met(postgres_url: str) -> None:
    """A transaction that began first and commits last: what commits before it isn't looked at without it."""
    async with rules_world(url=postgres_url) as w:
        await w.create(rule())
        await w.dispatch()
        connection = await asyncpg.connect(postgres_url)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO events (tenant_id, type, at, data) VALUES ($1, $2, $3, $4)",
            *(TENANT, "order.created", w.clock.now(), '{"n": 1}'),
        )
        await w.post(n=2)
        await w.dispatch()
        assert await w.told() == []
        await transaction.commit()
        await connection.close()
        await w.dispatch()
        assert sorted(str(one) for one in await w.told()) == ["{'data': {'n': 1}}", "{'data': {'n': 2}}"]


async def test_one_that_stops_gives_the_lead_back(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.create(rule())
        await w.post(n=1)
        going = asyncio.create_task(w.dispatcher.run())

        async def started() -> bool:
            return bool(await w.told())

        await eventually(started)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await w.post(n=2)
        w.dispatcher = w.new_dispatcher()
        await w.dispatch()
        assert await w.told() == [{"data": {"n": 1}}, {"data": {"n": 2}}]


async def test_while_nothing_listens_the_log_is_not_read_and_nobody_leads() -> None:
    async with rules_world() as w:
        await w.post(n=1)
        await w.dispatch()
        assert w.faults.calls["event_feed"] == 0
        w.faults.calls.clear()
        await w.dispatch()
        assert dict(w.faults.calls) == {"listener_version": 1}


async def test_after_the_last_listener_the_next_one_begins_anew(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        rule_id = await w.create(rule())
        await w.post(n=1)
        await w.dispatch()
        await w.rules.enable(TENANT, rule_id, False)
        await w.dispatch()
        await w.post(n=2)
        w.clock.move(1)
        await w.rules.enable(TENANT, rule_id, True)
        await w.post(n=3)
        await w.dispatch()
        assert await w.told() == [{"data": {"n": 1}}, {"data": {"n": 3}}]


async def test_events_of_another_tenant_start_nothing(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.tenant("other")
        await w.create(rule())
        await w.post(tenant="other", n=1)
        await w.dispatch()
        assert await w.told() == []


async def test_events_about_triggers_start_nothing() -> None:
    async with rules_world() as w:
        trigger: JSONObject = {"type": "event", "event": "*"}
        await w.create(rule(trigger=trigger))
        await w.real.append_events([NewEvent(TENANT, "trigger.rejected", w.clock.now(), {})])
        await w.dispatch()
        assert await w.told() == []


async def test_an_input_that_the_schema_refuses_is_one_record_and_one_event(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        schema: JSONObject = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        await w.save(input=schema, **flow())
        await w.post(n="text")
        w.faults.lose_answer("write_held")
        with pytest.raises(Unavailable):
            await w.dispatch()
        w.dispatcher = w.new_dispatcher()
        w.clock.move(60 * SECOND)
        await w.dispatch()
        await w.post(n=5)
        await w.dispatch()
        assert await inputs(w) == [{"n": 5}]
        assert await w.verdicts() == ["rejected", "started"]
        (listed,) = await w.firings(verdict="rejected")
        rejected = await w.real.get_firing(TENANT, listed.firing.id)
        assert "input.n" in rejected.firing.reason
        assert rejected.firing.trigger is not None
        (event,) = await w.real.list_events(TENANT, None, event_type="trigger.rejected")
        assert event.data["trigger"] == "arrived"
        owner = event.data["owner"]
        assert isinstance(owner, dict)
        assert owner["name"] == "flow"


async def test_a_rule_of_a_higher_priority_acts_first() -> None:
    async with rules_world() as w:
        for name, priority in (("low", -5), ("high", 50), ("middle", 0)):
            await w.create(rule(name, priority=priority, jobs=[{"kind": "told", "payload": name}]))
        await w.post()
        await w.dispatch()
        assert await w.told() == ["high", "middle", "low"]


async def test_news_of_events_wake_it() -> None:
    async with rules_world() as w:
        await w.create(rule())
        w.go(w.dispatcher)
        await w.post(n=1)
        w.wakeups.notify({EVENTS})
        await eventually(w.made)
        assert await w.told() == [{"data": {"n": 1}}]


async def test_a_removed_trigger_acts_no_more() -> None:
    async with rules_world() as w:
        await w.save(**flow())
        await w.dispatch()
        nodes: JSON = [{"id": "only", "type": "noop"}]
        await w.workflows.save(TENANT, "flow", {"holdfast": 1, "name": "flow", "nodes": nodes})
        await w.post(n=1)
        await w.dispatch()
        assert await inputs(w) == []
        workflow = await w.real.get_workflow(TENANT, "flow")
        assert await w.firings(owner=Owner("workflow", workflow.id)) == []


async def test_a_subscription_gets_each_event_once(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        subscriptions = Subscriptions(w.store, w.vault, w.clock, w.entropy, w.wakeups)
        draft = SubscriptionDraft(url="https://example.com/", types=("order.*",), condition="event.data.n > 1")
        await subscriptions.create(TENANT, draft)
        w.dispatcher = w.new_dispatcher(subscriptions.jobs_for)
        for n in range(4):
            await w.post(n=n)
        w.faults.lose_answer("insert_jobs")
        await w.dispatch()
        w.faults.lose("write_held")
        await w.post(n=4)
        with pytest.raises(Unavailable):
            await w.dispatch()
        await w.dispatch()
        jobs = await w.made(kind=DELIVERY_KIND)
        assert len(jobs) == 3
        await w.dispatch()  # what the deliveries tell of themselves is no news for anybody
        assert len(await w.made(kind=DELIVERY_KIND)) == 3


async def test_an_event_that_starts_very_much_is_done_before_the_next_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, store_url: str
) -> None:
    monkeypatch.setattr(dispatcher, "_MANY", 3)
    async with rules_world(url=store_url) as w:
        for n in range(4):
            await w.create(rule(f"rule-{n}"))
        for n in range(3):
            await w.post(n=n)
        w.faults.calls.clear()
        w.faults.lose("write_held")
        with pytest.raises(Unavailable):
            await w.dispatch()
        assert len(await w.made()) == 4
        await w.dispatch()
        assert len(await w.made()) == 12
        assert await w.verdicts() == ["started"] * 12
        assert w.faults.calls["write_held"] >= 4
