"""Triggers as callers see them: coming times, previews, pauses, addresses."""

import pytest

from holdfast.engine.wakeups import TRIGGERS
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import DAY, SECOND
from holdfast.model.json import JSON
from holdfast.model.trigger import CLOCKS
from tests.engine.clock_scene import ClockScene, clock_scene, definition, short
from tests.engine.world import TENANT


async def coming(c: ClockScene, row: str, count: int = 3) -> list[str]:
    return [short(at) for at in await c.triggers.next_times(TENANT, row, count)]


async def test_the_next_times_are_those_that_fire(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(cron="30 2 * * *", timezone="Europe/Berlin", jitter="1h")
        told = await coming(c, record.row, 10)
        await c.pass_time("10d")
        assert len(told) == 10
        assert await c.fired() == told


async def test_a_time_whose_jitter_lets_it_wait_is_still_to_come(sqlite_url: str) -> None:
    async with clock_scene(sqlite_url) as c:
        record = await c.save(cron="0 * * * *", jitter="50m")
        await c.keep()
        c.down_until("2027-01-15T13:00:00.000001Z")
        await c.keep()
        told = await coming(c, record.row, 1)
        assert await c.fired() + told == ["2027-01-15T13:00"]


@pytest.mark.parametrize("off", ["pause", "disable"])
async def test_a_clock_that_is_off_tells_what_would_come(store_url: str, off: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(every="1h")
        await c.keep()
        if off == "pause":
            assert (await c.triggers.pause(TENANT, record.row)).paused
        else:
            await c.w.workflows.enable(TENANT, "flow", False)
        await c.pass_time("90m")
        assert await coming(c, record.row, 2) == ["2027-01-15T14:00", "2027-01-15T15:00"]


async def test_a_clock_that_cannot_be_read_any_more_is_a_conflict(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(cron="0 * * * *", timezone="Asia/Kathmandu")
        triggers = c.process(without="Asia/Kathmandu").triggers
        with pytest.raises(Conflict, match="can't be read"):
            await triggers.next_times(TENANT, record.row)
        with pytest.raises(Conflict, match="can't be read"):
            await triggers.backfill(TENANT, record.row, c.clock.time - DAY, c.clock.time)


async def test_what_was_missed_is_not_to_come(sqlite_url: str) -> None:
    async with clock_scene(sqlite_url) as c:
        record = await c.save(every="1h")
        await c.keep()
        c.down_until("2027-01-15T15:30:00Z")
        assert await coming(c, record.row, 1) == ["2027-01-15T16:00"]


@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ({"type": "cron", "cron": "0 7 * * 1", "timezone": "Europe/Berlin"}, ["2027-01-18T06:00", "2027-01-25T06:00"]),
        ({"cron": "0 7 * * 1", "timezone": "Europe/Berlin"}, ["2027-01-18T06:00", "2027-01-25T06:00"]),
        ({"every": "90m"}, ["2027-01-15T13:30", "2027-01-15T15:00"]),
        ({"at": "2027-02-01T00:00:00Z"}, ["2027-02-01T00:00"]),
        ({"at": "2026-02-01T00:00:00Z"}, []),
        (
            {"id": "nightly", "type": "every", "every": "1d", "input": {"a": 1}},
            ["2027-01-16T12:00", "2027-01-17T12:00"],
        ),
    ],
)
async def test_a_preview_is_what_a_save_would_give(clock: JSON, times: list[str]) -> None:
    async with clock_scene("memory:") as c:
        assert [short(at) for at in await c.triggers.preview(clock, 2)] == times


@pytest.mark.parametrize(
    ("clock", "paths"),
    [
        ("0 7 * * *", [""]),
        ({}, ["type"]),
        ({"type": "webhook"}, ["type"]),
        ({"cron": "0 25 * * *"}, ["cron"]),
        ({"cron": "0 7 * * *", "timezone": "Europe/Berln", "every": "1h"}, ["every", "timezone"]),
        ({"type": "every", "cron": "0 7 * * *"}, ["cron", "every"]),
    ],
)
async def test_a_preview_of_what_cannot_be_saved_tells_every_problem(clock: JSON, paths: list[str]) -> None:
    async with clock_scene("memory:") as c:
        with pytest.raises(Invalid) as caught:
            await c.triggers.preview(clock)
        assert sorted({problem.path for problem in caught.value.problems}) == paths


@pytest.mark.parametrize("count", [0, 1_001])
async def test_too_many_times(count: int) -> None:
    async with clock_scene("memory:") as c:
        record = await c.save(every="1h")
        for asked in (c.triggers.next_times(TENANT, record.row, count), c.triggers.preview({"every": "1h"}, count)):
            with pytest.raises(Invalid, match="count: must lie in 1 to 1,000"):
                await asked


async def test_a_new_address_is_for_webhooks_alone(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        triggers: JSON = [{"id": "hook", "type": "webhook"}, {"id": "clock", "type": "every", "every": "1h"}]
        await c.w.workflows.create(TENANT, {**definition(every="1h"), "triggers": triggers})
        page = await c.triggers.list(TENANT)
        hook, clock = page.items
        assert [record.id for record in (await c.triggers.list(TENANT, hook.owner, CLOCKS)).items] == ["clock"]
        renewed = await c.triggers.renew(TENANT, hook.row)
        assert renewed.key not in (None, hook.key)
        assert (await c.triggers.get(TENANT, hook.row)).key == renewed.key
        with pytest.raises(Conflict, match="of type every"):
            await c.triggers.renew(TENANT, clock.row)
        with pytest.raises(Conflict, match="of type webhook"):
            await c.triggers.next_times(TENANT, hook.row)
        for unknown in (c.triggers.get, c.triggers.pause, c.triggers.resume, c.triggers.renew, c.triggers.next_times):
            with pytest.raises(NotFound):
                await unknown("another", hook.row)


async def test_every_change_wakes_those_who_fire(sqlite_url: str) -> None:
    async with clock_scene(sqlite_url) as c:
        record = await c.save(every="1h")
        c.down_until("2027-01-15T14:00:00Z")
        with c.w.wakeups.subscribe(TRIGGERS) as news:
            for change in (
                c.triggers.pause(TENANT, record.row),
                c.triggers.resume(TENANT, record.row),
                c.triggers.backfill(TENANT, record.row, 0, c.clock.time),
                c.w.workflows.enable(TENANT, "flow", False),
                c.w.workflows.save(TENANT, "flow", definition(every="2h")),
                c.w.workflows.delete(TENANT, "flow"),
            ):
                await change
                assert await news.wait(SECOND)
