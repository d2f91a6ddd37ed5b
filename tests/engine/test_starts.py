"""The shared starter: what starts commits with its firing, once for each key; what can't is on record and told once."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.engine.started import Started
from holdfast.model.errors import Conflict, Invalid, Unavailable
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import MAX_HOPS, NewFiring, TriggerRecord
from tests.engine.rules_world import RulesWorld, rule, rules_world
from tests.engine.world import TENANT

EVENT: JSONObject = {
    "id": "go",
    "type": "event",
    "event": "order.created",
    "input": {"n": "{{ trigger.event.data.n }}"},
}
NODES: JSON = [{"id": "only", "type": "noop"}]


async def saved(w: RulesWorld, **more: JSON) -> TriggerRecord:
    await w.save(triggers=[EVENT], nodes=NODES, **more)
    page = await w.real.list_triggers(TENANT, None, (), None, 10)
    return page.items[-1]


def firing(w: RulesWorld, record: TriggerRecord, **more: Any) -> NewFiring:
    now = w.clock.now()
    known = NewFiring(w.entropy.new_id(now), TENANT, record.owner, record.id, record.type, now, "started")
    return replace(known, **more)


async def start(
    w: RulesWorld, record: TriggerRecord, key: str | None = "key", n: JSON = 1, hops: int = 0, **more: Any
) -> Started:
    given: JSONObject = {"type": "event", "id": record.id, "event": {"data": {"n": n}}}
    made = firing(w, record, hops=hops)
    return await w.starts.start(
        record, given, key=key, scope=f"test:{record.row}", at=w.clock.now(), firing=made, **more
    )


async def told(w: RulesWorld) -> int:
    return len(await w.real.list_events(TENANT, None, event_type="trigger.rejected"))


async def test_a_start_commits_once_with_its_firing(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        record = await saved(w)
        first, second = await start(w, record), await start(w, record)
        assert (first.verdict, second.verdict) == ("started", "duplicate")
        assert first.run_id == second.run_id
        assert (await w.run(first.run_id or "")).input == {"n": 1}
        (kept,) = await w.firings()
        assert (kept.firing.id, kept.run_id) == (first.firing_id, first.run_id)
        assert second.firing_id is None


async def test_a_lost_answer_is_asked_for_again(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        record = await saved(w)
        w.faults.lose_answer("start_runs")
        assert (await start(w, record)).run_id is not None
        assert len(await w.firings()) == 1


async def test_without_a_key_each_start_is_its_own() -> None:
    async with rules_world() as w:
        record = await saved(w)
        assert (await start(w, record, None)).run_id != (await start(w, record, None)).run_id


async def test_a_key_with_another_fingerprint_is_a_conflict_and_leaves_no_record(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        flow, orders = await saved(w), await w.trigger(await w.create(rule()))
        for record in (flow, orders):
            first = await start(w, record, fingerprint="one")
            other = await start(w, record, fingerprint="two")
            assert (first.verdict, other.verdict, other.conflict) == ("started", "rejected", True)
            assert (other.run_id, other.job_ids) == (first.run_id, first.job_ids)
        assert await w.verdicts() == ["started", "started"]
        assert await told(w) == 0


async def refused(w: RulesWorld, how: str) -> tuple[TriggerRecord, JSON, int]:
    """A trigger that can't start, with what it is started with."""
    schema: JSONObject = {"type": "object", "properties": {"n": {"type": "integer"}}}
    if how == "schema":
        return await saved(w, input=schema), "text", 0
    if how == "template":
        (record, _, _) = await refused(w, "none")
        return record, "text", 0
    if how == "off":
        record = await saved(w)
        await w.workflows.enable(TENANT, "flow", False)
        return await w.real.get_trigger(TENANT, record.row), 1, 0
    if how == "full":
        record = await saved(w, settings={"max_concurrent_runs": {"limit": 1, "when_full": "reject"}})
        await start(w, record, "before")
        return record, 1, 0
    if how == "loop":
        return await saved(w), 1, MAX_HOPS + 1
    template: JSONObject = {**EVENT, "input": {"n": "{{ trigger.event.data.n + 1 }}"}}
    await w.save(triggers=[template], nodes=NODES)
    return (await w.real.list_triggers(TENANT, None, (), None, 10)).items[-1], "text", 0


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("schema", "input.n"),
        ("template", "triggers.go.input.n"),
        ("off", "switched off"),
        ("full", "is full"),
        ("loop", "loop: 16 starts"),
    ],
)
async def test_what_cannot_start_is_on_record_and_told_once(store_url: str, how: str, reason: str) -> None:
    async with rules_world(url=store_url) as w:
        record, n, hops = await refused(w, how)
        for _ in range(2):
            done = await start(w, record, n=n, hops=hops)
            assert done.verdict == "rejected"
            assert reason in done.reason
            assert isinstance(done.error, Invalid | Conflict)
        (kept,) = await w.firings(verdict="rejected")
        assert (kept.firing.id, kept.firing.reason) == (done.firing_id, done.reason)
        assert (await w.real.get_firing(TENANT, kept.firing.id)).firing.trigger is not None
        assert await told(w) == 1


async def test_what_was_refused_may_start_when_it_is_tried_again() -> None:
    async with rules_world() as w:
        record, n, _ = await refused(w, "off")
        await start(w, record, n=n)
        await w.workflows.enable(TENANT, "flow", True)
        again = await start(w, await w.real.get_trigger(TENANT, record.row), n=n)
        assert again.verdict == "started"
        assert sorted(await w.verdicts()) == ["rejected", "started"]


async def test_unrecorded_the_caller_keeps_the_record() -> None:
    async with rules_world() as w:
        record, n, _ = await refused(w, "schema")
        assert (await start(w, record, n=n, recorded=False)).verdict == "rejected"
        assert await w.firings() == []
        assert await told(w) == 0


async def test_an_error_of_the_engine_fails_this_start_alone() -> None:
    async with rules_world() as w:
        record = await saved(w)
        w.faults.refuse("get_version", RuntimeError("broken"), lambda *_: True)
        strange = replace(record, version_id="01890000-0000-7000-8000-000000000000")
        done = await start(w, strange)
        assert (done.verdict, done.error) == ("failed", None)
        assert "broken" not in done.reason
        assert await w.verdicts() == ["failed"]
        with pytest.raises(RuntimeError):
            await start(w, strange, recorded=False)


async def test_a_store_that_is_away_raises_and_the_same_call_starts_it_once(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        for record in (await saved(w), await w.trigger(await w.create(rule()))):
            w.faults.away = True
            with pytest.raises(Unavailable):
                await start(w, record)
            w.faults.away = False
            assert (await start(w, record)).verdict == "started"
        assert await w.verdicts() == ["started", "started"]


async def test_what_no_store_can_keep_is_refused_and_its_content_left_out_of_the_record(store_url: str) -> None:
    async with rules_world(url=store_url) as w:
        for record in (await saved(w), await w.trigger(await w.create(rule()))):
            done = await start(w, record, n="\0")
            assert (done.verdict, done.error is not None) == ("rejected", True)
            assert "contains NUL" in done.reason
            (kept,) = await w.firings(owner=record.owner)
            assert (await w.real.get_firing(TENANT, kept.firing.id)).firing.trigger is None
