"""Clocks on simulated time, on both stores: every time fires once, downtime goes by the misfire policy, and times while
a clock was off never fire."""

from typing import Any

import pytest

from holdfast.engine.wakeups import TRIGGERS
from holdfast.model.instant import MINUTE, format_instant
from holdfast.model.json import JSON, JSONObject
from tests.engine.clock_scene import ClockScene, clock_scene, definition
from tests.engine.world import TENANT
from tests.support.waiting import eventually


async def test_each_time_fires_once(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="15m")
        await c.at("2027-01-15T13:05:00Z")
        assert await c.fired() == [
            "2027-01-15T12:15", "2027-01-15T12:30", "2027-01-15T12:45", "2027-01-15T13:00",
        ]  # fmt: skip
        assert len(await c.runs()) == 4
        assert (await c.trigger()).next_at == c.clock.time + 10 * MINUTE


async def test_what_a_run_and_its_firing_know(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(cron="30 13 * * *", timezone="Europe/Berlin", input={"day": "{{ trigger.fire_at }}"})
        await c.at("2027-01-15T12:30:00Z")
        (run,) = await c.runs()
        at = "2027-01-15T12:30:00.000000Z"
        assert run.trigger == {"type": "cron", "id": "clock", "at": at, "fire_at": at}
        assert run.input == {"day": at}
        (fired,) = await c.firings()
        assert (fired.run_id, fired.firing.owner, fired.firing.trigger_id) == (run.id, record.owner, "clock")
        assert (fired.firing.type, fired.firing.verdict, fired.firing.hops) == ("cron", "started", 0)


@pytest.mark.parametrize(
    ("policy", "fired", "skipped"),
    [
        ({"misfire": "skip"}, [], 6),
        ({"misfire": "once"}, ["13:20"], 5),
        ({}, ["13:20"], 5),
        ({"misfire": "all"}, ["12:30", "12:40", "12:50", "13:00", "13:10", "13:20"], 0),
        ({"misfire": "all", "misfire_limit": 2}, ["13:10", "13:20"], 4),
    ],
)
async def test_a_downtime_goes_by_the_misfire_policy(
    store_url: str, policy: dict[str, Any], fired: list[str], skipped: int
) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m", **policy)
        await c.at("2027-01-15T12:25:00Z")
        c.down_until("2027-01-15T13:25:30Z")
        await c.keep(c.process().timekeeper)
        await c.at("2027-01-15T13:30:00Z")
        expected = ["12:10", "12:20", *fired, "13:30"]
        assert await c.fired() == [f"2027-01-15T{time}" for time in expected]
        reasons = [record.firing.reason for record in await c.firings("skipped")]
        assert len(reasons) == (1 if skipped else 0)
        for reason in reasons:
            assert reason.startswith(f"{skipped} times were missed, from 2027-01-15T12:30:00")


async def test_what_is_late_by_less_than_a_minute_just_fires(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m", misfire="skip")
        await c.keep()
        c.down_until("2027-01-15T12:10:59Z")
        await c.keep()
        assert await c.fired() == ["2027-01-15T12:10"]
        assert await c.firings("skipped") == []


@pytest.mark.parametrize("off", ["disable", "pause"])
async def test_times_while_it_is_off_never_fire(store_url: str, off: str) -> None:
    """Switched off between the moment when it is due and the moment when it is looked at."""
    async with clock_scene(store_url) as c:
        record = await c.save(every="10m", misfire="all")
        await c.keep()
        c.down_until("2027-01-15T12:10:00Z")
        await switch(c, off, record.row, on=False)
        await c.at("2027-01-15T12:35:00Z")
        await switch(c, off, record.row, on=True)
        await c.at("2027-01-15T12:50:00Z")
        assert await c.fired() == ["2027-01-15T12:40", "2027-01-15T12:50"]
        assert await c.firings("skipped") == []


async def switch(c: ClockScene, how: str, row: str, *, on: bool) -> None:
    if how == "disable":
        await c.w.workflows.enable(TENANT, "flow", on)
    elif on:
        await c.triggers.resume(TENANT, row)
    else:
        await c.triggers.pause(TENANT, row)


async def test_a_save_that_leaves_the_times_alone_moves_nothing(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        before = await c.save(every="10m")
        await c.keep()
        c.down_until("2027-01-15T12:10:00Z")
        after = await c.save(every="10m", misfire="skip", input={"n": 1})
        await c.keep()
        assert after.row == before.row
        assert await c.fired() == ["2027-01-15T12:10"]
        (run,) = await c.runs()
        assert (run.version, run.input) == (2, {"n": 1})


async def test_a_save_that_changes_the_times_begins_anew(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m")
        await c.keep()
        c.down_until("2027-01-15T12:10:00Z")
        await c.save(every="7m")
        await c.at("2027-01-15T12:21:00Z")
        # ``every`` counts from the first save, which was at noon.
        assert await c.fired() == ["2027-01-15T12:14", "2027-01-15T12:21"]


async def test_a_clock_that_is_gone_fires_nothing(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m")
        await c.save("other", every="10m")
        await c.keep()
        c.down_until("2027-01-15T12:10:00Z")
        nothing: JSONObject = {"holdfast": 1, "name": "flow", "nodes": [{"id": "only", "type": "noop"}]}
        await c.w.workflows.save(TENANT, "flow", nothing)
        await c.w.workflows.delete(TENANT, "other")
        await c.at("2027-01-15T12:30:00Z")
        await c.save(every="10m")  # it comes back, and begins now
        await c.at("2027-01-15T12:45:00Z")
        assert await c.fired() == ["2027-01-15T12:40"]


async def test_one_time_fires_once_and_never_again(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(at="2027-01-16T08:00:00+01:00")
        assert await c.triggers.next_times(TENANT, record.row) == [c.clock.time + 19 * 60 * MINUTE]
        await c.at("2027-02-01T00:00:00Z")
        assert await c.fired() == ["2027-01-16T07:00"]
        assert await c.triggers.next_times(TENANT, record.row) == []
        assert await c.w.store.next_clock() is None


async def test_a_time_before_the_first_save_never_fires(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(at="2027-01-15T11:59:59Z", misfire="all")
        await c.pass_time("2h")
        assert await c.firings() == []
        assert await c.triggers.next_times(TENANT, record.row) == []


async def test_times_keep_within_their_bounds(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m", starts_at="2027-01-15T12:20:00Z", ends_at="2027-01-15T12:40:00Z")
        await c.pass_time("2h")
        assert await c.fired() == ["2027-01-15T12:20", "2027-01-15T12:30", "2027-01-15T12:40"]


async def test_jitter_delays_the_fire_and_not_its_name(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        for number in range(5):
            await c.save(f"flow-{number}", cron="0 * * * *", jitter="10m")
        await c.at("2027-01-15T13:00:00Z")
        early = len(await c.firings())
        await c.at("2027-01-15T15:30:00Z")
        assert early < 5
        records = await c.firings()
        hours = ["2027-01-15T13:00", "2027-01-15T14:00", "2027-01-15T15:00"]
        assert await c.fired() == sorted(hours * 5)
        delays = {record.firing.at - (record.firing.fire_at or 0) for record in records}
        assert len(delays) == 15
        assert all(0 <= delay < 10 * MINUTE for delay in delays)


async def test_a_clock_that_cannot_start_holds_up_no_other(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        schema: JSON = {"type": "object", "required": ["customer"]}
        await c.w.workflows.create(TENANT, {**definition("picky", every="10m"), "input": schema})
        await c.save(every="10m")
        await c.at("2027-01-15T12:10:00Z")
        assert await c.fired() == ["2027-01-15T12:10"]
        (rejected,) = await c.firings("rejected")
        assert "customer" in rejected.firing.reason
        events = await c.w.store.list_events(TENANT, None, event_type="trigger.rejected")
        assert [(event.data or {})["reason"] for event in events] == [rejected.firing.reason]
        await c.at("2027-01-15T12:20:00Z")
        assert len(await c.firings("rejected")) == 2


async def test_more_clocks_than_one_page(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        clocks: JSON = [{"id": f"clock-{number}", "type": "cron", "cron": "30 12 * * *"} for number in range(90)]
        for number in range(25):
            document: JSONObject = {**definition(f"flow-{number}", every="1h"), "triggers": clocks}
            await c.w.workflows.create(TENANT, document)
        await c.at("2027-01-15T12:30:00Z")
        assert len(await c.fired()) == 25 * 90
        assert {record.firing.at for record in await c.firings()} == {c.clock.time}


async def test_while_nothing_is_due_a_round_is_one_look(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.keep()
        await c.save(every="10m")
        await c.keep()
        c.w.faults.calls.clear()
        await c.keep()
        assert dict(c.w.faults.calls) == {"next_clock": 1}


async def test_a_new_clock_wakes_the_timekeeper(sqlite_url: str) -> None:
    async with clock_scene(sqlite_url) as c:
        c.w.go(c.timekeeper)
        await eventually(lambda: c.w.faults.calls["next_clock"])
        await c.save(every="1s")
        await eventually(lambda: c.w.faults.calls["move_clocks"])
        c.clock.move(MINUTE // 60)
        c.w.wakeups.notify({TRIGGERS})
        await eventually(lambda: c.w.faults.calls["move_clocks"] > 1)
        assert await c.fired() == [format_instant(c.clock.time).removesuffix(".000000Z")]
