"""Figures: buckets hold what their times say, percentiles lie in their bucket, charts have a point for each step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.statistics import (
    BUCKETS,
    COLUMNS,
    FIRST_RAN,
    FIRST_WAIT,
    NOTHING,
    WINDOWS,
    Depth,
    Point,
    bucket_of,
    dense,
    dense_depths,
    percentile,
    total,
)

NOON = 1_800_014_400 * SECOND


@pytest.mark.parametrize(
    ("micros", "bucket"),
    [(-1, 0), (0, 0), (999, 0), (1_000, 1), (1_999, 1), (2_000, 2), (SECOND, 10), (HOUR, 22), (30 * DAY, BUCKETS - 1)],
)
def test_a_time_has_its_bucket(micros: int, bucket: int) -> None:
    assert bucket_of(micros) == bucket


def test_columns_are_counts_and_two_histograms() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == len(NOTHING)
    assert COLUMNS[FIRST_WAIT] == "wait_0"
    assert COLUMNS[FIRST_RAN - 1] == f"wait_{BUCKETS - 1}"
    assert COLUMNS[-1] == f"ran_{BUCKETS - 1}"


@given(st.lists(st.integers(min_value=0, max_value=HOUR), min_size=1), st.floats(min_value=0.01, max_value=1))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(times: list[int], share: float) -> None:
    buckets = [0] * BUCKETS
    for time in times:
        buckets[bucket_of(time)] += 1
    found = percentile(buckets, share)
    assert found is not None
    passed = 0
    for bucket, count in enumerate(buckets):
        passed += count
        if passed >= share * len(times):
            low = 0 if bucket == 0 else 2 ** (bucket - 1)
            assert low <= found <= 2**bucket
            break


def test_percentiles_of_nothing_are_none() -> None:
    assert percentile([0] * BUCKETS, 0.5) is None


def test_percentiles_rise_with_their_share() -> None:
    buckets = [0, 4, 0, 4, *[0] * (BUCKETS - 4)]
    found = [percentile(buckets, share) for share in (0.25, 0.5, 0.75, 1)]
    assert found == [1.5, 2.0, 6.0, 8.0]


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("now", [NOON, NOON + 1, NOON + 59 * MINUTE])
def test_the_last_step_is_the_one_that_goes_on(name: str, now: int) -> None:
    window = WINDOWS[name]
    steps = window.steps(now)
    assert steps[0] == window.begins(now)
    assert steps[-1] <= now < steps[-1] + window.step
    assert len(steps) * window.step == window.length
    assert len(steps) <= 100
    assert all(step % window.step == 0 for step in steps)


def test_every_step_has_its_point_and_all_add_up() -> None:
    window = WINDOWS["1h"]
    first, last = (Point(at, (one,) * len(COLUMNS)) for at, one in ((NOON - MINUTE, 1), (NOON, 2)))
    points = dense([last, first], window, NOON)
    assert [point.at for point in points] == list(window.steps(NOON))
    assert points[-2:] == [first, last]
    assert {point.numbers for point in points[:-2]} == {NOTHING}
    assert total(points, NOON).numbers == (3,) * len(COLUMNS)
    assert total([], NOON) == Point(NOON)


def test_depths_are_dense_by_queue() -> None:
    window = WINDOWS["6h"]
    deep = Depth(NOON, "mail", 3, 1, 2, SECOND)
    (name, found), (other, _) = dense_depths([deep, Depth(NOON, "zzz", 1)], window, NOON)
    assert (name, other) == ("mail", "zzz")
    assert found[-1] == deep
    assert found[0] == Depth(window.begins(NOON), "mail")
    assert len(found) == len(window.steps(NOON))
