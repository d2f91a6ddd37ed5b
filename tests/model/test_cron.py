"""Cron expressions: what is understood, what is refused and how, and what the clocks' changes do to them."""

from datetime import UTC, datetime
from typing import Final

import pytest

from holdfast.cron import Crons, CronTimes
from holdfast.model.clock import upcoming
from holdfast.model.instant import DAY, HOUR, SECOND, Instant, parse_instant
from holdfast.model.trigger import ClockSpec
from holdfast.model.zones import local_of, unknown_zone, zone_of

BERLIN: Final = "Europe/Berlin"


def local_times(cron: str, zone: str, start: str, count: int) -> list[str]:
    found = zone_of(zone)
    assert found is not None
    return [
        f"{local_of(at, found):%a %d %H:%M:%S}" for at in upcoming(CronTimes(cron, found), parse_instant(start), count)
    ]


def utc_times(cron: str, zone: str, start: str, count: int) -> list[str]:
    found = zone_of(zone)
    assert found is not None
    return [f"{_utc(at):%d %H:%M}" for at in upcoming(CronTimes(cron, found), parse_instant(start), count)]


def _utc(at: Instant) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)


GOOD: Final = [
    ("0 7 * * *", ["Thu 01 07:00:00", "Fri 02 07:00:00"]),
    ("*/20 9-10 * * *", ["Thu 01 09:00:00", "Thu 01 09:20:00"]),
    ("30 */15 * * * *", ["Thu 01 00:00:30", "Thu 01 00:15:30"]),
    ("0 0 0 1 1 *", ["Thu 01 00:00:00", "Fri 01 00:00:00"]),
    ("0 9 * * mon-fri", ["Thu 01 09:00:00", "Fri 02 09:00:00"]),
    ("0 9 * * FRI-SUN", ["Fri 02 09:00:00", "Sat 03 09:00:00"]),
    ("0 9 * * 7", ["Sun 04 09:00:00", "Sun 11 09:00:00"]),
    ("0 9 1 feb,APR *", ["Sun 01 09:00:00", "Wed 01 09:00:00"]),
    ("0 9 L * *", ["Sat 31 09:00:00", "Sat 28 09:00:00"]),
    ("0 9 LW * *", ["Fri 30 09:00:00", "Fri 27 09:00:00"]),
    ("0 9 WL * *", ["Fri 30 09:00:00", "Fri 27 09:00:00"]),
    ("0 9 L-2 * *", ["Thu 29 09:00:00", "Thu 26 09:00:00"]),
    ("0 9 17W * *", ["Fri 16 09:00:00", "Tue 17 09:00:00"]),
    ("0 9 1W 2,3,8 *", ["Mon 02 09:00:00", "Mon 02 09:00:00"]),  # never the Friday of the month before
    ("0 9 31W * *", ["Fri 30 09:00:00", "Tue 31 09:00:00"]),  # February has no 31st
    ("0 9 1W,* * SUN", ["Thu 01 09:00:00", "Fri 02 09:00:00"]),  # what comes first decides whether both must fit
    ("0 9 30,1W 2 *", ["Mon 02 09:00:00", "Mon 01 09:00:00"]),  # there is no 30th
    ("0 9 15W,L * *", ["Thu 15 09:00:00", "Sat 31 09:00:00"]),
    ("0 9 * * FRI#2", ["Fri 09 09:00:00", "Fri 13 09:00:00"]),
    ("0 9 * * 5L", ["Fri 30 09:00:00", "Fri 27 09:00:00"]),
    ("0 9 * * friL", ["Fri 30 09:00:00", "Fri 27 09:00:00"]),
    ("0 9 13 * FRI", ["Fri 02 09:00:00", "Fri 09 09:00:00"]),  # either, as neither is *
    ("0 9 ? * MON", ["Mon 05 09:00:00", "Mon 12 09:00:00"]),
    ("@daily", ["Thu 01 00:00:00", "Fri 02 00:00:00"]),
    ("@Hourly", ["Thu 01 00:00:00", "Thu 01 01:00:00"]),
    ("@weekly", ["Sun 04 00:00:00", "Sun 11 00:00:00"]),
    ("@monthly", ["Thu 01 00:00:00", "Sun 01 00:00:00"]),
    ("@yearly", ["Thu 01 00:00:00", "Fri 01 00:00:00"]),
    ("5/20 0 * * *", ["Thu 01 00:05:00", "Thu 01 00:25:00"]),
    ("  0   7\t* * * ", ["Thu 01 07:00:00", "Fri 02 07:00:00"]),
    ("0 0 29 2 *", ["Tue 29 00:00:00", "Sun 29 00:00:00"]),
]


@pytest.mark.parametrize(("cron", "first"), GOOD)
def test_an_expression_is_understood(cron: str, first: list[str]) -> None:
    assert Crons().check(cron, "UTC") is None
    assert local_times(cron, "UTC", "2025-12-31T23:59:59Z", 2) == first


