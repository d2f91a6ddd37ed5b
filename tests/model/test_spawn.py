"""Families: how a map, a loop and a call go on when children end."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.spawn import START_AT_ONCE, ChildEnd, ChildState, Family, FamilyStep, OnItemError, Spawn, step


def good(index: int, *, over: bool = False) -> ChildEnd:
    return ChildEnd(index, ChildState.SUCCEEDED, {"by": index}, over=over)


def bad(index: int, state: ChildState = ChildState.FAILED) -> ChildEnd:
    return ChildEnd(index, state, error={"type": "boom"})


def mapping(count: int, concurrency: int = 2, on_item_error: OnItemError = "fail") -> Family:
    return Spawn("map", tuple(range(count)), concurrency=concurrency, on_item_error=on_item_error).family()


def test_a_map_starts_as_many_as_may_go_at_once() -> None:
    first = step(mapping(5), [])
    assert (first.start, first.done, first.family.new, first.family.live) == (2, False, 3, 2)
    second = step(first.family, [good(0)])
    assert (second.start, second.family.new, second.family.live) == (1, 2, 2)


def test_a_map_is_done_when_all_have_ended() -> None:
    family = step(mapping(2), []).family
    family = step(family, [good(1)]).family
    assert step(family, [good(0)]) == FamilyStep(Family("map", 2, 0, 2), done=True)


def test_a_map_over_nothing_is_done_at_once() -> None:
    assert step(mapping(0), []).done
    assert step(Spawn("map", (1, 2)).family(kept=2), []).done


def test_kept_items_do_not_start() -> None:
    first = step(Spawn("map", (1, 2, 3), concurrency=5).family(kept=2), [])
    assert (first.start, first.family.new, first.family.live) == (1, 0, 1)


def test_the_first_failed_item_ends_a_map_and_stops_the_others() -> None:
    family = step(mapping(5, 3), []).family
    after = step(family, [good(0), bad(1, ChildState.CANCELLED), bad(2)])
    assert (after.done, after.stop, after.start) == (True, True, 0)
    assert after.failure == bad(1, ChildState.CANCELLED)


def test_failed_items_are_counted_when_the_map_goes_on() -> None:
    family = step(mapping(3, 2, "continue"), []).family
    after = step(family, [bad(0)])
    assert (after.done, after.start, after.family.failed) == (False, 1, 1)
    last = step(after.family, [bad(1), good(2)])
    assert (last.done, last.failure, last.stop, last.family.failed) == (True, None, False, 2)


def test_a_wide_map_fills_over_several_steps() -> None:
    first = step(mapping(2_000, 2_000), [])
    assert first.start == START_AT_ONCE
    assert step(first.family, [good(0)]).start == START_AT_ONCE


def test_a_loop_goes_round_until_it_is_over_or_out_of_rounds() -> None:
    family = Spawn("loop", max_iterations=3).family()
    first = step(family, [])
    assert (first.start, first.family.new) == (1, 2)
    second = step(first.family, [good(0)])
    assert (second.start, second.done) == (1, False)
    over = step(second.family, [good(1, over=True)])
    assert (over.done, over.stop, over.start) == (True, True, 0)
    third = step(second.family, [good(1)])
    assert step(third.family, [good(2)]) == FamilyStep(Family("loop", 3, 0, 1), done=True)


def test_a_failed_round_ends_a_loop() -> None:
    family = step(Spawn("loop", max_iterations=3).family(), []).family
    after = step(family, [bad(0)])
    assert (after.done, after.failure) == (True, bad(0))


def test_a_call_waits_for_its_child_unless_it_is_detached() -> None:
    waiting = step(Spawn("call", ({},), workflow="other").family(), [])
    assert (waiting.start, waiting.done) == (1, False)
    assert step(waiting.family, [good(0)]).done
    assert step(waiting.family, [bad(0)]).failure == bad(0)
    detached = step(Spawn("call", ({},), workflow="other", detached=True).family(), [])
    assert (detached.start, detached.done) == (1, True)


@given(st.integers(0, 30), st.integers(1, 8), st.sampled_from(["fail", "continue"]), st.data())
def test_whatever_ends_when_a_map_ends_and_never_too_many_go(
    count: int, concurrency: int, on_item_error: OnItemError, data: st.DataObject
) -> None:
    taken = step(mapping(count, concurrency, on_item_error), [])
    live = list(range(taken.start))
    started, failed = taken.start, 0
    while not taken.done:
        assert live, "the map is stuck"
        assert len(live) == taken.family.live <= concurrency
        ending = sorted(data.draw(st.sets(st.sampled_from(live), min_size=1)))
        states = [data.draw(st.sampled_from([ChildState.SUCCEEDED] * 5 + [ChildState.FAILED])) for _ in ending]
        failed += states.count(ChildState.FAILED)
        taken = step(taken.family, [ChildEnd(index, state) for index, state in zip(ending, states, strict=True)])
        live = [index for index in live if index not in ending] + list(range(started, started + taken.start))
        started += taken.start
    assert taken.family.failed == failed
    if on_item_error == "fail" and failed:
        assert taken.failure is not None
        assert taken.stop
    else:
        assert (started, live, taken.failure) == (count, [], None)
