"""Weighted shares, limits, and what being idle is worth."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.fairness import Lane, Share, shares, turns

WEIGHTS = st.sampled_from([0.5, 1.0, 2.0, 5.0])


def lanes_of(ready: int | None = None) -> st.SearchStrategy[list[Lane]]:
    lane = st.builds(
        Lane,
        tenant=st.just(""),
        weight=WEIGHTS,
        passed=st.floats(0, 1_000),
        ready=st.integers(0, 40) if ready is None else st.just(ready),
        room=st.none() | st.integers(0, 20) if ready is None else st.none(),
        idle=st.booleans() if ready is None else st.just(False),
    )
    return st.lists(lane, max_size=8).map(
        lambda drawn: [replace(lane, tenant=f"t{index}") for index, lane in enumerate(drawn)]
    )


def slots_of(given: list[Share]) -> dict[str, int]:
    return {share.tenant: share.slots for share in given if share.slots}


def claimed_one_by_one(lanes: list[Lane], count: int) -> list[str]:
    """Who is served by ``count`` claims of one slot each, passes kept between them as a store does."""
    current = {lane.tenant: lane for lane in lanes}
    served: list[str] = []
    for _ in range(count):
        for share in shares(list(current.values()), 1):
            lane = current[share.tenant]
            served += [share.tenant] * share.slots
            current[share.tenant] = replace(lane, passed=share.passed, idle=lane.ready == share.slots)
    return served


def limit_of(lane: Lane) -> int:
    return lane.ready if lane.room is None else min(lane.ready, lane.room)


@given(lanes_of(), st.integers(0, 100))
def test_no_slot_is_wasted_and_no_limit_is_passed(lanes: list[Lane], slots: int) -> None:
    got = slots_of(shares(lanes, slots))
    assert sum(got.values()) == min(slots, sum(limit_of(lane) for lane in lanes))
    assert all(0 < got[lane.tenant] <= limit_of(lane) for lane in lanes if lane.tenant in got)


@given(lanes_of(), st.integers(0, 60), st.integers(0, 60))
def test_turns_name_one_by_one_whom_shares_give_slots_to(lanes: list[Lane], slots: int, more: int) -> None:
    order = turns(lanes, slots + more)
    assert Counter(order[:slots]) == slots_of(shares(lanes, slots))


@given(lanes_of(), st.integers(0, 100))
def test_a_pass_grows_by_started_jobs_over_weight(lanes: list[Lane], slots: int) -> None:
    known = {lane.tenant: lane for lane in lanes}
    for share in shares(lanes, slots):
        lane = known[share.tenant]
        if lane.idle:
            assert share.passed >= share.slots / lane.weight - 1e-6
        else:
            assert share.slots > 0
            assert abs(share.passed - lane.passed - share.slots / lane.weight) < 1e-6


@given(lanes_of(ready=1_000), st.integers(1, 400))
def test_busy_lanes_share_by_weight_within_one_job(lanes: list[Lane], slots: int) -> None:
    level = [replace(lane, passed=0.0) for lane in lanes]
    got = shares(level, slots)
    total = sum(lane.weight for lane in level)
    for lane in level:
        fair = slots * lane.weight / total
        assert abs(slots_of(got).get(lane.tenant, 0) - fair) <= 1 + lane.weight


@given(lanes_of(ready=1_000))
def test_nobody_starves(lanes: list[Lane]) -> None:
    """Whatever the passes were, everyone is served within the rounds that the greatest lead is worth."""
    waiting = {lane.tenant for lane in lanes}
    current = {lane.tenant: replace(lane, passed=lane.passed % 10) for lane in lanes}
    for _ in range(1_000):
        if not waiting:
            return
        for share in shares(list(current.values()), 1):
            waiting.discard(share.tenant)
            current[share.tenant] = replace(current[share.tenant], passed=share.passed)
    assert not waiting


def test_a_single_job_waits_for_one_round_of_a_full_queue() -> None:
    flood = Lane("flood", 1, passed=500, ready=100_000)
    fresh = Lane("fresh", 1, passed=0, ready=1, idle=True)
    assert slots_of(shares([flood, fresh], 2)) == {"flood": 1, "fresh": 1}


def test_idleness_saves_up_no_credit() -> None:
    busy = Lane("busy", 1, passed=1_000, ready=1_000)
    back = Lane("back", 1, passed=0, ready=1_000, idle=True)
    assert slots_of(shares([busy, back], 100)) == {"busy": 50, "back": 50}


def test_a_tenant_that_ran_alone_for_long_is_not_kept_out_when_another_comes() -> None:
    alone = Lane("alone", 1, passed=1_000, ready=1, idle=True)
    newcomer = Lane("newcomer", 1, passed=3, ready=5_000)
    assert slots_of(shares([alone, newcomer], 3)) == {"alone": 1, "newcomer": 2}
    both_idle = [replace(alone, ready=100), replace(newcomer, ready=100, idle=True)]
    got = slots_of(shares(both_idle, 50))
    assert abs(got["alone"] - got["newcomer"]) <= 2


def test_a_tenant_with_one_job_at_a_time_does_not_go_first_each_time() -> None:
    """One slot; ``steps`` has one job, is idle after it and has the next at once."""
    for first, second in [("steps", "crowd"), ("crowd", "steps")]:
        ready = {"steps": 1, "crowd": 1_000}
        lanes = [Lane(name, 1, 0, ready[name], idle=ready[name] == 1) for name in (first, second)]
        order = claimed_one_by_one(lanes, 20)
        assert Counter(order) == {"steps": 10, "crowd": 10}
        assert all(one != two for one, two in pairwise(order))


def test_a_newcomer_is_served_next_even_when_claims_are_single() -> None:
    for passed in (0, 3, 500):
        flood = Lane("a", 1, passed=10, ready=1_000)
        lone = Lane("b", 1, passed=passed, ready=2, idle=True)
        assert "b" in claimed_one_by_one([flood, lone], 3)


@given(lanes_of(ready=1_000), st.lists(st.booleans(), min_size=8, max_size=8))
def test_nobody_starves_whoever_was_idle(lanes: list[Lane], idle: list[bool]) -> None:
    mixed = [replace(lane, idle=rest, passed=lane.passed % 10) for lane, rest in zip(lanes, idle, strict=False)]
    assert set(claimed_one_by_one(mixed, 600)) == {lane.tenant for lane in mixed}


def test_weights_hold_for_single_claims_of_lanes_that_were_all_idle() -> None:
    lanes = [Lane("heavy", 3, 0, ready=100, idle=True), Lane("light", 1, 0, ready=100, idle=True)]
    assert abs(Counter(claimed_one_by_one(lanes, 80))["heavy"] - 60) <= 1


def test_no_lanes_and_no_slots() -> None:
    assert shares([], 10) == []
    assert shares([Lane("a", 1, 0, ready=5)], 0) == []
    assert shares([Lane("a", 1, 0, ready=5, room=0), Lane("b", 1, 0, ready=0)], 9) == []
