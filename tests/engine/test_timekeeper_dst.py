"""Clocks over both changes of Berlin's time in 2027 (28 March 01:00Z, 31 October 01:00Z), on both stores."""

import pytest

from tests.engine.clock_scene import clock_scene

SPRING, AUTUMN = ("2027-03-26T12:00:00Z", "2027-03-29T12:00:00Z"), ("2027-10-29T12:00:00Z", "2027-11-01T12:00:00Z")


async def fired(url: str, span: tuple[str, str], cron: str, *, down: bool = False) -> list[str]:
    """What fires in that span; with ``down`` nothing runs until its end, and all times are made up for."""
    start, end = span
    async with clock_scene(url, start) as c:
        await c.save(cron=cron, timezone="Europe/Berlin", misfire="all", misfire_limit=1_000)
        await c.keep()
        if down:
            c.down_until(end)
        await c.at(end)
        times = await c.fired()
        assert len(times) == len(set(times)) == len(await c.runs())
        return times


@pytest.mark.parametrize("down", [False, True])
async def test_nightly_when_its_time_does_not_come(store_url: str, down: bool) -> None:
    """On 28 March there is no 02:30: it fires at the moment of the change, once."""
    assert await fired(store_url, SPRING, "30 2 * * *", down=down) == [
        "2027-03-27T01:30", "2027-03-28T01:00", "2027-03-29T00:30",
    ]  # fmt: skip


@pytest.mark.parametrize("down", [False, True])
async def test_nightly_when_its_time_comes_twice(store_url: str, down: bool) -> None:
    """On 31 October 02:30 comes twice: it fires the first time."""
    assert await fired(store_url, AUTUMN, "30 2 * * *", down=down) == [
        "2027-10-30T00:30", "2027-10-31T00:30", "2027-11-01T01:30",
    ]  # fmt: skip


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("span", [SPRING, AUTUMN])
async def test_hourly_fires_every_hour_that_passes(store_url: str, span: tuple[str, str], down: bool) -> None:
    times = await fired(store_url, span, "0 * * * *", down=down)
    days = sorted({time.partition("T")[0] for time in times})
    assert len(times) == 72
    assert [time for time in times if time.startswith(days[1])] == [f"{days[1]}T{hour:02}:00" for hour in range(24)]


async def test_morning_stays_in_the_morning(store_url: str) -> None:
    async with clock_scene(store_url, SPRING[0]) as c:
        await c.save(cron="0 7 * * *", timezone="Europe/Berlin")
        await c.at(SPRING[1])
        assert await c.fired() == ["2027-03-27T06:00", "2027-03-28T05:00", "2027-03-29T05:00"]


async def test_every_knows_no_changes(store_url: str) -> None:
    async with clock_scene(store_url, AUTUMN[0]) as c:
        await c.save(every="12h")
        await c.at(AUTUMN[1])
        assert [time.partition("T")[2] for time in await c.fired()] == ["00:00", "12:00"] * 3
