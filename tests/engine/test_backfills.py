"""Backfills on both stores: each time of the range once, oldest first, so many at once, whatever dies on the way."""

import asyncio
from typing import Any

import pytest

from holdfast.engine.wakeups import ENDS
from holdfast.model.errors import Conflict, Invalid, NotFound, Unavailable
from holdfast.model.instant import HOUR, SECOND, parse_instant
from holdfast.model.json import JSON
from holdfast.model.run import RunState
from holdfast.model.trigger import Backfill
from tests.engine.clock_scene import START, ClockScene, clock_scene, definition
from tests.engine.world import TENANT
from tests.support.waiting import eventually

DAY_BEFORE = "2027-01-14T12:00:00Z"


async def ordered(c: ClockScene, hours: int, concurrency: int = 1, name: str = "flow") -> str:
    """Orders the first so many hours of the day before."""
    record = await c.trigger(name)
    start = parse_instant(DAY_BEFORE)
    end = start + hours * HOUR - 1
    return (await c.triggers.backfill(TENANT, record.row, start, end, concurrency)).id


async def step(c: ClockScene) -> None:
    while await c.backfills.run_once():
        pass


async def looked_at(c: ClockScene, backfill: str) -> Backfill:
    return await c.triggers.get_backfill(TENANT, backfill)


async def going(c: ClockScene) -> list[str]:
    return [run.id for run in await c.runs() if run.state == RunState.RUNNING]


def hours(*numbers: int) -> list[str]:
    return [f"2027-01-14T{12 + number}:00" for number in numbers]


