"""What a clock fires, skips and does next: first looks, downtime under each policy, bounds, jitter, and its cost."""

from collections.abc import Sequence
from dataclasses import replace
from time import process_time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.cron import Crons
from holdfast.model.clock import MOST_FIRES, ClockPlan, jitter_of, newest, plan, upcoming
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse_instant
from holdfast.model.trigger import LEAST_GRACE, MISFIRE_GRACE, ClockSpec, Misfire, Owner, TriggerRecord

START: Final = parse_instant("2026-01-31T10:00:00Z")
HOURLY: Final = ClockSpec(cron="0 * * * *")
MISFIRES: Final[Sequence[Misfire]] = ("skip", "once", "all")


def record(next_at: Instant | None = None, since: Instant = START) -> TriggerRecord:
    return TriggerRecord(
        row="row",
        tenant="t",
        owner=Owner("workflow", "w"),
        owner_name="w",
        id="nightly",
        type="cron",
        document={},
        created_at=START,
        since=since,
        next_at=next_at,
        due_at=since,
    )


def look(spec: ClockSpec, now: Instant, next_at: Instant | None = None, since: Instant = START) -> ClockPlan:
    return plan(spec, Crons().times_of(spec, START), record(next_at, since), now)


def hours(*numbers: int) -> tuple[Instant, ...]:
    return tuple(START + number * HOUR for number in numbers)


def test_a_new_clock_waits_for_the_first_time_after_its_save() -> None:
    assert look(HOURLY, START) == ClockPlan((), START + HOUR, START + HOUR)
    assert look(HOURLY, START, since=START - 1) == ClockPlan((START,), START + HOUR, START + HOUR)


def test_a_time_that_is_due_fires_and_the_next_is_planned() -> None:
    assert look(HOURLY, START + HOUR - 1, *hours(1)) == ClockPlan((), *hours(1, 1))
    assert look(HOURLY, START + HOUR, *hours(1)) == ClockPlan(hours(1), *hours(2, 2))
    late = START + HOUR + MISFIRE_GRACE
    for misfire in MISFIRES:  # not missed yet
        assert look(replace(HOURLY, misfire=misfire), late, *hours(1)) == ClockPlan(hours(1), *hours(2, 2))


@pytest.mark.parametrize(
    ("spec", "fires", "skipped"),
    [
        (replace(HOURLY, misfire="skip"), (), (5, 1, 5)),
        (replace(HOURLY, misfire="once"), (5,), (4, 1, 4)),
        (replace(HOURLY, misfire="all"), (1, 2, 3, 4, 5), None),
        (replace(HOURLY, misfire="all", misfire_limit=2), (4, 5), (3, 1, 3)),
        (replace(HOURLY, misfire="all", misfire_limit=5), (1, 2, 3, 4, 5), None),
        (replace(HOURLY, misfire="all", misfire_limit=4), (2, 3, 4, 5), (1, 1, 1)),
    ],
)
def test_after_a_downtime_the_policy_speaks(
    spec: ClockSpec, fires: tuple[int, ...], skipped: tuple[int, int, int] | None
) -> None:
    count, first, last = skipped or (0, None, None)
    assert look(spec, START + 5 * HOUR + 30 * MINUTE, *hours(1)) == ClockPlan(
        fires=hours(*fires),
        next_at=START + 6 * HOUR,
        due_at=START + 6 * HOUR,
        skipped_count=count,
        skipped_from=None if first is None else START + first * HOUR,
        skipped_to=None if last is None else START + last * HOUR,
    )


@pytest.mark.parametrize(
    ("misfire", "fires", "skipped"), [("skip", (5,), 4), ("once", (5,), 4), ("all", (1, 2, 3, 4, 5), 0)]
)
def test_back_right_at_a_time_that_one_fires_in_any_case(
    misfire: Misfire, fires: tuple[int, ...], skipped: int
) -> None:
    """And ``once`` has caught up with it."""
    found = look(replace(HOURLY, misfire=misfire), START + 5 * HOUR + 1, *hours(1))
    assert (found.fires, found.skipped_count, found.next_at) == (hours(*fires), skipped, START + 6 * HOUR)


