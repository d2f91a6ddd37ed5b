"""What is started by what was started: the chain is counted through runs, jobs and gatherings, and ends somewhere."""

import asyncio

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.trigger import MAX_HOPS
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT
from tests.support.waiting import eventually


async def quick(context: NodeContext, params: JSONObject) -> Outcome:
    return Succeeded({})


AGAIN: JSONObject = {"id": "again", "type": "event", "event": "workflow.finished", "workflow": "flow"}
QUICK = Kind("quick", quick)


async def test_a_workflow_that_fires_on_its_own_end_comes_to_rest(store_url: str) -> None:
    async with rules_world(QUICK, url=store_url) as w:
        await w.save(triggers=[AGAIN], nodes=[{"id": "only", "type": "quick"}])
        w.work()
        w.go(w.dispatcher)
        await w.start()
        events = await eventually(lambda: w.real.list_events(TENANT, None, event_type="trigger.rejected"), 60)
        assert len(events) == 1
        runs = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 100)
        assert len(runs.items) == 1 + MAX_HOPS
        firings = await w.firings()
        assert [each.firing.verdict for each in firings] == ["rejected", *["started"] * MAX_HOPS]
        assert [each.firing.hops for each in firings] == list(range(MAX_HOPS + 1, 0, -1))
        assert firings[0].firing.reason.startswith("loop: 16 starts")


async def rejected(w: RulesWorld) -> bool:
    return bool(await w.firings(verdict="rejected"))


async def test_a_rule_whose_job_fires_it_again_comes_to_rest(store_url: str) -> None:
    async with rules_world(QUICK, url=store_url) as w:
        trigger: JSONObject = {"type": "event", "event": "job.succeeded", "kind": "quick"}
        await w.create(rule(trigger=trigger, jobs=[{"kind": "quick"}]))
        w.work()
        w.go(w.dispatcher)
        await w.insert("quick")
        await eventually(lambda: rejected(w), 60)
        assert len(await w.made(kind="quick")) == 1 + MAX_HOPS


async def test_a_chain_over_gatherings_is_counted_by_its_deepest_event() -> None:
    async with rules_world(QUICK) as w:
        await w.save(triggers=[{**AGAIN, "debounce": "1s"}], nodes=[{"id": "only", "type": "quick"}])
        worker = w.work()
        first = await w.start()
        second = await w.start()
        for _ in range(2):
            await w.run_ended(first)
            await w.run_ended(second)
            await w.dispatch()
            w.clock.move(5 * SECOND)
            await w.flusher.run_once()
            runs = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 100)
            first = second = runs.items[0].id
        await w.stopped(worker)
        assert [each.firing.hops for each in await w.firings()] == [2, 1]


async def test_what_a_person_started_begins_a_new_chain() -> None:
    async with rules_world(QUICK) as w:
        await w.save(triggers=[AGAIN], nodes=[{"id": "only", "type": "quick"}])
        w.work()
        for _ in range(2):
            run_id = await w.start()
            await w.run_ended(run_id)
            await w.dispatch()
        hops = sorted(each.firing.hops for each in await w.firings())
        assert hops[:2] == [1, 1]


async def test_children_count_as_their_outermost_parent() -> None:
    async with rules_world(QUICK) as w:
        body: JSON = {"nodes": [{"id": "inner", "type": "quick"}]}
        each: JSON = {"id": "each", "type": "map", "params": {"items": [1, 2], "body": body}}
        await w.save(triggers=[{"id": "go", "type": "event", "event": "order.created"}], nodes=[each])
        trigger: JSONObject = {"type": "event", "event": "job.succeeded", "kind": "quick"}
        await w.create(rule(trigger=trigger))
        w.work()
        w.go()
        await w.post()
        await w.dispatch()
        (record,) = await w.firings()
        await w.run_ended(record.run_id or "")
        await w.dispatch()
        depths = [one.firing.hops for one in await w.firings() if one.firing.owner.kind == "rule"]
        assert depths == [2, 2]
        await asyncio.sleep(0)