async def test_it_starts_as_many_as_may_go_at_once_oldest_first(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        backfill = await ordered(c, 5, concurrency=2)
        await step(c)
        assert await c.fired(backfill) == hours(0, 1)
        await c.w.runs.cancel(TENANT, (await going(c))[0])
        await step(c)
        assert await c.fired(backfill) == hours(0, 1, 2)
        while left := await going(c):
            assert len(left) <= 2
            await c.w.runs.cancel(TENANT, left[0])
            await step(c)
        assert await c.fired(backfill) == hours(*range(5))
        done = await looked_at(c, backfill)
        assert (done.started, done.going, done.next_at) == (5, 0, None)
        assert done.finished_at is not None
        assert done.cancelled_at is None


async def test_a_run_knows_its_backfill(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *", input={"hour": "{{ trigger.fire_at }}"})
        backfill = await ordered(c, 1)
        await step(c)
        (run,) = await c.runs()
        at = "2027-01-14T12:00:00.000000Z"
        assert run.trigger["backfill"] == backfill
        assert (run.trigger["fire_at"], run.input) == (at, {"hour": at})


async def test_times_fire_again_for_each_backfill_and_not_for_the_clock(store_url: str) -> None:
    async with clock_scene(store_url, DAY_BEFORE) as c:
        await c.save(every="1h")
        await c.at("2027-01-14T14:00:00Z")
        first = await c.triggers.backfill(TENANT, (await c.trigger()).row, 0, c.clock.time, 10)
        second = await c.triggers.backfill(TENANT, (await c.trigger()).row, 0, c.clock.time, 10)
        await step(c)
        assert await c.fired(first.id) == await c.fired(second.id) == hours(1, 2)
        assert len(await c.runs()) == 6


async def test_many_that_wait_hold_up_no_other(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        for _ in range(101):
            await ordered(c, 2)
        await step(c)
        another = await ordered(c, 2)
        await step(c)
        assert await c.fired(another) == hours(0)


@pytest.mark.parametrize("name", ["move_backfill", "start_runs", "open_backfills", "get_trigger"])
@pytest.mark.parametrize("lost", ["lose", "lose_answer"])
async def test_a_lost_call_doubles_nothing(store_url: str, name: str, lost: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        backfill = await ordered(c, 4, concurrency=2)
        getattr(c.w.faults, lost)(name)
        if name != "start_runs":  # which is made again at once
            with pytest.raises(Unavailable):
                await step(c)
        while True:
            await step(c)
            left = await going(c)
            assert len(left) <= 2
            if not left:
                break
            await c.w.runs.cancel(TENANT, left[0])
        assert await c.fired(backfill) == hours(*range(4))
        assert (await looked_at(c, backfill)).started == 4


async def test_two_processes_start_each_time_once_and_no_more_than_may_go(store_url: str) -> None:
    """The first stands still before it moves the backfill, for longer than its lead lasts."""
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        backfill = await ordered(c, 6, concurrency=2)
        gate = c.w.faults.hold("move_backfill")
        slow = asyncio.create_task(c.backfills.run_once())
        await gate.reached.wait()
        c.clock.move(HOUR)
        other = c.process().backfills
        while await other.run_once():
            pass
        assert await c.fired(backfill) == hours(0, 1)
        for run in await going(c):
            await c.w.runs.cancel(TENANT, run)
        while await other.run_once():
            pass
        gate.open()
        await slow
        assert await c.fired(backfill) == hours(0, 1, 2, 3)
        assert len(await going(c)) == 2


async def test_it_goes_on_while_the_clock_is_paused_and_waits_while_the_workflow_is_off(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(cron="0 * * * *")
        await c.triggers.pause(TENANT, record.row)
        await c.w.workflows.enable(TENANT, "flow", False)
        backfill = await ordered(c, 3, concurrency=10)
        await step(c)
        assert await c.firings() == []
        await c.w.workflows.enable(TENANT, "flow", True)
        await step(c)
        assert await c.fired(backfill) == hours(0, 1, 2)


async def test_a_clock_that_is_removed_ends_it(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        backfill = await ordered(c, 3, concurrency=1)
        await step(c)
        await c.w.workflows.delete(TENANT, "flow")
        for run in await going(c):
            await c.w.runs.cancel(TENANT, run)
        await step(c)
        assert (await looked_at(c, backfill)).cancelled_at is not None
        assert await c.w.store.open_backfills() == []


async def test_cancelled_it_starts_no_more_and_what_goes_on_goes_on(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(cron="0 * * * *")
        backfill = await ordered(c, 5, concurrency=2)
        await step(c)
        cancelled = await c.triggers.cancel_backfill(TENANT, backfill)
        assert cancelled.cancelled_at == c.clock.time
        (run, _) = await going(c)
        await c.w.runs.cancel(TENANT, run)
        await step(c)
        assert await c.fired(backfill) == hours(0, 1)
        assert len(await going(c)) == 1


async def test_times_that_start_nothing_take_no_place(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        schema: JSON = {"type": "object", "properties": {"hour": {"type": "string", "pattern": "T15:"}}}
        picky = {**definition(cron="0 * * * *", input={"hour": "{{ trigger.fire_at }}"}), "input": schema}
        await c.w.workflows.create(TENANT, picky)
        backfill = await ordered(c, 5)
        await step(c)
        assert await c.fired(backfill) == hours(3)
        assert len(await c.firings("rejected", backfill)) == 3
        await c.w.runs.cancel(TENANT, (await going(c))[0])
        await step(c)
        done = await looked_at(c, backfill)
        assert (done.started, done.next_at) == (1, None)
        assert len(await c.firings("rejected", backfill)) == 4


async def test_the_end_of_a_run_wakes_it(sqlite_url: str) -> None:
    async with clock_scene(sqlite_url) as c:
        await c.save(cron="0 * * * *")
        c.w.go(c.backfills)
        await eventually(lambda: c.w.faults.calls["open_backfills"])
        backfill = await ordered(c, 3)
        for number in range(3):

            async def started(least: int = number + 1) -> bool:
                return (await looked_at(c, backfill)).started >= least

            await eventually(started)
            await c.w.runs.cancel(TENANT, (await going(c))[0])
            c.w.wakeups.notify({ENDS})

        async def finished() -> bool:
            return (await looked_at(c, backfill)).finished_at is not None

        await eventually(finished)


async def test_a_round_that_takes_long_is_followed_by_a_longer_rest(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with clock_scene(sqlite_url) as c:
        await c.save(cron="0 * * * *")
        await ordered(c, 3)
        await step(c)
        rests: asyncio.Queue[int] = asyncio.Queue()

        async def rest(micros: int) -> None:
            rests.put_nowait(micros)

        monkeypatch.setattr(c.clock, "sleep", rest)
        gate = c.w.faults.hold("open_backfills")
        c.w.go(c.backfills)
        await gate.reached.wait()
        c.clock.move(SECOND // 10)
        gate.open()
        c.w.wakeups.notify({ENDS})
        assert await asyncio.wait_for(rests.get(), 10) == 4 * SECOND // 10


async def test_while_there_is_none_a_round_is_one_look(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await step(c)
        assert dict(c.w.faults.calls) == {"open_backfills": 1}


# -- orders that are refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "concurrency", "told"),
    [
        (("2027-01-14T13:00:00Z", "2027-01-14T12:00:00Z"), 1, "to: must not be before from"),
        (("2027-01-14T13:00:00Z", "2027-01-15T12:00:01Z"), 1, "to: must not lie in the future"),
        (("2027-01-14T13:00:01Z", "2027-01-14T13:00:59Z"), 1, "from: the clock has no time in this range"),
        (("2010-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), 1, "to: the clock has 149,"),
        ((DAY_BEFORE, START), 0, "concurrency: must lie in 1 to 1,000"),
        ((DAY_BEFORE, START), 1_001, "concurrency: must lie in 1 to 1,000"),
    ],
)
async def test_a_range_that_makes_no_sense(span: tuple[str, str], concurrency: int, told: str) -> None:
    async with clock_scene("memory:") as c:
        record = await c.save(cron="0 * * * *")
        start, end = (parse_instant(text) for text in span)
        with pytest.raises(Invalid, match=told):
            await c.triggers.backfill(TENANT, record.row, start, end, concurrency)
        assert (await c.triggers.backfills(TENANT, record.row)).items == ()


async def test_only_clocks_that_are_there_can_be_backfilled() -> None:
    async with clock_scene("memory:") as c:
        await c.w.save(triggers=[{"id": "hook", "type": "webhook"}], nodes=[{"id": "only", "type": "noop"}])
        hook = await c.trigger()
        with pytest.raises(Conflict, match="of type webhook"):
            await c.triggers.backfill(TENANT, hook.row, 0, c.clock.time)
        with pytest.raises(NotFound):
            await c.triggers.backfill(TENANT, "01890000-0000-7000-8000-000000000000", 0, c.clock.time)
        record = await c.save("other", every="1h")
        await c.w.workflows.delete(TENANT, "other")
        with pytest.raises(Conflict, match="was removed"):
            await c.triggers.backfill(TENANT, record.row, 0, c.clock.time)


async def test_what_is_asked_twice_under_one_key_is_one_backfill(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(cron="0 * * * *")
        order: dict[str, Any] = {"dedupe": c.dedupe("key")}
        start, end = parse_instant(DAY_BEFORE), parse_instant(START)
        first = await c.triggers.backfill(TENANT, record.row, start, end, **order)
        second = await c.triggers.backfill(TENANT, record.row, start, end, **order)
        assert (second.id, second.duplicate) == (first.id, True)
        assert len((await c.triggers.backfills(TENANT, record.row)).items) == 1
