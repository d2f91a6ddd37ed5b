"""What a burst tells of the worker that had the least to do."""

from __future__ import annotations

import pytest

from bench.burst import shares
from bench.workers import Report


def test_the_worst_worker_counts() -> None:
    busy = [Report(0.0, 0, 10), Report(9.0, 900, 0)]
    late = [Report(5.0, 0, 5), Report(10.0, 300, 0)]  # the second half
    assert shares([busy, late], 10, 0.0, 10.0) == pytest.approx(
        {"least busy": 0.5, "least filled": 0.25, "fewest": 0.5}
    )


def test_a_worker_that_never_had_anything_counts_too() -> None:
    busy = [Report(0.0, 0, 10), Report(10.0, 900, 0)]
    assert shares([busy, []], 10, 0.0, 10.0) == {"least busy": 0.0, "least filled": 0.0, "fewest": 0.0}


def test_a_worker_is_busy_when_it_finished_something_between_two_of_its_words() -> None:
    told = [Report(at / 10, at, 0) for at in range(1, 51)]
    assert shares([told], 10, 0.0, 10.0)["least busy"] == pytest.approx(0.5, abs=0.05)
