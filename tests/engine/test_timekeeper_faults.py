"""Timekeepers that die, stand still or overtake each other: no time fires twice, none is missed."""

import asyncio
from typing import Final

import pytest

from holdfast.engine.triggers.leads import HOLD, Lead
from holdfast.model.errors import Unavailable
from holdfast.model.instant import HOUR, MINUTE, SECOND
from tests.engine.clock_scene import ClockScene, clock_scene

DUE: Final = "2027-01-15T12:10:00Z"
ONCE: Final = ["2027-01-15T12:10"] * 3


async def three_are_due(c: ClockScene) -> None:
    for number in range(3):
        await c.save(f"flow-{number}", every="10m")
    await c.keep()
    c.down_until(DUE)


@pytest.mark.parametrize("name", ["next_clock", "hold", "due_clocks", "move_clocks"])
async def test_a_lost_call_loses_no_time_and_doubles_none(store_url: str, name: str) -> None:
    async with clock_scene(store_url) as c:
        await three_are_due(c)
        if name == "hold":
            c.clock.move(MINUTE // 2)  # the lead has ended by then
        c.w.faults.lose(name)
        with pytest.raises(Unavailable):
            await c.timekeeper.run_once()
        await c.keep(c.process().timekeeper if name == "move_clocks" and pass_lead(c) else None)
        assert await c.fired() == ONCE


def pass_lead(c: ClockScene) -> bool:
    """The dead leader's lead ends."""
    c.clock.move(HOLD)
    return True


@pytest.mark.parametrize("name", ["start_runs", "move_clocks"])
async def test_an_answer_that_was_lost_doubles_nothing(store_url: str, name: str) -> None:
    async with clock_scene(store_url) as c:
        await three_are_due(c)
        c.w.faults.lose_answer(name)
        if name == "move_clocks":
            with pytest.raises(Unavailable):
                await c.timekeeper.run_once()
        await c.keep()
        assert await c.fired() == ONCE
        assert len(await c.firings()) == 3


async def test_skipped_times_are_told_once_whatever_is_repeated(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save(every="10m", misfire="skip")
        await c.keep()
        c.down_until("2027-01-15T12:45:00Z")
        c.w.faults.lose("move_clocks")
        with pytest.raises(Unavailable):
            await c.timekeeper.run_once()
        c.down_until("2027-01-15T12:55:00Z")
        await c.keep(c.process().timekeeper)
        (told,) = await c.firings()
        assert told.firing.verdict == "skipped"


async def test_a_leader_that_dies_is_followed(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await three_are_due(c)
        await c.keep()
        other = c.process().timekeeper
        c.down_until("2027-01-15T12:20:00Z")
        gate = c.w.faults.hold("due_clocks")
        dying = asyncio.create_task(c.timekeeper.run_once())
        await gate.reached.wait()
        assert not await other.run_once()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        c.clock.move(HOLD - 1)
        assert not await other.run_once()
        c.clock.move(1)
        await c.keep(other)
        assert await c.fired() == [*ONCE, *["2027-01-15T12:20"] * 3]


async def test_a_clock_that_is_set_back_makes_nobody_lead_for_long(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        one, two = (Lead("clocks", c.w.store, c.clock, c.w.entropy) for _ in range(2))
        assert await one.take()
        c.clock.move(-HOUR)
        assert await two.take()
        assert not await one.take()
        c.clock.move(HOLD)
        assert await one.take()


async def test_a_lead_that_is_given_back_is_free_at_once(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        one, two = (Lead("clocks", c.w.store, c.clock, c.w.entropy) for _ in range(2))
        assert await one.take()
        assert await one.write("so far")
        assert not await two.take()
        assert not await two.write("not mine")
        await one.let_go()
        assert await two.take()
        assert two.text == "so far"
        assert not await one.write("not mine any more")
        c.clock.move(HOLD)
        assert not two.mine
        assert await one.take()


async def test_a_lead_is_renewed_well_before_its_end(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        lead = Lead("clocks", c.w.store, c.clock, c.w.entropy)
        for _ in range(20):
            assert await lead.take()
            c.clock.move(SECOND)
        assert 5 <= c.w.faults.calls["hold"] <= 10


async def test_two_that_both_believe_to_lead_start_everything_once(store_url: str) -> None:
    """The first stands still between its starts and its move, for longer than its lead lasts."""
    async with clock_scene(store_url) as c:
        await three_are_due(c)
        gate = c.w.faults.hold("move_clocks")
        slow = asyncio.create_task(c.timekeeper.run_once())
        await gate.reached.wait()
        c.clock.move(HOLD)
        other = c.process().timekeeper
        await c.keep(other)
        c.down_until("2027-01-15T12:20:00Z")
        await c.keep(other)
        gate.open()  # moves nothing: the clocks aren't where it saw them
        await slow
        await c.keep(other)
        assert await c.fired() == [*ONCE, *["2027-01-15T12:20"] * 3]
        assert (await c.trigger("flow-0")).next_at == c.clock.time + 10 * MINUTE


async def test_a_clock_paused_during_the_round_stays_paused(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await c.save(every="10m")
        await c.keep()
        c.down_until(DUE)
        gate = c.w.faults.hold("move_clocks")
        round_ = asyncio.create_task(c.timekeeper.run_once())
        await gate.reached.wait()
        await c.triggers.pause("default", record.row)
        gate.open()
        await round_
        await c.pass_time("1h")
        assert await c.fired() == ["2027-01-15T12:10"]
        assert (await c.trigger()).due_at is None


async def test_an_error_of_one_start_is_recorded_and_holds_up_no_other(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await three_are_due(c)
        c.w.faults.refuse(
            "start_runs",
            RuntimeError("a bug"),
            lambda batch, *_: any(new.plan.view.workflow == "flow-1" for new in batch),
        )
        await c.keep()
        assert len(await c.fired()) == 2
        (failed,) = await c.firings("failed")
        assert "its log tells" in failed.firing.reason
        assert failed.firing.owner == (await c.trigger("flow-1")).owner


async def test_a_clock_that_cannot_be_read_is_told_once_and_holds_up_no_other(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await c.save("old", cron="*/10 * * * *", timezone="Asia/Kathmandu")
        await c.save(every="10m")
        keeper = c.process(without="Asia/Kathmandu").timekeeper
        await c.keep(keeper)
        for moment in ("2027-01-15T12:10:00Z", "2027-01-15T13:30:00Z"):
            c.down_until(moment)
            await c.keep(keeper)
        assert await c.fired() == ["2027-01-15T12:10", "2027-01-15T13:30"]
        (failed,) = await c.firings("failed")
        assert "can't be read" in failed.firing.reason
        c.down_until("2027-01-15T14:30:00Z")
        await c.keep(c.process().timekeeper)  # a process that can read it
        assert "2027-01-15T14:30" in await c.fired()
