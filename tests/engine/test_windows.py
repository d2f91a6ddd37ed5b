"""Windows of offers from the seats of workers."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.windows import Reach, merged, reaches_of
from holdfast.model.job import ALL_QUEUES
from holdfast.ports import Seat

MAIL = frozenset({"mail"})
BOTH = frozenset({"mail", "http"})
NONE: frozenset[str] = frozenset()


def seat(*queues: str, free: int = 5, kinds: frozenset[str] = BOTH, tags: frozenset[str] = NONE) -> Seat:
    return Seat("w", queues, kinds, tags, free)


def test_a_window_is_twice_the_free_slots_of_all_who_serve_the_queue() -> None:
    assert reaches_of([seat("a", "b", free=3), seat("b", free=4)]) == [Reach(BOTH, NONE, {"a": 6, "b": 14})]


def test_without_free_slots_there_is_no_window() -> None:
    assert reaches_of([]) == reaches_of([seat("a", free=0), seat(ALL_QUEUES, free=0)]) == []


def test_a_worker_of_all_queues_counts_for_every_queue() -> None:
    assert reaches_of([seat("a", free=1), seat(ALL_QUEUES, free=2)]) == [Reach(BOTH, NONE, {ALL_QUEUES: 4, "a": 6})]


def test_what_not_all_workers_of_a_queue_can_run_is_not_offered() -> None:
    (reach,) = reaches_of([seat("a", kinds=MAIL), seat("a", kinds=BOTH)])
    assert reach == Reach(MAIL, NONE, {"a": 20}, {"a"})
    assert reach.is_mixed("a")
    assert not reach.is_mixed("b")


def test_tags_that_not_all_workers_have_are_not_offered_either() -> None:
    (reach,) = reaches_of([seat("a", tags=frozenset({"gpu"})), seat("a")])
    assert reach == Reach(BOTH, NONE, {"a": 20}, {"a"})


def test_a_full_worker_may_read_later_and_counts_for_what_can_be_run() -> None:
    assert reaches_of([seat("a", kinds=MAIL, free=0), seat("a", free=1)]) == [Reach(MAIL, NONE, {"a": 2}, {"a"})]


def test_a_queue_with_workers_of_its_own_is_left_out_of_all_others() -> None:
    everywhere, special = seat(ALL_QUEUES, kinds=MAIL, free=1), seat("a", kinds=BOTH, free=1)
    assert reaches_of([everywhere, special]) == [Reach(MAIL, NONE, {ALL_QUEUES: 2, "a": 4}, {"a"})]
    apart = reaches_of([seat(ALL_QUEUES, kinds=BOTH, free=1), seat("a", kinds=MAIL, free=1)])
    assert apart == [Reach(BOTH, NONE, {ALL_QUEUES: 2, "a": 0}), Reach(MAIL, NONE, {"a": 4}, {"a"})]
    assert merged(apart) == {ALL_QUEUES: 2, "a": 4}
    assert [reach.has("a") for reach in apart] == [False, True]
    assert [reach.has("c") for reach in apart] == [True, False]


QUEUES = st.lists(st.sampled_from(["a", "b", ALL_QUEUES]), min_size=1, unique=True).map(tuple)
KINDS = st.frozensets(st.sampled_from(["x", "y", "z"]))
SEATS = st.lists(st.builds(Seat, st.just("w"), QUEUES, KINDS, KINDS, st.integers(0, 5)), max_size=6)


@given(SEATS)
def test_whoever_may_read_an_offer_can_run_it(seats: list[Seat]) -> None:
    reaches = reaches_of(seats)
    for queue in ("a", "b", "c"):
        having = [reach for reach in reaches if reach.has(queue)]
        readers = [s for s in seats if queue in s.queues or ALL_QUEUES in s.queues]
        free = sum(s.free for s in readers)
        assert len(having) == (free > 0)
        for reach in having:
            assert all(reach.kinds <= s.kinds and reach.tags <= s.tags for s in readers)
            assert reach.windows.get(queue, reach.windows.get(ALL_QUEUES)) == 2 * free
            same = all((s.kinds, s.tags) == (reach.kinds, reach.tags) for s in readers)
            assert reach.is_mixed(queue) is not same
