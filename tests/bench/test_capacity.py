"""The simulation against what can be reckoned by hand."""

import pytest

from bench.capacity import Costs, Disk, largest_share, simulate

QUICK = Disk(flush=0.0, bandwidth=1e9)


def test_busy_cores_bound_the_rate() -> None:
    outcome = simulate(Costs(database=50, process=1, transaction=0), workers=16, cores=2, disk=QUICK)

    assert outcome.cores == pytest.approx(1, abs=0.02)
    assert outcome.rate == pytest.approx(2 / 50e-6, rel=0.03)


def test_one_worker_is_bound_by_its_own_core() -> None:
    outcome = simulate(Costs(database=1, process=40, transaction=0), workers=1, cores=8, disk=QUICK)

    assert outcome.rate == pytest.approx(1 / 40e-6, rel=0.05)


def test_the_log_bounds_the_rate() -> None:
    costs, disk = Costs(database=5, process=5, log=2_000), Disk(flush=0.0, bandwidth=100.0)

    outcome = simulate(costs, workers=32, cores=32, disk=disk)

    assert outcome.rate == pytest.approx(100e6 / 2_000, rel=0.05)


def test_a_queue_lock_lets_one_claim_at_a_time() -> None:
    costs = Costs(database=1, process=1, batch=100, shared=10_000)

    outcome = simulate(costs, workers=16, cores=16, disk=QUICK)

    assert outcome.rate == pytest.approx(100 / 10_000e-6, rel=0.05)


def test_stepping_over_locked_rows_costs_more_with_more_workers() -> None:
    few, many = (
        simulate(Costs(database=50, process=1, skip=1.0), workers=n, cores=4, disk=Disk()).rate for n in (4, 32)
    )

    assert many < few


def test_skewed_tenants_fill_one_shard() -> None:
    assert largest_share(1_000, 1, 0.0) == 1
    assert 1 / 8 <= largest_share(1_000, 8, 0.0) < largest_share(1_000, 8, 1.5)
