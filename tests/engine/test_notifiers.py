"""Two ways for wake-ups: the first healthy one carries them, and what either hears is heard."""

from collections.abc import Callable, Collection

import pytest

from holdfast.engine.notifiers import Notifiers
from holdfast.engine.wakeups import Wakeups, direct_topic, queue_topic


class Way:
    """A notifier that a test breaks and mends."""

    def __init__(self) -> None:
        self.healthy = True
        self.told: list[set[str]] = []
        self.closed = False
        self.wake: Callable[[frozenset[str]], None] | None = None

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        self.wake = wake

    def notify(self, topics: Collection[str]) -> None:
        self.told.append(set(topics))

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("health", "carrier"), [((True, True), 0), ((True, False), 0), ((False, True), 1), ((False, False), None)]
)
async def test_the_first_healthy_way_is_taken(health: tuple[bool, bool], carrier: int | None) -> None:
    ways = [Way(), Way()]
    both = Notifiers(*ways)
    for way, healthy in zip(ways, health, strict=True):
        way.healthy = healthy
    both.notify({"events"})
    assert both.healthy is any(health)
    assert [len(way.told) for way in ways] == [int(number == carrier) for number in range(2)]


async def test_both_are_heard_and_closed() -> None:
    ways = [Way(), Way()]
    wakeups = Wakeups(Notifiers(*ways))
    await wakeups.open()
    with wakeups.subscribe(queue_topic("a")) as news:
        for way in ways:
            assert way.wake is not None
            way.wake(frozenset({queue_topic("a")}))
            assert await news.wait(1)
    await wakeups.close()
    assert all(way.closed for way in ways)


async def test_all_are_woken_when_the_way_of_news_has_changed() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe("one") as one, wakeups.subscribe("other", "third") as other:
        wakeups.wake_all()
        assert (one.raised, other.raised) == (True, True)
        one.lower()
        assert not one.raised


async def test_a_direct_topic_wakes_those_who_serve_all_queues() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe(direct_topic("*")) as direct, wakeups.subscribe(queue_topic("*")) as queues:
        wakeups.wake({direct_topic("a")})
        assert (direct.raised, queues.raised) == (True, False)
