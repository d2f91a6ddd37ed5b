"""The event follower: it costs little while nothing waits, misses nothing through faults and restarts, matches once."""

import asyncio

import pytest

from holdfast.engine.events import EventDraft
from holdfast.engine.follower import EventFollower
from holdfast.engine.wakeups import EVENTS
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually


def waiting_for(event: str = "order.paid", **params: JSON) -> JSONObject:
    nodes: JSON = [{"id": "paid", "type": "wait.event", "params": {"event": event, **params}}]
    return {"nodes": nodes, "output": "{{ nodes.paid.output.data }}"}


def follower(w: World) -> EventFollower:
    return EventFollower(w.store, w.graphs, w.clock, w.entropy, w.wakeups)


async def parked(w: World, run_input: JSON = None) -> str:
    """A run that waits for its event."""
    run_id = await w.start(run_input)

    async def waits() -> bool:
        return bool(await w.runs.waits(TENANT, run_id))

    await eventually(waits)
    return run_id


async def output(w: World, run_id: str) -> JSON:
    run: RunRecord = await w.run_ended(run_id)
    assert run.state == "SUCCEEDED", run.error
    return run.output


async def test_while_nothing_waits_a_round_is_one_look() -> None:
    async with world() as w:
        for number in range(3):
            await w.events.post(TENANT, "order.paid", {"n": number})
        w.faults.calls.clear()
        assert not await follower(w).run_once()
        assert dict(w.faults.calls) == {"waits_for_events": 1}


async def test_while_nothing_waits_events_wake_nobody() -> None:
    async with world() as w:
        part = follower(w)
        w.go(part)
        await eventually(lambda: w.faults.calls["waits_for_events"])
        looks = w.faults.calls["waits_for_events"]
        for _ in range(50):
            w.wakeups.notify({EVENTS})
            await asyncio.sleep(0)
        assert w.faults.calls["waits_for_events"] == looks


async def test_a_wait_reads_back_once_and_then_follows() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for())
        run_id = await parked(w)
        part = follower(w)
        await part.run_once()
        w.faults.calls.clear()
        await part.run_once()
        await part.run_once()
        assert w.faults.calls == {"waits_for_events": 2, "recent_events": 2}
        await w.events.post(TENANT, "order.paid", {"n": 1})
        await part.run_once()
        assert await output(w, run_id) == {"n": 1}


@pytest.mark.parametrize("name", ["waits_for_events", "last_cursor", "recent_events", "signal_run"])
@pytest.mark.parametrize("early", [True, False])
async def test_a_lost_call_loses_no_event(store_url: str, name: str, early: bool) -> None:
    async with world(url=store_url) as w:
        w.work()
        await w.save(**waiting_for())
        if early:
            await w.events.post(TENANT, "order.paid", {"n": 1})
        run_id = await parked(w)
        part = follower(w)
        if not early:
            await part.run_once()
            await w.events.post(TENANT, "order.paid", {"n": 1})
        # Once everything is known, nobody asks for the newest cursor any more.
        planned = 0 if name == "last_cursor" and not early else 1
        w.faults.lose(name, planned)
        if planned:
            with pytest.raises(Unavailable):
                await part.run_once()
        await part.run_once()
        assert await output(w, run_id) == {"n": 1}


