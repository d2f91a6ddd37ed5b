"""What is kept of deliveries: refused ones within bounds, started ones for replays; and rules that have a webhook."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from holdfast.engine.triggers.rejections import KEEP, RATE, RejectionWriter
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import DAY, MINUTE
from holdfast.model.json import JSONObject
from holdfast.model.trigger import FiringFilter, FiringRecord, TriggerRecord
from holdfast.ports import Dedupe
from tests.engine.hooking import NODE, deliver, hooked, run_of, status_of
from tests.engine.rules_world import RulesWorld, rules_world
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually


async def firings(w: World, **wanted: Any) -> tuple[FiringRecord, ...]:
    return (await w.real.list_firings(TENANT, FiringFilter(**wanted), None, 500)).items


async def reasons(w: World) -> list[str]:
    return [record.firing.reason for record in await firings(w, verdict="rejected")]


async def record_of(w: World, key: str) -> TriggerRecord:
    return (await w.hooks.find(key)).record


# -- refused deliveries ----------------------------------------------------------------------------------------------


async def test_refusals_are_recorded_together_and_without_what_was_sent(store_url: str) -> None:
    async with world(url=store_url) as w:
        hook = await w.hooks.find(await hooked(w))
        for number in range(5):
            w.hooks.rejected(hook, f"reason {number}")
        await w.rejections.run_once()
        assert await reasons(w) == [f"reason {number}" for number in (4, 3, 2, 1, 0)]
        assert w.faults.calls["record_firings"] == 1
        kept = (await firings(w))[0].firing
        assert (kept.owner, kept.trigger_id, kept.type) == (hook.record.owner, "hook", "webhook")
        assert (await w.real.get_firing(TENANT, kept.id)).firing.trigger is None


async def test_only_so_many_a_minute_are_recorded_for_each_trigger() -> None:
    async with world() as w:
        record = await record_of(w, await hooked(w))
        for number in range(100):
            w.rejections.add(record, str(number))
        w.clock.move(MINUTE)
        w.rejections.add(record, "later")
        await w.rejections.run_once()
        found = await firings(w, verdict="rejected")
        assert len(found) == RATE.count + 1
        assert (found[0].firing.reason, found[0].firing.detail) == ("later", {"left_out": 100 - RATE.count})


async def test_the_store_keeps_the_newest_of_them(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        record = await record_of(w, key)
        started = await deliver(w, key, {})
        for number in range(KEEP + 20):
            w.clock.move(MINUTE)
            w.rejections.add(record, str(number))
            if number % 50 == 49:
                await w.rejections.run_once()
        await w.rejections.run_once()
        assert await reasons(w) == [str(number) for number in range(KEEP + 19, 19, -1)]
        assert [found.run_id for found in await firings(w, verdict="started")] == [run_of(started)]


async def test_what_waits_is_bounded_and_outlasts_an_outage() -> None:
    async with world() as w:
        record = await record_of(w, await hooked(w))
        w.faults.lose("record_firings", 3)
        w.rejections.add(record, "kept")
        w.go(w.rejections)

        async def written() -> bool:
            return await reasons(w) == ["kept"]

        await eventually(written, 20)
        assert w.faults.calls["record_firings"] >= 4


async def test_what_waits_at_the_end_is_written() -> None:
    async with world() as w:
        record = await record_of(w, await hooked(w))
        writer = RejectionWriter(w.store, w.clock, w.entropy, DAY)
        going = asyncio.create_task(writer.run())
        await asyncio.sleep(0)
        writer.add(record, "last")
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
        assert await reasons(w) == ["last"]


async def test_an_answer_that_was_lost_records_nothing_twice() -> None:
    async with world() as w:
        w.faults.lose_answer("record_firings", 1)
        w.rejections.add(await record_of(w, await hooked(w)), "once")
        with suppress(Exception):
            await w.rejections.run_once()
        await w.rejections.run_once()
        assert await reasons(w) == ["once"]


# -- replays ---------------------------------------------------------------------------------------------------------


async def replayed(w: World, firing_id: str, dedupe: Dedupe | None = None) -> FiringRecord:
    accepted = await w.hooks.replay(TENANT, firing_id, "request-2", dedupe)
    return await w.real.get_firing(TENANT, accepted.id)


async def test_a_kept_delivery_starts_again_as_a_new_one(store_url: str) -> None:
    async with world(url=store_url) as w:
        key = await hooked(w)
        first = await deliver(w, key, {"n": 1}, headers={"webhook-id": "d-1"}, page="2")
        (kept,) = await firings(w)
        again = await replayed(w, kept.firing.id)
        assert again.run_id not in (None, run_of(first))
        assert (again.firing.verdict, again.firing.delivery_id) == ("started", None)
        run = await w.run(str(again.run_id))
        assert (run.input, run.correlation_id) == ({"n": 1}, "request-2")
        before, after = (await w.run(run_of(first))).trigger, dict(run.trigger)
        assert after.pop("replay_of") == kept.firing.id
        assert after.pop("at") != before["at"]
        assert after == {name: value for name, value in before.items() if name != "at"}


async def test_a_replay_with_a_key_happens_once(store_url: str) -> None:
    async with world(url=store_url) as w:
        await deliver(w, await hooked(w), {"n": 1})
        (kept,) = await firings(w)
        dedupe = Dedupe(TENANT, "POST replay", "k", "f", w.clock.now() + DAY)
        first = await w.hooks.replay(TENANT, kept.firing.id, "c", dedupe)
        again = await w.hooks.replay(TENANT, kept.firing.id, "c", dedupe)
        assert (again.id, again.duplicate, first.duplicate) == (first.id, True, False)
        other = Dedupe(TENANT, "POST replay", "k", "another", w.clock.now() + DAY)
        assert (await w.hooks.replay(TENANT, kept.firing.id, "c", other)).conflict
        assert len(await firings(w)) == 2


async def test_a_replay_is_read_by_todays_definition() -> None:
    async with world() as w:
        await deliver(w, await hooked(w), {"n": 1})
        (kept,) = await firings(w)
        trigger: JSONObject = {"id": "hook", "type": "webhook", "input": {"m": "{{ trigger.body.n }}"}}
        document: JSONObject = {"holdfast": 1, "name": "flow", "triggers": [trigger], "nodes": NODE}
        await w.workflows.save(TENANT, "flow", document)
        assert (await w.run(str((await replayed(w, kept.firing.id)).run_id))).input == {"m": 1}
        schema: JSONObject = {"type": "object", "required": ["email"]}
        await w.workflows.save(TENANT, "flow", {**document, "input": schema})
        with pytest.raises(Invalid):
            await replayed(w, kept.firing.id)


async def test_what_cant_be_replayed_says_why() -> None:
    async with world() as w:
        key = await hooked(w)
        await deliver(w, key, {})
        w.rejections.add(await record_of(w, key), "no")
        await w.rejections.run_once()
        refused, kept = await firings(w)
        with pytest.raises(Conflict, match="refused"):
            await replayed(w, refused.firing.id)
        with pytest.raises(NotFound):
            await w.hooks.replay("another", kept.firing.id, "c")
        await w.workflows.enable(TENANT, "flow", False)
        with pytest.raises(Conflict, match="switched off"):
            await replayed(w, kept.firing.id)
        await w.workflows.save(TENANT, "flow", {"holdfast": 1, "name": "flow", "nodes": NODE})
        with pytest.raises(Conflict, match="isn't there any more"):
            await replayed(w, kept.firing.id)


async def test_a_paused_trigger_is_replayed_by_hand_all_the_same() -> None:
    async with world() as w:
        key = await hooked(w)
        await deliver(w, key, {})
        (kept,) = await firings(w)
        await w.real.pause_trigger(TENANT, (await record_of(w, key)).row, True, w.clock.now())
        assert (await replayed(w, kept.firing.id)).run_id is not None


# -- rules -----------------------------------------------------------------------------------------------------------


async def rule_hook(w: RulesWorld, **more: Any) -> str:
    document = {
        "name": "on-hook",
        "trigger": {"type": "webhook"},
        "jobs": [{"kind": "noop", "payload": {"n": "{{ trigger.body.n }}"}}],
        **more,
    }
    accepted = await w.rules.create(TENANT, document)
    owner = ("rule", accepted.id)
    page = await w.real.list_triggers(TENANT, None, ("webhook",), None, 10)
    (key,) = [record.key for record in page.items if tuple(record.owner) == owner]
    return str(key)


async def test_a_delivery_makes_a_rule_act(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        key = await rule_hook(w, conditions=["trigger.body.n > 1"])
        taken = await deliver(w, key, {"n": 2}, headers={"webhook-id": "d"})
        (job_id,) = taken.started.job_ids
        assert (await w.job(job_id)).payload == {"n": 2}
        (record,) = await firings(w)
        assert taken.at_once.document == {"firing_id": record.firing.id, "job_ids": [job_id]}
        assert (status_of(taken), record.job_ids, record.firing.delivery_id) == (202, (job_id,), "d")
        again = await deliver(w, key, {"n": 2}, headers={"webhook-id": "d"})
        assert (status_of(again), again.at_once.document) == (200, {"job_ids": [job_id]})
        with pytest.raises(Conflict):
            await deliver(w, key, {"n": 3}, headers={"webhook-id": "d"})
        assert (await w.hooks.answer(taken)) == taken.at_once


@pytest.mark.parametrize("headers", [{}, {"webhook-id": "d"}])
async def test_a_delivery_that_a_rule_doesnt_act_on_is_told_and_recorded(headers: dict[str, str]) -> None:
    async with rules_world() as w:
        key = await rule_hook(w, conditions=["trigger.body.n > 1"])
        taken = await deliver(w, key, {"n": 1}, headers=headers)
        (record,) = await firings(w)
        assert taken.at_once.document == {"firing_id": record.firing.id, "job_ids": [], "met": False}
        assert (status_of(taken), record.firing.verdict) == (202, "not_met")


async def test_strangers_leave_a_bounded_record_of_what_a_rule_doesnt_act_on(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await w.secrets.put(TENANT, "MINE", "sesame")
        signed = {"type": "webhook", "signature": {"type": "bearer", "secret": "MINE"}}
        keys = [await rule_hook(w, name=name, trigger=trigger, conditions=["trigger.body.n > 1000"])
                for name, trigger in (("open", {"type": "webhook"}), ("signed", signed))]  # fmt: skip
        for key in keys:
            for first in range(0, KEEP + 30, 10):
                sent = [
                    deliver(w, key, {"n": n}, headers={"authorization": "Bearer sesame"})
                    for n in range(first, first + 10)
                ]
                await asyncio.gather(*sent)
        found = await firings(w, verdict="not_met")
        kept = Counter(record.firing.owner.id for record in found)
        ids = {name: (await w.rules.get(TENANT, name)).id for name in ("open", "signed")}
        assert {name: kept[rule_id] for name, rule_id in ids.items()} == {"open": KEEP, "signed": KEEP + 30}


async def test_a_template_that_cant_be_filled_is_the_senders_to_know() -> None:
    async with rules_world() as w:
        key = await rule_hook(w)
        with pytest.raises(Invalid):
            await deliver(w, key, {"m": 1})
        assert not await firings(w, verdict="started")


async def test_a_rules_delivery_is_replayed(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        await deliver(w, await rule_hook(w), {"n": 7})
        (kept,) = await firings(w)
        dedupe = Dedupe(TENANT, "POST replay", "k", "f", w.clock.now() + DAY)
        first = await w.hooks.replay(TENANT, kept.firing.id, "c", dedupe)
        again = await w.hooks.replay(TENANT, kept.firing.id, "c", dedupe)
        assert (again.id, again.duplicate) == (first.id, True)
        (job_id,) = (await w.real.get_firing(TENANT, first.id)).job_ids
        assert (await w.job(job_id)).payload == {"n": 7}