def test_one_missed_time_fires_unless_it_is_to_be_skipped() -> None:
    now = START + HOUR + MISFIRE_GRACE + 1
    assert look(replace(HOURLY, misfire="once"), now, *hours(1)) == ClockPlan(hours(1), *hours(2, 2))
    assert look(replace(HOURLY, misfire="skip"), now, *hours(1)) == ClockPlan(
        (), START + 2 * HOUR, START + 2 * HOUR, 1, START + HOUR, START + HOUR
    )


@pytest.mark.parametrize(
    ("every", "late", "misfire", "fires", "skipped"),
    [
        (2, 50.5, "skip", (46, 48, 50), 22),
        (2, 50.5, "once", (50,), 24),
        (2, 50.5, "all", (46, 48, 50), 22),
        (20, 50.5, "skip", (), 2),
        (20, 50.5, "once", (40,), 1),
        (60, 89, "skip", (60,), 0),
        (60, 91, "skip", (), 1),
    ],
)
def test_a_clock_that_fires_often_is_down_sooner(
    every: int, late: float, misfire: Misfire, fires: tuple[int, ...], skipped: int
) -> None:
    spec = ClockSpec(every=every * SECOND, misfire=misfire, misfire_limit=3)
    found = look(spec, START + round(late * SECOND), START + every * SECOND)
    assert found.fires == tuple(START + number * SECOND for number in fires)
    assert found.skipped_count == skipped


def test_what_is_hardly_late_fires_whatever_the_policy() -> None:
    spec = ClockSpec(every=SECOND, misfire="skip")
    found = look(spec, START + SECOND + LEAST_GRACE, START + SECOND)
    assert found.fires == tuple(START + n * SECOND for n in range(1, 7))
    assert look(replace(spec, misfire="once"), START + SECOND + LEAST_GRACE, START + SECOND).fires == found.fires


def test_every_counts_from_the_first_save() -> None:
    spec = ClockSpec(every=7 * MINUTE)
    assert look(spec, START + 30 * MINUTE, since=START + 30 * MINUTE).next_at == START + 35 * MINUTE
    times = Crons().times_of(spec, START)
    assert upcoming(times, START - DAY, 2) == [START + 7 * MINUTE, START + 14 * MINUTE]
    assert times.count(START - DAY, START + 14 * MINUTE) == 1
    assert times.count(START + 7 * MINUTE, START + 14 * MINUTE + 1) == 2


def test_one_time_comes_once_and_never_again() -> None:
    spec = ClockSpec(at=START + HOUR)
    assert look(spec, START) == ClockPlan((), *hours(1, 1))
    assert look(spec, START + HOUR, *hours(1)) == ClockPlan(hours(1), None, None)
    assert look(spec, START + 2 * HOUR, *hours(1)) == ClockPlan(hours(1), None, None)
    assert look(replace(spec, misfire="skip"), START + 2 * HOUR, *hours(1)).skipped_count == 1
    assert look(spec, START + 2 * HOUR, since=START + HOUR) == ClockPlan((), None, None)
    assert look(spec, START + 2 * HOUR, since=START + 2 * HOUR) == ClockPlan((), None, None)


def test_times_lie_in_their_bounds() -> None:
    spec = replace(HOURLY, starts_at=START + 2 * HOUR, ends_at=START + 4 * HOUR, misfire="all")
    assert look(spec, START) == ClockPlan((), *hours(2, 2))
    assert look(spec, START + 9 * HOUR, *hours(2)) == ClockPlan(hours(2, 3, 4), None, None)
    times = Crons().times_of(spec, START)
    assert times.count(START, START + DAY) == 3
    assert times.count(START + 3 * HOUR, START + 4 * HOUR) == 1
    assert times.count(START + 5 * HOUR, START + DAY) == 0


def test_jitter_delays_by_what_only_the_row_and_the_time_decide() -> None:
    spec = replace(HOURLY, jitter=10 * MINUTE)
    delay = jitter_of("row", START + HOUR, spec.jitter)
    assert 0 < delay < 10 * MINUTE
    assert look(spec, START) == ClockPlan((), START + HOUR, START + HOUR + delay)
    assert look(spec, START + HOUR + delay - 1, *hours(1)).fires == ()
    found = look(spec, START + HOUR + delay, *hours(1))
    assert (found.fires, found.next_at) == (hours(1), START + 2 * HOUR)
    # Its lateness counts from there.
    assert look(replace(spec, misfire="skip"), START + HOUR + delay + MISFIRE_GRACE, *hours(1)).fires == hours(1)
    assert look(replace(spec, misfire="skip"), START + HOUR + delay + MISFIRE_GRACE + 1, *hours(1)).fires == ()