async def test_an_answer_that_was_lost_ends_nothing_twice(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.work()
        two: JSON = [
            {"id": "first", "type": "wait.event", "params": {"event": "go", "name": "same"}},
            {"id": "second", "type": "wait.event", "params": {"event": "on", "name": "same"}},
        ]
        await w.save(nodes=two, edges=[{"from": "first", "to": "second"}])
        run_id = await parked(w)
        part = follower(w)
        await w.events.post(TENANT, "go")
        w.faults.lose_answer("signal_run")
        with pytest.raises(Unavailable):
            await part.run_once()

        async def second_waits() -> bool:
            return [wait.node_id for wait in await w.runs.waits(TENANT, run_id)] == ["second"]

        await eventually(second_waits)
        await part.run_once()
        assert await second_waits()
        await w.events.post(TENANT, "on")
        await part.run_once()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_more_events_than_one_page(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.work()
        await w.save(**waiting_for(condition="event.data.n == input.n"))
        before = [w.events.post(TENANT, "order.paid", {"n": number}) for number in range(700)]
        await asyncio.gather(*before)
        early, late = await parked(w, {"n": 690}), await parked(w, {"n": 1390})
        part = follower(w)
        await part.run_once()
        assert await output(w, early) == {"n": 690}
        await asyncio.gather(*(w.events.post(TENANT, "order.paid", {"n": number}) for number in range(700, 1400)))
        while await part.run_once():
            pass
        assert await output(w, late) == {"n": 1390}


async def test_a_condition_that_fails_is_no_match_and_harms_no_other_wait() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for(condition="event.data.deep.n == 1"))
        runs = [await parked(w) for _ in range(2)]
        part = follower(w)
        await w.events.post(TENANT, "order.paid", {"flat": 1})
        await w.events.post(TENANT, "order.paid", {"deep": {"n": "text"}})
        await w.events.post(TENANT, "order.paid", {"deep": {"n": 1}})
        await part.run_once()
        assert [await output(w, run_id) for run_id in runs] == [{"deep": {"n": 1}}] * 2


async def test_what_conditions_read_of_their_runs_is_read_for_all_of_them_at_once() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for(condition="event.data.n == input.n"))
        runs = [await parked(w, {"n": n}) for n in range(4)]
        part = follower(w)
        await part.run_once()
        await asyncio.gather(*(w.events.post(TENANT, "order.paid", {"n": n}) for n in (1, 2, 9)))
        w.faults.calls.clear()
        await part.run_once()
        assert (w.faults.calls["run_contexts"], w.faults.calls["signal_run"]) == (1, 2)
        assert [await output(w, run_id) for run_id in runs[1:3]] == [{"n": 1}, {"n": 2}]


async def test_a_run_that_cannot_be_read_harms_no_other_condition() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for(condition="event.data.n == input.n"))
        broken, sound = [await parked(w, {"n": 1}) for _ in range(2)]
        part = follower(w)

        def about_the_broken(wanted: list[tuple[str, frozenset[str]]]) -> bool:
            return any(run_id == broken for run_id, _ in wanted)

        w.faults.refuse("run_contexts", RuntimeError("unusable"), about_the_broken)
        await w.events.post(TENANT, "order.paid", {"n": 1})
        await part.run_once()
        assert await output(w, sound) == {"n": 1}


async def test_a_wait_that_cannot_be_ended_harms_no_other() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for())
        broken, sound = [await parked(w) for _ in range(2)]
        part = follower(w)
        w.faults.refuse("signal_run", RuntimeError("unusable"), lambda _, run_id, *rest: run_id == broken)
        await w.events.post(TENANT, "order.paid", {"n": 1})
        await part.run_once()
        assert await output(w, sound) == {"n": 1}
        assert (await w.runs.waits(TENANT, broken)) != []


async def test_a_prefix_fits_any_rest_and_only_its_own_tenants() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for("order.*"))
        run_id = await parked(w)
        part = follower(w)
        await w.events.post("acme", "order.paid", {"whose": "another's"})
        await w.events.post(TENANT, "orders.paid", {"unlike": 1})
        await w.events.post(TENANT, "order.sent", {"fits": 1})
        await part.run_once()
        assert await output(w, run_id) == {"fits": 1}


async def test_what_a_sender_says_of_an_event_can_be_asked_for(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.work()
        await w.save(**waiting_for("order.*", condition="event.attributes.source == '/shop'"))
        run_id = await parked(w)
        part = follower(w)
        await w.events.post(TENANT, "order.sent", {"n": 1})
        for number, source in ((2, "/other"), (3, "/shop")):
            await w.events.post_draft(TENANT, EventDraft("order.sent", {"n": number}, attributes={"source": source}))
        await part.run_once()
        assert await output(w, run_id) == {"n": 3}


async def test_a_runs_own_facts_can_be_waited_for() -> None:
    async with world() as w:
        w.work()
        await w.save(**waiting_for("job.succeeded", condition="event.data.kind == 'log' || true"))
        run_id = await parked(w)
        part = follower(w)
        await part.run_once()
        await w.ended(await w.insert("log", {"message": "done"}))
        await part.run_once()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