BAD: Final = [
    ("0 25 * * *", "the hour must lie in 0–23, not 25"),
    ("60 * * * *", "the minute must lie in 0–59, not 60"),
    ("61 0 7 * * *", "the second must lie in 0–59"),
    ("0 0 32 * *", "the day of the month must lie in 1–31"),
    ("0 0 0 * *", "the day of the month must lie in 1–31"),
    ("0 0 * 13 *", "the month must lie in 1–12"),
    ("0 0 * * 8", "the day of the week must lie in 0–7"),
    ("0 0 * * FUNDAY", 'the day of the week can\'t be "FUNDAY"; give 0–7 or SUN–SAT'),
    ("x * * * *", 'the minute can\'t be "X"'),
    ("-1 * * * *", "the minute can't be"),
    ("1.5 * * * *", "the minute can't be"),
    ("٣ * * * *", "the minute can't be"),
    ("0 22-2 * * *", 'the hour "22-2" runs backwards; write 22-23,0-2'),
    ("0 0 * * FRI-MON", "write 5-6,0-1"),
    ("*/90 * * * *", 'a step of the minute must lie in 1–59, not "90"'),
    ("*/0 * * * *", "a step of the minute"),
    ("*/ * * * *", "a step of the minute"),
    ("1,,2 * * * *", "an empty entry"),
    ("? * * * *", "the minute can't be"),
    ("0 0 * * 5#6", "must lie in 1–5"),
    ("0 0 * * L", "5L is the last Friday"),
    ("0 0 32W * *", "the day of the month must lie in 1–31"),
    ("0 0 L-31 * *", "1–30 days before L"),
    ("0 0 L/2 * *", "the day of the month can't be"),
    ("0 0 30 2 *", "never fires"),
    ("0 0 31 4,6,9,11 *", "never fires"),
    ("0 0 31W 2 *", "never fires"),
    ("0 0 L-30 2 *", "never fires"),
    ("7 * * *", "expected 5 fields"),
    ("", "not 0"),
    ("0 0 7 * * * 2027", "a year can't be given"),
    ("TZ=UTC 0 7 * * *", "give the time zone as timezone"),
    ("@reboot", "not a time"),
    ("@every 5m", "every: 15m"),
    ("@fortnightly", "there are @yearly"),
]


@pytest.mark.parametrize(("cron", "told"), BAD)
def test_a_wrong_expression_is_told_by_field_and_way_out(cron: str, told: str) -> None:
    assert told in (Crons().check(cron, BERLIN) or "")


def test_a_nightly_time_comes_once_on_both_changes() -> None:
    assert utc_times("30 2 * * *", BERLIN, "2026-03-28T12:00:00Z", 2) == ["29 01:00", "30 00:30"]  # at 3, for 2:30
    assert utc_times("30 2 * * *", BERLIN, "2026-10-24T12:00:00Z", 2) == ["25 00:30", "26 01:30"]
    assert utc_times("0 30 2 * * *", BERLIN, "2026-10-24T12:00:00Z", 2) == ["25 00:30", "26 01:30"]
    # What the gap holds comes together with what is due at its end.
    assert utc_times("0,30 2,3 * * *", BERLIN, "2026-03-29T00:00:00Z", 2) == ["29 01:00", "29 01:30"]


def test_asked_inside_the_repeated_hour_it_does_not_come_again() -> None:
    assert utc_times("30 2 * * *", BERLIN, "2026-10-25T01:10:00Z", 1) == ["26 01:30"]
    assert utc_times("30 2 * * *", BERLIN, "2026-10-25T00:10:00Z", 1) == ["25 00:30"]


def test_an_hourly_time_follows_real_time() -> None:
    assert utc_times("0 * * * *", BERLIN, "2026-03-29T00:00:00Z", 3) == ["29 01:00", "29 02:00", "29 03:00"]
    assert utc_times("0 * * * *", BERLIN, "2026-10-24T23:30:00Z", 4) == ["25 00:00", "25 01:00", "25 02:00", "25 03:00"]
    assert utc_times("0 0-23 * * *", BERLIN, "2026-10-24T23:30:00Z", 3) == ["25 00:00", "25 01:00", "25 02:00"]
    assert utc_times("*/30 2 * * *", BERLIN, "2026-10-24T23:30:00Z", 5) == [
        "25 00:00", "25 00:30", "25 01:00", "25 01:30", "26 01:00",
    ]  # fmt: skip
    assert utc_times("*/30 2 * * *", BERLIN, "2026-03-28T12:00:00Z", 1) == ["30 00:00"]


def test_counting_takes_no_walk() -> None:
    zone = zone_of(BERLIN)
    assert zone is not None
    start = parse_instant("2026-01-01T00:00:00Z")
    year = 365 * DAY
    assert CronTimes("* * * * * *", zone).count(start, start + year) == 365 * 86_400
    assert CronTimes("0 * * * *", zone).count(start, start + year) == 365 * 24
    assert CronTimes("30 2 * * *", zone).count(start, start + year) == 365
    assert CronTimes("30 2 * * *", zone).count(start + HOUR, start) == 0


def test_nothing_comes_after_the_last_year() -> None:
    zone = zone_of("UTC")
    assert zone is not None
    last = parse_instant("9999-01-01T00:00:00Z")
    assert CronTimes("0 0 1 1 *", zone).after(last - DAY) == last
    assert CronTimes("0 0 1 1 *", zone).after(last) is None
    assert CronTimes("* * * * *", zone).after(253_402_300_799 * SECOND) is None


def test_a_clock_that_can_not_be_understood_is_an_error() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Crons().times_of(ClockSpec(cron="0 7 * * *", timezone="Mars/Base"), 0)
    with pytest.raises(ValueError, match="hour"):
        Crons().times_of(ClockSpec(cron="0 25 * * *"), 0)
    with pytest.raises(ValueError, match="no times"):
        Crons().times_of(ClockSpec(), 0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("berlin", "did you mean Europe/Berlin?"),
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("New York", "America/New_York"),
        ("utc", "UTC"),
        ("../../etc/passwd", "give an IANA name"),
        ("", "give an IANA name"),
        ("x" * 1000, "give an IANA name"),
    ],
)
def test_an_unknown_zone_is_told_with_near_names(name: str, told: str) -> None:
    assert zone_of(name) is None
    assert told in unknown_zone(name)
    assert len(unknown_zone(name)) < 200