def test_jitters_differ_and_stay_below_their_bound() -> None:
    delays = {jitter_of("row", START + n * HOUR, MINUTE) for n in range(200)}
    assert len(delays) > 190
    assert all(0 <= delay < MINUTE for delay in delays)
    assert jitter_of("row", START, MINUTE) != jitter_of("other", START, MINUTE)
    assert jitter_of("row", START, 0) == 0


@pytest.mark.parametrize("cron", ["* * * * * *", "*/7 * * * * *"])
@pytest.mark.parametrize("misfire", MISFIRES)
def test_a_year_of_downtime_is_looked_through_in_a_moment(cron: str, misfire: Misfire) -> None:
    spec = ClockSpec(cron=cron, timezone="Europe/Berlin", misfire=misfire, misfire_limit=500)
    now, times = START + 365 * DAY, Crons().times_of(spec, START)
    began = process_time()
    found = plan(spec, times, record(START), now)
    assert process_time() - began < 2
    assert found.skipped_count + len(found.fires) == times.count(START, now + 1)
    assert found.skipped_from == START
    assert found.skipped_to is not None
    assert times.after(found.skipped_to) == found.fires[0]
    assert found.next_at == times.after(now)
    recent = times.count(now - LEAST_GRACE, now + 1)
    assert len(found.fires) == {"skip": recent, "once": 1, "all": 500}[misfire]


def test_a_plan_is_bounded_and_the_next_look_goes_on() -> None:
    spec = ClockSpec(every=SECOND, misfire="all", misfire_limit=2_500)
    now, fired, at, looks = START + DAY, list[Instant](), START + SECOND, 0
    while at <= now:
        found = look(spec, now, at)
        assert len(found.fires) <= MOST_FIRES
        assert found.skipped_count == (0 if looks else DAY // SECOND - 2_500)
        assert found.next_at is not None
        fired, at, looks = [*fired, *found.fires], found.next_at, looks + 1
    assert looks == 3
    assert fired == [now - n * SECOND for n in reversed(range(2_500))]


@given(
    st.integers(1, 5_000).map(lambda n: n * 10 * SECOND),
    st.sampled_from(MISFIRES),
    st.integers(1, 20),
    st.sampled_from((0, 30 * SECOND, 10 * MINUTE)),
    st.lists(st.integers(0, 10 * HOUR), min_size=1, max_size=6),
)
def test_no_time_comes_twice_and_none_is_lost(
    every: int, misfire: Misfire, limit: int, jitter: int, pauses: list[int]
) -> None:
    """Looks at any moments: each time up to the last is fired or skipped, once, in order and never early."""
    spec = ClockSpec(every=every, misfire=misfire, misfire_limit=limit, jitter=jitter)
    now, fired, skipped = START, list[Instant](), 0
    next_at = START + every
    for pause in pauses:
        now += pause
        while True:
            found = look(spec, now, next_at)
            assert all(at + jitter_of("row", at, jitter) <= now for at in found.fires)
            assert found.next_at is not None
            assert found.due_at == found.next_at + jitter_of("row", found.next_at, jitter)
            fired += found.fires
            skipped += found.skipped_count
            next_at = found.next_at
            if found.due_at > now:
                break
    assert fired == sorted(set(fired))
    assert not fired or fired[-1] < next_at
    assert len(fired) + skipped == Crons().times_of(spec, START).count(START, next_at)


def test_the_newest_of_a_stretch() -> None:
    times = Crons().times_of(ClockSpec(cron="0 0 29 2 *"), START)
    end = parse_instant("2040-01-01T00:00:00Z")
    years = [parse_instant(f"{year}-02-29T00:00:00Z") for year in (2028, 2032, 2036)]
    assert newest(times, START, end, 2) == years[1:]
    assert newest(times, START, end, 9) == years
    assert newest(times, START, years[2], 1) == [years[1]]
    assert newest(times, START, end, 0) == []
    assert newest(times, end, START, 3) == []
