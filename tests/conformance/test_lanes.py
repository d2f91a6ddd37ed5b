"""The books that claims keep on lanes: who is idle afterwards, and who is written down."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.fairness import Lane
from holdfast.stores.lanes import Turn, divide

lanes = st.lists(
    st.builds(
        Lane,
        tenant=st.uuids().map(str),
        weight=st.sampled_from([0.5, 1.0, 3.0]),
        passed=st.floats(0, 100),
        ready=st.integers(0, 20),
        room=st.none() | st.integers(-1, 20),
        idle=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda lane: lane.tenant,
)


def test_a_lane_that_is_emptied_is_idle_and_one_that_isnt_is_busy() -> None:
    assert divide([Lane("a", 1, 0, ready=2), Lane("b", 1, 0, ready=9)], 5) == [
        Turn("a", 2, 2, True),
        Turn("b", 3, 3, False),
    ]


def test_a_lane_that_came_in_and_got_nothing_keeps_its_place() -> None:
    taken, waiting = divide([Lane("a", 1, 4, ready=9), Lane("b", 1, 9, ready=9, idle=True)], 1)
    assert (taken.tenant, taken.slots) == ("a", 1)
    assert (waiting.tenant, waiting.slots, waiting.idle) == ("b", 0, False)


def test_a_lane_at_its_limit_saves_up_no_credit() -> None:
    assert divide([Lane("a", 1, 7, ready=3, room=0)], 5) == [Turn("a", 0, 7, True)]
    assert divide([Lane("a", 1, 7, ready=3, room=2)], 5) == [Turn("a", 2, 9, True)]


@given(lanes, st.integers(0, 40))
def test_what_holds_after_every_claim(given_lanes: list[Lane], slots: int) -> None:
    turns = {turn.tenant: turn for turn in divide(given_lanes, slots)}
    startable = {
        lane.tenant: lane.ready if lane.room is None else min(lane.ready, max(0, lane.room)) for lane in given_lanes
    }
    assert sum(turn.slots for turn in turns.values()) == min(slots, sum(startable.values()))
    for lane in given_lanes:
        turn = turns.get(lane.tenant, Turn(lane.tenant, 0, lane.passed, lane.idle))
        left = startable[lane.tenant] - turn.slots
        assert left >= 0
        if slots > 0:
            assert turn.idle == (left == 0)
