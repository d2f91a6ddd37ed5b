"""Many events, one start: after quiet, after a while, or when there are enough; once, whatever is lost on the way."""

import asyncio

import pytest

from holdfast.model.errors import Unavailable
from holdfast.model.instant import DAY, SECOND
from holdfast.model.json import JSON, JSONObject
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT
from tests.support.waiting import eventually


def flow(**gather: JSON) -> JSONObject:
    trigger: JSONObject = {"id": "many", "type": "event", "event": "order.created", **gather}
    return {"triggers": [trigger], "nodes": [{"id": "only", "type": "noop"}]}


async def runs(w: RulesWorld) -> list[list[JSON]]:
    """What the events held that each run was given, oldest run first."""
    page = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 100)
    found: list[list[JSON]] = []
    for run in sorted(page.items, key=lambda run: run.id):
        events = run.trigger["events"]
        assert isinstance(events, list)
        assert run.trigger["event"] == events[-1]
        found.append([event["data"]["n"] for event in events if isinstance(event, dict)])  # type: ignore[call-overload,index]
    return found


async def flush(w: RulesWorld) -> None:
    while await w.flusher.run_once():
        pass


async def post_some(w: RulesWorld, *numbers: int) -> None:
    for n in numbers:
        await w.post(n=n)
    await w.dispatch()


async def test_a_debounced_trigger_starts_once_after_quiet(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(debounce="30s"))
        await post_some(w, 1, 2)
        w.clock.move(20 * SECOND)
        await flush(w)
        await post_some(w, 3)
        w.clock.move(20 * SECOND)
        await flush(w)
        assert await runs(w) == []
        w.clock.move(11 * SECOND)
        await flush(w)
        assert await runs(w) == [[1, 2, 3]]
        await post_some(w, 4)
        w.clock.move(31 * SECOND)
        await flush(w)
        assert await runs(w) == [[1, 2, 3], [4]]
        assert await w.verdicts() == ["started", "started"]


async def test_the_input_holds_the_events(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(debounce="1s"))
        await post_some(w, 1, 2)
        w.clock.move(2 * SECOND)
        await flush(w)
        page = await w.real.list_runs(TENANT, None, None, w.clock.now(), None, 100)
        (run,) = page.items
        assert run.input == {"events": run.trigger["events"]}


async def test_a_full_batch_starts_at_once_and_the_rest_after_its_time(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(batch={"size": 3, "within": "10s"}))
        await post_some(w, 1, 2, 3, 4)
        await flush(w)
        assert await runs(w) == [[1, 2, 3]]
        w.clock.move(11 * SECOND)
        await flush(w)
        assert await runs(w) == [[1, 2, 3], [4]]


@pytest.mark.parametrize("call", ["due_gatherings", "start_runs", "drop_gatherings"])
@pytest.mark.parametrize("fault", ["lose", "lose_answer"])
async def test_a_flush_that_fails_anywhere_starts_each_handful_once(store_url: str, fault: str, call: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(debounce="1s"))
        await post_some(w, 1, 2)
        w.clock.move(2 * SECOND)
        getattr(w.faults, fault)(call, 1)
        try:
            await flush(w)
        except Unavailable:
            w.flusher = w.new_flusher()
            await flush(w)
        assert w.faults.planned(call) == 0
        await flush(w)
        assert await runs(w) == [[1, 2]]
        assert await w.verdicts() == ["started"]


@pytest.mark.parametrize("call", ["start_runs", "drop_gatherings"])
async def test_a_flusher_killed_around_a_commit_starts_each_handful_once(store_url: str, call: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(debounce="1s"))
        await post_some(w, 1, 2)
        w.clock.move(2 * SECOND)
        gate = w.faults.hold_answer(call)
        going = asyncio.create_task(w.flusher.run_once())
        await asyncio.wait_for(gate.reached.wait(), 10)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        gate.open()
        w.flusher = w.new_flusher()
        await flush(w)
        assert await runs(w) == [[1, 2]]


async def test_two_flushers_start_each_handful_once(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(batch={"size": 2, "within": "1s"}))
        await post_some(w, *range(20))
        other = w.new_flusher()
        await asyncio.gather(w.flusher.run_once(), other.run_once())
        await flush(w)
        assert sorted(map(str, await runs(w))) == sorted(str([n, n + 1]) for n in range(0, 20, 2))


async def test_an_event_that_is_dispatched_twice_is_put_aside_once(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.save(**flow(debounce="1s"))
        w.faults.lose_answer("gather")
        await w.post(n=1)
        with pytest.raises(Unavailable):
            await w.dispatch()
        await w.dispatch()
        w.clock.move(2 * SECOND)
        await flush(w)
        assert await runs(w) == [[1]]


async def test_a_gathering_that_is_refused_is_on_record_and_gone() -> None:
    async with rules_world() as w:
        schema: JSONObject = {"type": "object", "properties": {"events": {"type": "string"}}}
        await w.save(input=schema, **flow(debounce="1s"))
        await post_some(w, 1)
        w.clock.move(2 * SECOND)
        await flush(w)
        await flush(w)
        assert await w.verdicts() == ["rejected"]
        assert await w.real.next_gathering() is None


async def test_it_wakes_for_what_is_due() -> None:
    async with rules_world() as w:
        await w.save(**flow(debounce="1s"))
        w.go(w.dispatcher, w.flusher)
        await w.post(n=1)

        async def started() -> bool:
            return await runs(w) == [[1]]

        await eventually(started)


async def test_what_was_gathered_for_a_trigger_of_another_type_by_now_is_left(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        gathering: JSONObject = {"type": "event", "event": "order.created", "debounce": "30s"}
        jobs: JSON = [{"kind": "told"}]
        await w.create(rule(trigger=gathering, jobs=jobs))
        await post_some(w, 1, 2)
        await w.rules.save(TENANT, "rule", rule(trigger={"type": "cron", "cron": "0 0 1 1 *"}, jobs=jobs))
        w.clock.move(31 * SECOND)
        await flush(w)
        assert await w.real.next_gathering() is None
        assert await w.firings() == []
        while await w.real.prune(w.clock.now() + 2 * DAY, DAY):
            pass
        await w.rules.save(TENANT, "rule", rule(trigger=gathering, jobs=jobs))
        assert await w.real.next_gathering() is None
