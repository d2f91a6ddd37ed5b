"""The books that claims keep on lanes: who gets how much, who is kept, and who is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.fairness import Lane
from holdfast.stores.lanes import Division

lanes = st.lists(
    st.builds(
        Lane,
        tenant=st.uuids().map(str),
        weight=st.sampled_from([0.5, 1.0, 3.0]),
        passed=st.floats(0, 100),
        ready=st.just(0),
        room=st.none() | st.integers(-1, 20),
        idle=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda lane: lane.tenant,
)


def carry_out(division: Division, ready: dict[str, int]) -> dict[str, int]:
    """Takes what is asked for as far as there is work; how much of each."""
    taken = dict.fromkeys(ready, 0)
    while asked := division.ask():
        got = {tenant: min(count, ready[tenant] - taken[tenant]) for tenant, count in asked.items()}
        for tenant, count in got.items():
            taken[tenant] += count
        division.took(got)
    return taken


def test_what_one_lane_lacks_goes_to_the_others() -> None:
    division = Division([Lane("a", 1, 0, 0), Lane("b", 1, 0, 0)], 6)
    assert carry_out(division, {"a": 2, "b": 9}) == {"a": 2, "b": 4}
    assert division.standing() == {"a": 2, "b": 4}


def test_a_lane_that_came_in_and_got_nothing_keeps_its_place() -> None:
    division = Division([Lane("a", 1, 4, 0), Lane("b", 1, 9, 0, idle=True)], 1)
    assert carry_out(division, {"a": 9, "b": 9}) == {"a": 1, "b": 0}
    assert division.standing() == {"a": 5, "b": 5}


def test_a_tenant_alone_has_no_standing_to_keep() -> None:
    division = Division([Lane("a", 1, 7, 0)], 5)
    assert carry_out(division, {"a": 3}) == {"a": 3}
    assert division.standing() == {}


def test_a_tenant_at_its_limit_has_no_lane() -> None:
    division = Division([Lane("a", 1, 7, 0, room=0), Lane("b", 1, 7, 0), Lane("c", 1, 7, 0)], 4)
    assert carry_out(division, {"a": 9, "b": 9, "c": 9}) == {"a": 0, "b": 2, "c": 2}
    assert division.standing() == {"b": 9, "c": 9}


def test_lanes_that_are_closed_to_the_worker_keep_their_order_and_come_along_with_the_others() -> None:
    closed = [Lane("first", 1, 0, 0), Lane("second", 1, 1, 0), Lane("new", 1, 0, 0, idle=True)]
    division = Division([Lane("open", 1, 0, 0), Lane("also", 1, 0, 0)], 10, closed)
    assert carry_out(division, {"open": 99, "also": 99}) == {"open": 5, "also": 5}
    assert division.standing() == {"open": 5, "also": 5, "first": 5, "second": 6}


@given(lanes, st.integers(1, 40), st.data())
def test_what_holds_after_every_claim(given_lanes: list[Lane], slots: int, data: st.DataObject) -> None:
    ready = {lane.tenant: data.draw(st.integers(0, 20)) for lane in given_lanes}
    can = {
        lane.tenant: ready[lane.tenant] if lane.room is None else min(ready[lane.tenant], max(0, lane.room))
        for lane in given_lanes
    }
    division = Division(given_lanes, slots)
    taken = carry_out(division, ready)
    assert sum(taken.values()) == min(slots, sum(can.values())), "no slot is wasted and no limit is passed"
    assert all(taken[tenant] <= can[tenant] for tenant in can)
    limited = {lane.tenant for lane in given_lanes if lane.room is not None and lane.room <= 0}
    assert not limited & division.standing().keys()


def test_another_choice_than_the_one_asked_for_moves_the_passes() -> None:
    division = Division([Lane("a", 1, 0, 0), Lane("b", 2, 0, 0), Lane("c", 1, 9, 0, room=1, idle=True)], 6)
    assert division.most() == {"a": 6, "b": 6, "c": 1}
    division.ask()
    division.took({"a": 4, "b": 1})
    assert division.standing() == {"a": 4, "b": 0.5, "c": 1}
    assert division.left == 1
