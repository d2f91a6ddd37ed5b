"""Rates and their buckets, against a plain recount of every start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.limits import Bucket, Rate

NOW = 1_800_000_000 * SECOND


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/1s", Rate(10, SECOND)),
        ("600/1m", Rate(600, MINUTE)),
        ("1/1.5s", Rate(1, 1_500_000)),
        ("5/2d", Rate(5, 2 * DAY)),
    ],
)
def test_a_rate_is_read_and_written_as_text(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/1s", "10/s", "ten/1s", "-1/1s", "0/1s", "1/0s", "2000000/1s", "1/31d"]
)
def test_a_text_that_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a|must lie|must be|at most"):
        Rate.parse(text)


def test_a_new_bucket_gives_its_count_at_once_and_then_one_by_one() -> None:
    bucket = Bucket.full(Rate(3, 9 * SECOND), NOW).taken(3)
    assert bucket.tokens == 0
    assert bucket.when(1) == NOW + 3 * SECOND
    assert bucket.refilled(NOW + 3 * SECOND - 1).tokens == 0
    assert bucket.refilled(NOW + 3 * SECOND).tokens == 1
    assert bucket.refilled(NOW + DAY).tokens == 3


def test_a_clock_that_goes_back_neither_gives_nor_takes() -> None:
    bucket = Bucket.full(Rate(2, SECOND), NOW).taken(1)
    assert bucket.refilled(NOW - MINUTE) == bucket


@given(
    st.integers(1, 50),
    st.integers(1, 10 * SECOND),
    st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(0, 60)), max_size=60),
)
def test_no_window_ever_holds_more_than_the_burst_and_what_it_refills(
    count: int, per: int, asks: list[tuple[int, int]]
) -> None:
    bucket, now, starts = Bucket.full(Rate(count, per), NOW), NOW, list[tuple[int, int]]()
    for wait, wanted in asks:
        now += wait
        bucket = bucket.refilled(now)
        got = min(wanted, bucket.tokens)
        bucket = bucket.taken(got)
        starts.append((now, got))
    for i, (begin, _) in enumerate(starts):
        total = 0
        for end, got in starts[i:]:
            total += got
            assert total * per <= count * per + (end - begin) * count


@given(st.integers(1, 50), st.integers(1, 10 * SECOND), st.integers(0, 50), st.integers(1, 50))
def test_the_moment_named_is_the_first_with_so_many_tokens(count: int, per: int, taken: int, wanted: int) -> None:
    bucket = Bucket.full(Rate(count, per), NOW).taken(min(taken, count))
    wanted = min(wanted, count)
    when = bucket.when(wanted)
    assert bucket.refilled(when).tokens >= wanted
    if when > NOW:
        assert bucket.refilled(when - 1).tokens < wanted
