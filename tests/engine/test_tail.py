"""A tail: whoever stands in it gets exactly what follows; who doesn't is told so."""

from random import Random

import pytest

from holdfast.engine.tail import Tail, Told, Wanted
from holdfast.model.event import place

ALL = Wanted()


def told(number: int, event_type: str = "order.paid", run: str | None = None, size: int = 0) -> Told:
    cursor = f"7-{number}"
    return Told(place(cursor), cursor, event_type, run, None, b"<%d>" % number + b"." * size)


def at(number: int) -> tuple[int, int, int]:
    return place(f"7-{number}")


def numbers(tail: Tail, after: int, wanted: Wanted = ALL) -> list[int] | None:
    """All that follows, however many parts it comes in."""
    found: list[int] = []
    here = at(after)
    while True:
        stretch = tail.behind(here, wanted)
        if stretch is None:
            return None
        found += [int(one.strip(b"<>.")) for one in stretch.frames.split(b"<") if one]
        if not stretch.cursor:
            return found
        here = place(stretch.cursor)


@pytest.mark.parametrize(("earlier", "later"), [
    ("1", "2"), ("9", "10"), ("3", "4.1"), ("4.1", "4.2"), ("4.9", "4.10"), ("4.2", "4"), ("4", "5.1"),
    ("9-3", "10-1"), ("9-3", "9-4"), ("9-3.1", "9-3.2"), ("9-3.7", "9-3"), ("9-3", "9-4.1"),
    ("18446744073709551614-9", "18446744073709551615-1"),
])  # fmt: skip
def test_cursors_compare_as_they_lie_in_the_log(earlier: str, later: str) -> None:
    assert place(earlier) < place(later)


async def test_a_listener_gets_what_follows_its_cursor() -> None:
    tail = Tail()
    tail.begin("7-10")
    tail.add([told(11), told(13)])
    tail.add([told(14)])
    assert numbers(tail, 10) == [11, 13, 14]
    assert numbers(tail, 12) == [13, 14]
    assert numbers(tail, 14) == []


async def test_one_ahead_of_the_tail_gets_only_what_comes_behind_it() -> None:
    tail = Tail()
    tail.begin("7-10")
    assert numbers(tail, 12) == []
    tail.add([told(11), told(12), told(13)])
    assert numbers(tail, 12) == [13]


async def test_one_before_the_tail_is_sent_to_the_store() -> None:
    tail = Tail()
    assert numbers(tail, 10) is None
    tail.begin("7-10")
    assert numbers(tail, 9) is None


async def test_what_was_added_before_is_left_out() -> None:
    tail = Tail()
    tail.begin("7-10")
    tail.add([told(11), told(12)])
    tail.add([told(10), told(11), told(12), told(13)])
    assert numbers(tail, 10) == [11, 12, 13]


async def test_filters_pass_over_what_isnt_wanted() -> None:
    tail = Tail()
    tail.begin("7-0")
    tail.add([told(number, "a" if number % 3 else "b", "r" if number % 2 else None) for number in range(1, 3001)])
    assert numbers(tail, 0, Wanted(type="b")) == list(range(3, 3001, 3))
    assert numbers(tail, 0, Wanted(run="r", type="b")) == list(range(3, 3001, 6))
    assert numbers(tail, 0, Wanted(type="c")) == []
    stretch = tail.behind(at(0), Wanted(type="c"))
    assert stretch is not None
    assert stretch.cursor == "7-3000"


@pytest.mark.parametrize(("most_events", "most_bytes", "size"), [(100, 1 << 30, 0), (1 << 30, 10_000, 95)])
async def test_the_oldest_is_forgotten_and_whoever_stood_there_is_sent_to_the_store(
    most_events: int, most_bytes: int, size: int
) -> None:
    tail = Tail(most_events, most_bytes)
    tail.begin("7-0")
    for number in range(1, 1001):
        tail.add([told(number, size=size)])
    assert numbers(tail, 0) is None
    assert tail.floor is not None
    held = numbers(tail, tail.floor[1])
    assert held is not None
    assert held == list(range(tail.floor[1] + 1, 1001))
    assert 70 <= len(held) <= 100
    assert numbers(tail, tail.floor[1] - 1) is None


async def test_an_event_larger_than_a_tail_is_handed_out_too() -> None:
    tail = Tail(most_bytes=100)
    tail.begin("7-0")
    tail.add([told(1, size=50), told(2, size=500)])
    assert numbers(tail, 1) == [2]


async def test_its_own_cursors_are_known() -> None:
    tail = Tail()
    tail.begin("7-10")
    tail.add([told(11), told(13)])
    assert [tail.holds(cursor) for cursor in ("7-10", "7-11", "7-12", "7-13", "7-14", "7-13.1", "713")] == [
        False, True, False, True, False, False, False,
    ]  # fmt: skip


async def test_every_change_is_news() -> None:
    tail = Tail()
    first = tail.news
    tail.begin("7-0")
    second = tail.news
    tail.add([told(0)])
    assert first.is_set()
    assert not second.is_set()
    tail.add([told(1)])
    assert second.is_set()
    assert not tail.news.is_set()


@pytest.mark.parametrize("seed", range(20))
async def test_listeners_that_come_and_go_as_they_like_miss_nothing(seed: int) -> None:
    random = Random(seed)
    tail = Tail(most_events=random.choice((50, 500, 5_000)))
    log: list[int] = []
    tail.begin("7-0")
    readers = {reader: (at(0), list[int]()) for reader in range(5)}
    for _ in range(200):
        new = list(range(len(log) + 1, len(log) + random.randrange(40)))
        log += new
        tail.add([told(number) for number in new])
        for reader in random.sample(sorted(readers), 2):
            here, got = readers[reader]
            stretch = tail.behind(here, ALL)
            if stretch is None:  # the store's part
                assert tail.floor is not None
                got += log[here[1] : tail.floor[1]]
                readers[reader] = (tail.floor, got)
            elif stretch.cursor:
                got += [int(one.strip(b"<>.")) for one in stretch.frames.split(b"<") if one]
                readers[reader] = (place(stretch.cursor), got)
    for here, got in readers.values():
        assert got == log[: here[1]]
