"""Clocks in the tests of users: they fire when the clock is moved and everything that is due is drained."""

import holdfast
from holdfast.model.instant import HOUR, parse_instant
from holdfast.testing import engine

FLOW = """
holdfast: 1
name: nightly
triggers:
  - {id: night, type: every, every: 1d, misfire: all, input: {day: "{{ trigger.fire_at }}"}}
nodes:
  - {id: only, type: task, params: {name: clean, args: {day: "{{ input.day }}"}}}
"""


@holdfast.task(name="clean")
def clean(day: str) -> str:
    return day


async def test_a_clock_fires_when_it_is_moved_past_its_time() -> None:
    async with engine([clean]) as hf:
        await hf.apply(FLOW)
        await hf.drain()
        assert await hf.jobs("task:clean") == []
        hf.clock.move("1d")
        await hf.drain()
        (job,) = await hf.jobs("task:clean")
        told = (await hf.assert_succeeded(job)).result
        assert parse_instant(told) < hf.clock.now() < parse_instant(told) + HOUR
        await hf.drain()
        assert len(await hf.jobs("task:clean")) == 1
        hf.clock.move("3d")
        await hf.drain()
        assert len(await hf.jobs("task:clean")) == 4
